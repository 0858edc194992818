"""String interning, texts → numbers: a hash table with open addressing and 16-byte slots, and the different texts.

A slot is two int64. The first is a text of at most 8 bytes, or the hash of a longer one; the second is
length << 32 | number + 1, 0 for an empty slot. So a short text is found with one access to memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import int64, njit, uint8, uint64

from likewise.system.compiled import CACHE

SLOTS = 1 << 12  # to begin with
SHORT = 8  # bytes
BLANKS = np.array([byte in b" \t\r\f\v" for byte in range(256)], np.bool_)
PRIME = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(29)
LOW = np.int64(0xFFFFFFFF)


@dataclass
class Interned:
    """The different texts so far, numbered from 0 in the order of first occurrence."""

    slots: np.ndarray = field(default_factory=lambda: np.zeros((SLOTS, 2), np.int64))
    data: np.ndarray = field(default_factory=lambda: np.empty(1 << 14, np.uint8))
    offsets: np.ndarray = field(default_factory=lambda: np.zeros(SLOTS, np.int64))
    n: int = 0

    def __len__(self) -> int:
        return self.n

    def numbers(self, data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """(m,) int32: the numbers of m texts, `data` (bytes,) uint8 between `offsets` (m + 1,) int64."""
        out = np.empty(len(offsets) - 1, np.int32)
        done = 0
        while done < len(out):
            done, self.n = intern(data, offsets, self.slots, self.data, self.offsets, self.n, out, done)
            if done < len(out):
                self._grow(int(offsets[done + 1] - offsets[done]))
        return out

    def _grow(self, length: int) -> None:
        """Make room for at least one text more, of `length` bytes."""
        if 2 * (self.n + 1) > len(self.slots):
            self.slots = spread(self.slots, np.zeros((2 * len(self.slots), 2), np.int64))
            self.offsets = np.concatenate([self.offsets, np.zeros_like(self.offsets)])
        if self.offsets[self.n] + length > len(self.data):
            self.data = np.concatenate([self.data, np.empty(len(self.data) + length, np.uint8)])

    def texts(self) -> tuple[np.ndarray, np.ndarray]:
        """All different texts by their numbers: data (bytes,) uint8 and offsets (n + 1,) int64."""
        return self.data[: self.offsets[self.n]], self.offsets[: self.n + 1]


@njit(nogil=True, cache=CACHE)
def key_of(data: np.ndarray, start: int, end: int) -> int:
    """The bytes of a short text as a number, or the hash of a long one."""
    key = uint64(0)
    if end - start <= SHORT:
        for i in range(start, end):
            key = (key << uint64(8)) | uint64(data[i])
    else:
        for i in range(start, end):
            key = (key ^ uint64(data[i])) * PRIME
            key ^= key >> SHIFT
    return int64(key)


@njit(nogil=True, cache=CACHE)
def home(key: int, length: int, mask: int) -> int:
    """The first slot to try."""
    mixed = (uint64(key) ^ uint64(length)) * PRIME
    mixed = (mixed ^ (mixed >> SHIFT)) * PRIME
    return int64(mixed >> SHIFT) & mask


@njit(nogil=True, cache=CACHE)
def intern(
    data: np.ndarray,
    offsets: np.ndarray,
    slots: np.ndarray,
    known: np.ndarray,
    bounds: np.ndarray,
    n: int,
    out: np.ndarray,
    done: int,
) -> tuple[int, int]:
    """Number texts from `done` on until one does not fit; returns how many are done and how many are different."""
    mask = len(slots) - 1
    while done < len(out):
        start, end = offsets[done], offsets[done + 1]
        length = end - start
        key = key_of(data, start, end)
        place = home(key, length, mask)
        while slots[place, 1] != 0:
            if slots[place, 0] == key and slots[place, 1] >> 32 == length:
                first = bounds[(slots[place, 1] & LOW) - 1]
                same = True
                if length > SHORT:
                    for i in range(length):
                        same = same and known[first + i] == data[start + i]
                if same:
                    break
            place = (place + 1) & mask
        if slots[place, 1] == 0:
            if 2 * (n + 1) > len(slots) or bounds[n] + length > len(known):
                return done, n
            for i in range(length):
                known[bounds[n] + i] = data[start + i]
            bounds[n + 1] = bounds[n] + length
            n += 1
            slots[place, 0] = key
            slots[place, 1] = (int64(length) << 32) | int64(n)
        out[done] = (slots[place, 1] & LOW) - 1
        done += 1
    return done, n


@njit(nogil=True, cache=CACHE)
def spread(slots: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Insert all full slots into the larger table `out`."""
    mask = len(out) - 1
    for i in range(len(slots)):
        if slots[i, 1] != 0:
            place = home(slots[i, 0], slots[i, 1] >> 32, mask)
            while out[place, 1] != 0:
                place = (place + 1) & mask
            out[place, 0], out[place, 1] = slots[i, 0], slots[i, 1]
    return out


@njit(nogil=True, cache=CACHE)
def has_blanks(data: np.ndarray, offsets: np.ndarray, blanks: np.ndarray) -> bool:
    """Whether any text is empty, or begins or ends with one of `blanks` (256,) bool."""
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        if start == end or blanks[uint8(data[start])] or blanks[uint8(data[end - 1])]:
            return True
    return False
