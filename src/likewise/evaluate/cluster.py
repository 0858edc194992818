"""Do vectors fall into the classes by themselves? k-means clusters compared with given labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.errors import InputError, OptionError
from likewise.evaluate.categories import purity
from likewise.evaluate.rows import Row
from likewise.probing.feature_matrix import classes_of
from likewise.system import seeds


@dataclass(frozen=True)
class ClusterScore:
    """Means over the starts of k-means, and their standard deviations by the same names in `spread`.

    `nmi` is mutual information over the mean of both entropies, 0 to 1; `ari` agreement on pairs above chance (0) up
    to 1; `purity` the share of rows in the commonest class of their cluster, and `chance` the share in the commonest
    class of all, which purity never falls below.
    """

    nmi: float
    ari: float
    purity: float
    spread: dict[str, float]
    clusters: int
    chance: float
    n: int

    def rows(self, name: str) -> list[Row]:
        """The numbers as rows of a report on the set `name`."""
        nmi, ari, pure = (
            Row(name, metric, value, self.n, self.n, spread=self.spread[metric])
            for metric, value in (("NMI", self.nmi), ("ARI", self.ari), ("purity", self.purity))
        )
        return [
            nmi,
            ari,
            Row(
                name, "purity", pure.value, self.n, self.n, spread=pure.spread,
                baselines={"commonest": self.chance}, bar=self.chance,
            ),
        ]  # fmt: skip


def evaluate(
    vectors: np.ndarray, labels: Sequence[Any], *, clusters: int | None = None, starts: int = 5, seed: int = 0
) -> ClusterScore:
    """Cluster unit vectors (n, d) by k-means, as many clusters as classes unless given, and compare with labels.

    k-means is done `starts` times from seeds drawn from `seed`, each the better of 3 runs of Lloyd's algorithm after
    k-means++. Raises `InputError` for shapes that do not fit, or one class; `OptionError` for starts under 1, or
    clusters under 1 or above the number of rows.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    classes = classes_of(labels)
    n = len(classes.codes)
    if vectors.ndim != 2 or len(vectors) != n or not np.isfinite(vectors).all():
        raise InputError(f"vectors have the shape {vectors.shape}, wanted ({n}, dim), all finite")
    k = len(classes.names) if clusters is None else clusters
    if starts < 1 or not 1 <= k <= n:
        raise OptionError(f"starts are from 1 and clusters from 1 to {n}, not {starts!r} and {clusters!r}")
    points = unit_rows(vectors)
    drawn = seeds.generator(seed, "cluster").integers(2**31, size=starts)
    found = [_clusters(points, k, int(start)) for start in drawn]
    values = {
        "NMI": [normalized_mutual_info_score(classes.codes, cluster) for cluster in found],
        "ARI": [adjusted_rand_score(classes.codes, cluster) for cluster in found],
        "purity": [purity(cluster, classes.codes) for cluster in found],
    }
    means = {name: float(np.mean(value)) for name, value in values.items()}
    spread = {name: float(np.std(value, ddof=1)) if starts > 1 else 0.0 for name, value in values.items()}
    chance = float(classes.sizes.max() / n)
    return ClusterScore(means["NMI"], means["ARI"], means["purity"], spread, k, chance, n)


def _clusters(points: np.ndarray, k: int, start: int) -> np.ndarray:
    """(n,) cluster of each point, at most k of them."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    different, cluster = np.unique(points, axis=0, return_inverse=True)
    if len(different) <= k:  # nothing to decide: equal points together, others apart
        return cluster.reshape(-1)
    with threadpool_limits(
        1
    ):  # so that a sum's order, and with it the clusters, is the same on any machine's cores
        return KMeans(k, n_init=3, random_state=start).fit_predict(points)
