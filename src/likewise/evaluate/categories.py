"""Do vectors fall into the groups that people make? Purity of k-means clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.errors import OptionError
from likewise.evaluate.lookup import ids_of
from likewise.evaluate.sets import CategorySet
from likewise.system import seeds

if TYPE_CHECKING:
    from likewise.table import Table


@dataclass(frozen=True)
class CategoryScore:
    """Mean purity (0 to 1) over the starts of k-means and its standard deviation over them (`spread`).

    `known` of `total` words are in the table; they fall into `categories` categories.
    """

    purity: float
    spread: float
    purities: tuple[float, ...]
    categories: int
    known: int
    total: int
    note: str = ""


def evaluate(table: Table, word_set: CategorySet, *, starts: int = 5, seed: int = 0) -> CategoryScore:
    """Cluster the words' unit vectors into as many clusters as there are categories, and measure purity.

    Purity (Manning, Raghavan & Schütze 2008, §16.3) is the share of words that are in the commonest category
    of their cluster. k-means (the best of 5 runs of Lloyd's algorithm after k-means++) is done `starts` times
    from different seeds drawn from `seed`; purity rises with the number of clusters, so compare only on one
    set. Unknown words are left out and counted; with none known, purity is 0 and `note` says so. Raises
    `OptionError` where starts is under 1.
    """
    if starts < 1:
        raise OptionError(f"starts must be a whole number from 1, not {starts!r}")
    rows = ids_of(table, word_set.words)
    known = rows >= 0
    names, labels = np.unique(np.array(word_set.labels, str)[known], return_inverse=True)
    points = unit_rows(table.vectors[rows[known]])
    drawn = seeds.generator(seed, "k-means").integers(2**31, size=starts)
    purities = [purity(_clusters(points, len(names), int(start)), labels) for start in drawn]
    return CategoryScore(
        purity=float(np.mean(purities)),
        spread=float(np.std(purities, ddof=1)) if starts > 1 else 0.0,
        purities=tuple(purities),
        categories=len(names),
        known=int(known.sum()),
        total=len(rows),
        note="" if known.any() else "no word known: nothing to cluster",
    )


def purity(clusters: np.ndarray, labels: np.ndarray) -> float:
    """Share of items whose label is the commonest in their cluster; both (n,) ids from 0; 0 for none."""
    if len(labels) == 0:
        return 0.0
    together = np.zeros((clusters.max() + 1, labels.max() + 1), np.int64)
    np.add.at(together, (clusters, labels), 1)
    return float(together.max(axis=1).sum() / len(labels))


def _clusters(points: np.ndarray, k: int, start: int) -> np.ndarray:
    """(n,) cluster of each point, at most k of them."""
    from sklearn.cluster import KMeans

    different = len(np.unique(points, axis=0))
    if different <= k:  # k-means has nothing to decide: equal points together, others apart
        return np.unique(points, axis=0, return_inverse=True)[1].reshape(-1)
    return KMeans(k, n_init=5, random_state=start).fit_predict(points)
