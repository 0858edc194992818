"""Word n-grams as features: a 64-bit key each, and the vocabulary of those that occur in the training texts.

fastText hashes n-grams into a fixed number of buckets, whose rows it keeps whether they occur or not. Here a row is
kept for each n-gram of the training texts and no other, so different n-grams never share one, and one that was never
seen adds nothing to a text.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.arrays.ragged import Ragged
from likewise.system.compiled import CACHE


@njit(nogil=True, cache=CACHE)
def mixed(key):  # type: ignore[no-untyped-def]
    """A 64-bit key with its bits mixed (splitmix64, Steele et al. 2014)."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


@njit(nogil=True, cache=CACHE)
def _keys(ids, offsets, longest, out, ends):  # type: ignore[no-untyped-def]
    """The keys of the n-grams of 2 to `longest` words of each row, one after another; an unknown word (-1) ends one."""
    n = 0
    for row in range(len(offsets) - 1):
        for first in range(offsets[row], offsets[row + 1]):
            if ids[first] < 0:
                continue
            key = mixed(np.uint64(ids[first]) + np.uint64(0x9E3779B97F4A7C15))
            for last in range(first + 1, min(first + longest, offsets[row + 1])):
                if ids[last] < 0:
                    break
                key = mixed(key * np.uint64(31) + np.uint64(ids[last]) + np.uint64(0x9E3779B97F4A7C15))
                out[n] = key
                n += 1
        ends[row] = n
    return n


def ngram_keys(rows: Ragged, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """(keys uint64, offsets (n + 1,) int64) of the n-grams of 2 to `longest` words of rows of word ids."""
    ids, offsets = np.ascontiguousarray(rows.ids, np.int32), np.asarray(rows.offsets, np.int64)
    out, ends = np.empty(len(ids) * (longest - 1), np.uint64), np.zeros(len(offsets) - 1, np.int64)
    n = _keys(ids, offsets, longest, out, ends)
    return out[:n], np.concatenate([[0], ends])


def ngram_vocabulary(rows: Ragged, longest: int, min_count: int) -> np.ndarray:
    """The sorted keys of n-grams that occur at least `min_count` times."""
    if longest < 2:
        return np.empty(0, np.uint64)
    keys, counts = np.unique(ngram_keys(rows, longest)[0], return_counts=True)
    return keys[counts >= min_count]


def feature_rows(rows: Ragged, words: int, ngrams: np.ndarray, longest: int) -> Ragged:
    """Rows of features: words by their ids below `words`, n-grams from there, and the end of the text.

    Unknown words and n-grams are left out. The end is the last of all features and in every row, as fastText puts the
    end of a line into every line: it learns how frequent each class is.
    """
    ids, offsets = np.asarray(rows.ids), np.asarray(rows.offsets, np.int64)
    known = ids >= 0
    n_words = np.concatenate([[0], np.cumsum(known)])[offsets]
    numbers, n_ngrams = np.empty(0, np.int32), np.zeros_like(n_words)
    if len(ngrams):
        keys, key_offsets = ngram_keys(rows, longest)
        places = np.searchsorted(ngrams, keys)
        places[places == len(ngrams)] = 0
        found = ngrams[places] == keys
        numbers = (places[found] + words).astype(np.int32)
        n_ngrams = np.concatenate([[0], np.cumsum(found)])[key_offsets]
    n = len(offsets) - 1
    parts = np.stack([np.diff(n_words), np.diff(n_ngrams), np.ones(n, np.int64)], axis=1)
    which = np.repeat(np.tile([0, 1, 2], n), parts.ravel())
    out = np.full(len(which), words + len(ngrams), np.int32)
    out[which == 0], out[which == 1] = ids[known], numbers
    return Ragged(out, np.concatenate([[0], np.cumsum(parts.sum(axis=1))]))
