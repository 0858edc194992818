from __future__ import annotations

from itertools import islice

import made_graphs
import numpy as np
import pytest
from scipy.sparse import csr_array

from likewise.errors import InputError, OptionError
from likewise.learn.factorise.adjacency import symmetric
from likewise.learn.factorise.propagation import fold_in, hops, propagate


def slow(features: np.ndarray, dense: np.ndarray, steps: int) -> np.ndarray:
    looped = dense.astype(np.float64) + np.eye(len(dense))
    roots = 1 / np.sqrt(looped.sum(axis=1))
    for _ in range(steps):
        features = roots[:, None] * (looped @ (roots[:, None] * features))
    return features


def world() -> tuple[np.ndarray, np.ndarray]:
    dense, _ = made_graphs.communities(40, 2, 0.2, 0.05)
    dense *= np.triu(np.random.default_rng(1).uniform(0.5, 2, (40, 40)))
    dense = np.maximum(dense, dense.T)
    dense[3, 3], dense[9], dense[:, 9] = 2, 0, 0
    return dense, np.random.default_rng(0).standard_normal((40, 7)).astype(np.float32)


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_steps_are_those_of_the_paper_dense_and_sparse(steps: int) -> None:
    dense, features = world()
    offsets, targets, weights = made_graphs.rows(dense)
    wanted = slow(features, dense, steps)
    found = propagate(features, offsets, targets, weights=weights, steps=steps)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_array_equal(found[9], features[9])  # alone
    sparse = propagate(csr_array(features), offsets, targets, weights=weights, steps=steps)
    assert isinstance(sparse, csr_array)
    np.testing.assert_allclose(sparse.toarray(), wanted, atol=1e-5)
    again = propagate(features, offsets, targets, weights=weights, steps=steps, threads=3)
    assert again.tobytes() == found.tobytes()


def test_every_step_can_be_looked_at() -> None:
    dense, features = world()
    offsets, targets, weights = made_graphs.rows(dense)
    found = list(islice(hops(features, symmetric(offsets, targets, weights)), 3))
    assert [one.shape for one in found] == [(40, 7)] * 3
    np.testing.assert_array_equal(found[2], propagate(features, offsets, targets, weights=weights))


def test_a_new_node_takes_what_its_neighbours_had_step_by_step() -> None:
    """A node that hangs on nodes which do not feel it, as one more row below a graph of its own."""
    dense, features = world()
    offsets, targets, weights = made_graphs.rows(dense)
    graph = symmetric(offsets, targets, weights)
    known = list(islice(hops(features, graph), 2))
    own = np.random.default_rng(5).standard_normal((2, 7)).astype(np.float32)
    found = fold_in(own, known, graph, np.array([0, 2, 2]), np.array([4, 11]), np.array([1.0, 3.0]))
    degrees, now = dense.sum(axis=1) + 1, own[0].astype(np.float64)
    for one in known:
        now = now / 5 + one[4] / np.sqrt(5 * degrees[4]) + 3 * one[11] / np.sqrt(5 * degrees[11])
    np.testing.assert_allclose(found[0], now, atol=1e-5)
    np.testing.assert_array_equal(found[1], own[1])


def test_what_does_not_fit_is_refused() -> None:
    offsets, targets = np.array([0, 1, 2]), np.array([1, 0])
    with pytest.raises(InputError, match="one row for each of 2 nodes"):
        propagate(np.ones((3, 2)), offsets, targets)
    with pytest.raises(InputError, match="not finite"):
        propagate(np.array([[1.0], [np.nan]]), offsets, targets)
    with pytest.raises(OptionError, match="steps"):
        propagate(np.ones((2, 2)), offsets, targets, steps=-1)
