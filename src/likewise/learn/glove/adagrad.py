"""One block of pairs fitted: weighted least squares by AdaGrad (Duchi et al. 2011), a pair at a time.

Rows are given by address and are whole cache lines long. The error of a pair is x · y − target; each row moves against
its gradient, coordinate by coordinate, by learning_rate / √(sum of the squares of its gradients so far).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from llvmlite import ir
from numba import float32, float64, int64, njit, types, uint64
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.learn.kernels import simd as lanes
from likewise.learn.kernels.register_tiles import prefetch_row
from likewise.learn.kernels.sampling import advance, block_state, random_bits
from likewise.learn.kernels.simd import BYTES, INT64
from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}
AHEAD = 2  # pairs whose rows are prefetched
AS_STORED, TURNED, BOTH = 0, 1, 2  # which way round the pairs of a block are visited


def _columns(b: Any, nbytes: Any) -> Any:
    return cgutils.for_range_slice(b, ir.Constant(INT64, 0), nbytes, ir.Constant(INT64, BYTES), intp=INT64)


@intrinsic
def _dot(typingctx, x, y, nbytes):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (x, y, nbytes) = builder, args
        total = cgutils.alloca_once(b, lanes.VECTOR)
        b.store(lanes.constant(0.0), total)
        with _columns(b, nbytes) as (o, _):
            product = lanes.multiply_add(
                b, lanes.load(b, b.add(x, o)), lanes.load(b, b.add(y, o)), b.load(total)
            )
            b.store(product, total)
        return b.extract_element(lanes.sums(b, [b.load(total)]), ir.Constant(lanes.INT32, 0))

    return types.float32(int64, int64, int64), codegen


def _move(b: Any, x: Any, gradient: Any, squares: Any, learning_rate: Any) -> tuple[Any, Any]:
    """The coordinates x after a step against the gradient, and the squares that the step is measured by."""
    squares = lanes.multiply_add(b, gradient, gradient, squares)
    # The processor may estimate 1/√ and refine it once: 2e-7 of a step, and several times as fast.
    quick = ("arcp", "afn", "contract", "nsz", "reassoc")
    kind = ir.FunctionType(lanes.VECTOR, [lanes.VECTOR])
    sqrt = cgutils.get_or_insert_function(b.module, kind, f"llvm.sqrt.v{lanes.WIDTH}f32")
    root = b.call(sqrt, [squares], fastmath=quick)
    step = b.fmul(b.fmul(learning_rate, gradient), b.fdiv(lanes.constant(1.0), root, flags=quick))
    return b.fsub(x, step), squares


@intrinsic
def _step(typingctx, x, y, x_squares, y_squares, nbytes, gradient, learning_rate):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (x, y, x_squares, y_squares, nbytes, gradient, learning_rate) = builder, args
        gradients, rates = lanes.spread(b, gradient), lanes.spread(b, learning_rate)
        with _columns(b, nbytes) as (o, _):
            places = [b.add(row, o) for row in (x, y, x_squares, y_squares)]
            old_x, old_y, of_x, of_y = (lanes.load(b, place) for place in places)
            new_x, of_x = _move(b, old_x, b.fmul(gradients, old_y), of_x, rates)
            new_y, of_y = _move(b, old_y, b.fmul(gradients, old_x), of_y, rates)
            for place, value in zip(places, (new_x, new_y, of_x, of_y), strict=True):
                lanes.store(b, place, value)
        return context.get_dummy_value()

    return types.none(int64, int64, int64, int64, int64, types.float32, types.float32), codegen


@njit(**FLAGS)
def visits(rows, columns, way, seed, epoch, block, order):  # type: ignore[no-untyped-def]
    """Fill `order` with 2 · pair + (1 where it is turned round) in random order (Fisher and Yates 1938); how many."""
    n = 0
    for k in range(len(rows)):
        if way != TURNED:
            order[n] = 2 * k
            n += 1
        if way == TURNED or (way == BOTH and rows[k] != columns[k]):
            order[n] = 2 * k + 1
            n += 1
    state = block_state(seed, epoch, block, way)
    for k in range(n - 1, 0, -1):
        state = advance(state)
        other = int64(((random_bits(state) >> uint64(32)) * uint64(k + 1)) >> uint64(32))
        order[k], order[other] = order[other], order[k]
    return n


@njit(**FLAGS)
def fit(  # type: ignore[no-untyped-def]
    rows, columns, targets, weights, order, inputs, outputs, input_squares, output_squares, learning_rate
):
    """Visit the pairs in `order`; the loss, Σ weight · error², each before its step. Row and column of a turned pair
    change places: its row is one of `outputs`."""
    width = int64(inputs.shape[1] * 4)
    first, second = int64(inputs.ctypes.data), int64(outputs.ctypes.data)
    first_squares, second_squares = int64(input_squares.ctypes.data), int64(output_squares.ctypes.data)
    learning_rate = float32(learning_rate)
    loss = float64(0.0)
    for v in range(len(order)):
        if v + AHEAD < len(order):
            k = order[v + AHEAD] >> 1
            i, j = int64(rows[k]) * width, int64(columns[k]) * width
            if order[v + AHEAD] & 1:
                i, j = j, i
            prefetch_row(first + i, width)
            prefetch_row(second + j, width)
            prefetch_row(first_squares + i, width)
            prefetch_row(second_squares + j, width)
        k = order[v] >> 1
        i, j = int64(rows[k]) * width, int64(columns[k]) * width
        if order[v] & 1:
            i, j = j, i
        error = _dot(first + i, second + j, width) - targets[k]
        pull = weights[k] * error
        loss += float64(pull) * float64(error)
        _step(first + i, second + j, first_squares + i, second_squares + j, width, pull, learning_rate)
    return loss


def seconds_of_a_visit(columns: int) -> float:
    """How long this machine takes for one pair, timed for some milliseconds."""
    n, random = 20_000, np.random.default_rng(0)
    rows = [np.ones((1000, columns), np.float32) / columns for _ in range(4)]
    pairs = random.integers(len(rows[0]), size=(2, n)).astype(np.int32)
    order, weights = np.empty(n, np.int32), np.full(n, 0.01, np.float32)
    for _ in range(2):  # once to compile and to fetch the rows for the first time
        start = time.perf_counter()
        visits(pairs[0], pairs[1], AS_STORED, np.uint64(1), 0, 0, order)
        fit(pairs[0], pairs[1], weights, weights, order, *rows, 0.05)
    return (time.perf_counter() - start) / n
