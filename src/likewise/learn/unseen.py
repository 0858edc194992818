"""The best items for many users at once, those already seen left out: all scores, a block of users at a time.

A block has a fixed size, is one product in one thread, and its rows are looked through by themselves; so the same bits
come out at any number of threads. Ties go to the item that stands first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from likewise import shards
from likewise.compiled import CACHE
from likewise.learn.tall import one_blas_thread
from likewise.ragged import Ragged

SCORES = 1 << 21  # of a block, 8 MB: a core's own cache holds much of it
NOBODY = -1  # in the place of an item, where a user has seen all but fewer than k


def best(
    score: Callable[[int, int], np.ndarray], seen: Ragged, items: int, k: int, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) int32 items and float32 scores, best first; -1 and 0 where a user has no more unseen items.

    `score(start, stop)` gives (stop - start, items) float32, which are written over; `seen` has a row for each of n
    users, of the items that are left out.
    """
    n, k = len(seen), min(k, items)
    found, scores = np.full((n, k), NOBODY, np.int32), np.zeros((n, k), np.float32)

    def work(start: int, stop: int) -> None:
        block = score(start, stop)
        select(block, seen.offsets[start : stop + 1], seen.ids, found[start:stop], scores[start:stop])

    if n and k:
        with one_blas_thread():
            shards.each(work, shards.equal_rows(n, max(1, SCORES // items)), threads)
    return found, scores


@njit(nogil=True, cache=CACHE)
def select(
    scores: np.ndarray, offsets: np.ndarray, seen: np.ndarray, found: np.ndarray, values: np.ndarray
) -> None:
    """Write the columns of the largest scores (m, n) of each row, those in `seen` left out, largest first."""
    m, n = scores.shape
    k = found.shape[1]
    for row in range(m):
        for i in range(offsets[row], offsets[row + 1]):
            scores[row, seen[i]] = -np.inf
        held = 0
        floor = np.float32(-np.inf)
        for column in range(n):
            value = scores[row, column]
            if value > floor:
                place = held if held < k else k - 1
                while place > 0 and values[row, place - 1] < value:
                    values[row, place] = values[row, place - 1]
                    found[row, place] = found[row, place - 1]
                    place -= 1
                values[row, place], found[row, place] = value, column
                if held < k:
                    held += 1
                if held == k:
                    floor = values[row, k - 1]
