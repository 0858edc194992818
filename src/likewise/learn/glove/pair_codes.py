"""Pairs of words as one integer each, so that counting them is sorting integers: kernels of `cooccurrence`.

A key holds, from its highest bits down: the shards of the two words, their ranks in the shards, and, until equal pairs
are added up, their distance. So sorted keys stand block by block, and within a block by first word, then second.
Word i is in shard i mod shards, at rank i div shards; of a pair the word of the lower (shard, rank) is the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import int64, njit, uint64

from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}


@dataclass(frozen=True)
class Layout:
    """How many bits of a key each of its parts has."""

    shard_bits: int
    rank_bits: int
    distance_bits: int

    @classmethod
    def of(cls, vocabulary: int, shards: int, window: int) -> Layout:
        """For words below `vocabulary`, `shards` (a power of two) and distances up to `window`."""
        return cls((shards - 1).bit_length(), ((vocabulary - 1) // shards).bit_length(), window.bit_length())

    @property
    def bits(self) -> int:
        return 2 * (self.shard_bits + self.rank_bits) + self.distance_bits

    def keys(self, block: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Keys without distance of ranks (n,) in one block."""
        ranks = first.astype(np.uint64) << np.uint64(self.rank_bits) | second.astype(np.uint64)
        return ranks | np.uint64(block << (2 * self.rank_bits))


@njit(**FLAGS)
def emit(  # type: ignore[no-untyped-def]
    ids, offsets, row, start, end, window, weights, frequent, square, keys, filled, shard_bits, rank_bits, distance_bits
):  # fmt: skip
    """Pair the words at [start, end) with those up to `window` after them in their row; `row` holds `start`.

    Weights of two of the `frequent` first words go to `square`, other pairs to `keys` from `filled` on. Stops where
    `keys` has no room for one more word; returns the position it came to, its row, and how many keys are filled.
    """
    mask = int64((1 << shard_bits) - 1)
    position = start
    while position < end and filled + window <= len(keys):
        while offsets[row + 1] <= position:
            row += 1
        own = int64(ids[position])
        own_shard, own_rank = own & mask, own >> shard_bits
        for other in range(position + 1, min(position + window + 1, offsets[row + 1])):
            its = int64(ids[other])
            shard, rank = its & mask, its >> shard_bits
            is_first = own_shard < shard or (own_shard == shard and own_rank <= rank)
            if own < frequent and its < frequent:
                place = own * frequent + its if is_first else its * frequent + own
                square[place] += weights[other - position]
                continue
            if is_first:
                key = ((own_shard << shard_bits | shard) << rank_bits | own_rank) << rank_bits | rank
            else:
                key = ((shard << shard_bits | own_shard) << rank_bits | rank) << rank_bits | own_rank
            keys[filled] = uint64(key) << uint64(distance_bits) | uint64(other - position)
            filled += 1
        position += 1
    return position, row, filled


@njit(**FLAGS)
def add_up(keys, filled, weights, distance_bits, sums):  # type: ignore[no-untyped-def]
    """In place: sorted keys with distances → different keys without, and the sums of their weights; how many."""
    kept = -1
    mask = uint64((1 << distance_bits) - 1)
    last = uint64(0)
    for i in range(filled):
        key = keys[i] >> uint64(distance_bits)
        weight = weights[int64(keys[i] & mask)]
        if kept >= 0 and key == last:
            sums[kept] += weight
        else:
            kept += 1
            last = key
            keys[kept], sums[kept] = key, weight
    return kept + 1


@njit(nogil=True, inline="always")
def _sink(heap, size, place, keys, at):  # type: ignore[no-untyped-def]
    """Let the run at `place` sink below those whose next key is smaller."""
    run = heap[place]
    key = keys[at[run]]
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and keys[at[heap[child + 1]]] < keys[at[heap[child]]]:
            child += 1
        if keys[at[heap[child]]] >= key:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = run


@njit(**FLAGS)
def merge(keys, sums, at, ends, unit, shard_bits, rank_bits, rows, columns, values):  # type: ignore[no-untyped-def]
    """Merge the runs [at, ends) (k,) of one block into pairs of words and their values; how many pairs.

    `at` is moved on. A word with itself counts twice: each is in the window of the other.
    """
    heap = np.empty(len(at), np.int64)
    size = found = 0
    for run in range(len(at)):
        if at[run] < ends[run]:
            heap[size] = run
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(heap, size, place, keys, at)
    shard_mask, rank_mask = int64((1 << shard_bits) - 1), int64((1 << rank_bits) - 1)
    while size:
        key, total = keys[at[heap[0]]], uint64(0)
        while size and keys[at[heap[0]]] == key:
            run = heap[0]
            total += sums[at[run]]
            at[run] += 1
            if at[run] == ends[run]:
                size -= 1
                heap[0] = heap[size]
            if size:
                _sink(heap, size, 0, keys, at)
        rest = int64(key)
        second, rest = rest & rank_mask, rest >> rank_bits
        first, rest = rest & rank_mask, rest >> rank_bits
        rows[found] = first << shard_bits | (rest >> shard_bits) & shard_mask
        columns[found] = second << shard_bits | rest & shard_mask
        value = np.float64(total) * unit
        values[found] = 2 * value if rows[found] == columns[found] else value
        found += 1
    return found
