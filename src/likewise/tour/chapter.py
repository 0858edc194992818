"""What every chapter of the tour looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from likewise.documents import Lsa
from likewise.table import Table
from likewise.tour.news import News


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
