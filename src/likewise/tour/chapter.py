"""What every chapter of the tour uses: the text, the trained table and the news articles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from likewise.documents import Lsa
from likewise.table import Table
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


@dataclass(frozen=True)
class Walk:
    """The text, a row at a time, the table learnt from it; the news, their LSA; and the seed of all that is drawn."""

    rows: Sequence[str]
    table: Table
    news: News
    lsa: Lsa
    seed: int
    quick: bool = False

    def known(self, words: Iterable[str]) -> list[str]:
        """Those of `words` that have a vector: the text of another release of a package may lack some."""
        return [word for word in words if word in self.table]


def listed(words: Iterable[str]) -> str:
    """Words as they stand in a cell."""
    return ", ".join(words)
