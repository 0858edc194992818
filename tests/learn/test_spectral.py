from __future__ import annotations

import made_graphs
import numpy as np
import pytest
from scipy.special import iv

from likewise.errors import InputError, OptionError
from likewise.learn.factorise import a_la_carte, krylov, netmf, prone, spectral
from likewise.learn.factorise.adjacency import symmetric
from likewise.learn.kernels import gemm


def weighted(n: int = 60, seed: int = 0) -> np.ndarray:
    """A symmetric weighted matrix with self-loops, and node 7 isolated."""
    random = np.random.default_rng(seed)
    dense = np.triu((random.random((n, n)) < 0.15) * random.uniform(0.5, 3, (n, n)))
    dense = np.maximum(dense, dense.T)
    dense[7], dense[:, 7] = 0, 0
    return dense.astype(np.float32)


def slow_netmf(dense: np.ndarray, window: int, negatives: float) -> np.ndarray:
    """The matrix of the paper, in numpy, from nodes that have edges."""
    dense = dense.astype(np.float64)
    degrees = dense.sum(axis=1)
    step = dense / degrees[:, None]
    powers, now = np.zeros_like(dense), np.eye(len(dense))
    for _ in range(window):
        now = now @ step
        powers += now
    return np.log(np.maximum(1, degrees.sum() / (window * negatives) * powers / degrees[None, :]))


def test_netmf_is_the_matrix_of_the_paper_where_the_rank_is_whole() -> None:
    """A graph whose adjacency has no negative eigenvalue, for those are left out: every node is its own neighbour."""
    dense = weighted()
    dense[np.diag_indices(60)] = dense.sum(axis=1) + 1
    dense[7, 7] = 0
    found = netmf.fit(symmetric(*made_graphs.rows(dense)), 59, window=4, negatives=0.5)
    joined = np.arange(60) != 7
    wanted = slow_netmf(dense[joined][:, joined], 4, 0.5)
    half = found.vectors[joined].astype(np.float64)
    np.testing.assert_allclose(half * np.sign(found.values) @ half.T, wanted, atol=2e-3)
    assert not found.vectors[7].any()


def test_more_components_than_eigenvectors_are_each_what_they_would_be_alone() -> None:
    """400 triangles of two shapes, some 1,200 nodes: a value of 1 for each, more than an iteration would find."""
    shapes = [np.array([[3, 1, 1], [1, 3, 1], [1, 1, 3.0]]), np.array([[9, 2, 1], [2, 5, 1], [1, 1, 7.0]])]
    dense = np.kron(np.eye(200), np.block([[shapes[0], np.zeros((3, 3))], [np.zeros((3, 3)), shapes[1]]]))
    graph = symmetric(*made_graphs.rows(dense))
    found = netmf.fit(graph, 1200, rank=900, window=3)
    half = found.vectors.astype(np.float64)
    made, wanted = half * np.sign(found.values) @ half.T, slow_netmf(dense, 3, 1)
    np.testing.assert_allclose(made, wanted, atol=5e-3)
    np.testing.assert_array_equal(found.component, np.arange(1200) // 3)
    pairs = np.kron(
        np.eye(1100), [[1, 1], [1, 1]]
    )  # a component's other value is 0: places have nothing to say
    made = netmf.fit(symmetric(*made_graphs.rows(pairs)), 300, window=2, rank=8).vectors
    np.testing.assert_allclose(made[::2], made[1::2], atol=1e-6)
    alone = netmf.fit(symmetric(*made_graphs.rows(np.eye(4))), 2)  # nothing but self-loops
    assert np.isfinite(alone.vectors).all()
    assert alone.places.shape == (4, 0)


def test_a_node_between_two_components_stands_between_them() -> None:
    dense, part = made_graphs.communities(120, 4, 0.5, 0.0)
    found = spectral.fit(*made_graphs.rows(dense)[:2], 8, method="netmf")
    joins = found.fold_in(np.array([0, 4, 6]), np.array([0, 1, 4, 5, 0, 4], np.int32))
    both, one = (np.bincount(part, near) / 30 for near in joins @ found.vectors.T)
    assert both[:2].min() > 0.3 * one[0]
    assert np.abs([*both[2:], *one[1:]]).max() < 0.05 * one[0]


def test_prone_is_a_slow_twin() -> None:
    dense = weighted()
    dense[np.diag_indices(60)] = 0
    graph = symmetric(*made_graphs.rows(dense))
    found = prone.fit(graph, 8)
    share = np.divide(dense, dense.sum(axis=1, keepdims=True), out=np.zeros((60, 60)), where=dense > 0)
    noise = share.sum(axis=0) ** 0.75
    noise /= noise.sum()
    logs = np.log(np.where(dense > 0, share, 1)) - np.log(np.where(dense > 0, noise, 1))
    left, sizes, _ = np.linalg.svd(logs)
    start = left[:, :8] * np.sqrt(sizes[:8])
    start /= np.maximum(np.linalg.norm(start, axis=1, keepdims=True), 1e-9)
    start[7] = 0
    looped = dense + np.eye(60)
    laplacian = np.eye(60) - looped / looped.sum(axis=1, keepdims=True) - 0.2 * np.eye(60)
    values, axes = np.linalg.eig(laplacian)
    argument = values**2 / 2 - 1  # Chebyshev's T_i by its recurrence on eigenvalues
    terms = [np.ones(60), argument]
    while len(terms) < 10:
        terms.append(2 * argument * terms[-1] - terms[-2])
    series = iv(0, 0.5) + sum(2 * (-1) ** i * iv(i, 0.5) * terms[i] for i in range(1, 10))
    smooth = looped @ (start - (axes * series @ np.linalg.inv(axes) @ start).real)
    smooth[7] = 0
    left, sizes, _ = np.linalg.svd(smooth, full_matrices=False)
    wanted = left * np.sqrt(sizes)
    wanted[7] = 1
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    wanted[7] = 0
    np.testing.assert_allclose(found.vectors @ found.vectors.T, wanted @ wanted.T, atol=5e-3)
    np.testing.assert_allclose(found.values, sizes, rtol=1e-3)


@pytest.mark.parametrize("by_size", [False, True])
def test_eigenpairs_of_a_matrix_too_large_to_be_decomposed_whole(by_size: bool) -> None:
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((1500, 60)))[0].astype(np.float32)
    sizes = np.concatenate([np.linspace(9, 3, 40), -np.linspace(8, 4, 20)])
    matrix = (axes * sizes.astype(np.float32)) @ axes.T
    with gemm.one_blas_thread():
        values, vectors = krylov.eigenpairs(
            lambda x: matrix @ x, 1500, 50, by_size=by_size, seed=0, tolerance=1e-5
        )
    wanted = np.sort(np.abs(sizes))[::-1][:50] if by_size else np.sort(sizes)[::-1][:40]
    np.testing.assert_allclose((np.abs(values) if by_size else values)[: len(wanted)], wanted, atol=1e-3)
    np.testing.assert_allclose(matrix @ vectors[:, :30], vectors[:, :30] * values[:30], atol=2e-3)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(50), atol=1e-4)


@pytest.mark.parametrize("method", ["netmf", "prone"])
def test_communities_are_predicted_by_the_nearest_node(method: spectral.Method) -> None:
    dense, part = made_graphs.communities(240, 4, 0.2, 0.01)
    found = spectral.fit(*made_graphs.rows(dense)[:2], 16, method=method)
    unit = found.vectors / np.maximum(np.linalg.norm(found.vectors, axis=1, keepdims=True), 1e-9)
    near = (unit @ unit.T - 2 * np.eye(240)).argmax(axis=1)
    assert (part[near] == part)[~found.isolated].mean() > 0.97


@pytest.mark.parametrize("method", ["netmf", "prone"])
def test_the_same_bits_at_any_number_of_threads(method: spectral.Method) -> None:
    dense, _ = made_graphs.communities(1300, 5, 0.03, 0.002)
    graph = made_graphs.rows(dense)[:2]
    found = [spectral.fit(*graph, 24, method=method, seed=3, threads=threads) for threads in (1, 2, 3)]
    assert len({one.vectors.tobytes() for one in found}) == 1
    assert len({one.fold_in(*graph, threads=2).tobytes() for one in found}) == 1
    assert spectral.fit(*graph, 24, method=method, seed=4).vectors.tobytes() != found[0].vectors.tobytes()


def test_a_fitted_node_is_folded_in_where_it_stands() -> None:
    dense, _ = made_graphs.communities(240, 4, 0.2, 0.01)
    graph = made_graphs.rows(dense)
    found = spectral.fit(*graph[:2], 16, method="netmf")
    again = found.fold_in(*graph[:2])
    error = np.linalg.norm(again - found.vectors, axis=1) / np.linalg.norm(found.vectors, axis=1)
    assert np.median(error) < 0.05


@pytest.mark.parametrize("method", ["netmf", "prone"])
def test_unseen_nodes_join_their_community_and_do_not_depend_on_each_other(method: spectral.Method) -> None:
    dense, part = made_graphs.communities(300, 3, 0.15, 0.02)
    found = spectral.fit(*made_graphs.rows(dense[:260, :260])[:2], 12, method=method)
    offsets, targets, weights = made_graphs.rows(dense[260:, :260])
    new = found.fold_in(offsets, targets)
    unit = found.vectors / np.maximum(np.linalg.norm(found.vectors, axis=1, keepdims=True), 1e-9)
    assert (part[:260][(new @ unit.T).argmax(axis=1)] == part[260:]).mean() > 0.9
    for i in range(5):
        first, last = offsets[i], offsets[i + 1]
        alone = found.fold_in(np.array([0, last - first]), targets[first:last])
        assert alone.tobytes() == new[i : i + 1].tobytes()
    np.testing.assert_array_equal(found.fold_in(offsets, targets, 4 * weights), new)
    assert not found.fold_in(np.zeros(3, np.int64), targets[:0]).any()
    assert found.fold_in(np.zeros(1, np.int64), targets[:0]).shape == (0, 12)


def test_a_la_carte_finds_the_matrix_that_made_the_vectors() -> None:
    """Every node has one neighbour, whose vector is its own, turned."""
    random = np.random.default_rng(0)
    turn = np.linalg.qr(random.standard_normal((6, 6)))[0]
    turn = turn @ np.diag([1, 1, 1, -1, -1, -1]) @ turn.T  # its own inverse, for edges go both ways
    left = random.standard_normal((50, 6))
    vectors = np.concatenate([left, left @ turn]).astype(np.float32)
    dense = np.kron([[0, 1], [1, 0]], np.eye(50))
    offsets, targets, _ = made_graphs.rows(dense)
    found = a_la_carte.fit(symmetric(offsets, targets), vectors)
    np.testing.assert_allclose(found, turn, atol=5e-3)
    new = a_la_carte.fold_in(
        vectors, found, np.array([0, 2, 2]), np.array([0, 1], np.int32), np.array([1.0, 3.0])
    )
    np.testing.assert_allclose(new[0], (vectors[0] + 3 * vectors[1]) / 4 @ turn, atol=2e-2)
    assert not new[1].any()


def test_directed_edges_are_taken_both_ways() -> None:
    offsets, targets = np.array([0, 2, 3, 4]), np.array([0, 1, 0, 0], np.int32)  # 0→0, 0→1, 1→0, 2→0
    graph = symmetric(offsets, targets, np.array([5.0, 1, 2, 4], np.float32), directed=True)
    np.testing.assert_array_equal(graph.matrix.toarray(), [[5, 3, 4], [3, 0, 0], [4, 0, 0]])
    np.testing.assert_array_equal(graph.degrees, [12, 3, 4])
    with pytest.raises(InputError, match="both their ends"):
        symmetric(offsets, targets)


def test_parallel_edges_add_up_and_arguments_stay_as_they_are() -> None:
    offsets, targets = np.array([0, 2, 4]), np.array([1, 1, 0, 0], np.int32)
    weights = np.array([1, 2, 1, 2], np.float32)
    assert symmetric(offsets, targets, weights).matrix.toarray().tolist() == [[0, 3], [3, 0]]
    assert weights.tolist() == [1, 2, 1, 2]
    assert targets.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("method", ["netmf", "prone"])
@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_what_cannot_be_is_refused(method: spectral.Method, weight: float) -> None:
    pair = np.array([0, 1, 2, 2]), np.array([1, 0], np.int32)
    with pytest.raises(OptionError, match="dim 3 for 2 nodes with edges"):
        spectral.fit(*pair, 3, method=method)
    with pytest.raises(InputError, match="no node has an edge"):
        spectral.fit(np.zeros(4, np.int64), np.zeros(0, np.int32), 2, method=method)
    with pytest.raises(InputError, match="finite and above 0"):
        spectral.fit(*pair, 1, weights=np.array([1, weight]), method=method)
    with pytest.raises(InputError, match="wanted nodes from 0 to 2"):
        spectral.fit(pair[0], np.array([1, 3]), 1, method=method)


def test_options_that_do_not_fit_are_refused() -> None:
    pair = np.array([0, 1, 2]), np.array([1, 0], np.int32)
    with pytest.raises(OptionError, match="ProNE has none"):
        spectral.fit(*pair, 1, method="prone", window=5)
    with pytest.raises(OptionError, match="window must be a whole number from 1"):
        spectral.fit(*pair, 1, window=0)
    with pytest.raises(OptionError, match="method must be"):
        spectral.fit(*pair, 1, method="svd")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="negatives"):
        spectral.fit(*pair, 1, negatives=0)


def test_isolated_nodes_are_zeros_and_flagged_and_components_do_not_matter() -> None:
    dense, _ = made_graphs.communities(60, 2, 0.4, 0.0)
    dense[5], dense[:, 5] = 0, 0
    for method in ("netmf", "prone"):
        found = spectral.fit(*made_graphs.rows(dense)[:2], 8, method=method)
        assert np.isfinite(found.vectors).all()
        np.testing.assert_array_equal(found.isolated, ~dense.any(axis=1))
        np.testing.assert_array_equal(~found.vectors.any(axis=1), found.isolated)


def test_methods_are_chosen_by_the_number_of_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = made_graphs.rows(made_graphs.communities(50, 2, 0.4, 0.1)[0])[:2]
    assert spectral.fit(*graph, 4).method == "netmf"
    monkeypatch.setattr(spectral, "NETMF_NODES", 49)
    assert spectral.fit(*graph, 4).method == "prone"
