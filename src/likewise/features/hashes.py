"""Where a term goes without a vocabulary: MurmurHash3 (32 bits, seed 0) of its UTF-8, as scikit-learn does it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint32

from likewise.system.compiled import CACHE

C1, C2, FIVE = np.uint32(0xCC9E2D51), np.uint32(0x1B873593), np.uint32(5)
ADDED, MIX_1, MIX_2 = np.uint32(0xE6546B64), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


def hashed_columns(keys: list[str], width: int) -> tuple[np.ndarray, np.ndarray]:
    """(v,) int32 columns below `width`, and (v,) float32 signs, of the terms (Weinberger et al. 2009)."""
    encoded = [key.encode() for key in keys]
    offsets = np.zeros(len(keys) + 1, np.int64)
    np.cumsum([len(key) for key in encoded], out=offsets[1:])
    hashes = np.empty(len(keys), np.int32)
    murmur(np.frombuffer(b"".join(encoded), np.uint8), offsets, hashes)
    columns = np.abs(hashes.astype(np.int64)) % width
    return columns.astype(np.int32), np.where(hashes < 0, -1, 1).astype(np.float32)


@njit(nogil=True, cache=CACHE)
def murmur(data: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """out[i] = the hash of the bytes offsets[i] to offsets[i + 1] - 1."""
    for i in range(len(out)):
        hashed, place, end = uint32(0), offsets[i], offsets[i + 1]
        length = end - place
        while place + 4 <= end:
            hashed = uint32(rotated(uint32(hashed ^ scrambled(data, place, 4)), 13) * FIVE) + ADDED
            place += 4
        if place < end:
            hashed ^= scrambled(data, place, end - place)
        hashed = uint32(hashed ^ length)
        hashed = uint32((hashed ^ (hashed >> uint32(16))) * MIX_1)
        hashed = uint32((hashed ^ (hashed >> uint32(13))) * MIX_2)
        out[i] = np.int32(uint32(hashed ^ (hashed >> uint32(16))))


@njit(nogil=True, cache=CACHE)
def scrambled(data: np.ndarray, place: int, n: int) -> Any:
    """At most four bytes, the first one lowest, mixed."""
    word = uint32(0)
    for j in range(n):
        word |= uint32(data[place + j]) << uint32(8 * j)
    return uint32(rotated(uint32(word * C1), 15) * C2)


@njit(nogil=True, cache=CACHE)
def rotated(x: Any, bits: int) -> Any:
    """x turned left by so many bits."""
    return uint32(uint32(x << uint32(bits)) | (x >> uint32(32 - bits)))
