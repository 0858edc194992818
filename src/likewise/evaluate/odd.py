"""Which word does not belong? Outlier detection in groups of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.evaluate.lookup import ids_of
from likewise.evaluate.sets import OddGroup, OddSet

if TYPE_CHECKING:
    from likewise.table import Table


@dataclass(frozen=True)
class OddScore:
    """`accuracy`: share of outliers found; `position`: their mean place, 1 where the least at home.

    Both over the `known` of `total` outliers; `words_left_out` words of groups are not in the table.
    """

    accuracy: float
    position: float
    known: int
    total: int
    words_left_out: int
    note: str = ""


def evaluate(table: Table, word_set: OddSet) -> OddScore:
    """Accuracy and outlier position percentage (Camacho-Collados & Navigli 2016), as shares from 0 to 1.

    Each outlier in turn joins its group; the word whose absence leaves the rest most alike (mean cosine of
    all pairs) is the one given. An outlier that ties with another word is not found. Words of a group that
    the table does not hold are left out of it; an outlier that is unknown, or has fewer than 2 known words to
    stand against, is left out.
    """
    positions: list[float] = []
    left_out = 0
    for group in word_set.groups:
        words = ids_of(table, group.words)
        left_out += int((words < 0).sum())
        positions += _positions(table, group, words[words >= 0])
    total = sum(len(group.outliers) for group in word_set.groups)
    return OddScore(
        accuracy=sum(position == 1.0 for position in positions) / len(positions) if positions else 0.0,
        position=float(np.mean(positions)) if positions else 0.0,
        known=len(positions),
        total=total,
        words_left_out=left_out,
        note="" if positions else "no outlier with 2 known words to stand against",
    )


def _positions(table: Table, group: OddGroup, words: np.ndarray) -> list[float]:
    """For each known outlier its place among the words, 0 (most at home) to 1 (least)."""
    if len(words) < 2:
        return []
    outliers = ids_of(table, group.outliers)
    return [outlier_position(table.vectors[np.append(words, row)]) for row in outliers[outliers >= 0]]


def outlier_position(vectors: np.ndarray) -> float:
    """Share of the group's vectors that are more at home in it than the last one, the outlier."""
    units = unit_rows(vectors).astype(np.float64)
    cosines = units @ units.T
    # Taking a word away leaves the rest the more alike, the less that word is like the rest.
    at_home = cosines.sum(axis=1) - np.diag(cosines)
    return float((at_home[:-1] > at_home[-1]).mean())
