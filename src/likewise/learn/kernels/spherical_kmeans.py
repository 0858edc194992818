"""Clusters of directions: k-means on the sphere (Dhillon and Modha 2001), and how many clusters there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.errors import OptionError
from likewise.system import seeds

ROUNDS, STARTS = 50, 4


@dataclass(frozen=True)
class Clusters:
    """`codes` (n,) int64: the cluster of each row, the largest first; `centres` (k, d) float64 of length 1.

    `silhouette` is the mean over rows of how much nearer the own centre is than the next, -1 to 1, whatever the scale;
    `margin` the same in cosines; both are 0 for one cluster.
    """

    codes: np.ndarray
    centres: np.ndarray
    silhouette: float
    margin: float


def clusters(rows: np.ndarray, k: int, *, seed: int = 0) -> Clusters:
    """The best of a few starts, each begun with far-apart rows (k-means++, Arthur and Vassilvitskii 2007).

    rows (n, d) of length 1, or 0 for rows that point nowhere, which fall into the first cluster. Fewer than k clusters
    come back where fewer directions differ. Raises `OptionError` for a k below 1.
    """
    if isinstance(k, bool) or k < 1:
        raise OptionError(f"k must be 1 or more, not {k!r}")
    rows = np.asarray(rows, np.float64)
    best = max((_one(rows, k, seed, start) for start in range(STARTS)), key=lambda found: found[0])
    return _ordered(rows, best[1])


def select_k(rows: np.ndarray, most: int, *, least: float, seed: int = 0) -> Clusters:
    """As many clusters, up to `most`, as have the best silhouette; one where their margin is below `least`.

    The silhouette cannot distinguish one cluster from two: it has no scale, and
    it separates the two halves of a ball well.
    """
    found = [clusters(rows, k, seed=seed) for k in range(2, min(most, len(rows)) + 1)]
    best = max(found, key=lambda one: one.silhouette, default=None)
    if best is None or best.margin < least:
        return clusters(rows, 1, seed=seed)
    return best


def _one(rows: np.ndarray, k: int, seed: int, start: int) -> tuple[float, np.ndarray]:
    """(sum of cosines with the own centre, codes) of one start."""
    centres = _far_apart(rows, k, seeds.generator(seed, "learn.spherical", start))
    codes = np.zeros(len(rows), np.int64)
    for _ in range(ROUNDS):
        similarity = rows @ centres.T
        assigned = similarity.argmax(axis=1)
        if _ and np.array_equal(assigned, codes):
            break
        codes = assigned
        centres = _centres(rows, codes, centres)
    return float((rows @ centres.T).max(axis=1).sum()), codes


def _far_apart(rows: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    centres = rows[random.integers(len(rows), size=1)]
    while len(centres) < k:
        distance = np.maximum(1 - (rows @ centres.T).max(axis=1), 0)
        if distance.sum() <= 1e-9 * len(rows):
            break
        centres = np.concatenate(
            [centres, rows[random.choice(len(rows), size=1, p=distance / distance.sum())]]
        )
    return centres


def _centres(rows: np.ndarray, codes: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Mean directions; a cluster that lost all its rows keeps its centre."""
    sums = np.zeros_like(before)
    np.add.at(sums, codes, rows)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), before)


def _ordered(rows: np.ndarray, codes: np.ndarray) -> Clusters:
    """Clusters that have rows, the largest first, ties by their first row."""
    used, firsts, sizes = np.unique(codes, return_index=True, return_counts=True)
    order = np.lexsort((firsts, -sizes))
    renamed = np.empty(int(used.max(initial=0)) + 1, np.int64)
    renamed[used[order]] = np.arange(len(order))
    codes = renamed[codes]
    centres = _centres(rows, codes, np.zeros((len(order), rows.shape[1])))
    return Clusters(codes, centres, *_apart(rows @ centres.T, codes))


def _apart(similarity: np.ndarray, codes: np.ndarray) -> tuple[float, float]:
    """The simplified silhouette, by centres in place of all rows (Hruschka et al. 2004), and the margin."""
    if similarity.shape[1] < 2:
        return 0.0, 0.0
    distance = 1 - similarity
    here = np.arange(len(codes))
    own = distance[here, codes]
    distance[here, codes] = np.inf
    other = distance.min(axis=1)
    return (
        float(np.mean((other - own) / np.maximum(np.maximum(own, other), 1e-12))),
        float(np.mean(other - own)),
    )
