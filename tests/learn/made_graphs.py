"""Graphs with a known answer."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array


def rows(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offsets, targets and weights of a dense matrix."""
    matrix = csr_array(dense.astype(np.float32))
    matrix.sort_indices()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data


def communities(
    n: int, parts: int, inside: float, between: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A symmetric 0/1 matrix (n, n) without self-loops, and the community (n,) of each node."""
    random = np.random.default_rng(seed)
    part = np.arange(n) % parts
    chance = np.where(part[:, None] == part[None, :], inside, between)
    upper = np.triu(random.random((n, n)) < chance, 1)
    return (upper | upper.T).astype(np.float32), part
