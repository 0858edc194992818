"""ProNE: a sparse factorisation of the edges, then smoothing by a filter of the graph's spectrum.

Source: Zhang et al. 2019, "ProNE: fast and scalable network representation learning" (IJCAI 2019), sections 3.1
and 3.2. Time and memory are linear in nodes and edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.errors import InputError, OptionError
from likewise.learn.factorise import lsa
from likewise.learn.factorise.adjacency import Adjacency, scale
from likewise.learn.kernels import gemm
from likewise.learn.kernels.sparse_product import times

if TYPE_CHECKING:
    from scipy.sparse import csr_array

EXPONENT = 0.75  # of the counts, for noise, as in word2vec


@dataclass(frozen=True)
class ProNE:
    """`vectors` (n, dim) float32 of length 1, zeros of an isolated node; `values` (dim,) are the singular values."""

    vectors: np.ndarray
    values: np.ndarray


def fit(
    graph: Adjacency,
    dim: int = 128,
    *,
    negatives: float = 1,
    order: int = 10,
    theta: float = 0.5,
    mu: float = 0.2,
    seed: int = 0,
    threads: int = 1,
) -> ProNE:
    """The ProNE vectors of n nodes.

    `order` terms of the Chebyshev series of the filter, whose kernel is exp(-theta ((λ - mu)² - 1) / 2) on eigenvalues
    λ of the Laplacian. One seed gives the same bits at any number of threads. Raises `OptionError` if dim is more
    than the rank of the matrix or an option is out of its range, `InputError` if there is no edge.
    """
    if not graph.matrix.nnz:
        raise InputError("no node has an edge; there is nothing to train on")
    if order < 2 or not 0 < negatives < np.inf or not 0 < theta < np.inf or not np.isfinite(mu):
        raise OptionError(
            f"order {order}, negatives {negatives}, theta {theta}, mu {mu}: wanted order from 2, the others finite, "
            "negatives and theta above 0"
        )
    found = lsa.fit(_edges(graph, negatives), dim, seed=seed, threads=threads)
    start = unit_rows(found.documents / np.sqrt(found.values))
    smooth = _filter(graph, start.astype(np.float32), order, theta, mu, threads)
    smooth[graph.isolated] = 0
    with gemm.one_blas_thread():
        squares, axes = np.linalg.eigh(gemm.gram(smooth, threads))
        values = np.sqrt(squares[::-1].clip(0))
        turn = axes[:, ::-1] / np.sqrt(values.clip(lsa.RANK * values[0]))
        return ProNE(unit_rows(gemm.combine([smooth], turn, threads)), values)


def _edges(graph: Adjacency, negatives: float) -> csr_array:
    """Equation 4: the log probability of an edge in a walk, minus that of its end as noise."""
    shares = graph.transition()
    noise = np.asarray(shares.sum(axis=0, dtype=np.float64)).reshape(-1) ** EXPONENT
    noise *= negatives / noise.sum()
    ends = scale(shares.sign(), np.ones(len(graph)), noise)
    shares.data = np.log(shares.data) - np.log(ends.data)
    return shares


def _filter(
    graph: Adjacency, rows: np.ndarray, order: int, theta: float, mu: float, threads: int
) -> np.ndarray:
    """(I + A)(rows - filter(rows)): section 3.2, with Bessel functions as coefficients of the series."""
    from scipy.sparse import csr_array, eye_array
    from scipy.special import iv

    n = len(graph)
    looped = csr_array(graph.matrix + eye_array(n, format="csr", dtype=np.float32))
    shares = scale(looped, 1 / (graph.degrees + 1), np.ones(n))

    def shift(block: np.ndarray) -> np.ndarray:
        """(L - mu I) block, L the Laplacian I - D⁻¹A with self-loops."""
        return (1 - np.float32(mu)) * block - times(shares, block, threads)

    def double(block: np.ndarray) -> np.ndarray:
        """((L - mu I)² - 2 I) block: twice the argument of the series."""
        return shift(shift(block)) - 2 * block

    before, now = rows, double(rows) / 2
    total = np.float32(iv(0, theta)) * before - np.float32(2 * iv(1, theta)) * now
    for i in range(2, order):
        before, now = now, double(now) - before
        total += np.float32((-1) ** i * 2 * iv(i, theta)) * now
    return times(looped, rows - total, threads)
