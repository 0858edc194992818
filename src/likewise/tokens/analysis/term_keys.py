"""How the numbers of a table are spelt, and in which order their spellings stand, without a Python object for each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit, uint64

from likewise.system.compiled import CACHE
from likewise.tokens.corpus.simd import KEY
from likewise.tokens.corpus.spellings import SHIFT_32, Spellings, copy_keys

LINE_END, SPACE = 10, 32
BYTE: Any = np.uint64(0xFF)


@dataclass(frozen=True)
class TermKeys:
    """The spellings of a table that no longer grows; `slots` (n, 4) are in the order of the numbers."""

    table: Spellings
    slots: np.ndarray

    @classmethod
    def of(cls, table: Spellings) -> TermKeys:
        """Those of a whole table."""
        return cls(table, table.slots())

    def __call__(self, numbers: np.ndarray) -> list[str]:
        """The spelling of each number."""
        return lines(*self.packed(numbers))

    def packed(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The UTF-8 of each number with a line end after it, and (n + 1,) int64 where each begins."""
        slots = self.slots[numbers]
        offsets = np.zeros(len(slots) + 1, np.int64)
        np.cumsum((slots[:, 2] >> SHIFT_32) + np.uint64(1), out=offsets[1:])
        data = np.full(offsets[-1], LINE_END, np.uint8)
        copy_keys(slots, self.table.arena, offsets, data)
        return data, offsets

    def order(self, numbers: np.ndarray) -> np.ndarray:
        """(n,) int64: the places in `numbers`, which differ, in the code point order of their spellings."""
        slots = self.slots[numbers]
        lengths = slots[:, 2] >> SHIFT_32
        fronts = np.empty((2, len(slots)), np.uint64)
        _fronts(slots, self.table.arena, fronts)
        places = order_by(*fronts, lengths)
        alike = (np.diff(fronts[:, places]) == 0).all(axis=0) & (lengths[places[1:]] > KEY)
        edges = np.flatnonzero(np.diff(alike, prepend=False, append=False)).reshape(-1, 2)
        for first, last in edges.tolist():  # long ones that begin alike: seldom
            group = places[first : last + 1]
            keys = self.table.keys(slots[group])
            places[first : last + 1] = group[sorted(range(len(keys)), key=keys.__getitem__)]
        return places


def lines(data: np.ndarray, offsets: np.ndarray) -> list[str]:
    """The UTF-8 data[offsets[i]:offsets[i + 1]], each without the line end after it."""
    keys = data[:-1].tobytes().decode().split("\n")  # far quicker than one after the other
    if len(keys) == len(offsets) - 1:
        return keys
    whole = data.tobytes()
    return [whole[start : end - 1].decode() for start, end in pairwise(offsets.tolist())]


def order_by(first: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """(n,) int64: places in the order of `first`, its ties in that of the others."""
    places = np.argsort(first)
    if others:
        alike = np.diff(first[places]) == 0
        tied = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
        among = places[tied]
        places[tied] = among[np.lexsort([each[among] for each in (*others[::-1], first)])]
    return places


@njit(nogil=True, cache=CACHE)
def _fronts(slots: np.ndarray, arena: np.ndarray, out: np.ndarray) -> None:
    """out[:, i] = the first 16 bytes of the spelling of slot i as two numbers that compare as the bytes do."""
    for i in range(len(slots)):
        length = np.int64(slots[i, 2] >> SHIFT_32)
        place = np.int64(slots[i, 1]) if length > KEY else 0
        for half in range(2):
            front = uint64(0)
            for j in range(8):
                byte = (
                    uint64(arena[place + 8 * half + j])
                    if length > KEY
                    else slots[i, half] >> uint64(8 * j) & BYTE
                )
                front = front << uint64(8) | byte
            out[half, i] = front
