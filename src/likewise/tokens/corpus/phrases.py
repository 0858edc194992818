"""Neighbours that stand together more often than chance become one word: `new york` becomes `new_york`.

The score of a pair is (count(ab) - min_count) * total / (count(a) * count(b)), total being the number of
tokens (Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 4, and word2phrase).
Each row is read from left to right, and the first pair above the threshold is joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numba import njit, uint64

from likewise.errors import OptionError
from likewise.system.compiled import CACHE
from likewise.tokens.corpus.corpus import Corpus, finish
from likewise.tokens.corpus.second_pass import CorpusWriter

SLAB = 1 << 22  # tokens looked at in one go, so that memory does not grow with the corpus
PAIRS = 1 << 16  # slots to begin with
EMPTY: Any = np.uint64(2**64 - 1)
MIX: Any = np.uint64(0x9E3779B97F4A7C15)
LOW_32: Any = np.uint64(0xFFFFFFFF)
SHIFT: Any = np.uint64(32)
ONE: Any = np.uint64(1)


def join_phrases(
    corpus: Corpus,
    folder: str | Path,
    *,
    threshold: float = 100.0,  # the default of word2phrase
    min_count: int = 5,
    passes: int = 1,
    joiner: str = "_",
) -> Corpus:
    """A new corpus in `folder`, in which pairs that score above `threshold` are one word, joined by `joiner`.

    Each of the `passes` joins pairs of what the one before has left, so phrases of up to 2^passes words. The
    vocabulary is sorted anew; a word that now stands nowhere is left out, no token is dropped. Memory: the
    distinct pairs. Raises `OptionError` for an option out of its range.
    """
    if min_count < 1 or passes < 1:
        raise OptionError(f"min_count and passes must be at least 1, not {min_count} and {passes}")
    if not threshold >= 0:
        raise OptionError(f"threshold must be 0 or more, not {threshold}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix="pass") as between:
        for number in range(passes - 1):
            corpus = join_once(corpus, Path(between, str(number)), threshold, min_count, joiner)
        return join_once(corpus, folder, threshold, min_count, joiner)


def join_once(corpus: Corpus, folder: Path, threshold: float, min_count: int, joiner: str) -> Corpus:
    """One pass over the corpus, written to `folder`."""
    pairs = frequent_pairs(corpus, threshold, min_count)
    left, right = (pairs >> SHIFT).tolist(), (pairs & LOW_32).tolist()
    names = [f"{corpus.keys[a]}{joiner}{corpus.keys[b]}" for a, b in zip(left, right, strict=True)]
    number_of = {key: number for number, key in enumerate(dict.fromkeys([*corpus.keys, *names]))}
    table, numbers = looked_up(pairs, np.array([number_of[name] for name in names], np.int32))

    counts = np.zeros(len(number_of), np.int64)
    for ids, _ in joined(corpus, table, numbers):
        counts += np.bincount(ids, minlength=len(counts))
    keys = list(number_of)
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda number: (-counts[number], keys[number]))
    rank = np.full(len(keys), -1, np.int32)
    rank[order] = np.arange(len(order))
    folder.mkdir(exist_ok=True)
    with CorpusWriter(folder) as writer:
        for ids, ends in joined(corpus, table, numbers):
            writer.add(rank[ids], ends)
    return finish(folder, writer, [keys[number] for number in order], counts[order], corpus.reading)


def frequent_pairs(corpus: Corpus, threshold: float, min_count: int) -> np.ndarray:
    """(p,) uint64, sorted: left << 32 | right of each pair of ids that scores above the threshold."""
    ids, offsets = np.asarray(corpus.ids.ids), np.asarray(corpus.ids.offsets)
    table, counts = count_pairs(ids, offsets, np.full(PAIRS, EMPTY), np.zeros(PAIRS, np.int64))
    pairs, counts = table[counts > min_count], counts[counts > min_count]
    apart = corpus.counts[pairs >> SHIFT].astype(np.float64) * corpus.counts[pairs & LOW_32]
    return np.sort(pairs[(counts - min_count) * float(len(ids)) / apart > threshold])


def looked_up(pairs: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A hash table of the pairs, at most half full, and the number that belongs to each of its slots."""
    table = np.full(1 << (2 * len(pairs) + 1).bit_length(), EMPTY)
    by_slot = np.zeros(len(table), np.int32)
    place_pairs(table, by_slot, pairs, numbers)
    return table, by_slot


def joined(corpus: Corpus, table: np.ndarray, numbers: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The corpus with its pairs joined, slab by slab: numbers, and how many before each row end."""
    ids, offsets = np.asarray(corpus.ids.ids), np.asarray(corpus.ids.offsets)
    out, ends = np.empty(SLAB, np.int32), np.empty(SLAB, np.int64)
    start = row = 0
    while start < len(ids):
        start, row, kept, ended = join_some(ids, offsets, start, row, table, numbers, out, ends)
        yield out[:kept], ends[:ended]


@njit(nogil=True, cache=CACHE)
def slot_of(table: np.ndarray, pair: int) -> int:
    """Where the pair stands in the table, or the empty slot where it belongs."""
    mask = uint64(len(table) - 1)
    slot = ((pair * MIX) >> SHIFT) & mask
    while table[slot] != pair and table[slot] != EMPTY:
        slot = (slot + ONE) & mask
    return slot


@njit(nogil=True, cache=CACHE)
def place_pairs(table: np.ndarray, by_slot: np.ndarray, pairs: np.ndarray, values: np.ndarray) -> None:
    """Put pairs that are all different into a table with room for them, with their values."""
    for i in range(len(pairs)):
        if pairs[i] != EMPTY:
            slot = slot_of(table, pairs[i])
            table[slot] = pairs[i]
            by_slot[slot] = values[i]


@njit(nogil=True, cache=CACHE)
def count_pairs(
    ids: np.ndarray, offsets: np.ndarray, table: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How often each pair of neighbours stands in a row: the table, grown if need be, and the counts."""
    used = 0
    for row in range(len(offsets) - 1):
        for i in range(offsets[row] + 1, offsets[row + 1]):
            pair = uint64(ids[i - 1]) << SHIFT | uint64(ids[i])
            slot = slot_of(table, pair)
            if table[slot] == EMPTY:
                if 2 * (used + 1) > len(table):
                    larger = np.full(2 * len(table), EMPTY)
                    more = np.zeros(2 * len(table), np.int64)
                    place_pairs(larger, more, table, counts)
                    table, counts = larger, more
                    slot = slot_of(table, pair)
                table[slot] = pair
                used += 1
            counts[slot] += 1
    return table, counts


@njit(nogil=True, cache=CACHE)
def join_some(
    ids: np.ndarray,
    offsets: np.ndarray,
    start: int,
    row: int,
    table: np.ndarray,
    numbers: np.ndarray,
    out: np.ndarray,
    ends: np.ndarray,
) -> tuple[int, int, int, int]:
    """Fill `out` from token `start` in `row` on; the next token and row, and how many of both."""
    kept = ended = 0
    while start < len(ids) and kept < len(out):
        number = ids[start]
        step = 1
        if start + 1 < offsets[row + 1]:
            pair = uint64(ids[start]) << SHIFT | uint64(ids[start + 1])
            slot = slot_of(table, pair)
            if table[slot] == pair:
                number = numbers[slot]
                step = 2
        out[kept] = number
        kept += 1
        start += step
        if start == offsets[row + 1]:
            row += 1
            ends[ended] = kept
            ended += 1
    return start, row, kept, ended
