"""Softmax cross-entropy of queries with several answers, over scores that come a tile of columns at a time.

A tile has the scores of all b queries of a batch against c entities. Each score is exponentiated once, less the largest
of its row in the tile; after all tiles `normalisers` combines them. So scores are written once, and read once more to
compute the gradients.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import float32, njit, types
from numba.extending import intrinsic

from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}
# The order of a sum may change, so that it is taken in vectors; NaN and Inf keep their meaning.
LOOSE = {"reassoc", "contract", "nsz", "arcp"}
LOWEST = np.float32(-87.0)  # e to this is the least normal float32; less adds nothing to a sum of 1 or more
LOG2_E, LN2_HIGH, LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
TINY = np.float32(1e-10)  # so that a gradient of 0 is a step of 0
HIDDEN = np.float32(-1e30)  # a score that adds nothing to the sum


@intrinsic
def _power_of_two(typingctx, n):  # type: ignore[no-untyped-def]
    """2^n for a whole n, by its bits: Numba's own integers would be twice as wide as a float32."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        bits = ir.IntType(32)
        exponent = builder.add(builder.fptosi(args[0], bits), ir.Constant(bits, 127))
        return builder.bitcast(builder.shl(exponent, ir.Constant(bits, 23)), ir.FloatType())

    return types.float32(types.float32), codegen


@njit(nogil=True, inline="always", fastmath=LOOSE)
def _exponential(x):  # type: ignore[no-untyped-def]
    """e^x within 2e-7 of itself, for −87 ≤ x ≤ 0: 2^n times a polynomial of what is left (Cody and Waite 1980)."""
    n = np.floor(x * LOG2_E + float32(0.5))
    x = x - n * LN2_HIGH - n * LN2_LOW
    p = float32(1.9875691500e-4)
    p = p * x + float32(1.3981999507e-3)
    p = p * x + float32(8.3334519073e-3)
    p = p * x + float32(4.1665795894e-2)
    p = p * x + float32(1.6666665459e-1)
    p = p * x + float32(5.0000001201e-1)
    return (p * x * x + x + float32(1.0)) * _power_of_two(n)


@njit(fastmath=LOOSE, **FLAGS)
def exponentiate(scores: np.ndarray, largest: np.ndarray, sums: np.ndarray) -> None:
    """scores (b, c) becomes e^(score − largest of its row), and `sums` (b,) float32 their sums; `largest` is given."""
    b, c = scores.shape
    for i in range(b):
        top, total = largest[i], float32(0.0)
        for j in range(c):
            value = _exponential(max(scores[i, j] - top, LOWEST))
            scores[i, j] = value
            total += value
        sums[i] = total


@njit(fastmath=LOOSE, **FLAGS)
def distances(
    scores: np.ndarray, distance: np.ndarray, query_squares: np.ndarray, squares: np.ndarray, least: float
) -> None:
    """Products (b, c) of queries and tails become −distance, and `distance` (b, c) is filled, with `least` or more."""
    b, c = scores.shape
    least_square = float32(least) * float32(least)
    for i in range(b):
        own = query_squares[i]
        for j in range(c):
            far = np.sqrt(max(own + squares[j] - float32(2.0) * scores[i, j], least_square))
            distance[i, j] = far
            scores[i, j] = -far


@njit(**FLAGS)
def read_answers(
    scores: np.ndarray, start: int, rows: np.ndarray, tails: np.ndarray, values: np.ndarray
) -> None:
    """values[k] = the score of answer tails[k] to query rows[k], where the tile from column `start` has it."""
    c = scores.shape[1]
    for k in range(len(tails)):
        column = tails[k] - start
        if 0 <= column < c:
            values[k] = scores[rows[k], column]


def normalisers(largest: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """(b,) float64 ln Σ e^score of each query, from the largest score and the sum of each tile (rows)."""
    top = largest.max(axis=0).astype(np.float64)
    return top + np.log(np.sum(sums * np.exp(largest - top), axis=0))


@njit(**FLAGS)
def subtract_answers(gradient: np.ndarray, start: int, rows: np.ndarray, tails: np.ndarray) -> None:
    """Subtract 1 from the gradient by each answer's score."""
    c = gradient.shape[1]
    for k in range(len(tails)):
        column = tails[k] - start
        if 0 <= column < c:
            gradient[rows[k], column] -= float32(1.0)


@njit(**FLAGS)
def put(tile: np.ndarray, start: int, rows: np.ndarray, columns: np.ndarray, value: float) -> None:
    """Write `value` at (rows[k], columns[k]) of all columns, where the tile from column `start` has it."""
    c = tile.shape[1]
    for k in range(len(rows)):
        column = columns[k] - start
        if 0 <= column < c:
            tile[rows[k], column] = value


@njit(nogil=True, inline="always")
def _adagrad(x, squares, learning_rate, g):  # type: ignore[no-untyped-def]
    return x - learning_rate * g / (np.sqrt(squares) + TINY)


@njit(fastmath=LOOSE, **FLAGS)
def step(
    rows: np.ndarray, squares: np.ndarray, gradients: np.ndarray, counts: np.ndarray, scale: float, cubed: float,
    learning_rate: float,
) -> None:  # fmt: skip
    """A step of AdaGrad (Duchi et al. 2011) for rows (n, d) where counts (n,) ≥ 0.

    The gradient is `scale` × gradients + `cubed` × count × |x| x; the latter is the gradient of `cubed` / 3 × |x|³.
    """
    scale, cubed, learning_rate = float32(scale), float32(cubed), float32(learning_rate)
    for i in range(len(rows)):
        if counts[i] < 0:
            continue
        penalty = cubed * counts[i]
        for j in range(rows.shape[1]):
            x = rows[i, j]
            g = scale * gradients[i, j] + penalty * abs(x) * x
            squares[i, j] += g * g
            rows[i, j] = _adagrad(x, squares[i, j], learning_rate, g)


@njit(fastmath=LOOSE, **FLAGS)
def complex_step(
    rows: np.ndarray, squares: np.ndarray, gradients: np.ndarray, counts: np.ndarray, scale: float, cubed: float,
    learning_rate: float,
) -> None:  # fmt: skip
    """`step` where column j and column j + d / 2 are one complex number x (N3, Lacroix et al. 2018, §4.2)."""
    scale, cubed, learning_rate = float32(scale), float32(cubed), float32(learning_rate)
    half = rows.shape[1] // 2
    for i in range(len(rows)):
        if counts[i] < 0:
            continue
        penalty = cubed * counts[i]
        for j in range(half):
            x, y = rows[i, j], rows[i, j + half]
            size = np.sqrt(x * x + y * y)
            g, f = (
                scale * gradients[i, j] + penalty * size * x,
                scale * gradients[i, j + half] + penalty * size * y,
            )
            squares[i, j] += g * g
            squares[i, j + half] += f * f
            rows[i, j] = _adagrad(x, squares[i, j], learning_rate, g)
            rows[i, j + half] = _adagrad(y, squares[i, j + half], learning_rate, f)


@njit(**FLAGS)
def add_rows(target: np.ndarray, positions: np.ndarray, rows: np.ndarray) -> None:
    """target[positions[i]] += rows[i] in order; positions may repeat."""
    for i in range(len(positions)):
        for j in range(rows.shape[1]):
            target[positions[i], j] += rows[i, j]
