"""A tower as arrays: what is known of a thing, summed, and one hidden layer beside it; asked without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.learn.kernels import sparse_product as sparse


@dataclass(frozen=True, eq=False)
class Tower:
    """`tokens` (t, dim), of each attribute; `inner` (dim, hidden), `bias` (hidden,), `outer` (hidden, dim)."""

    tokens: np.ndarray
    inner: np.ndarray
    bias: np.ndarray
    outer: np.ndarray

    def __post_init__(self) -> None:
        dim, hidden = self.inner.shape
        if (
            self.tokens.shape[1:] != (dim,)
            or self.bias.shape != (hidden,)
            or self.outer.shape != (hidden, dim)
        ):
            raise ValueError("the arrays of a tower do not fit each other")

    def top(self, below: np.ndarray, rows: Ragged, threads: int) -> np.ndarray:
        """(n, dim) float32: x + max(0, x inner + bias) outer, where x is `below` (n, dim) and the mean of its tokens.

        Zeros where nothing is known: where x is zero.
        """
        x = below + means(rows, self.tokens, threads)
        lifted = x + np.maximum(x @ self.inner + self.bias, 0) @ self.outer
        lifted[~x.any(axis=1)] = 0
        return np.asarray(lifted, np.float32)


def means(rows: Ragged, vectors: np.ndarray, threads: int) -> np.ndarray:
    """(n, dim) float32: the mean of the vectors of each row, zeros for an empty one."""
    if not len(rows) or not len(vectors):
        return np.zeros((len(rows), vectors.shape[1]), np.float32)
    summed = sparse.times(rows.counts(len(vectors)), vectors, threads)
    return summed / np.maximum(rows.lengths, 1)[:, None].astype(np.float32)
