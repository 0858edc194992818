"""Terms counted by row: a Ragged of term numbers becomes a sparse matrix with sorted columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint64

from likewise.arrays.ragged import Ragged
from likewise.system import shards
from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE}
TILE = 1 << 15  # occurrences sorted at a time: what a core's cache holds, twice
RANGES = 8  # for each thread, so that none waits long for the last
ONE: Any = np.uint64(1)
NONE: Any = np.uint64(2**64 - 1)
DIGIT = 11  # bits sorted by at a time, at most: one counter each stays in the first cache


def frequencies(rows: Ragged, distinct: int, threads: int) -> np.ndarray:
    """(distinct,) int64: in how many rows each number stands."""

    def work(start: int, stop: int) -> np.ndarray:
        found = np.zeros(distinct, np.int32)
        _frequencies(rows.ids, rows.offsets, start, stop, found)
        return found

    parts = shards.each(work, shards.equal_work(rows.offsets, threads), threads)
    return sum(parts, np.zeros(distinct, np.int64))


def counts(
    rows: Ragged, columns: np.ndarray, signs: np.ndarray | None, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR data (nnz,) float32, indices (nnz,) int32 and offsets (n + 1,) int64, the columns of a row rising.

    Number i adds 1 to column columns[i] of its row, or -1 where signs[i] is below 0; a column below 0 drops it.
    """
    signs = np.empty(0, np.float32) if signs is None else signs
    bits = int(columns.max(initial=0)).bit_length() + 1
    offsets = np.zeros(len(rows) + 1, np.int64)

    def work(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        return _count(rows.ids, rows.offsets, start, stop, columns, signs, bits, offsets[1:])

    ranges = shards.equal_work(rows.offsets, RANGES * threads)
    parts = shards.each(work, ranges, threads)
    np.cumsum(offsets, out=offsets)
    data, indices = np.empty(offsets[-1], np.float32), np.empty(offsets[-1], np.int32)

    def put(place: int, _: int) -> None:
        start, stop = offsets[ranges[place][0]], offsets[ranges[place][1]]
        data[start:stop], indices[start:stop] = parts[place]

    shards.each(put, shards.equal_rows(len(ranges), 1), threads)
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
    start: int,
    stop: int,
    columns: np.ndarray,
    signs: np.ndarray,
    bits: int,
    lengths: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Data and indices of the rows start to stop - 1, and their lengths: a tile of rows is sorted by row and
    column, as one number, and neighbours that are equal are added up. The sign is the number's last bit.
    """
    most = offsets[stop] - offsets[start]
    data, indices = np.empty(most, np.float32), np.empty(most, np.int32)
    keys, spare = np.empty(0, np.uint64), np.empty(0, np.uint64)
    total, first = 0, start
    while first < stop:
        last = first + 1
        while last < stop and offsets[last + 1] - offsets[first] <= TILE:
            last += 1
        if offsets[last] - offsets[first] > len(keys):
            size = max(offsets[last] - offsets[first], min(TILE, most))
            keys, spare = np.empty(size, np.uint64), np.empty(size, np.uint64)
        n = 0
        for row in range(first, last):
            above = uint64(row - first) << uint64(bits)
            for i in range(offsets[row], offsets[row + 1]):
                column = columns[ids[i]]
                if column >= 0:
                    negative = len(signs) > 0 and signs[ids[i]] < 0
                    keys[n] = above | uint64(column) << ONE | uint64(negative)
                    n += 1
        keys, spare = _sorted(keys, spare, n, bits + _bits(last - first - 1))
        before = NONE
        for i in range(n):
            key, value = keys[i] >> ONE, np.float32(1) - np.float32(2) * np.float32(keys[i] & ONE)
            if key == before:
                data[total - 1] += value
                continue
            data[total], indices[total] = value, key & ((ONE << uint64(bits - 1)) - ONE)
            lengths[first + (key >> uint64(bits - 1))] += 1
            total, before = total + 1, key
        first = last
    return data[:total], indices[:total]


@njit(**FLAGS)
def _bits(n: int) -> int:
    """How many bits n has."""
    found = 0
    while n >> found:
        found += 1
    return found


@njit(**FLAGS)
def _sorted(keys: np.ndarray, spare: np.ndarray, n: int, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """keys[:n] in rising order, digit after digit from the last, and the other array."""
    passes = (bits + DIGIT - 1) // DIGIT
    width = (bits + passes - 1) // passes
    mask = (ONE << uint64(width)) - ONE
    for digit in range(passes):
        shift = uint64(digit * width)
        places = np.zeros((1 << width) + 1, np.int32)
        for i in range(n):
            places[((keys[i] >> shift) & mask) + ONE] += 1
        for value in range(1 << width):
            places[value + 1] += places[value]
        for i in range(n):
            value = (keys[i] >> shift) & mask
            spare[places[value]] = keys[i]
            places[value] += 1
        keys, spare = spare, keys
    return keys, spare
