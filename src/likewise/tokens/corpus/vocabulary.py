"""Which spellings become the vocabulary, and the id of each: the most frequent first, ties by key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.arrays.spelling import Spelling
from likewise.errors import InputError
from likewise.tokens.corpus.spellings import Spellings


@dataclass(frozen=True)
class Vocabulary:
    """`keys` and `counts` (v,) int64 in the order of their ids; `distinct`, how many keys there were before
    the selection.

    `ranks[worker]` (n,) int32 is the id of each number in that worker's table, -1 where its word is dropped.
    """

    keys: list[str]
    counts: np.ndarray
    ranks: list[np.ndarray]
    distinct: int


def choose(
    workers: list[Spellings], spelling: Spelling, min_count: int, max_vocabulary: int | None
) -> Vocabulary:
    """Merge the workers' tables into the first and choose; `InputError` where no word is frequent enough."""
    whole, *others = workers
    own = np.arange(len(whole))
    numbers = [own, *(whole.absorb(other) for other in others)]
    canonical = spelt(whole, spelling)
    slots = whole.slots()
    counts = np.zeros(len(slots), np.int64)
    np.add.at(counts, canonical, slots[: len(canonical), 3].astype(np.int64))
    keys, kept = most_frequent(whole, slots, counts, min_count, max_vocabulary)
    rank = np.full(len(slots), -1, np.int32)
    rank[kept] = np.arange(len(kept))
    by_number = rank[canonical]
    ranks = [by_number[each] for each in numbers]
    return Vocabulary(keys, counts[kept], ranks, int(np.count_nonzero(counts)))


def spelt(whole: Spellings, spelling: Spelling) -> np.ndarray:
    """(n,) int64: the number of each spelling's key; ASCII is its own key, the scanner has made it small."""
    slots = whole.slots()
    canonical = np.arange(len(slots))
    foreign = np.flatnonzero(whole.foreign(slots))
    keys = [key.decode() for key in whole.keys(slots[foreign])]
    canonical[foreign] = whole.numbers_of([spelling(key).encode() for key in keys])
    return canonical


def most_frequent(
    whole: Spellings, slots: np.ndarray, counts: np.ndarray, min_count: int, max_vocabulary: int | None
) -> tuple[list[str], np.ndarray]:
    """The keys that are kept, in their order, and their numbers in the table."""
    kept = np.flatnonzero(counts >= min_count)
    if len(kept) == 0:
        raise InputError(too_rare(whole, slots, counts, min_count))
    if max_vocabulary is not None and len(kept) > max_vocabulary:
        last = np.partition(counts[kept], len(kept) - max_vocabulary)[len(kept) - max_vocabulary]
        kept = kept[counts[kept] >= last]  # with all that tie for the last place: the keys decide there
    keys = [key.decode() for key in whole.keys(slots[kept])]
    by_key = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    order = by_key[np.argsort(-counts[kept[by_key]], kind="stable")][:max_vocabulary]
    return [keys[i] for i in order.tolist()], kept[order]


def too_rare(whole: Spellings, slots: np.ndarray, counts: np.ndarray, min_count: int) -> str:
    """What to say where `min_count` leaves no word."""
    most = int(counts.max())
    first = min(key.decode() for key in whole.keys(slots[counts == most]))
    return (
        f"all {np.count_nonzero(counts):,} words occur fewer than {min_count:,} times; "
        f"the most frequent, {first!r}, {most:,} times; try --min-count {1 if most < 5 else 5}"
    )
