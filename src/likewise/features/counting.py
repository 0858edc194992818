"""Terms counted by row: a Ragged of term numbers becomes a sparse matrix with sorted columns."""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise import shards
from likewise.compiled import CACHE
from likewise.ragged import Ragged

FLAGS = {"nogil": True, "cache": CACHE}
SHIFT = np.int64(32)


def frequencies(rows: Ragged, distinct: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """(distinct,) int64 each: in how many rows a number stands, and how often in all."""

    def work(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        found = np.zeros(distinct, np.int64), np.zeros(distinct, np.int64)
        _frequencies(rows.ids, rows.offsets, start, stop, *found)
        return found

    parts = shards.each(work, shards.equal_work(rows.offsets, threads), threads)
    nothing = np.zeros(distinct, np.int64)
    return sum((part[0] for part in parts), nothing), sum((part[1] for part in parts), nothing)


def counts(
    rows: Ragged, columns: np.ndarray, values: np.ndarray, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR data (nnz,) float32, indices (nnz,) int32 and offsets (n + 1,) int64, the columns of a row rising.

    Number i adds values[i] to column columns[i] of its row; a column below 0 drops it.
    """
    width = int(columns.max(initial=-1)) + 1
    ranges = shards.equal_work(rows.offsets, threads)
    offsets = np.zeros(len(rows) + 1, np.int64)
    shards.each(
        lambda start, stop: _lengths(rows.ids, rows.offsets, start, stop, columns, width, offsets),
        ranges,
        threads,
    )
    np.cumsum(offsets, out=offsets)
    data, indices = np.empty(offsets[-1], np.float32), np.empty(offsets[-1], np.int32)

    def work(start: int, stop: int) -> None:
        _fill(rows.ids, rows.offsets, start, stop, columns, values, width, offsets, data, indices)

    shards.each(work, ranges, threads)
    return data, indices, offsets


@njit(**FLAGS)
def _frequencies(
    ids: np.ndarray, offsets: np.ndarray, start: int, stop: int, documents: np.ndarray, total: np.ndarray
) -> None:
    """Add the rows start to stop - 1 to both counts."""
    last = np.full(len(documents), -1, np.int32)  # the last row in which a number was seen
    for row in range(start, stop):
        for i in range(offsets[row], offsets[row + 1]):
            number = ids[i]
            total[number] += 1
            if last[number] != row:
                last[number] = row
                documents[number] += 1


@njit(**FLAGS)
def _lengths(
    ids: np.ndarray,
    offsets: np.ndarray,
    start: int,
    stop: int,
    columns: np.ndarray,
    width: int,
    out: np.ndarray,
) -> None:
    """out[row + 1] = how many columns row has."""
    last = np.full(width, -1, np.int32)
    for row in range(start, stop):
        found = 0
        for i in range(offsets[row], offsets[row + 1]):
            column = columns[ids[i]]
            if column >= 0 and last[column] != row:
                last[column] = row
                found += 1
        out[row + 1] = found


@njit(**FLAGS)
def _fill(
    ids: np.ndarray,
    offsets: np.ndarray,
    start: int,
    stop: int,
    columns: np.ndarray,
    values: np.ndarray,
    width: int,
    ends: np.ndarray,
    data: np.ndarray,
    indices: np.ndarray,
) -> None:
    """The sums of rows start to stop - 1, in place."""
    sums, seen = np.zeros(width, np.float32), np.full(width, -1, np.int32)
    for row in range(start, stop):
        first = ends[row]
        found = first
        for i in range(offsets[row], offsets[row + 1]):
            number = ids[i]
            column = columns[number]
            if column < 0:
                continue
            if seen[column] != row:
                seen[column] = row
                sums[column] = 0
                indices[found] = column
                found += 1
            sums[column] += values[number]
        indices[first:found].sort()
        for i in range(first, found):
            data[i] = sums[indices[i]]
