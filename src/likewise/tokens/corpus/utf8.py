"""UTF-8 looked at in place: characters at an address, and the first byte that is none (Unicode table 3-7)."""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.system.compiled import CACHE
from likewise.tokens.corpus.simd import WIDTH, byte_at, in_range, lowest


@njit(nogil=True, cache=CACHE)
def decode(address: int) -> tuple[int, int]:
    """Code point and bytes of the valid character at an address; a byte that begins none counts as NUL."""
    first = byte_at(address)
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return (first & 0x1F) << 6 | (byte_at(address + 1) & 0x3F), 2
    if first < 0xF0:
        return (first & 0x0F) << 12 | (byte_at(address + 1) & 0x3F) << 6 | (byte_at(address + 2) & 0x3F), 3
    if first > 0xF4:
        return 0, 1
    code = (first & 0x07) << 18 | (byte_at(address + 1) & 0x3F) << 12
    return code | (byte_at(address + 2) & 0x3F) << 6 | (byte_at(address + 3) & 0x3F), 4


@njit(nogil=True, cache=CACHE)
def valid_length(address: int) -> int:
    """The bytes of the character at an address, 0 where they are not UTF-8."""
    first, second = byte_at(address), byte_at(address + 1)
    low, high = 0x80, 0xBF  # of the second byte: no overlong form, no surrogate, nothing above U+10FFFF
    if first < 0x80:
        return 1
    if first < 0xC2 or first > 0xF4:
        return 0
    if first == 0xE0:
        low = 0xA0
    elif first == 0xED:
        high = 0x9F
    elif first == 0xF0:
        low = 0x90
    elif first == 0xF4:
        high = 0x8F
    length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if not low <= second <= high:
        return 0
    for i in range(2, length):
        if byte_at(address + i) & 0xC0 != 0x80:
            return 0
    return length


@njit(nogil=True, cache=CACHE)
def first_invalid(text: np.ndarray, n: int) -> int:
    """Where text[:n] first is not UTF-8, or n; the bytes past n must be ASCII, 64 at least."""
    address, place = text.ctypes.data, 0
    while place < n:
        foreign = in_range(address + place, 128, 128)
        if not foreign:
            place += WIDTH
            continue
        place += lowest(foreign)
        while place < n and byte_at(address + place) >= 0x80:
            length = valid_length(address + place)
            if length == 0:
                return place
            place += length
    return n
