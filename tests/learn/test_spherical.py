"""Clusters of directions: planted ones come back, and their number."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.errors import OptionError
from likewise.learn.kernels.spherical_kmeans import clusters, select_k


def planted(k: int, per: int = 40, spread: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows around the first k axes, shuffled, and which axis each is of."""
    random = np.random.default_rng(seed)
    codes = random.permutation(np.repeat(np.arange(k), per))
    rows = np.eye(6)[codes] + random.normal(0, spread, (k * per, 6))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), codes


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_planted_clusters_come_back_and_so_does_their_number(k: int) -> None:
    rows, codes = planted(k)
    found = select_k(rows, 6, least=0.3)
    assert len(found.centres) == k
    pairs = {(a, b) for a, b in zip(found.codes.tolist(), codes.tolist(), strict=True)}
    assert len(pairs) == k


def test_centres_are_the_mean_directions_and_the_largest_cluster_leads() -> None:
    rows, codes = planted(2)
    rows = np.concatenate([rows, rows[codes == 1]])
    found = clusters(rows, 2)
    sizes = np.bincount(found.codes)
    assert sizes[0] > sizes[1]
    for code, centre in enumerate(found.centres):
        mean = rows[found.codes == code].sum(axis=0)
        assert np.allclose(centre, mean / np.linalg.norm(mean))
        assert np.array_equal(found.codes, (rows @ found.centres.T).argmax(axis=1))


def test_the_silhouette_is_that_of_its_definition() -> None:
    rows, _ = planted(3, spread=0.4)
    found = clusters(rows, 3)
    slow = []
    for row, code in zip(rows, found.codes, strict=True):
        far = [1 - row @ centre for centre in found.centres]
        own = far.pop(code)
        slow.append((min(far) - own) / max(own, min(far)))
    assert found.silhouette == pytest.approx(np.mean(slow))


def test_rows_that_are_alike_are_one_cluster_and_few_rows_are_no_error() -> None:
    same = np.tile(np.eye(4)[0], (9, 1))
    assert len(clusters(same, 3).centres) == 1
    assert len(select_k(same[:1], 6, least=0.1).centres) == 1
    zeros = clusters(np.zeros((4, 3)), 2)
    assert np.isfinite(zeros.centres).all()


def test_one_seed_one_answer() -> None:
    rows, _ = planted(4, spread=0.5)
    assert np.array_equal(clusters(rows, 4, seed=3).codes, clusters(rows, 4, seed=3).codes)


@pytest.mark.parametrize("k", [0, -1, True])
def test_a_k_that_is_none_is_refused(k: int) -> None:
    with pytest.raises(OptionError, match="k must be"):
        clusters(np.eye(3), k)
