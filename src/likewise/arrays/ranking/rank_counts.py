"""Where the held-out items of each user stand among all items, but those that were seen."""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}
LOWEST = np.float32(-np.inf)


@njit(**FLAGS)
def count(
    scores: np.ndarray, seen_offsets: np.ndarray, seen: np.ndarray, offsets: np.ndarray, held: np.ndarray,
    above: np.ndarray, level: np.ndarray,
) -> bool:  # fmt: skip
    """For each held item of each row of scores (b, n): how many items score more, and how many as much, itself too.

    Row i has seen seen[seen_offsets[i] : seen_offsets[i + 1]], which come last (their scores are overwritten), and is
    held to held[offsets[i] : offsets[i + 1]]. `above` and `level` are written at offsets[i] − offsets[0] and on.
    Returns False where a score is NaN. A held item that was seen stands after all others.
    """
    n = scores.shape[1]
    is_number = True
    for i in range(len(scores)):
        row = scores[i]
        strange = 0
        for c in range(n):
            strange += row[c] != row[c]
        if strange:
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
