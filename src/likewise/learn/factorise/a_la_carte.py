"""À la carte embedding of new nodes: the mean of the neighbours' vectors times a fitted matrix.

Source: Khodak et al. 2018, "A la carte embedding" (arXiv 1805.05388), section 3, with neighbours as contexts. It works
with vectors of any method.
"""

from __future__ import annotations

import numpy as np

from likewise.errors import InputError
from likewise.learn.factorise.adjacency import Adjacency, rows, scale
from likewise.learn.kernels import gemm
from likewise.learn.kernels.sparse_product import times

RIDGE = 1e-3  # of the mean square of a column, so that the solution is unique
TINY = 1e-30


def fit(graph: Adjacency, vectors: np.ndarray, *, threads: int = 1) -> np.ndarray:
    """(dim, dim) float32: the least-squares map from the mean of a node's neighbours to its own vector.

    vectors (n, dim) float32, a row for each node of `graph`; isolated nodes are not used.
    """
    if len(vectors) != len(graph):
        raise InputError(f"{len(vectors):,} vectors of {len(graph):,} nodes; wanted one for each")
    with gemm.one_blas_thread():
        means = times(graph.transition(), vectors, threads)
        squares = gemm.gram(means, threads)
        ridge = RIDGE * max(float(np.trace(squares)) / len(squares), TINY)
        crossed = gemm.inner(means, np.ascontiguousarray(vectors, np.float32), threads)
        return np.linalg.solve(squares + ridge * np.eye(len(squares)), crossed).astype(np.float32)


def fold_in(
    vectors: np.ndarray,
    transform: np.ndarray,
    offsets: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    threads: int = 1,
) -> np.ndarray:
    """(m, dim) float32 of m new nodes from their edges to the n nodes of `vectors`; zeros without an edge.

    A vector does not depend on the other rows. Raises `InputError` as `adjacency.rows`.
    """
    means = neighbour_means(vectors, offsets, targets, weights, threads=threads)
    out = np.empty_like(means)
    with gemm.one_blas_thread():
        for i, mean in enumerate(means):  # one by one: BLAS rounds a batch of another length otherwise
            out[i] = mean @ transform
    return out


def neighbour_means(
    vectors: np.ndarray,
    offsets: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    threads: int = 1,
) -> np.ndarray:
    """(m, dim) float32: the weighted mean of the vectors at the other ends of each new node's edges."""
    matrix = rows(offsets, targets, weights, len(vectors))
    total = np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1)
    over = np.divide(1, total, out=np.zeros(len(total)), where=total > 0)
    return np.ascontiguousarray(times(scale(matrix, over, np.ones(len(vectors))), vectors, threads))
