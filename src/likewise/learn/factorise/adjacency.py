"""The adjacency matrix of a graph: symmetric, checked, with the degree of each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Adjacency:
    """`matrix` (n, n) CSR float32, symmetric, no entry twice; `degrees` (n,) float64 are the sums of its rows."""

    matrix: csr_array
    degrees: np.ndarray

    def __len__(self) -> int:
        return len(self.degrees)

    @property
    def isolated(self) -> np.ndarray:
        """(n,) bool: nodes without an edge."""
        return self.degrees == 0

    @property
    def inverse_roots(self) -> np.ndarray:
        """(n,) float64: degree to the power -1/2; 0 of an isolated node."""
        return np.divide(1, np.sqrt(self.degrees), out=np.zeros(len(self)), where=self.degrees > 0)

    def normalised(self) -> csr_array:
        """D^-1/2 A D^-1/2: eigenvalues from -1 to 1."""
        roots = self.inverse_roots
        return scale(self.matrix, roots, roots)

    def transition(self) -> csr_array:
        """D^-1 A: the transition probabilities of a random walk."""
        return scale(self.matrix, self.inverse_roots**2, np.ones(len(self)))


def symmetric(
    offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None, *, directed: bool = False
) -> Adjacency:
    """The adjacency of n nodes from rows as `Graph` has them: offsets (n + 1,), targets (e,), weights (e,) or all 1.

    Weights of parallel edges are summed. Edges of a directed graph count in both directions, and u → v and v → u are
    summed; a self-loop counts once. Raises `InputError` for invalid rows, weights that are not finite and above 0, and
    an undirected graph whose edges are not in the rows of both their ends.
    """
    matrix = rows(offsets, targets, weights, len(offsets) - 1)
    turned = matrix.T.tocsr()
    if directed:
        matrix = (matrix + turned).tocsr()
        matrix.setdiag(matrix.diagonal() / 2)
        matrix.eliminate_zeros()
    elif not _are_same(matrix, turned):
        raise InputError(
            "edges of an undirected graph must be in the rows of both their ends; give directed=True"
        )
    return Adjacency(matrix, np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1))


def rows(offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, n: int) -> csr_array:
    """(m, n) float32 CSR of m nodes' edges to n nodes, columns sorted and parallel edges summed."""
    from scipy.sparse import csr_array

    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(targets) or (np.diff(offsets) < 0).any():
        raise InputError(f"offsets must rise from 0 to the number of edges, {len(targets):,}")
    if len(targets) and not 0 <= int(targets.min()) <= int(targets.max()) < n:
        raise InputError(f"targets from {targets.min()} to {targets.max()}; wanted nodes from 0 to {n - 1}")
    data = np.ones(len(targets), np.float32) if weights is None else np.array(weights, np.float32)
    if len(data) != len(targets) or not np.all(np.isfinite(data) & (data > 0)):
        raise InputError(f"wanted {len(targets):,} weights, finite and above 0; leave out edges of weight 0")
    kind = np.int32 if max(len(targets), n) < 2**31 else np.int64
    matrix = csr_array((data, np.array(targets, kind), np.array(offsets, kind)), (len(offsets) - 1, n))
    matrix.sum_duplicates()
    return matrix


def scale(matrix: csr_array, left: np.ndarray, right: np.ndarray) -> csr_array:
    """diag(left) · matrix · diag(right), float32."""
    from scipy.sparse import csr_array

    data = np.repeat(left, np.diff(matrix.indptr)) * matrix.data * right[matrix.indices]
    return csr_array((data.astype(np.float32), matrix.indices, matrix.indptr), matrix.shape)


def _are_same(left: csr_array, right: csr_array) -> bool:
    return (
        np.array_equal(left.indptr, right.indptr)
        and np.array_equal(left.indices, right.indices)
        and np.allclose(left.data, right.data, rtol=1e-5, atol=0)
    )
