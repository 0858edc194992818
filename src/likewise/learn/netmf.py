"""NetMF: the matrix that DeepWalk factorises in the limit of many walks, factorised as it is.

Source: Qiu et al. 2018, "Network embedding as matrix factorization" (arXiv 1710.02971), algorithm 4. The matrix of
n × n numbers is made of the first eigenvectors of the graph and kept, so this is for some ten thousands of nodes:
beyond, `prone`. A new node stands in it as soon as its edges are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise import seeds, shards
from likewise.errors import InputError, OptionError
from likewise.learn import krylov, tall
from likewise.learn.adjacency import Adjacency, rows, scaled
from likewise.learn.sparse import times
from likewise.memory import demand

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ROWS = 512  # of the matrix made and multiplied at a time
RANK = 256  # eigenvectors of the graph, as in the paper
DEGREE = (
    8  # of the polynomial that lifts the eigenvalues above 0 out of the others; a product costs little here
)
TOLERANCE = 0.003
SPARE = 1e-6  # of the largest value: a smaller one is rounding, and divides nothing


@dataclass(frozen=True)
class NetMF:
    """`vectors` (n, dim) float32 and the eigenvalues (dim,) float64, by falling size; an isolated node's are zeros.

    `places` (n, rank) float32 and `reach` (rank,) float64 say where a walk from a neighbour comes to: all that a new
    node needs.
    """

    vectors: np.ndarray
    values: np.ndarray
    places: np.ndarray
    reach: np.ndarray

    def fold_in(
        self, offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None, *, threads: int = 1
    ) -> np.ndarray:
        """(m, dim) float32 of m new nodes, from their edges to the n known: rows offsets (m + 1,), targets, weights.

        The row that the node would have in the matrix, were its walks those of its neighbours, on the eigenvectors
        found (Bengio et al. 2004). A node without edges gets zeros; a fitted one about the vector it has. A vector
        does not depend on the other rows. Raises `InputError` as `adjacency.rows`.
        """
        matrix = rows(offsets, targets, weights, len(self.places))
        total = np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1)
        chances = scaled(
            matrix, np.divide(1, total, out=np.zeros(len(total)), where=total > 0), np.ones(matrix.shape[1])
        )
        stand = times(chances, self.places, threads) * self.reach.astype(np.float32)
        sizes = np.abs(self.values)
        over = np.divide(
            np.sign(self.values), sizes, out=np.zeros(len(sizes)), where=sizes > SPARE * sizes.max()
        )
        directions = (self.vectors * over).astype(np.float32)
        out = np.empty((len(total), len(sizes)), np.float32)

        def work(start: int, stop: int) -> None:
            for row in range(start, stop):  # one by one: BLAS rounds a batch of another length otherwise
                out[row] = _logarithms(self.places @ stand[row]) @ directions

        with tall.one_blas_thread():
            shards.each(work, shards.equal_rows(len(out), 16), threads)
        return out


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

    The powers are those of the `rank` largest eigenvalues of D^-1/2 A D^-1/2. Memory: 4 n² bytes, asked for before
    the start. One seed gives the same bits at any number of threads. Raises `OptionError` where dim is more than the
    nodes with an edge or an option is out of its range, `InputError` where there is no edge, `NotEnoughMemory`.
    """
    joined = np.flatnonzero(~graph.isolated)
    _check(dim, window, negatives, rank, len(joined), threads)
    demand(4 * len(joined) * (len(joined) + 6 * (rank + dim)), 'take method="prone"')
    seed, rank = seeds.checked(seed), min(rank, len(joined))
    with tall.one_blas_thread():
        places, steps = _spectrum(graph, joined, rank, seed, threads)
        total = graph.degrees.sum() / negatives
        matrix = _matrix(places * np.sqrt(_walks(steps, window) * total).astype(np.float32), threads)
        values, vectors = krylov.eigenpairs(
            _product(matrix, threads),
            len(joined), dim, by_size=True, seed=seed, tolerance=TOLERANCE, threads=threads,
        )  # fmt: skip
    whole = np.zeros((len(graph), dim), np.float32)
    whole[joined] = vectors * np.sqrt(np.abs(values)).astype(np.float32)
    all_places = np.zeros((len(graph), rank), np.float32)
    all_places[joined] = places
    return NetMF(whole, values, all_places, _onwards(steps, window) * total)


def _check(dim: int, window: int, negatives: float, rank: int, n: int, threads: int) -> None:
    if n == 0:
        raise InputError("no node has an edge; there is nothing to learn from")
    if not 1 <= dim <= n:
        raise OptionError(f"dim {dim} of {n:,} nodes with edges; wanted from 1 to {n:,}")
    for name, value in (("window", window), ("rank", rank), ("threads", threads)):
        if value < 1:
            raise OptionError(f"{name} must be at least 1, not {value}")
    if not 0 < negatives < np.inf:
        raise OptionError(f"negatives must be a number above 0, not {negatives}")


def _spectrum(
    graph: Adjacency, joined: np.ndarray, rank: int, seed: int, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """D^-1/2 U (n, rank) of the nodes that are joined, and the eigenvalues (rank,) of D^-1/2 A D^-1/2."""
    step, n = graph.normalised()[joined][:, joined], len(joined)
    _, vectors = krylov.eigenpairs(
        lambda block: _lifted(step, block, threads),
        n, rank, by_size=False, seed=seed, tolerance=TOLERANCE, threads=threads,
    )  # fmt: skip
    projected = tall.inner(vectors, times(step, vectors, threads), threads)
    values, axes = np.linalg.eigh((projected + projected.T) / 2)
    vectors = tall.combined([vectors], axes[:, ::-1], threads)
    return (vectors * graph.inverse_roots[joined, None]).astype(np.float32), values[::-1].clip(-1, 1)


def _lifted(step: csr_array, block: np.ndarray, threads: int) -> np.ndarray:
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


def _matrix(half: np.ndarray, threads: int) -> np.ndarray:
    """log max(1, half · halfᵀ), (n, n) float32."""
    out = np.empty((len(half), len(half)), np.float32)

    def work(start: int, stop: int) -> None:
        _logarithms(np.matmul(half[start:stop], half.T, out=out[start:stop]))

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
