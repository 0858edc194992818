"""Small linear algebra on rows of float32: unit length, exact nearest rows, aligned tables."""

from __future__ import annotations

import numpy as np

CACHE_LINE = 64  # bytes; rows that start on one never share it with their neighbour

SCORES = 2**23  # how many scores are held at once (32 MiB of float32)
COLUMNS = 2**16  # of one block of scores: wide enough for the product to run at full speed
SLACK = np.float32(1e-5)  # above the rounding of a float32 dot product of two unit rows, see `nearest_rows`
PAIRS = 2**14  # how many pairs of rows are scored in float64 at once


def row_norms(rows: np.ndarray) -> np.ndarray:
    """(n,) float64 Euclidean norms, summed in float64 so that no float32 row over- or underflows."""
    return np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """(n, d) float32 rows divided by their Euclidean norm; a zero row stays zero, so its cosine is 0."""
    norms = row_norms(rows)[:, None]
    unit = np.zeros(rows.shape, np.float32)
    return np.divide(rows, norms, out=unit, where=norms > 0, casting="same_kind")


def are_unit(rows: np.ndarray) -> bool:
    """Whether every row has length 1, within the rounding of float32, or is zero."""
    norms = row_norms(rows)
    return bool(np.all((np.abs(norms - 1) < 1e-6) | (norms == 0)))


def first_not_finite(rows: np.ndarray) -> int | None:
    """The first row of (n, d) float32 that holds NaN or Inf, None where there is none."""
    for start in range(0, len(rows), COLUMNS):
        # a sum of squares in float64 is finite exactly where every float32 is
        finite = np.isfinite(row_norms(rows[start : start + COLUMNS]))
        if not finite.all():
            return start + int(np.argmin(finite))
    return None


def aligned_zeros(
    shape: tuple[int, ...], dtype: np.typing.DTypeLike = np.float32, boundary: int = 4096
) -> np.ndarray:
    """An array of zeros whose first byte stands on a multiple of `boundary` bytes."""
    nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(nbytes + boundary, np.uint8)
    start = -raw.ctypes.data % boundary
    return raw[start : start + nbytes].view(dtype).reshape(shape)


def top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """(m, min(k, n)) int64: for each row of scores (m, n) the columns of its k largest, largest first.

    Ties by column. The order must not depend on how the selection is done, so columns that tie with the k-th
    are all looked at.
    """
    m, n = scores.shape
    k = min(k, n)
    if m == 0 or k == 0:
        return np.empty((m, k), np.int64)
    rows, columns = np.nonzero(scores >= _floor(scores, k)[:, None])
    return columns[_first_k(rows, columns, scores[rows, columns], m, k)]


def nearest_rows(queries: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of largest dot product with each query, exactly: columns and scores, both (m, min(k, n)).

    queries (m, d) and rows (n, d) are float32 of unit length (or zero). A float32 product over blocks of
    bounded size, on all cores, finds every row that could be among the k; those few are scored again in
    float64. So neither the order nor a score depends on the other rows of the same call. Ties by column.
    """
    m, k = len(queries), min(k, len(rows))
    columns, scores = np.empty((m, k), np.int64), np.empty((m, k), np.float32)
    if k == 0:
        return columns, scores
    step = max(1, SCORES // min(COLUMNS, len(rows)))
    for start in range(0, m, step):
        block = slice(start, start + step)
        columns[block], scores[block] = _nearest_block(queries[block], rows, k)
    return columns, scores


def _nearest_block(queries: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """`nearest_rows` for queries whose scores against COLUMNS rows fit in memory at once."""
    m = len(queries)
    best_columns, best_scores = np.empty((m, 0), np.int64), np.empty((m, 0), np.float32)
    for start in range(0, len(rows), COLUMNS):
        scores = queries @ rows[start : start + COLUMNS].T
        inside = min(k, scores.shape[1])
        floor = _floor(scores, inside) - SLACK
        if best_scores.shape[1] == k:
            np.maximum(floor, best_scores[:, -1] - SLACK, out=floor)
        at, column = np.nonzero(scores >= floor[:, None])
        exact = pair_scores(queries, rows[start : start + COLUMNS], at, column)
        width = best_columns.shape[1]
        at = np.concatenate([np.repeat(np.arange(m), width), at])
        column = np.concatenate([best_columns.ravel(), column + start])
        exact = np.concatenate([best_scores.ravel(), exact])
        chosen = _first_k(at, column, exact, m, min(k, width + inside))
        best_columns, best_scores = column[chosen], exact[chosen]
    return best_columns, best_scores


def _floor(scores: np.ndarray, k: int) -> np.ndarray:
    """(m,) a number that at least k scores of each row reach, and few more than k.

    Each of the k groups with the largest maxima holds a score that reaches the k-th of those maxima. Taking
    the maxima costs one pass at the speed of memory, a partition of whole rows many times that.
    """
    m, n = scores.shape
    groups = n // 64
    if groups >= 4 * k:
        scores = scores[:, : groups * 64].reshape(m, 64, groups).max(axis=1)
    return np.partition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k]


def _first_k(rows: np.ndarray, columns: np.ndarray, scores: np.ndarray, m: int, k: int) -> np.ndarray:
    """(m, k) positions among candidates (row, column, score): each row's k largest scores, ties by column."""
    order = np.lexsort((columns, -scores, rows))
    starts = np.searchsorted(rows[order], np.arange(m))
    return order[starts[:, None] + np.arange(k)]


def pair_scores(queries: np.ndarray, rows: np.ndarray, at: np.ndarray, column: np.ndarray) -> np.ndarray:
    """(c,) float32: the dot product of queries[at] and rows[column], summed in float64, within [-1, 1]."""
    scores = np.empty(len(at), np.float32)
    for start in range(0, len(at), PAIRS):
        pair = slice(start, start + PAIRS)
        left, right = queries[at[pair]].astype(np.float64), rows[column[pair]].astype(np.float64)
        scores[pair] = np.clip(np.einsum("ij,ij->i", left, right), -1, 1)
    return scores
