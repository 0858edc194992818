from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from likewise.arrays.ranking import best, by_vectors
from likewise.errors import InputError, OptionError


def slow(scores: np.ndarray, seen: np.ndarray, k: int) -> np.ndarray:
    left = np.where(seen, -np.inf, scores)
    found = np.argsort(-left, axis=1, kind="stable")[:, :k]
    found[np.take_along_axis(left, found, 1) == -np.inf] = -1
    return np.pad(found, ((0, 0), (0, max(0, k - found.shape[1]))), constant_values=-1)


@pytest.mark.parametrize("k", [1, 10, 200])
@pytest.mark.parametrize("items", [1, 63, 64, 150])
def test_the_best_are_those_of_a_whole_sort(items: int, k: int) -> None:
    random = np.random.default_rng(items)
    scores = random.integers(0, 12, (70, items)).astype(np.float32)  # many ties
    seen = random.random((70, items)) < 0.3
    seen[3] = True
    users = random.permutation(70)[:50]
    found, values = best(lambda rows: scores[rows], users, sparse.csr_array(seen), items, k)
    np.testing.assert_array_equal(found, slow(scores[users], seen[users], k))
    there = found >= 0
    np.testing.assert_array_equal(values[there], np.take_along_axis(scores[users], found.clip(0), 1)[there])
    assert (values[~there] == -np.inf).all()


def test_vectors_and_threads() -> None:
    random = np.random.default_rng(0)
    users, items = (random.standard_normal((n, 24)).astype(np.float32) for n in (300, 500))
    seen = sparse.csr_array(random.random((300, 500)) < 0.1)
    every = np.arange(300)
    one, two = (best(by_vectors(users, items), every, seen, 500, 20, threads=threads) for threads in (1, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one[0], slow(users @ items.T, seen.toarray(), 20))
    nothing = best(by_vectors(users, items), every, None, 500, 3)[0]
    np.testing.assert_array_equal(nothing, slow(users @ items.T, np.zeros((300, 500), bool), 3))


def test_no_users_and_views_that_are_kept() -> None:
    kept = np.ones((2, 5), np.float32)
    seen = sparse.csr_array(np.eye(2, 5, dtype=np.float32))
    assert best(lambda rows: kept[rows], np.zeros(0, int), seen, 5, 3)[0].shape == (0, 3)
    best(lambda rows: kept[rows[0] : rows[-1] + 1], np.arange(2), seen, 5, 3)
    assert (kept == 1).all()


@pytest.mark.parametrize("k", [0, True, 1.5])
def test_a_k_out_of_range_is_refused(k: int) -> None:
    with pytest.raises(OptionError, match="k must be"):
        best(lambda rows: np.ones((len(rows), 3)), np.arange(2), None, 3, k)


def test_scores_that_are_wrong_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        best(lambda rows: np.ones((len(rows), 4)), np.arange(2), None, 3, 1)
    with pytest.raises(InputError, match="NaN"):
        best(lambda rows: np.full((len(rows), 3), np.nan), np.arange(2), None, 3, 1)
