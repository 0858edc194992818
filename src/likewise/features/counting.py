"""Terms counted by row: a Ragged of term numbers becomes a sparse matrix with sorted columns."""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise import shards
from likewise.compiled import CACHE
from likewise.ragged import Ragged

FLAGS = {"nogil": True, "cache": CACHE}
SHARD = 1 << 18  # occurrences counted at a time: what a core's cache holds


def frequencies(rows: Ragged, distinct: int, threads: int) -> np.ndarray:
    """(distinct,) int64: in how many rows each number stands."""

    def work(start: int, stop: int) -> np.ndarray:
        found = np.zeros(distinct, np.int32)
        _frequencies(rows.ids, rows.offsets, start, stop, found)
        return found

    parts = shards.each(work, shards.equal_work(rows.offsets, threads), threads)
    return sum(parts, np.zeros(distinct, np.int64))


def counts(
    rows: Ragged, columns: np.ndarray, values: np.ndarray | None, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR data (nnz,) float32, indices (nnz,) int32 and offsets (n + 1,) int64, the columns of a row rising.

    Number i adds values[i], by default 1, to column columns[i] of its row; a column below 0 drops it.
    """
    values = np.empty(0, np.float32) if values is None else values
    width = int(columns.max(initial=-1)) + 1
    most = len(rows.ids)
    data, indices = np.empty(most, np.float32), np.empty(most, np.int32)
    offsets = np.zeros(len(rows) + 1, np.int64)

    def work(start: int, stop: int) -> None:
        first, last = rows.offsets[start], rows.offsets[stop]
        own = rows.offsets[start : stop + 1] - first
        _count(
            rows.ids[first:last], own, columns, values, width,
            offsets[start + 1 : stop + 1], data[first:last], indices[first:last],
        )  # fmt: skip

    ranges = shards.equal_work(rows.offsets, max(threads, most // max(width, SHARD)))
    shards.each(work, ranges, threads)
    np.cumsum(offsets, out=offsets)
    for start, stop in ranges:  # each shard stands where it would if no term stood twice in a row
        first, here, there = rows.offsets[start], offsets[start], offsets[stop]
        data[here:there] = data[first : first + there - here]
        indices[here:there] = indices[first : first + there - here]
    data.resize(offsets[-1], refcheck=False)
    indices.resize(offsets[-1], refcheck=False)
    return data, indices, offsets


@njit(**FLAGS)
def _frequencies(ids: np.ndarray, offsets: np.ndarray, start: int, stop: int, documents: np.ndarray) -> None:
    """Add the rows start to stop - 1."""
    last = np.full(len(documents), -1, np.int32)  # the last row in which a number was seen
    for row in range(start, stop):
        for i in range(offsets[row], offsets[row + 1]):
            number = ids[i]
            if last[number] != row:
                last[number] = row
                documents[number] += 1


@njit(**FLAGS)
def _count(
    ids: np.ndarray,
    offsets: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    width: int,
    lengths: np.ndarray,
    data: np.ndarray,
    indices: np.ndarray,
) -> None:
    """Sums, columns and lengths of some rows: gathered by column, where a row's terms of a column meet, and from
    there, column after column, to the rows. Sorting twice by counting costs less than sorting every row.
    """
    column_of = np.empty(len(ids), np.int32)
    starts = np.zeros(width + 2, np.int32)
    for i in range(len(ids)):
        column_of[i] = columns[ids[i]]
        starts[column_of[i] + 2] += 1
    starts[1] = 0  # what is dropped was counted there
    for column in range(width):
        starts[column + 2] += starts[column + 1]
    starts = starts[1:]
    ends = starts.copy()
    at, sums = np.empty(starts[width], np.int32), np.empty(starts[width], np.float32)
    for row in range(len(lengths)):
        for i in range(offsets[row], offsets[row + 1]):
            column = column_of[i]
            if column < 0:
                continue
            value = values[ids[i]] if len(values) else np.float32(1)
            end = ends[column]
            if end > starts[column] and at[end - 1] == row:
                sums[end - 1] += value
            else:
                at[end], sums[end] = row, value
                ends[column] = end + 1
                lengths[row] += 1
    heads = np.zeros(len(lengths), np.int64)
    for row in range(1, len(lengths)):
        heads[row] = heads[row - 1] + lengths[row - 1]
    for column in range(width):
        for place in range(starts[column], ends[column]):
            head = heads[at[place]]
            data[head], indices[head] = sums[place], column
            heads[at[place]] += 1
