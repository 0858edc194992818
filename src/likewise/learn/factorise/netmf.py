"""NetMF: factorises the matrix that DeepWalk factorises in the limit of many walks.

Source: Qiu et al. 2018, "Network embedding as matrix factorization" (arXiv 1710.02971), algorithm 4. The dense n × n
matrix is computed from the leading eigenvectors of the graph, so this is for some ten thousand nodes; for more use
`prone`. New nodes are folded in from their edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.learn.factorise import krylov
from likewise.learn.factorise.adjacency import Adjacency, rows, scale
from likewise.learn.kernels import gemm
from likewise.learn.kernels.sparse_product import times
from likewise.system import seeds, shards
from likewise.system.cores import MOST_THREADS
from likewise.system.memory import demand
from likewise.system.options import check_float, check_int

LONGEST_WINDOW = 10_000

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ROWS = 512  # of the matrix, computed and multiplied at a time
RANK = 256  # eigenvectors of the graph, as in the paper
DEGREE = 8  # of the Chebyshev filter that separates the eigenvalues above 0; a product is cheap here
TOLERANCE = 0.003
SPARE = 1e-6  # of the largest value: smaller ones are rounding


@dataclass(frozen=True)
class NetMF:
    """`vectors` (n, dim) float32 and the eigenvalues (dim,) float64, largest absolute first; zeros for isolated nodes.

    The other fields are for folding in new nodes: the distribution of walks from a neighbour. It is `places` (n, rank)
    float32 and `reach` (rank,) float64 within a connected component; `component` (n,) int32 is that of each node (-1:
    isolated), and `home` (c,) float64 the inverse of the component's share of all ends of edges.
    """

    vectors: np.ndarray
    values: np.ndarray
    places: np.ndarray
    reach: np.ndarray
    component: np.ndarray
    home: np.ndarray

    def fold_in(
        self, offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None, *, threads: int = 1
    ) -> np.ndarray:
        """(m, dim) float32 of m new nodes, from their edges to the n known: rows offsets (m + 1,), targets, weights.

        The row that the node would have in the matrix if its walks were those of its neighbours, projected on the
        eigenvectors (Bengio et al. 2004). A node without edges gets zeros, a fitted one about its own vector. A vector
        does not depend on the other rows. Raises `InputError` as `adjacency.rows`.
        """
        matrix = rows(offsets, targets, weights, len(self.places))
        total = np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1)
        over = np.divide(1, total, out=np.zeros(len(total)), where=total > 0)
        chances = scale(matrix, over, np.ones(matrix.shape[1]))
        stand = times(chances, self.places, threads) * self.reach.astype(np.float32)
        directions = self._directions()
        out = np.empty((len(total), len(self.values)), np.float32)

        def work(start: int, stop: int) -> None:
            for row in range(start, stop):  # one by one: BLAS rounds a batch of another length otherwise
                found = self.places @ stand[row] + self._at_home(chances, row)
                out[row] = _logarithms(found) @ directions

        with gemm.one_blas_thread():
            shards.each(work, shards.equal_rows(len(out), 16), threads)
        return out

    def _at_home(self, chances: csr_array, row: int) -> np.ndarray:
        """(n,) float32: the contribution of a new node's share of edges into each component to the nodes there."""
        edges = slice(chances.indptr[row], chances.indptr[row + 1])
        kinds = self.component[chances.indices[edges]]
        known = kinds >= 0
        share = np.bincount(kinds[known], chances.data[edges][known], len(self.home)) * self.home
        return np.append(share, 0).astype(np.float32)[self.component]  # -1 is the 0 at the end

    def _directions(self) -> np.ndarray:
        """(n, dim) float32: the eigenvectors divided by the roots of their values."""
        sizes = np.abs(self.values)
        is_real = sizes > SPARE * sizes.max()
        return (
            self.vectors * np.divide(np.sign(self.values), sizes, out=np.zeros(len(sizes)), where=is_real)
        ).astype(np.float32)


@dataclass(frozen=True)
class _Components:
    """The m nodes with edges, `order` (m,) by component; `step` (m, m) is D^-1/2 A D^-1/2 of them, `roots` D^-1/2.

    Component c is at ends[c] … ends[c + 1] - 1. Its first eigenvector has the value 1 and is known: D^1/2, normalised,
    row c of `first` (c, m). An iteration would not find all of the equal values 1.
    """

    order: np.ndarray
    step: csr_array
    roots: np.ndarray
    ends: np.ndarray
    first: csr_array
    volumes: np.ndarray


def fit(
    graph: Adjacency,
    dim: int = 128,
    *,
    window: int = 10,
    negatives: float = 1,
    rank: int = RANK,
    seed: int = 0,
    threads: int = 1,
) -> NetMF:
    """The NetMF vectors of n nodes, U |Λ|^1/2 of log max(1, vol/(window · negatives) Σ (D⁻¹A)^r D⁻¹), r to window.

    The powers use the `rank` largest eigenvalues of D^-1/2 A D^-1/2 above 0, and the 1 of each component. Memory: 4 n²
    bytes, checked before the start. One seed gives the same bits at any number of threads. Raises
    `OptionError` where dim is more than the nodes with an edge or an option is out of its range, `InputError` where
    there is no edge, `NotEnoughMemory`.
    """
    n = int(np.count_nonzero(~graph.isolated))
    _check(dim, window, negatives, rank, n, threads)
    demand(4 * n * (n + 6 * (rank + dim)), 'use method="prone"')
    seed, parts = seeds.checked(seed), _components(graph)
    total = graph.degrees.sum() / negatives
    with gemm.one_blas_thread():
        places, steps = _spectrum(parts, min(rank, n - len(parts.volumes)), seed, threads)
        half = places * np.sqrt(_walks(steps, window) * total).astype(np.float32)
        matrix = _matrix(half, parts.ends, total / parts.volumes, threads)
        values, vectors = krylov.eigenpairs(
            _product(matrix, threads),
            n, dim, by_size=True, seed=seed, tolerance=TOLERANCE, threads=threads,
        )  # fmt: skip
    component = np.full(len(graph), -1, np.int32)
    component[parts.order] = np.repeat(np.arange(len(parts.volumes)), np.diff(parts.ends))
    return NetMF(
        _put(vectors * np.sqrt(np.abs(values)).astype(np.float32), parts.order, len(graph)), values,
        _put(places, parts.order, len(graph)), _onwards(steps, window) * total, component, total / parts.volumes,
    )  # fmt: skip


def _put(rows: np.ndarray, order: np.ndarray, n: int) -> np.ndarray:
    """(n, d) with the rows at the positions `order`, and zeros."""
    out = np.zeros((n, rows.shape[1]), np.float32)
    out[order] = rows
    return out


def _check(dim: int, window: int, negatives: float, rank: int, n: int, threads: int) -> None:
    if n == 0:
        raise InputError("no node has an edge; there is nothing to learn from")
    check_int("dim", dim, 1, 1 << 31)
    if dim > n:
        raise OptionError(f"dim {dim} for {n:,} nodes with edges; wanted from 1 to {n:,}")
    check_int("window", window, 1, LONGEST_WINDOW)
    check_int("rank", rank, 1, 1 << 31)
    check_int("threads", threads, 1, MOST_THREADS)
    check_float("negatives", negatives, 0, above=True)


def _components(graph: Adjacency) -> _Components:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    order = np.flatnonzero(~graph.isolated)
    count, component = connected_components(graph.matrix[order][:, order], directed=False)
    by_component = np.argsort(component, kind="stable")
    order, component = order[by_component], component[by_component]
    ends = np.concatenate([[0], np.cumsum(np.bincount(component, minlength=count))])
    volumes = np.bincount(component, graph.degrees[order], count)
    length = np.sqrt(graph.degrees[order] / volumes[component]).astype(np.float32)
    first = csr_array((length, np.arange(len(order), dtype=np.int32), ends), (count, len(order)))
    step = graph.normalised()[order][:, order]
    return _Components(order, step, graph.inverse_roots[order], ends, first, volumes)


def _spectrum(parts: _Components, rank: int, seed: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """D^-1/2 U (m, rank) and eigenvalues (rank,) of the step, without the first of each component."""
    n = len(parts.order)
    if rank == 0:
        return np.zeros((n, 0), np.float32), np.zeros(0)
    back = parts.first.T.tocsr()

    def without_first(block: np.ndarray) -> np.ndarray:
        return block - times(back, times(parts.first, block, threads), threads)

    def apply_filter(block: np.ndarray) -> np.ndarray:
        return without_first(_chebyshev(parts.step, without_first(block), threads))

    _, vectors = krylov.eigenpairs(
        apply_filter, n, rank, by_size=False, seed=seed, tolerance=TOLERANCE, threads=threads
    )
    vectors = np.ascontiguousarray(without_first(vectors))
    projected = gemm.inner(vectors, times(parts.step, vectors, threads), threads)
    values, axes = np.linalg.eigh((projected + projected.T) / 2)
    vectors = gemm.combine([vectors], axes[:, ::-1], threads)
    return (vectors * parts.roots[:, None]).astype(np.float32), values[::-1].clip(-1, 1)


def _chebyshev(step: csr_array, block: np.ndarray, threads: int) -> np.ndarray:
    """T(2 step + 1) block, T Chebyshev's polynomial: at most 1 on eigenvalues from -1 to 0, and steep above."""
    before, now = block, 2 * times(step, block, threads) + block
    for _ in range(DEGREE - 1):
        before, now = now, 2 * (2 * times(step, now, threads) + now) - before
    return now


def _onwards(steps: np.ndarray, window: int) -> np.ndarray:
    """(rank,): the mean of steps^r for r from 0 to window - 1; 0 where the mean of one step more is below 0."""
    powers = steps[None, :] ** np.arange(window)[:, None]
    return np.where(steps > 0, powers.mean(axis=0), 0)


def _walks(steps: np.ndarray, window: int) -> np.ndarray:
    """(rank,): the mean of steps^r for r from 1 to window, at least 0."""
    return steps.clip(0) * _onwards(steps, window)


def _logarithms(block: np.ndarray) -> np.ndarray:
    """log max(1, block), in place."""
    return np.log(np.maximum(block, 1, out=block), out=block)


def _matrix(half: np.ndarray, ends: np.ndarray, home: np.ndarray, threads: int) -> np.ndarray:
    """log max(1, half · halfᵀ + home) within each component, (n, n) float32; walks go nowhere else."""
    out = np.zeros((len(half), len(half)), np.float32)

    def work(start: int, stop: int) -> None:
        first = int(np.searchsorted(ends, start, "right")) - 1
        for own in range(first, int(np.searchsorted(ends, stop, "left"))):
            mine, all_ = (
                slice(max(start, ends[own]), min(stop, ends[own + 1])),
                slice(ends[own], ends[own + 1]),
            )
            found = half[mine] @ half[all_].T
            found += np.float32(home[own])
            out[mine, all_] = _logarithms(found)

    shards.each(work, shards.equal_rows(len(half), ROWS), threads)
    return out


def _product(matrix: np.ndarray, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    def product(block: np.ndarray) -> np.ndarray:
        block = np.ascontiguousarray(block)
        out = np.empty((len(matrix), block.shape[1]), np.float32)

        def work(start: int, stop: int) -> None:
            np.matmul(matrix[start:stop], block, out=out[start:stop])

        shards.each(work, shards.equal_rows(len(matrix), ROWS), threads)
        return out

    return product
