"""BBC News, in memory: what the chapters on documents look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from likewise.tour.corpora import Article


@dataclass(frozen=True)
class News:
    """n articles: `names[i]` as its topic and number, `topics[i]` what an editor filed it under, `texts[i]`."""

    names: list[str]
    topics: list[str]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def headlines(self) -> list[str]:
        """The first line of each article."""
        return [text.partition("\n")[0].strip() for text in self.texts]


def gathered(articles: Iterable[Article]) -> News:
    """Articles as News."""
    listed = list(articles)
    return News(
        [article.name for article in listed],
        [article.topic for article in listed],
        [article.text for article in listed],
    )
