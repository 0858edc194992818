"""Runs of words numbered level by level: a run is the pair of the run without its last word, and that word.

So a key has eight bytes however long the run, and order by spelling follows from that of the words. Each thread takes
the pairs that a hash gives it; no table is merged, and no thread waits for another within a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numba import njit, uint64

from likewise.arrays.ragged import Ragged
from likewise.system import shards
from likewise.system.compiled import CACHE
from likewise.tokens.analysis.term_keys import LINE_END, SPACE, TermKeys, lines, order_by
from likewise.tokens.corpus.simd import prefetch
from likewise.tokens.corpus.spellings import home, is_crowded

SLOTS = 1 << 12  # to begin with
SLOT_BYTES = 16
BATCH = 64  # pairs between prefetching a slot and reading it, about the time that memory takes
EMPTY: Any = np.uint64(2**64 - 1)
ONE: Any = np.uint64(1)
SHIFT_32: Any = np.uint64(32)


@dataclass(frozen=True)
class RunKeys:
    """Numbers below `base` are words; number base + i is the pair pairs[i], number of the run << 32 | last word."""

    words: TermKeys
    base: int
    pairs: np.ndarray
    longest: int

    def __call__(self, numbers: np.ndarray) -> list[str]:
        """The spelling of each number, a space between its words."""
        runs, used, data, offsets = self._apart(numbers)
        if is_plain(data, offsets):
            return lines(*_joined(runs, data, offsets))
        names = [*self.words(used), ""]
        return [" ".join(names[word] for word in run if word >= 0) for run in runs.tolist()]

    def order(self, numbers: np.ndarray) -> np.ndarray:
        """(n,) int64: the places in `numbers` in the code point order of their spellings."""
        runs, used, data, offsets = self._apart(numbers)
        if not is_plain(data, offsets):
            keys = self(numbers)
            return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
        ranks = np.zeros(len(used) + 1, np.uint64)  # the last is that of no word
        ranks[self.words.order(used)] = np.arange(1, len(used) + 1)
        ranked = ranks[runs]
        pairs = [ranked[:, i] << SHIFT_32 | ranked[:, i + 1] for i in range(0, self.longest - 1, 2)]
        return order_by(*pairs, *([ranked[:, -1]] if self.longest % 2 else []))

    def _apart(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(n, longest) int64 places of words in `used`, -1 for none; `used`, and its spellings packed."""
        runs = np.empty((len(numbers), self.longest), np.int64)
        _take_apart(numbers, self.pairs, self.base, runs)
        is_used = np.zeros(self.base + 1, np.bool_)
        is_used[runs] = True
        used = np.flatnonzero(is_used[:-1])
        places = np.full(self.base + 1, -1, np.int64)
        places[used] = np.arange(len(used))
        return places[runs], used, *self.words.packed(used)


def is_plain(data: np.ndarray, offsets: np.ndarray) -> bool:
    """Whether no packed key has a byte up to the space: then runs stand in the order of their words."""
    return int(np.count_nonzero(data <= SPACE)) == len(offsets) - 1


def number_runs(
    words: Ragged, keys: TermKeys, shortest: int, longest: int, threads: int
) -> tuple[Ragged, RunKeys]:
    """A number for every run of `shortest` to `longest` words of every row, and how the numbers are spelt."""
    many = sum(np.maximum(words.lengths - n + 1, 0) for n in range(shortest, longest + 1))
    offsets = np.append(0, np.cumsum(many))
    ids, heads = np.empty(offsets[-1], np.int32), offsets[:-1].copy()
    base = known = len(keys.slots)
    pairs = [np.empty(0, np.uint64)]
    level = words.ids
    for n in range(1, longest + 1):
        if n > 1:
            level, new = next_level(level, words, n, known, threads)
            pairs.append(new)
            known += len(new)
        if n >= shortest:
            put = partial(_put, level, words.offsets, n, heads, ids)
            shards.each(put, shards.equal_work(words.offsets, threads), threads)
    return Ragged(ids, offsets), RunKeys(keys, base, np.concatenate(pairs), longest)


def next_level(
    level: np.ndarray, words: Ragged, n: int, known: int, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """The number of the run of n words at every place, from those of n - 1; and the pairs, the first `known`."""
    out = np.empty(len(level), np.int32)

    def work(part: int, _: int) -> np.ndarray:
        return _number_pairs(level, words.ids, words.offsets, n, part, threads, known, out)

    parts = shards.each(work, shards.equal_rows(threads, 1), threads)
    pairs = np.zeros(max(map(len, parts)) * threads, np.uint64)  # the gaps stand nowhere in `out`
    for part, own in enumerate(parts):
        pairs[part : len(own) * threads : threads] = own
    return out, pairs


@njit(nogil=True, cache=CACHE)
def _number_pairs(
    level: np.ndarray,
    ids: np.ndarray,
    offsets: np.ndarray,
    n: int,
    part: int,
    parts: int,
    known: int,
    out: np.ndarray,
) -> np.ndarray:
    """Number the pairs whose hash says `part`: known + part, known + parts + part, ...; the pairs in this order."""
    table = np.full((SLOTS, 2), EMPTY, np.uint64)
    places, keys, hashes = np.empty(BATCH, np.int64), np.empty(BATCH, np.uint64), np.empty(BATCH, np.uint64)
    waiting = distinct = 0
    for row in range(len(offsets) - 1):
        for i in range(offsets[row], offsets[row + 1] - n + 1):
            key = uint64(level[i]) << SHIFT_32 | uint64(ids[i + n - 1])
            hashed = home(key, 0)
            if np.int64((hashed >> SHIFT_32) * uint64(parts) >> SHIFT_32) != part:
                continue
            prefetch(table.ctypes.data + np.int64(hashed & uint64(len(table) - 1)) * SLOT_BYTES)
            places[waiting], keys[waiting], hashes[waiting] = i, key, hashed
            waiting += 1
            if waiting == BATCH:
                table = _roomy(table, distinct + BATCH)
                distinct = _settle(table, places, keys, hashes, waiting, distinct, part, parts, known, out)
                waiting = 0
    table = _roomy(table, distinct + BATCH)
    distinct = _settle(table, places, keys, hashes, waiting, distinct, part, parts, known, out)
    pairs = np.empty(distinct, np.uint64)
    for i in range(len(table)):
        if table[i, 0] != EMPTY:
            pairs[np.int64(table[i, 1])] = table[i, 0]
    return pairs


@njit(nogil=True, cache=CACHE)
def _settle(
    table: np.ndarray,
    places: np.ndarray,
    keys: np.ndarray,
    hashes: np.ndarray,
    waiting: int,
    distinct: int,
    part: int,
    parts: int,
    known: int,
    out: np.ndarray,
) -> int:
    """Look up the pairs that wait, new ones filled in; how many are distinct now."""
    mask = uint64(len(table) - 1)
    for i in range(waiting):
        slot = hashes[i] & mask
        while table[slot, 0] != keys[i]:
            if table[slot, 0] == EMPTY:
                table[slot, 0], table[slot, 1] = keys[i], uint64(distinct)
                distinct += 1
                break
            slot = (slot + ONE) & mask
        out[places[i]] = known + np.int64(table[slot, 1]) * parts + part
    return distinct


@njit(nogil=True, cache=CACHE)
def _roomy(table: np.ndarray, pairs: int) -> np.ndarray:
    """The table itself, or one of twice the size where so many pairs would crowd it."""
    if not is_crowded(pairs, len(table)):
        return table
    out = np.full((2 * len(table), 2), EMPTY, np.uint64)
    mask = uint64(len(out) - 1)
    for i in range(len(table)):
        if table[i, 0] != EMPTY:
            slot = home(table[i, 0], 0) & mask
            while out[slot, 0] != EMPTY:
                slot = (slot + ONE) & mask
            out[slot, 0], out[slot, 1] = table[i, 0], table[i, 1]
    return out


@njit(nogil=True, cache=CACHE)
def _put(
    level: np.ndarray, offsets: np.ndarray, n: int, heads: np.ndarray, ids: np.ndarray, start: int, stop: int
) -> None:
    """Write the runs of n words of the rows start to stop - 1 where their row goes on in `ids`."""
    for row in range(start, stop):
        for i in range(offsets[row], offsets[row + 1] - n + 1):
            ids[heads[row]] = level[i]
            heads[row] += 1


@njit(nogil=True, cache=CACHE)
def _take_apart(numbers: np.ndarray, pairs: np.ndarray, base: int, out: np.ndarray) -> None:
    """out[i] = the words of run numbers[i], then -1."""
    for i in range(len(numbers)):
        number, length = np.int64(numbers[i]), 1
        while number >= base:
            number = np.int64(pairs[number - base] >> SHIFT_32)
            length += 1
        number = np.int64(numbers[i])
        for j in range(out.shape[1] - 1, -1, -1):
            if j >= length:
                out[i, j] = -1
            elif j == 0:
                out[i, j] = number
            else:
                pair = pairs[number - base]
                out[i, j] = np.int64(pair & uint64(0xFFFFFFFF))
                number = np.int64(pair >> SHIFT_32)


@njit(nogil=True, cache=CACHE)
def _joined(runs: np.ndarray, data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The words of every run with spaces between them and a line end after it, and where each run begins."""
    ends = np.zeros(len(runs) + 1, np.int64)
    for i in range(len(runs)):
        ends[i + 1] = ends[i]
        for j in range(runs.shape[1]):
            if runs[i, j] >= 0:
                ends[i + 1] += offsets[runs[i, j] + 1] - offsets[runs[i, j]]
    out = np.empty(ends[-1], np.uint8)
    for i in range(len(runs)):
        place = ends[i]
        for j in range(runs.shape[1]):
            if runs[i, j] >= 0:
                for k in range(offsets[runs[i, j]], offsets[runs[i, j] + 1]):
                    out[place] = data[k]
                    place += 1
                out[place - 1] = SPACE
        out[place - 1] = LINE_END
    return out, ends
