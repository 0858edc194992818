"""Which rows a word's vector is the mean of: its own and those of its character n-grams (Bojanowski et al. 2017, §3.2).

The gradient of a mean is the same for all its members. So n-grams that stand in exactly the same words, equally often,
always move by the same amount, and if they also start equal they stay equal: `group_ngrams` finds these
groups, and keeps one row for each. An n-gram of one word only is part of that word's own row. Of English this leaves
half of the rows and a fifth less to read for each word, and nothing is approximated. Buckets that no word hashes to
have no row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.system.compiled import CACHE


@dataclass(frozen=True)
class Subwords:
    """The input rows of v words: row i < v is word i's own, then come n-grams that words share, the most used first.

    rows: Ragged of v rows of input rows. weights (t,) float32: the share of each in the word's mean, summing to 1 for a
    word. A row that moves m times with the word is listed m times. buckets (u,) int32, rising: the buckets that occur;
    places (u,) int32: the input row of each. size: how many input rows there are.
    """

    rows: Ragged
    weights: np.ndarray
    buckets: np.ndarray
    places: np.ndarray
    size: int

    def known(self, ngrams: Ragged) -> Ragged:
        """The input rows of other words' buckets; buckets that no word of the vocabulary has are left out."""
        return known(ngrams, self.buckets, self.places)


def known(ngrams: Ragged, buckets: np.ndarray, places: np.ndarray) -> Ragged:
    """`Subwords.known` where only the buckets that occur and their rows are at hand, as in a stored model."""
    ends = np.zeros(len(ngrams) + 1, np.int64)
    if len(buckets) == 0:
        return Ragged(np.empty(0, np.int32), ends)
    at = np.minimum(np.searchsorted(buckets, ngrams.ids), len(buckets) - 1)
    is_known = buckets[at] == ngrams.ids
    before = np.append(0, np.cumsum(is_known))
    return Ragged(places[at[is_known]].astype(np.int32), before[ngrams.offsets].astype(np.int64))


def group_ngrams(ngrams: Ragged, counts: np.ndarray) -> Subwords:
    """Row i of `ngrams` holds the buckets of word i, as often as they occur in it; counts (v,) how often the word does.

    Raises `InputError` where there is not one row for each word.
    """
    if len(ngrams) != len(counts):
        raise InputError(
            f"n-grams must have one row for each of {len(counts):,} words, not {len(ngrams):,} rows"
        )
    v = len(counts)
    buckets, members = np.unique(ngrams.ids, return_inverse=True)
    members = members.astype(np.int32)
    groups = _refine(members, ngrams.offsets, len(buckets))
    ends = np.zeros(v + 1, np.int64)
    listed, sizes = np.empty(len(members) + v, np.int32), np.empty(len(members) + v, np.float32)
    total = _list_groups(members, ngrams.offsets, groups, len(buckets), listed, sizes, ends)
    lengths = np.diff(ends)
    used = np.bincount(listed[:total], np.repeat(counts, lengths), minlength=int(groups.max(initial=0)) + 1)
    places, size = _number_groups(groups, len(buckets), used)
    weights = sizes[:total] / np.repeat(ngrams.lengths + 1, lengths).astype(np.float32)
    rows = Ragged(places[listed[:total]], ends)
    return Subwords(rows, weights, buckets.astype(np.int32), places[groups[: len(buckets)]], size)


def _number_groups(groups: np.ndarray, n_buckets: int, used: np.ndarray) -> tuple[np.ndarray, int]:
    """The input row of each group: the word's, where its own row is a member, else by falling use."""
    v = len(groups) - n_buckets
    rows = np.full(len(used), -1, np.int32)
    rows[groups[n_buckets:]] = np.arange(v)
    shared = np.unique(groups[:n_buckets])
    shared = shared[rows[shared] < 0]
    rows[shared[np.argsort(-used[shared], kind="stable")]] = np.arange(v, v + len(shared))
    return rows, v + len(shared)


@njit(nogil=True, cache=CACHE)
def _refine(members: np.ndarray, offsets: np.ndarray, n_buckets: int) -> np.ndarray:
    """The group of each bucket, then of each word's own row: those that stand equally often in the same words.

    Partition refinement (Paige and Tarjan 1987): each word splits the groups that it has members of. A member that
    occurs twice in a word is split off once more.
    """
    v = len(offsets) - 1
    groups = np.zeros(n_buckets + v, np.int32)
    room = len(members) + v + 1
    splitter, split = np.full(room, -1, np.int32), np.zeros(room, np.int32)
    n_groups = 1
    for word in range(v):
        for place in range(offsets[word] - 1, offsets[word + 1]):
            member = n_buckets + word if place < offsets[word] else np.int64(members[place])
            group = groups[member]
            if splitter[group] != word:
                splitter[group] = word
                split[group] = n_groups
                n_groups += 1
            groups[member] = split[group]
    return groups


@njit(nogil=True, cache=CACHE)
def _list_groups(
    members: np.ndarray,
    offsets: np.ndarray,
    groups: np.ndarray,
    n_buckets: int,
    listed: np.ndarray,
    sizes: np.ndarray,
    ends: np.ndarray,
) -> int:
    """Each word's groups, its own first; a group whose members occur m times in the word stands there m times.

    sizes: how many members a group has. Returns how many groups are listed.
    """
    v = len(offsets) - 1
    size = np.zeros(groups.max() + 1 if len(groups) else 1, np.int64)
    for member in range(len(groups)):
        size[groups[member]] += 1
    seen, last = np.zeros(len(size), np.int64), np.full(len(size), -1, np.int64)
    total = 0
    for word in range(v):
        for place in range(offsets[word] - 1, offsets[word + 1]):
            group = groups[n_buckets + word if place < offsets[word] else np.int64(members[place])]
            if last[group] != word:
                last[group] = word
                seen[group] = 0
            if seen[group] % size[group] == 0:  # the first of its members, each time that all come round
                listed[total] = group
                sizes[total] = size[group]
                total += 1
            seen[group] += 1
        ends[word + 1] = total
    return total
