"""Distinct spellings with their counts: an open-addressing table of 32-byte slots, made for many threads'
one merge.

A slot is four uint64. A spelling of at most 16 bytes stands in the first two, padded with zeros; of a longer
one they hold its hash and its place in the arena. The third is length << 32 | number + 1 (the length makes
NUL bytes data; 0 is an empty slot); the fourth is the count. Numbers are given in the order of first sight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit, uint64

from likewise.system.compiled import CACHE
from likewise.tokens.corpus.simd import KEY, byte_at, key_at, set_word, word_at

SLOTS = 1 << 14  # to begin with; 512 kB, which a core's cache holds
ARENA_BYTES = 1 << 16
SLOT_BYTES = 32
PADDING = 128  # bytes that vector loads may read past the end

HIGH_BITS = np.uint64(0x8080808080808080)
MIX_1 = np.uint64(0x9E3779B97F4A7C15)
MIX_2 = np.uint64(0xD6E8FEB86659FD93)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_29, SHIFT_32 = np.uint64(29), np.uint64(32)
ONE: Any = np.uint64(1)


@dataclass
class Spellings:
    """One worker's table: the kernels write into it and put larger arrays in its place as it grows."""

    table: np.ndarray = field(default_factory=lambda: np.zeros((SLOTS, 4), np.uint64))
    arena: np.ndarray = field(default_factory=lambda: np.zeros(ARENA_BYTES, np.uint8))
    used: np.ndarray = field(default_factory=lambda: np.zeros(2, np.int64))  # spellings, bytes of the arena

    def __len__(self) -> int:
        return int(self.used[0])

    def absorb(self, other: Spellings) -> np.ndarray:
        """Add another's spellings and counts; (len(other),) int32: the number here of each one there."""
        numbers = np.empty(len(other), np.int32)
        self.table, self.arena = absorb(self.table, self.arena, self.used, other.table, other.arena, numbers)
        return numbers

    def numbers_of(self, keys: list[bytes]) -> np.ndarray:
        """(len(keys),) int32: the number of each spelling; a new one gets the next number and the count 0."""
        data, offsets = packed(keys)
        numbers = np.empty(len(keys), np.int32)
        self.table, self.arena = look_up(self.table, self.arena, self.used, data, offsets, numbers)
        return numbers

    def slots(self) -> np.ndarray:
        """(len(self), 4) uint64: the slots in the order of their numbers."""
        ordered = np.empty((len(self), 4), np.uint64)
        put_in_order(self.table, ordered)
        return ordered

    def keys(self, slots: np.ndarray) -> list[bytes]:
        """The bytes of each of `slots` (n, 4)."""
        offsets = np.zeros(len(slots) + 1, np.int64)
        np.cumsum(slots[:, 2] >> SHIFT_32, out=offsets[1:])
        data = np.empty(offsets[-1], np.uint8)
        copy_keys(slots, self.arena, offsets, data)
        whole = data.tobytes()
        return [whole[start:end] for start, end in pairwise(offsets.tolist())]

    def foreign(self, slots: np.ndarray) -> np.ndarray:
        """(n,) bool: whether the spelling of each slot holds a byte that is not ASCII."""
        out = np.empty(len(slots), np.bool_)
        mark_foreign(slots, self.arena, out)
        return out


def packed(keys: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """The keys one after the other with room for vector loads, and their (n + 1,) offsets."""
    offsets = np.zeros(len(keys) + 1, np.int64)
    np.cumsum([len(key) for key in keys], out=offsets[1:])
    return np.frombuffer(b"".join(keys) + bytes(PADDING), np.uint8), offsets


@njit(nogil=True, cache=CACHE)
def home(first: int, second: int) -> int:
    """A hash of a short spelling; its low bits say which slot to look at first."""
    hashed = uint64(first) * MIX_1
    hashed = ((hashed ^ (hashed >> SHIFT_32)) ^ uint64(second)) * MIX_2
    return hashed ^ (hashed >> SHIFT_29)


@njit(nogil=True, cache=CACHE)
def find(table: int, mask: int, first: int, second: int, length: int) -> Any:
    """The address of the slot of a short spelling, or of the empty slot where it belongs."""
    place = home(first, second)
    while True:
        slot = table + np.int64(place & mask) * SLOT_BYTES
        tag = word_at(slot + 16)
        if tag == 0:
            return slot
        if word_at(slot) == first and word_at(slot + 8) == second and tag >> SHIFT_32 == uint64(length):
            return slot
        place += ONE


@njit(nogil=True, cache=CACHE)
def find_long(table: int, mask: int, arena: np.ndarray, start: int, length: int) -> tuple[Any, Any]:
    """The address of the slot of the long spelling at arena[start:], or of the empty one; and its hash."""
    hashed = uint64(length)
    for i in range(start, start + length):
        hashed = (hashed ^ uint64(arena[i])) * MIX_1
        hashed ^= hashed >> SHIFT_32
    place = hashed
    while True:
        slot = table + np.int64(place & mask) * SLOT_BYTES
        tag = word_at(slot + 16)
        if tag == 0:
            return slot, hashed
        if word_at(slot) == hashed and tag >> SHIFT_32 == uint64(length):
            other = np.int64(word_at(slot + 8))
            if np.array_equal(arena[other : other + length], arena[start : start + length]):
                return slot, hashed
        place += ONE


@njit(nogil=True, cache=CACHE)
def count(slot: int, first: int, second: int, length: int, more: int, distinct: int) -> int:
    """Add to the count of a slot; an empty one gets the number `distinct`. How many are distinct now."""
    if word_at(slot + 16) == 0:
        set_word(slot, first)
        set_word(slot + 8, second)
        set_word(slot + 16, (uint64(length) << SHIFT_32) | uint64(distinct + 1))
        distinct += 1
    set_word(slot + 24, word_at(slot + 24) + uint64(more))
    return distinct


@njit(nogil=True, cache=CACHE)
def number_of(slot: int) -> Any:
    """The number of the spelling in a slot."""
    return np.int64(word_at(slot + 16) & LOW_32) - 1


@njit(nogil=True, cache=CACHE)
def is_crowded(spellings: int, slots: int) -> bool:
    """Whether so many spellings fill more than three quarters of the slots."""
    return 4 * spellings > 3 * slots


@njit(nogil=True, cache=CACHE)
def grown(table: np.ndarray, used: np.ndarray, more: int) -> np.ndarray:
    """The table itself, or a larger copy where `more` new spellings would overfill it."""
    size = len(table)
    while is_crowded(used[0] + more, size):
        size *= 2
    if size == len(table):
        return table
    out = np.zeros((size, 4), np.uint64)
    mask = uint64(size - 1)
    for i in range(len(table)):
        if table[i, 2] != 0:
            short = table[i, 2] >> SHIFT_32 <= KEY
            slot = (home(table[i, 0], table[i, 1]) if short else table[i, 0]) & mask
            while out[slot, 2] != 0:
                slot = (slot + ONE) & mask
            for j in range(4):
                out[slot, j] = table[i, j]
    return out


@njit(nogil=True, cache=CACHE)
def roomy(arena: np.ndarray, used: np.ndarray, length: int) -> np.ndarray:
    """The arena itself, or a larger copy where `length` more bytes would not fit."""
    if used[1] + length + PADDING <= len(arena):
        return arena
    out = np.empty(max(2 * len(arena), used[1] + length + PADDING), np.uint8)
    for i in range(
        used[1]
    ):  # by hand: an assignment of slices takes two seconds to compile, for its error alone
        out[i] = arena[i]
    return out


@njit(nogil=True, cache=CACHE)
def count_long(
    table: np.ndarray, arena: np.ndarray, used: np.ndarray, address: int, length: int, fold: int, more: int
) -> int:
    """Count the long spelling at an address; its number. The arena must be roomy enough for it."""
    start = used[1]
    for i in range(length):
        byte = byte_at(address + i)
        arena[start + i] = byte + fold if 65 <= byte <= 90 else byte
    slot, hashed = find_long(table.ctypes.data, len(table) - 1, arena, start, length)
    if word_at(slot + 16) == 0:
        used[1] += length
    used[0] = count(slot, hashed, uint64(start), length, more, used[0])
    return number_of(slot)


@njit(nogil=True, cache=CACHE)
def absorb(
    table: np.ndarray,
    arena: np.ndarray,
    used: np.ndarray,
    other: np.ndarray,
    other_arena: np.ndarray,
    numbers: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Add every slot of `other` to the table; `numbers` becomes the number here of each number there."""
    table = grown(table, used, len(numbers))
    for i in range(len(other)):
        first, second, tag, more = other[i, 0], other[i, 1], other[i, 2], other[i, 3]
        if tag == 0:
            continue
        length = np.int64(tag >> SHIFT_32)
        if length <= KEY:
            slot = find(table.ctypes.data, len(table) - 1, first, second, length)
            used[0] = count(slot, first, second, length, more, used[0])
            number = number_of(slot)
        else:
            arena = roomy(arena, used, length)
            address = other_arena.ctypes.data + np.int64(second)
            number = count_long(table, arena, used, address, length, 0, more)
        numbers[np.int64(tag & LOW_32) - 1] = number
    return table, arena


@njit(nogil=True, cache=CACHE)
def look_up(
    table: np.ndarray,
    arena: np.ndarray,
    used: np.ndarray,
    data: np.ndarray,
    offsets: np.ndarray,
    numbers: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """`numbers` becomes the number of each key data[offsets[i]:offsets[i + 1]], new ones filled in."""
    table = grown(table, used, len(numbers))
    for i in range(len(numbers)):
        address = data.ctypes.data + offsets[i]
        length = offsets[i + 1] - offsets[i]
        if length <= KEY:
            first, second = key_at(address, length, 0)
            slot = find(table.ctypes.data, len(table) - 1, first, second, length)
            used[0] = count(slot, first, second, length, 0, used[0])
            numbers[i] = number_of(slot)
        else:
            arena = roomy(arena, used, length)
            numbers[i] = count_long(table, arena, used, address, length, 0, 0)
    return table, arena


@njit(nogil=True, cache=CACHE)
def put_in_order(table: np.ndarray, out: np.ndarray) -> None:
    """Copy each slot that is taken to the row of its number."""
    for i in range(len(table)):
        if table[i, 2] != 0:
            row = np.int64(table[i, 2] & LOW_32) - 1
            for j in range(4):
                out[row, j] = table[i, j]


@njit(nogil=True, cache=CACHE)
def copy_keys(slots: np.ndarray, arena: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """Write the bytes of slot i from out[offsets[i]] on."""
    for i in range(len(slots)):
        length = np.int64(slots[i, 2] >> SHIFT_32)
        if length > KEY:
            place = np.int64(slots[i, 1])
            for j in range(length):
                out[offsets[i] + j] = arena[place + j]
        else:
            for j in range(length):
                out[offsets[i] + j] = (slots[i, j // 8] >> uint64(8 * (j % 8))) & uint64(0xFF)


@njit(nogil=True, cache=CACHE)
def mark_foreign(slots: np.ndarray, arena: np.ndarray, out: np.ndarray) -> None:
    """out[i] = whether the spelling of slot i holds a byte above 127."""
    for i in range(len(slots)):
        length = np.int64(slots[i, 2] >> SHIFT_32)
        if length > KEY:
            place = np.int64(slots[i, 1])
            out[i] = arena[place : place + length].max() > 127
        else:
            out[i] = (slots[i, 0] | slots[i, 1]) & HIGH_BITS != 0
