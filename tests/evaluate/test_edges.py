from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import average_precision_score, roc_auc_score

from likewise.errors import InputError, OptionError
from likewise.evaluate import Report, edges
from likewise.evaluate.edge_splits import draw_non_edges, held_out


def rows(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    matrix = csr_array(dense)
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


def world(n: int = 240, parts: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Communities, and vectors that say which."""
    random = np.random.default_rng(0)
    part = np.arange(n) % parts
    upper = np.triu(random.random((n, n)) < np.where(part[:, None] == part, 0.2, 0.005), 1)
    return (upper | upper.T).astype(float), np.eye(parts, dtype=np.float32)[part]


def whole(n: int, held: np.ndarray, split_rows: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    out = csr_array((np.ones(len(split_rows[1])), split_rows[1], split_rows[0]), (n, n)).toarray()
    out[held[:, 0], held[:, 1]] += 1
    out[held[:, 1], held[:, 0]] += 1
    return out


@pytest.mark.parametrize("connected", [True, False])
def test_held_edges_and_those_left_are_the_graph(connected: bool) -> None:
    dense, _ = world()
    dense[5, 5] = 1
    split = held_out(*rows(dense), share=0.3, connected=connected, seed=1)
    np.testing.assert_array_equal(whole(240, split.held, (split.offsets, split.targets)), dense)
    assert len(split.held) == split.wanted == round(0.3 * (dense.sum() - 1) / 2)
    assert (split.held[:, 0] < split.held[:, 1]).all()


def test_the_graph_stays_connected_and_says_what_it_cost() -> None:
    dense, _ = world(60, 1)
    split = held_out(*rows(dense), share=0.9)
    left = csr_array((np.ones(len(split.targets)), split.targets, split.offsets), (60, 60))
    assert connected_components(left)[0] == connected_components(csr_array(dense))[0] == 1
    assert len(split.held) == dense.sum() / 2 - 59 < split.wanted
    path = np.diag(np.ones(9), 1) + np.diag(np.ones(9), -1)
    with pytest.raises(InputError, match="none of 9 edges"):
        held_out(*rows(path))
    assert len(held_out(*rows(path), connected=False).held) == 1


def test_weights_go_with_their_edges() -> None:
    dense, _ = world()
    weighed = csr_array(np.triu(dense * np.arange(1, 57601).reshape(240, 240)))
    weighed = csr_array(weighed + weighed.T)
    split = held_out(weighed.indptr, weighed.indices, weighed.data, share=0.2)
    again = csr_array((split.weights, split.targets, split.offsets), (240, 240)).toarray()
    np.testing.assert_array_equal(again[again > 0], weighed.toarray()[again > 0])


@pytest.mark.parametrize("drawn", ["uniform", "degree"])
def test_strangers_are_no_edges_and_no_self_and_none_twice(drawn: edges.Drawn) -> None:
    dense, _ = world()
    dense[:, 7] = dense[7] = 0
    found = draw_non_edges(*rows(dense), 3000, drawn=drawn)
    assert found.shape == (3000, 2)
    assert (found[:, 0] < found[:, 1]).all()
    assert len(np.unique(found, axis=0)) == 3000
    assert not dense[found[:, 0], found[:, 1]].any()
    assert not (found == 7).any()
    with pytest.raises(InputError, match="were wanted"):
        draw_non_edges(*rows(np.ones((4, 4)) - np.eye(4)), 1)


def test_strangers_by_degree_have_the_degrees_of_ends_of_edges() -> None:
    random = np.random.default_rng(0)
    weight = np.arange(1, 401) ** -0.7
    upper = np.triu(random.random((400, 400)) < np.minimum(1, 12 * np.outer(weight, weight)), 1)
    dense = (upper | upper.T).astype(float)
    degrees = dense.sum(axis=1)
    ends = (degrees**2).sum() / degrees.sum()
    uniform, by_degree = (
        degrees[draw_non_edges(*rows(dense), 1500, drawn=drawn)].mean() for drawn in ("uniform", "degree")
    )
    assert by_degree > 0.7 * ends  # hubs have few strangers left
    assert uniform < 0.5 * by_degree, (uniform, by_degree, ends)


def test_auc_and_precision_are_those_of_scikit_learn_with_ties() -> None:
    random = np.random.default_rng(0)
    truth, scores = random.random(400) < 0.4, random.integers(0, 9, 400).astype(float)
    assert edges.auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores))
    assert edges.precision(truth, scores) == pytest.approx(average_precision_score(truth, scores))
    assert edges.auc(np.ones(3, bool), np.arange(3.0)) == 0.5
    assert edges.precision(np.zeros(3, bool), np.arange(3.0)) == 0


def test_features_of_pairs() -> None:
    vectors, pairs = np.array([[1.0, 2], [3, -4]]), np.array([[0, 1]])
    wanted = {"hadamard": [3, -8], "l1": [2, 6], "l2": [4, 36], "average": [2, -1]}
    for operator in edges.OPERATORS:
        assert edges.features(vectors, pairs, operator)[0].tolist() == wanted[operator]


@pytest.mark.parametrize("operator", edges.OPERATORS)
def test_vectors_that_say_the_community_tell_edges(operator: edges.Operator) -> None:
    dense, vectors = world()
    found = edges.evaluate(vectors, held_out(*rows(dense)), operator=operator, resamples=20)
    if operator != "average":  # a mean cannot say whether two are alike, to a linear head
        assert found.auc.value > 0.82  # one stranger in five is of the same community
    assert found.rows("made")[0].total == found.wanted
    assert set(found.baselines) == {"random", "degree", "common", "adamic-adar", "eigenvectors"}
    assert found.baselines["eigenvectors"][0] > 0.8
    assert abs(found.baselines["random"][0] - 0.5) < 0.12


def test_common_neighbours_are_counted_in_what_is_left() -> None:
    dense, _ = world()
    split = held_out(*rows(dense), share=0.2)
    left = csr_array((np.ones(len(split.targets)), split.targets, split.offsets), (240, 240)).toarray()
    task = edges._task(split, "uniform", 0)
    a, b = task.tested.T
    np.testing.assert_array_equal(edges._common(split, task, is_adamic=False), (left @ left)[a, b])
    index = left @ (left / np.log(np.maximum(left.sum(axis=1), 2))[:, None])
    np.testing.assert_allclose(edges._common(split, task, is_adamic=True), index[a, b])
    np.testing.assert_array_equal(edges._degree(split, task), left.sum(axis=1)[a] * left.sum(axis=1)[b])
    assert (dense[task.tested[:, 0], task.tested[:, 1]] > 0).tolist() == task.truth.tolist()
    assert (dense[task.known[:, 0], task.known[:, 1]] > 0).tolist() == task.answers.tolist()
    both = np.concatenate([task.known, task.tested])
    assert len(np.unique(both, axis=0)) == len(both)


def test_a_report_warns_of_vectors_that_say_nothing() -> None:
    dense, vectors = world()
    split = held_out(*rows(dense))
    noise = np.random.default_rng(1).standard_normal(vectors.shape).astype(np.float32)
    warnings = Report(tuple(edges.evaluate(noise, split, resamples=0).rows("made"))).warnings
    assert len(warnings) == 2
    assert "does not beat" in warnings[0]
    one, two = (edges.evaluate(vectors, split, resamples=9, drawn="degree").rows("x") for _ in range(2))
    assert one == two


def test_what_cannot_be_is_refused() -> None:
    dense, vectors = world()
    split = held_out(*rows(dense))
    with pytest.raises(InputError, match="one row a node"):
        edges.evaluate(vectors[:9], split)
    with pytest.raises(OptionError, match="operator"):
        edges.evaluate(vectors, split, operator="sum")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="share"):
        held_out(*rows(dense), share=1.0)
    with pytest.raises(OptionError, match="drawn"):
        draw_non_edges(*rows(dense), 3, drawn="far")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="both their ends"):
        held_out(*rows(np.triu(dense)))
    with pytest.raises(InputError, match="no edge is left"):
        edges.evaluate(vectors, replace(split, offsets=0 * split.offsets, targets=split.targets[:0]))
