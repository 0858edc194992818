"""Propagation of node features over a graph (SGC): a graph convolutional network without weights.

Source: Wu et al. 2019, "Simplifying graph convolutional networks" (arXiv 1902.07153), equation 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.learn.factorise.adjacency import Adjacency, rows, scale, symmetric
from likewise.learn.kernels.sparse_product import times

Features = Any  # (n, d) np.ndarray, or a sparse matrix of SciPy, which has no common type


def propagate(
    features: Features,
    offsets: np.ndarray,
    targets: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    directed: bool = False,
    steps: int = 2,
    threads: int = 1,
) -> Features:
    """Features (n, d) after `steps` steps of the mean over a node and its neighbours: S^steps X, float32.

    S = (D + I)^-1/2 (A + I) (D + I)^-1/2. Dense stays dense and CSR stays CSR. A node without edges keeps its features.
    Edges of a directed graph count in both directions. `hops` yields every step. Raises `InputError` for features that
    do not fit or are not finite, and for invalid rows; `OptionError` for steps below 0.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise OptionError(f"steps must be a whole number from 0, not {steps!r}")
    graph = symmetric(offsets, targets, weights, directed=directed)
    found = hops(features, graph, threads=threads)
    for _ in range(steps):
        next(found)
    return next(found)


def hops(features: Features, graph: Adjacency, *, threads: int = 1) -> Iterator[Features]:
    """X, S X, S² X and so on without end, all (n, d) float32."""
    now = _check_features(features, len(graph))
    step = _step(graph)
    while True:
        yield now
        now = step @ now if hasattr(now, "tocsr") else times(step, now, threads)


def fold_in(
    features: np.ndarray,
    known: list[np.ndarray],
    graph: Adjacency,
    offsets: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    threads: int = 1,
) -> np.ndarray:
    """(m, d) float32 of m new nodes with features (m, d) and edges to the n of `graph`: rows offsets, targets, weights.

    `known` are the first hops of the n nodes, dense, (n, d) each: X, S X, …, one for each step. They do not change, so
    a new node does not influence its neighbours.
    """
    now = _check_features(features, len(offsets) - 1)
    matrix = rows(offsets, targets, weights, len(graph))
    own = np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1) + 1
    step = scale(matrix, own**-0.5, (graph.degrees + 1) ** -0.5)
    for one in known:
        now = (now / own[:, None]).astype(np.float32) + times(step, one, threads)
    return now


def _step(graph: Adjacency) -> Any:
    from scipy.sparse import csr_array, eye_array

    looped = csr_array(graph.matrix + eye_array(len(graph), format="csr", dtype=np.float32))
    roots = (graph.degrees + 1) ** -0.5
    return scale(looped, roots, roots)


def _check_features(features: Features, n: int) -> Features:
    from scipy.sparse import csr_array

    is_sparse = hasattr(features, "tocsr")
    made = csr_array(features, dtype=np.float32) if is_sparse else np.ascontiguousarray(features, np.float32)
    if made.ndim != 2 or made.shape[0] != n:
        raise InputError(f"features have the shape {made.shape}; wanted one row for each of {n:,} nodes")
    if not np.isfinite(made.data if is_sparse else made).all():
        raise InputError("features have values that are not finite (NaN or Inf); check how they were made")
    return made
