"""The best items of each user: all scores of a block of users at once, what was seen left out, the k largest kept.

Scores are products of float32 vectors. Ties go to the item that stands first. A user for whom fewer than k items are
left gets -1 in the places beyond.
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
RUN = 64  # scores that are looked at together: mostly none of them is among the best
PARTS = 16  # at least, so that threads have something to share; not their number, for a product's bits follow its shape
NOT_A_NUMBER = "a score is not a number; wanted numbers, larger where an item is likelier"
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

    seen: (all users, items) CSR whose stored places are left out, or None. Places without an item have -1 and -inf.
    The bits do not depend on `threads`. Raises `OptionError` for a k under 1, `InputError` for scores of another shape
    or that are NaN.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise OptionError(f"k must be a whole number of at least 1, not {k!r}")
    rows = np.asarray(users, np.int64)
    found, scores = np.full((len(rows), k), -1, np.int32), np.full((len(rows), k), LOWEST, np.float32)
    offsets, ids = _places(seen, rows)

    def work(start: int, stop: int) -> None:
        block = scored(score, rows[start:stop], items)
        if not select(block, offsets[start : stop + 1], ids, found[start:stop], scores[start:stop]):
            raise InputError(NOT_A_NUMBER)

    each(work, len(rows), items, threads)
    return found, scores


def each(work: Callable[[int, int], Any], rows: int, items: int, threads: int) -> list[Any]:
    """`work` on ranges of rows whose scores are about BLOCK numbers, each product in one thread."""
    from threadpoolctl import threadpool_limits

    step = max(1, min(BLOCK // max(1, items), -(-rows // PARTS)))
    with threadpool_limits(1, "blas"):
        return shards.each(work, shards.equal_rows(rows, step), threads)


def scored(score: Scorer, rows: np.ndarray, items: int) -> np.ndarray:
    """The scores of those users, (b, items) float32 that may be written to."""
    block = np.ascontiguousarray(score(rows), dtype=np.float32)
    if block.shape != (len(rows), items):
        raise InputError(f"scores of shape {block.shape}, wanted {(len(rows), items)}: one an item")
    if not block.flags.writeable or block.base is not None:
        block = block.copy()
    return block


def _places(seen: csr_array | None, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    strange = 0
    for i in range(len(scores)):
        row = scores[i]
        for j in range(offsets[i], offsets[i + 1]):
            row[ids[j]] = LOWEST
        least = LOWEST
        for start in range(0, n, RUN):
            stop = min(n, start + RUN)
            largest = LOWEST
            for c in range(start, stop):
                strange += row[c] != row[c]
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
    return strange == 0
