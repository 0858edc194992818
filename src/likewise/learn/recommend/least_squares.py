"""Each row of one side of a factorisation, fitted to the other side by weighted least squares, a block at a time.

For a row x with the items j it has seen, of weight wⱼ and vector aⱼ (Hu, Koren and Volinsky 2008; the form of Rendle et
al. 2021, eq. 2):

    minimise  Σⱼ wⱼ (aⱼ·x − 1)² + xᵀ G x + r |x|²,    G = unobserved · Σ over all items a aᵀ

A block of columns is solved exactly with the others fixed, in one step of Newton's method (iALS++, Rendle et al.
2021b); a block of all columns is the full solution. Rows are independent, so the bits do not depend on the number of
threads.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, njit

from likewise.arrays.linalg import aligned_zeros
from likewise.learn.recommend.least_squares_sixteen import SIXTEEN, add_dots, solve_sixteen
from likewise.learn.recommend.least_squares_tiles import (
    PAIR,
    ROWS,
    add_scaled,
    combine,
    dot,
    outer_1,
    outer_2,
)
from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}
# The order of a sum may change, so that it is taken in vectors; NaN and Inf keep their meaning.
LOOSE = {"reassoc", "contract", "nsz", "arcp"}
CHUNK = (
    128  # rows whose outer products are summed at once: with 32 columns 16 KB, half of a first-level cache
)
NEGLIGIBLE = float32(
    1e-6
)  # of its initial value: a smaller pivot is rounding, and its direction is left alone
LANES = PAIR // 2


def padded_width(columns: int) -> int:
    """Floats a row of scratch takes."""
    return -(-columns // PAIR) * PAIR


def scratch(longest: int, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Buffers of one thread: scaled rows of the block, errors and roots of weights, the block's matrix, and five
    vectors: gradient, what elimination leaves of it, inverse pivots, step, and the smallest pivots above rounding."""
    width, longest = padded_width(block), max(1, longest)
    rows, matrix = np.zeros((longest, width), np.float32), np.zeros((width, width), np.float32)
    return rows, np.zeros((2, longest), np.float32), matrix, np.zeros((5, width), np.float32)


def scratch_bytes(longest: int, block: int) -> int:
    """Memory that `scratch` takes."""
    return 4 * (longest * (padded_width(block) + 2) + padded_width(block) * (padded_width(block) + 5))


def sixteen_scratch(longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Buffers of one thread for `fit_sixteen`: ids of what a row has seen, errors, and a step."""
    size = SIXTEEN * (longest // SIXTEEN + 1)
    return np.zeros(size, np.int32), np.zeros(size, np.float32), np.zeros(SIXTEEN, np.float32)


def spread_rows(rows: np.ndarray) -> np.ndarray:
    """A copy of rows (m, d) that start on cache lines, an odd number of lines apart: at least (m, d).

    One block of columns of all rows then uses all sets of a first-level cache; 1,024 bytes apart it would use a 16th.
    """
    lines = -(-rows.shape[1] // SIXTEEN)
    copy = aligned_zeros((len(rows), SIXTEEN * (lines + 1 - lines % 2)))
    copy[:, : rows.shape[1]] = rows
    return copy


def block_columns(gram: np.ndarray, block: int, width: int) -> np.ndarray:
    """(blocks, d, width) float32: the columns of a matrix (d, d) by block, zeros beyond."""
    starts = range(0, len(gram), block)
    parts = aligned_zeros((len(starts), len(gram), width))
    for part, start in zip(parts, starts, strict=True):
        part[:, : min(block, len(gram) - start)] = gram[:, start : start + block]
    return parts


@njit(**FLAGS)
def add_squares(rows: np.ndarray, n: int, matrix: np.ndarray) -> None:
    """matrix += Σ row rowᵀ of the first n, at and above the diagonal; the rest is undefined."""
    width, nbytes = rows.shape[1], int64(4 * rows.shape[1])
    at, target = int64(rows.ctypes.data), int64(matrix.ctypes.data)
    for start in range(0, n, CHUNK):
        m, own = min(CHUNK, n - start), at + start * nbytes
        for i in range(0, width, ROWS):
            j = i // LANES * LANES
            if (width - j) // LANES % 2:
                outer_1(own, m, nbytes, 4 * i, 4 * j, target + i * nbytes + 4 * j)
                j += LANES
            while j < width:
                outer_2(own, m, nbytes, 4 * i, 4 * j, target + i * nbytes + 4 * j)
                j += PAIR


@njit(**FLAGS)
def solve(matrix: np.ndarray, vectors: np.ndarray) -> None:
    """vectors[3] = −matrix⁻¹ · vectors[0] by L D Lᵀ, reading and overwriting the upper triangle.

    A direction along which the matrix is only rounding gets a step of 0. `vectors` is that of `scratch`.
    """
    width, nbytes = matrix.shape[0], int64(4 * matrix.shape[0])
    at, gradient = int64(matrix.ctypes.data), int64(vectors.ctypes.data)
    step = gradient + 3 * nbytes
    for k in range(width):
        vectors[4, k] = matrix[k, k] * NEGLIGIBLE
        vectors[3, k] = 0
    for k in range(width):
        row, left, pivot = at + k * nbytes, vectors[0, k], matrix[k, k]
        inverse = float32(1.0) / pivot if pivot > vectors[4, k] else float32(0.0)
        vectors[1, k], vectors[2, k] = left, inverse
        add_scaled(gradient, row, -left * inverse, int64(k // LANES * LANES * 4), nbytes)
        for i in range(k + 1, width):
            add_scaled(at + i * nbytes, row, -matrix[k, i] * inverse, int64(i // LANES * LANES * 4), nbytes)
    for k in range(width - 1, -1, -1):
        start = int64(k // PAIR * PAIR * 4)
        known = dot(at + k * nbytes + start, step + start, nbytes - start)
        vectors[3, k] = -(vectors[1, k] + known) * vectors[2, k]


@njit(fastmath=LOOSE, **FLAGS)
def _errors(
    row: np.ndarray, others: np.ndarray, ids: np.ndarray, weights: np.ndarray, found: np.ndarray
) -> None:
    """found[0, j] = √wⱼ (aⱼ·row − 1), and found[1] those roots."""
    for j in range(len(ids)):
        total, own = float32(0.0), ids[j]
        for c in range(len(row)):
            total += row[c] * others[own, c]
        root = np.sqrt(weights[j])
        found[1, j] = root
        found[0, j] = root * (total - float32(1.0))


@njit(**FLAGS)
def _gather(
    others: np.ndarray, ids: np.ndarray, roots: np.ndarray, start: int, stop: int, rows: np.ndarray
) -> None:
    """rows[j] = √wⱼ aⱼ[start : stop], and zeros beyond."""
    for j in range(len(ids)):
        own, root = ids[j], roots[j]
        for c in range(stop - start):
            rows[j, c] = root * others[own, start + c]
        for c in range(stop - start, rows.shape[1]):
            rows[j, c] = 0


@njit(**FLAGS)
def _step(
    row: np.ndarray, rows: np.ndarray, errors: np.ndarray, gram: np.ndarray, start: int, stop: int, penalty: float,
    matrix: np.ndarray, vectors: np.ndarray,
) -> None:  # fmt: skip
    """Set row[start : stop] to where the loss is least with the other columns fixed, and update `errors`."""
    n, width, nbytes = len(errors), rows.shape[1], int64(4 * rows.shape[1])
    for k in range(width):
        vectors[0, k] = penalty * row[start + k] if k < stop - start else float32(0.0)
        for c in range(width):
            matrix[k, c] = gram[start + k, c] if k < stop - start else float32(0.0)
        matrix[k, k] = matrix[k, k] + penalty if k < stop - start else float32(1.0)
    at, gradient = int64(rows.ctypes.data), int64(vectors.ctypes.data)
    for c in range(0, width, PAIR):
        combine(at + 4 * c, n, nbytes, int64(errors.ctypes.data), gradient + 4 * c)
        combine(int64(gram.ctypes.data) + 4 * c, len(row), nbytes, int64(row.ctypes.data), gradient + 4 * c)
    add_squares(rows, n, matrix)
    solve(matrix, vectors)
    for k in range(stop - start):
        row[start + k] += vectors[3, k]
    step = gradient + 3 * nbytes
    for j in range(n):
        errors[j] += dot(at + j * nbytes, step, nbytes)


@njit(**FLAGS)
def fit(
    first: int, last: int, own: np.ndarray, others: np.ndarray, offsets: np.ndarray, ids: np.ndarray,
    weights: np.ndarray, grams: np.ndarray, penalties: np.ndarray, block: int, rows: np.ndarray, found: np.ndarray,
    matrix: np.ndarray, vectors: np.ndarray,
) -> float:  # fmt: skip
    """Fit rows [first, last) of `own` (n, d) to `others` (m, d), each block of columns once, in order.

    Row i has seen ids[offsets[i] : offsets[i + 1]] with these weights; a row that has seen nothing becomes zeros.
    `grams` is `blocked` of G, `penalties` (n,) float32 the r of each row. Returns Σ wⱼ (aⱼ·x − 1)² over all of them.
    """
    total, dim = 0.0, own.shape[1]
    for i in range(first, last):
        a, z, row = offsets[i], offsets[i + 1], own[i]
        if a == z:
            for c in range(dim):
                row[c] = 0
            continue
        _errors(row, others, ids[a:z], weights[a:z], found)
        errors = found[0, : z - a]
        for k in range(len(grams)):
            start, stop = k * block, min(dim, (k + 1) * block)
            _gather(others, ids[a:z], found[1], start, stop, rows)
            _step(row, rows, errors, grams[k], start, stop, penalties[i], matrix, vectors)
        for j in range(z - a):
            total += float(errors[j]) * float(errors[j])
    return total


@njit(**FLAGS)
def fit_sixteen(
    first: int, last: int, own: np.ndarray, others: np.ndarray, offsets: np.ndarray, ids: np.ndarray,
    weights: np.ndarray, grams: np.ndarray, penalties: np.ndarray, padded_ids: np.ndarray, errors: np.ndarray,
    change: np.ndarray,
) -> float:  # fmt: skip
    """`fit` in blocks of sixteen columns, of which d is a multiple.

    `others` are `spread_out`, the last three arrays `sixteen_scratch`.
    """
    total, dim, nbytes, far = 0.0, int64(own.shape[1]), int64(4 * own.shape[1]), int64(4 * others.shape[1])
    table, names, wrong = int64(others.ctypes.data), int64(padded_ids.ctypes.data), int64(errors.ctypes.data)
    step = int64(change.ctypes.data)
    for i in range(first, last):
        a, n = offsets[i], offsets[i + 1] - offsets[i]
        row, weight = int64(own.ctypes.data) + i * nbytes, int64(weights.ctypes.data) + 4 * a
        if n == 0:
            for c in range(dim):
                own[i, c] = 0
            continue
        whole = int64((n + SIXTEEN - 1) // SIXTEEN * SIXTEEN)
        for j in range(whole):  # ids beyond n are of any row: their errors are not read
            padded_ids[j] = ids[a + min(j, n - 1)]
            errors[j] = -1
        add_dots(table, names, whole, far, 0, row, nbytes, wrong)
        for k in range(len(grams)):
            gram, start = int64(grams.ctypes.data) + k * 16 * nbytes, int64(64 * k)
            solve_sixteen(
                row, table, names, weight, wrong, int64(n), far, start, gram, penalties[i], dim, step
            )
            add_dots(table, names, whole, far, start, step, 64, wrong)
        for j in range(n):
            total += float(weights[a + j]) * float(errors[j]) * float(errors[j])
    return total
