"""Ranking of items for users: the k items of largest score (`best`), and the ranks of held-out items (`count_above`).

All scores of a block of users are computed at once, and the items that a user has seen are left out. Ties go to the
item with the lower position. A user for whom fewer than k items are left gets -1 in the remaining columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from likewise.errors import InputError, OptionError
from likewise.system import shards
from likewise.system.compiled import CACHE

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}
BLOCK = 2**20  # scores that a thread holds at once: 4 MB, about what its caches hold
RUN = 64  # scores that are compared together: mostly none of them is among the best
PARTS = 16  # at least, so that threads have something to share; not their number, for a product's bits follow its shape
NOT_A_NUMBER = "a score is NaN; scores must be numbers, larger where an item is likelier"
LOWEST = np.float32(-np.inf)

# Rows of users (b,) int64 → their scores (b, items), larger is better: an array of its own, which will be overwritten.
Scorer = Callable[[np.ndarray], Any]


def by_vectors(users: np.ndarray, items: np.ndarray) -> Scorer:
    """Scores that are dot products of users (u, d) and items (i, d) float32."""
    right = np.ascontiguousarray(items.T)
    return lambda rows: users[rows] @ right


def best(
    score: Scorer, users: np.ndarray, seen: csr_array | None, items: int, k: int, *, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """(m, k) int32 items of largest score, largest first, and (m, k) float32 scores, for each of `users` (m,).

    seen: (all users, items) CSR whose stored entries are left out, or None. Columns without an item have -1 and -inf.
    The bits do not depend on `threads`. Raises `OptionError` for a k under 1, `InputError` for scores of another shape
    or that are NaN.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise OptionError(f"k must be a whole number of at least 1, not {k!r}")
    rows = np.asarray(users, np.int64)
    found, scores = np.full((len(rows), k), -1, np.int32), np.full((len(rows), k), LOWEST, np.float32)
    offsets, ids = _seen_rows(seen, rows)

    def work(start: int, stop: int) -> None:
        block = score_block(score, rows[start:stop], items)
        if not select(block, offsets[start : stop + 1], ids, found[start:stop], scores[start:stop]):
            raise InputError(NOT_A_NUMBER)

    for_each_block(work, len(rows), items, threads)
    return found, scores


def for_each_block(work: Callable[[int, int], Any], rows: int, items: int, threads: int) -> list[Any]:
    """Call `work` with ranges of rows that have about BLOCK scores, each product in one thread."""
    from threadpoolctl import threadpool_limits

    step = max(1, min(BLOCK // max(1, items), -(-rows // PARTS)))
    with threadpool_limits(1, "blas"):
        return shards.each(work, shards.equal_rows(rows, step), threads)


def score_block(score: Scorer, rows: np.ndarray, items: int) -> np.ndarray:
    """The scores of those users, (b, items) float32 that may be written to."""
    block = np.ascontiguousarray(score(rows), dtype=np.float32)
    if block.shape != (len(rows), items):
        raise InputError(f"scores of shape {block.shape}, expected {(len(rows), items)}: one for each item")
    if not block.flags.writeable or block.base is not None:
        block = block.copy()
    return block


def _seen_rows(seen: csr_array | None, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if seen is None:
        return np.zeros(len(rows) + 1, np.int64), np.empty(0, np.int32)
    chosen = seen if len(rows) == seen.shape[0] and (rows == np.arange(len(rows))).all() else seen[rows]
    return chosen.indptr.astype(np.int64), chosen.indices


@njit(**FLAGS)
def select(
    scores: np.ndarray, offsets: np.ndarray, ids: np.ndarray, found: np.ndarray, values: np.ndarray
) -> bool:
    """The k largest of each row of scores (b, n), ids[offsets[i] : offsets[i + 1]] left out, by insertion.

    `found` and `values` (b, k) hold -1 and -inf before. Overwrites the scores of what is left out. Returns False where
    a score is NaN.
    """
    n, k = scores.shape[1], found.shape[1]
    nans = 0
    for i in range(len(scores)):
        row = scores[i]
        for j in range(offsets[i], offsets[i + 1]):
            row[ids[j]] = LOWEST
        least = LOWEST
        for start in range(0, n, RUN):
            stop = min(n, start + RUN)
            largest = LOWEST
            for c in range(start, stop):
                nans += row[c] != row[c]
                largest = max(largest, row[c])
            if not largest > least:
                continue
            for c in range(start, stop):
                if row[c] > least:
                    place = k - 1
                    while place > 0 and values[i, place - 1] < row[c]:
                        values[i, place], found[i, place] = values[i, place - 1], found[i, place - 1]
                        place -= 1
                    values[i, place], found[i, place] = row[c], c
                    least = values[i, k - 1]
    return nans == 0


@njit(**FLAGS)
def count_above(
    scores: np.ndarray, seen_offsets: np.ndarray, seen: np.ndarray, offsets: np.ndarray, held: np.ndarray,
    above: np.ndarray, level: np.ndarray,
) -> bool:  # fmt: skip
    """For each held-out item of each row of scores (b, n): how many items score more, and how many the same.

    An item is counted among those that score the same as itself.

    Row i has seen seen[seen_offsets[i] : seen_offsets[i + 1]], which rank last (their scores are overwritten), and has
    held out held[offsets[i] : offsets[i + 1]]. `above` and `level` are written from offsets[i] − offsets[0] on.
    Returns False where a score is NaN. A held-out item that was seen ranks after all others.
    """
    n = scores.shape[1]
    is_number = True
    for i in range(len(scores)):
        row = scores[i]
        nans = 0
        for c in range(n):
            nans += row[c] != row[c]
        if nans:
            is_number = False
        for j in range(seen_offsets[i], seen_offsets[i + 1]):
            row[seen[j]] = LOWEST
        for j in range(offsets[i], offsets[i + 1]):
            own, more, same = row[held[j]], np.int32(0), np.int32(0)
            for c in range(n):
                more += np.int32(row[c] > own)
                same += np.int32(row[c] == own)
            above[j - offsets[0]], level[j - offsets[0]] = more, same
    return is_number
