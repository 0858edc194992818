"""Do vectors find alike what people find alike? Rank correlation of cosines with human scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.evaluate.lookup import ids_of
from likewise.evaluate.sets import SimilaritySet
from likewise.system import seeds

if TYPE_CHECKING:
    from likewise.table import Table


@dataclass(frozen=True)
class SimilarityScore:
    """Correlations from -1 to 1 over the `known` of `total` pairs; `note` says where there is none, and why.

    `interval` holds the middle 95 % of the Spearman correlation when the pairs are drawn again with
    replacement, None where it was not requested or there is no correlation; `pearson_interval` that of the other.
    """

    spearman: float
    pearson: float
    interval: tuple[float, float] | None
    known: int
    total: int
    note: str = ""
    pearson_interval: tuple[float, float] | None = None


def evaluate(
    table: Table, word_set: SimilaritySet, *, resamples: int = 1000, seed: int = 0
) -> SimilarityScore:
    """Spearman and Pearson correlation between the cosine of each pair's vectors and its human score.

    The custom since WordSim-353 (Finkelstein et al. 2002): ties share their mean rank; pairs with a word the
    table does not hold are left out and counted. The interval is a percentile bootstrap over pairs (Efron
    1979), `resamples` times, drawn from `seed`. With fewer than 2 known pairs, or equal cosines throughout,
    the correlations are 0 and `note` says so.
    """
    left = ids_of(table, (a for a, _ in word_set.pairs))
    right = ids_of(table, (b for _, b in word_set.pairs))
    known = (left >= 0) & (right >= 0)
    human = np.array(word_set.scores, np.float64)[known]
    cosines = _cosines(table.vectors, left[known], right[known])
    return correlated(
        cosines, human, known=int(known.sum()), total=len(known), resamples=resamples, seed=seed
    )


def correlated(
    cosines: np.ndarray, human: np.ndarray, *, known: int, total: int, resamples: int, seed: int
) -> SimilarityScore:
    """The score of cosines (n,) against human scores (n,): what `evaluate` says of words holds for any pairs."""
    note = _note(cosines, human)
    intervals = None if note or resamples < 1 else _intervals(cosines, human, resamples, seed)
    return SimilarityScore(
        spearman=float(correlation(_ranks(cosines), _ranks(human))),
        pearson=float(correlation(cosines, human)),
        interval=intervals and intervals[0],
        known=known,
        total=total,
        note=note,
        pearson_interval=intervals and intervals[1],
    )


def _cosines(vectors: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("nd,nd->n", unit_rows(vectors[left]), unit_rows(vectors[right]), dtype=np.float64)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, ties sharing their mean."""
    from scipy.stats import rankdata

    return rankdata(values, axis=-1) if values.size else values


def correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pearson's correlation along the last axis; 0 where either side does not vary."""
    if x.shape[-1] == 0:
        return np.zeros(x.shape[:-1])
    x = x - x.mean(axis=-1, keepdims=True)
    y = y - y.mean(axis=-1, keepdims=True)
    scale = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    tiny = np.finfo(np.float64).eps  # what is left of equal numbers after their mean is taken away
    return np.divide((x * y).sum(axis=-1), scale, out=np.zeros(scale.shape), where=scale > tiny)


def _intervals(
    cosines: np.ndarray, human: np.ndarray, resamples: int, seed: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of the Spearman and of the Pearson correlation, over the same pairs drawn again."""
    generator = seeds.generator(seed, "similarity bootstrap")
    n, again = len(cosines), []
    for _ in range(resamples):
        drawn = generator.integers(n, size=n)
        x, y = cosines[drawn], human[drawn]
        again.append((correlation(_ranks(x), _ranks(y)), correlation(x, y)))
    (low, low_pearson), (high, high_pearson) = np.percentile(again, [2.5, 97.5], axis=0).tolist()
    return (low, high), (low_pearson, high_pearson)


def _note(cosines: np.ndarray, human: np.ndarray) -> str:
    if len(cosines) < 2:
        return f"{len(cosines)} pairs known: no correlation"
    for values, what in ((cosines, "cosines"), (human, "human scores")):
        if np.ptp(values) == 0:
            return f"all {what} are equal: no correlation"
    return ""
