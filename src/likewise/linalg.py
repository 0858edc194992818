"""Small linear algebra on rows of float32: unit length, exact nearest rows, aligned tables."""

from __future__ import annotations

import numpy as np

CACHE_LINE = 64  # bytes; rows that start on one never share it with their neighbour


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """(n, d) rows divided by their Euclidean norm; a zero row stays zero, so its cosine with anything is 0."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros(rows.shape, np.float32), where=norms > 0)


def aligned_zeros(shape: tuple[int, ...], dtype: np.typing.DTypeLike = np.float32, boundary: int = 4096) -> np.ndarray:
    """An array of zeros whose first byte stands on a multiple of `boundary` bytes."""
    nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(nbytes + boundary, np.uint8)
    start = -raw.ctypes.data % boundary
    return raw[start : start + nbytes].view(dtype).reshape(shape)


def top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """(m, min(k, n)) int64: for each row of scores (m, n) the columns of its k largest, largest first, ties by column.

    The order must not depend on how the selection is done, so columns that tie with the k-th are all looked at.
    """
    m, n = scores.shape
    k = min(k, n)
    if k == 0:
        return np.empty((m, 0), np.int64)
    out = np.empty((m, k), np.int64)
    for i, row in enumerate(scores):
        smallest = np.partition(row, n - k)[n - k]
        columns = np.flatnonzero(row >= smallest)
        out[i] = columns[np.lexsort((columns, -row[columns]))[:k]]
    return out
