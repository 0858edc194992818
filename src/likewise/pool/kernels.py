"""Vectors of ids gathered and joined, one row after the other, in compiled code.

This is `counts @ vectors` without the counts: a sparse matrix would be built only to be read once, and its product
runs on one core. Each row is summed by itself in float64, so it does not depend on the other rows.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}


@njit(**FLAGS)
def sum_rows(rows: np.ndarray, weighing: np.ndarray, vectors: np.ndarray, total: np.ndarray) -> None:
    """The sum of weight times row into `total`, four rows at a time, so that it is read and written less often."""
    total[:] = 0
    fours = len(rows) // 4 * 4
    for i in range(0, fours, 4):
        a, b, c, d = vectors[rows[i]], vectors[rows[i + 1]], vectors[rows[i + 2]], vectors[rows[i + 3]]
        p, q, r, s = weighing[i], weighing[i + 1], weighing[i + 2], weighing[i + 3]
        for j in range(len(total)):
            total[j] += (p * a[j] + q * b[j]) + (r * c[j] + s * d[j])
    for i in range(fours, len(rows)):
        a, p = vectors[rows[i]], weighing[i]
        for j in range(len(total)):
            total[j] += p * a[j]


@njit(**FLAGS)
def add_up(
    ids: np.ndarray,
    offsets: np.ndarray,
    vectors: np.ndarray,
    weights: np.ndarray,
    divide: bool,
    begin: int,
    end: int,
    out: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Rows begin to end: the sum of weight times vector, divided by the sum of weights where `divide`.

    No weights (0,) are weights of 1. An id under 0, or of weight 0, is passed over and not counted.
    """
    longest = 0
    for row in range(begin, end):
        longest = max(longest, offsets[row + 1] - offsets[row])
    known, weighing = np.empty(longest, np.int64), np.empty(longest, np.float64)
    total = np.empty(vectors.shape[1], np.float64)
    for row in range(begin, end):
        mass, n = 0.0, 0
        for place in range(offsets[row], offsets[row + 1]):
            token = ids[place]
            if token >= 0:
                weight = weights[token] if len(weights) > 0 else 1.0
                if weight > 0:
                    known[n], weighing[n] = token, weight
                    mass += weight
                    n += 1
        sum_rows(known[:n], weighing[:n], vectors, total)
        counts[row] = n
        by = mass if divide and n > 0 else 1.0
        for j in range(len(total)):
            out[row, j] = total[j] / by


@njit(**FLAGS)
def take_largest(
    ids: np.ndarray,
    offsets: np.ndarray,
    vectors: np.ndarray,
    begin: int,
    end: int,
    out: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Rows begin to end: the largest number in each column over the row's vectors; ids under 0 are passed over."""
    for row in range(begin, end):
        n = 0
        for place in range(offsets[row], offsets[row + 1]):
            token = ids[place]
            if token < 0:
                continue
            if n == 0:
                out[row] = vectors[token]
            else:
                for j in range(vectors.shape[1]):
                    out[row, j] = max(out[row, j], vectors[token, j])
            n += 1
        counts[row] = n


@njit(**FLAGS)
def take_end(
    ids: np.ndarray,
    offsets: np.ndarray,
    vectors: np.ndarray,
    last: bool,
    begin: int,
    end: int,
    out: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Rows begin to end: the vector of the row's first known id, or of its `last`."""
    for row in range(begin, end):
        chosen, n = -1, 0
        for place in range(offsets[row], offsets[row + 1]):
            if ids[place] >= 0:
                if n == 0 or last:
                    chosen = ids[place]
                n += 1
        if n > 0:
            out[row] = vectors[chosen]
        counts[row] = n


@njit(**FLAGS)
def take_away(
    vectors: np.ndarray, directions: np.ndarray, shares: np.ndarray, nothing: float, out: np.ndarray
) -> None:
    """Each vector less its share along each direction; zero where no more than `nothing` of its length is left."""
    dim = vectors.shape[1]
    rest = np.empty(dim, np.float64)
    for i in range(len(vectors)):
        for j in range(dim):
            rest[j] = vectors[i, j]
        for r in range(len(directions)):
            along = 0.0
            for j in range(dim):
                along += vectors[i, j] * directions[r, j]
            for j in range(dim):
                rest[j] -= shares[r] * along * directions[r, j]
        before, after = 0.0, 0.0
        for j in range(dim):
            before += np.float64(vectors[i, j]) ** 2
            after += rest[j] ** 2
        is_gone = after <= nothing * nothing * before
        for j in range(dim):
            out[i, j] = 0 if is_gone else rest[j]
