"""Runs of n neighbouring characters, each run one entry of a table.

Characters are units of UTF-8 that follow each other in memory, in stretches that no run may leave. A run is the bytes
from its first unit to the one after its last.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint64

from likewise.arrays.ragged import Ragged
from likewise.arrays.text_block import ROW_END
from likewise.system.compiled import CACHE
from likewise.tokens.corpus.simd import KEY, key_at, prefetch
from likewise.tokens.corpus.spellings import (
    PADDING,
    SLOT_BYTES,
    Spellings,
    count,
    count_long,
    find,
    grown,
    home,
    is_crowded,
    number_of,
    packed,
    roomy,
)

BATCH = 64  # runs between prefetching a slot and reading it, about the time that memory takes
FNV_START, FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)


class Units(NamedTuple):
    """`data` with PADDING bytes to spare; unit i begins at byte starts[i] and ends where the next begins.

    Stretch s has the units firsts[s] to lasts[s] - 1.
    """

    data: np.ndarray  # (bytes,) uint8
    starts: np.ndarray  # (u + 1,) int32
    firsts: np.ndarray  # (s,) int64
    lasts: np.ndarray  # (s,) int64


def units_of_text(text: bytes) -> tuple[Units, np.ndarray]:
    """Every character a unit; a stretch ends at TOKEN_END or ROW_END. Also (r,) how many stretches before each
    row's end.
    """
    data = np.frombuffer(text + bytes(PADDING), np.uint8)
    starts = np.flatnonzero((data[: len(text)] & 0xC0) != 0x80).astype(np.int32)
    marks = data[starts]
    lasts = np.flatnonzero(marks >= ROW_END[0])
    firsts = np.append(0, lasts[:-1] + 1)[: len(lasts)]
    row_ends = np.flatnonzero(marks[lasts] == ROW_END[0]) + 1
    return Units(data, np.append(starts, np.int32(len(text))), firsts, lasts), row_ends


def find_runs(
    units: Units, shortest: int, longest: int, whole: bool, table: Spellings
) -> tuple[np.ndarray, np.ndarray]:
    """(t,) int32 numbers in `table` of all runs, new ones added, and (s,) how many before each stretch's end.

    `whole`: a stretch too short for a run is one itself, once.
    """
    lengths = units.lasts - units.firsts
    most = int(sum(np.maximum(lengths - n + 1, 0).sum() for n in range(shortest, longest + 1)))
    numbers = np.empty(most + (len(lengths) if whole else 0), np.int32)
    ends = np.empty(len(lengths), np.int32)
    table.table, table.arena, found = _find_runs(
        *units, shortest, longest, whole, table.table, table.arena, table.used, numbers, ends
    )
    return numbers[:found], ends


@njit(nogil=True, cache=CACHE)
def _find_runs(
    data: np.ndarray,
    starts: np.ndarray,
    firsts: np.ndarray,
    lasts: np.ndarray,
    shortest: int,
    longest: int,
    whole: bool,
    table: np.ndarray,
    arena: np.ndarray,
    used: np.ndarray,
    numbers: np.ndarray,
    ends: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, int]:
    """`find_runs` on arrays; how many runs."""
    found = 0
    for s in range(len(firsts)):
        first, length = firsts[s], lasts[s] - firsts[s]
        for n in range(shortest, longest + 1):
            short = n >= length if whole else n > length
            size = length if short else n
            if size > 0 and (whole or not short):
                table, arena, found = _settle(
                    data, starts, first, first + length - size + 1, size, table, arena, used, numbers, found
                )
            if short:
                break
        ends[s] = found
    return table, arena, found


@njit(nogil=True, cache=CACHE)
def _settle(
    data: np.ndarray,
    starts: np.ndarray,
    first: int,
    last: int,
    n: int,
    table: np.ndarray,
    arena: np.ndarray,
    used: np.ndarray,
    numbers: np.ndarray,
    found: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Number the runs of n units that begin at units first to last - 1: table, arena, how many are found."""
    address = data.ctypes.data
    for start in range(first, last, BATCH):
        stop = min(start + BATCH, last)
        if is_crowded(used[0] + BATCH, len(table)):
            table = grown(table, used, BATCH)
        slots, mask = table.ctypes.data, uint64(len(table) - 1)
        for i in range(start, stop):
            length = starts[i + n] - starts[i]
            if length <= KEY:
                one, two = key_at(address + starts[i], length, 0)
                prefetch(slots + np.int64(home(one, two) & mask) * SLOT_BYTES)
        for i in range(start, stop):
            length = np.int64(starts[i + n] - starts[i])
            if length <= KEY:
                one, two = key_at(address + starts[i], length, 0)
                slot = find(slots, mask, one, two, length)
                used[0] = count(slot, one, two, length, 1, used[0])
                numbers[found] = number_of(slot)
            else:
                arena = roomy(arena, used, length)
                numbers[found] = count_long(table, arena, used, address + starts[i], length, 0, 1)
            found += 1
    return table, arena, found


def hashed(keys: list[str], shortest: int, longest: int, buckets: int) -> Ragged:
    """A word's character runs as buckets: row i for keys[i], ids below `buckets`.

    The word stands between < and >; a run of one character at either end is none; the bucket is the 32-bit
    FNV-1a hash of the UTF-8 modulo `buckets`, its bytes sign-extended: the rule of fastText (Bojanowski et
    al. 2017, section 3.2), whose files therefore can be read.
    """
    data, offsets = packed([f"<{key}>".encode() for key in keys])
    ends = np.zeros(len(keys) + 1, np.int64)
    _hash_runs(data, offsets, shortest, longest, buckets, ends, np.empty(0, np.int32))
    ids = np.empty(ends[-1], np.int32)
    _hash_runs(data, offsets, shortest, longest, buckets, ends, ids)
    return Ragged(ids, ends)


@njit(nogil=True, cache=CACHE)
def _hash_runs(
    data: np.ndarray,
    offsets: np.ndarray,
    shortest: int,
    longest: int,
    buckets: int,
    ends: np.ndarray,
    out: np.ndarray,
) -> None:
    """The buckets of every word, words after each other; where `out` is empty they are counted only."""
    found = 0
    for word in range(len(offsets) - 1):
        first, last = offsets[word], offsets[word + 1]
        for start in range(first, last):
            if is_inside(data[start]):
                continue
            hashed = FNV_START
            units, end = 0, start
            while end < last and units < longest:
                hashed = _fnv(hashed, data[end])
                end += 1
                while end < last and is_inside(data[end]):
                    hashed = _fnv(hashed, data[end])
                    end += 1
                units += 1
                if units >= shortest and not (units == 1 and (start == first or end == last)):
                    if len(out):
                        out[found] = hashed % np.uint32(buckets)
                    found += 1
        ends[word + 1] = found


@njit(nogil=True, cache=CACHE)
def is_inside(byte: Any) -> bool:
    """Whether a byte of UTF-8 is one of a character's later bytes."""
    return byte & 0xC0 == 0x80


@njit(nogil=True, cache=CACHE)
def _fnv(hashed: Any, byte: Any) -> Any:
    """One step of FNV-1a on a byte that is taken as signed, as fastText does."""
    return np.uint32((hashed ^ np.uint32(np.int8(byte))) * FNV_PRIME)
