"""Register tiles of skip-gram and CBOW: a few output rows against a few input rows, each number loaded once.

A *step* of negative sampling looks at OUTPUTS = 6 rows of the output matrix (the true word and five noise words) and n
rows of the input matrix. Rows are given by address, because a row may stand in the shared matrix or in a private copy.
`gradients` is an array of float32 with six values for each input row. Lengths of rows are in bytes, a multiple of 64.

    dots        gradients[j, i] = input row j · output row i
    sigmoid     gradients[j, i] = rate · (label − σ(gradients[j, i])), and the loss
    update      input row j += Σᵢ gradients[j, i] · output row i;  output row i += Σⱼ gradients[j, i] · input row j

The tests compare each with ten lines of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import int64, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.learn.kernels import simd as lanes
from likewise.learn.kernels.simd import BYTES, FLOAT_BYTES, INT64, VECTOR, WIDTH
from likewise.system.compiled import CACHE

OUTPUTS = 6
# 6 × 4 sums, 4 inputs and 1 output are 29 of AVX-512's 32 registers; 6 × 2, 2 and 1 are 15 of AVX2's 16.
INPUTS = 4 if WIDTH == 16 else 2
COLUMNS = 2 if WIDTH == 16 else 1
STRIP = 4  # vectors of a row taken at once where rows are only added up, so that each address is read seldom
FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}

# tanh x as an odd polynomial over an even one, float32-exact to 3 ulp for |x| ≤ 7.9 (the coefficients Eigen publishes).
TANH_ODD = [
    4.89352455891786e-03,
    6.37261928875436e-04,
    1.48572235717979e-05,
    5.12229709037114e-08,
    -8.60467152213735e-11,
    2.00018790482477e-13,
    -2.76076847742355e-16,
]
TANH_EVEN = [4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06]
LARGEST_DOT = (
    15.0  # σ(15) = 1 − 3e-7: beyond it float32 cannot distinguish σ from 1; clipped, and still learnt from
)


def _steps(b: Any, nbytes: Any, width: int) -> Any:
    """Loop over 0, width, 2·width, … below nbytes."""
    return cgutils.for_range_slice(b, ir.Constant(INT64, 0), nbytes, ir.Constant(INT64, width), intp=INT64)


def _in_strips(b: Any, nbytes: Any, columns: int, strip: Callable[[Any, int], None]) -> None:
    """Emit strip(offset, columns) over whole strips of that many vectors, then vector by vector over what is left."""
    wide = ir.Constant(INT64, columns * BYTES)
    whole = b.mul(b.udiv(nbytes, wide), wide)
    with _steps(b, whole, columns * BYTES) as (o, _):
        strip(o, columns)
    if columns > 1:
        with cgutils.for_range_slice(b, whole, nbytes, ir.Constant(INT64, BYTES), intp=INT64) as (o, _):
            strip(o, 1)


def _entry(b: Any, addresses: Any, i: int) -> Any:
    """The i-th of an array of addresses."""
    return lanes.load(b, lanes.offset(b, addresses, 8 * i), INT64)


def _dot_tile(inputs: int) -> Any:
    """Emit the dots of six output rows with `inputs` input rows into gradients[0 : 6 · inputs]."""

    def emit(b: Any, outputs: Any, rows: Any, nbytes: Any, gradients: Any) -> None:
        out = [_entry(b, outputs, i) for i in range(OUTPUTS)]
        row = [_entry(b, rows, j) for j in range(inputs)]
        sums = [cgutils.alloca_once_value(b, lanes.constant(0.0)) for _ in range(OUTPUTS * inputs)]
        for s in sums:
            b.store(lanes.constant(0.0), s)
        with _steps(b, nbytes, BYTES) as (o, _):
            x = [lanes.load(b, b.add(address, o)) for address in row]
            for i in range(OUTPUTS):
                y = lanes.load(b, b.add(out[i], o))
                for j in range(inputs):
                    s = sums[j * OUTPUTS + i]
                    b.store(lanes.multiply_add(b, x[j], y, b.load(s)), s)
        totals = [b.load(s) for s in sums]
        for start in range(0, len(totals), WIDTH):
            part = totals[start : start + WIDTH]
            whole = lanes.sums(b, part)
            address = lanes.offset(b, gradients, FLOAT_BYTES * start)
            lanes.store(b, address, whole if len(part) == WIDTH else lanes.first_lanes(b, whole, len(part)))

    @intrinsic
    def dot_tile(typingctx, outputs, rows, nbytes, gradients):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            emit(builder, *args)
            return context.get_dummy_value()

        return types.none(int64, int64, int64, int64), codegen

    return dot_tile


_dots_1, _dots_2 = _dot_tile(1), _dot_tile(2)
_dots_3, _dots_4 = _dot_tile(3), _dot_tile(4)


if INPUTS == 4:

    @njit(inline="never", **FLAGS)
    def dots(outputs: int, rows: int, n: int, nbytes: int, gradients: int) -> None:
        """gradients[j, i] = input row j · output row i, for n inputs."""
        j = 0
        while j + 4 <= n:
            _dots_4(outputs, rows + 8 * j, nbytes, gradients + 24 * j)
            j += 4
        if n - j == 1:
            _dots_1(outputs, rows + 8 * j, nbytes, gradients + 24 * j)
        elif n - j == 2:
            _dots_2(outputs, rows + 8 * j, nbytes, gradients + 24 * j)
        elif n - j == 3:
            _dots_3(outputs, rows + 8 * j, nbytes, gradients + 24 * j)

else:

    @njit(inline="never", **FLAGS)
    def dots(outputs: int, rows: int, n: int, nbytes: int, gradients: int) -> None:
        """gradients[j, i] = input row j · output row i, for n inputs."""
        j = 0
        while j + 2 <= n:
            _dots_2(outputs, rows + 8 * j, nbytes, gradients + 24 * j)
            j += 2
        if j < n:
            _dots_1(outputs, rows + 8 * j, nbytes, gradients + 24 * j)


def _update_columns(
    b: Any, outputs: list[Any], rows: Any, n: Any, gradients: Any, o: Any, columns: int
) -> None:
    """The update of `columns` vectors of every row at byte offset o; inputs are read and written once."""
    places = [lanes.offset(b, o, BYTES * c) for c in range(columns)]
    y = [[lanes.load(b, b.add(out, place)) for place in places] for out in outputs]
    change = [[cgutils.alloca_once(b, VECTOR) for _ in places] for _ in outputs]
    for pointers in change:
        for pointer in pointers:
            b.store(lanes.constant(0.0), pointer)
    with cgutils.for_range(b, n, intp=INT64) as loop:
        row = lanes.load(b, b.add(rows, b.mul(loop.index, ir.Constant(INT64, 8))), INT64)
        g = b.add(gradients, b.mul(loop.index, ir.Constant(INT64, FLOAT_BYTES * OUTPUTS)))
        weights = [
            lanes.spread(b, lanes.load(b, lanes.offset(b, g, FLOAT_BYTES * i), lanes.FLOAT))
            for i in range(OUTPUTS)
        ]
        for c, place in enumerate(places):
            x = lanes.load(b, b.add(row, place))
            moved = x
            for i in range(OUTPUTS):
                b.store(lanes.multiply_add(b, weights[i], x, b.load(change[i][c])), change[i][c])
                moved = lanes.multiply_add(b, weights[i], y[i][c], moved)
            lanes.store(b, b.add(row, place), moved)
    for i, out in enumerate(outputs):
        for c, place in enumerate(places):
            # Loaded again: two of the six outputs may be one row, and both changes must stay.
            address = b.add(out, place)
            lanes.store(b, address, b.fadd(lanes.load(b, address), b.load(change[i][c])))


@intrinsic
def _update_tile(typingctx, outputs, rows, n, nbytes, gradients):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (outputs, rows, n, nbytes, gradients) = builder, args
        out = [_entry(b, outputs, i) for i in range(OUTPUTS)]

        def strip(o: Any, columns: int) -> None:
            _update_columns(b, out, rows, n, gradients, o, columns)

        _in_strips(b, nbytes, COLUMNS, strip)
        return context.get_dummy_value()

    return types.none(int64, int64, int64, int64, int64), codegen


@njit(inline="never", **FLAGS)
def update(outputs: int, rows: int, n: int, nbytes: int, gradients: int) -> None:
    """Move n input rows and six output rows along their gradients, each from the others' old values."""
    _update_tile(outputs, rows, n, nbytes, gradients)


def _logistic(b: Any, x: Any) -> Any:
    """σ(x) = (1 + tanh(x / 2)) / 2."""
    half = lanes.constant(0.5)
    x = b.fmul(x, half)
    square = b.fmul(x, x)
    odd, even = lanes.constant(TANH_ODD[-1]), lanes.constant(TANH_EVEN[-1])
    for c in reversed(TANH_ODD[:-1]):
        odd = lanes.multiply_add(b, square, odd, lanes.constant(c))
    for c in reversed(TANH_EVEN[:-1]):
        even = lanes.multiply_add(b, square, even, lanes.constant(c))
    return lanes.multiply_add(b, b.fdiv(b.fmul(odd, x), even), half, half)


def _add_log(b: Any, right: Any, tally: Any) -> None:
    """tally += log2(right), kept as a product of mantissas in [1, 2) and a sum of exponents: no logarithm is taken."""
    product = b.fmul(lanes.load(b, tally), right)
    bits = b.bitcast(product, lanes.INT_VECTOR)
    exponent = b.sub(b.lshr(bits, lanes.int_constant(23)), lanes.int_constant(127))
    mantissa = b.or_(b.and_(bits, lanes.int_constant(0x7FFFFF)), lanes.int_constant(0x3F800000))
    lanes.store(b, tally, b.bitcast(mantissa, VECTOR))
    exponents = lanes.offset(b, tally, BYTES)
    lanes.store(b, exponents, b.add(lanes.load(b, exponents, lanes.INT_VECTOR), exponent))


@intrinsic
def _sigmoid_vectors(typingctx, gradients, labels, nbytes, learning_rate, tally):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (gradients, labels, nbytes, learning_rate, tally) = builder, args
        rates = lanes.spread(b, learning_rate)
        with _steps(b, nbytes, BYTES) as (o, _):
            place = b.add(gradients, o)
            s = _logistic(b, lanes.clip(b, lanes.load(b, place), LARGEST_DOT))
            error = b.fsub(lanes.load(b, b.add(labels, o)), s)
            lanes.store(b, place, b.fmul(rates, error))
            size = lanes.magnitude(b, error)
            _add_log(b, b.fsub(lanes.constant(1.0), size), tally)
            nans = lanes.offset(b, tally, 2 * BYTES)
            lanes.store(b, nans, b.fadd(lanes.load(b, nans), error))
        return context.get_dummy_value()

    return types.none(int64, int64, int64, types.float32, int64), codegen


@njit(inline="never", **FLAGS)
def sigmoid(gradients: int, labels: int, n: int, learning_rate: float, tally: int) -> None:
    """gradients = rate · (labels − σ(gradients)) over n input rows, whole vectors at a time.

    Lanes beyond 6 n must hold dots that their labels agree with, so that they add nothing to the loss. `tally` is three
    vectors: mantissas and exponents of Π (1 − |label − σ|), whose −log is the loss, and a sum that any NaN sticks to.
    """
    _sigmoid_vectors(
        gradients, labels, (n * OUTPUTS * FLOAT_BYTES + BYTES - 1) // BYTES * BYTES, learning_rate, tally
    )


@intrinsic
def _prefetch_row(typingctx, address, nbytes):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        with _steps(builder, args[1], 64) as (o, _):
            lanes.prefetch(builder, builder.add(args[0], o))
        return context.get_dummy_value()

    return types.none(int64, int64), codegen


@njit(inline="always", **{**FLAGS, "cache": False})
def prefetch_row(address: int, nbytes: int) -> None:
    """Prefetch a whole row."""
    _prefetch_row(address, nbytes)


@intrinsic
def _mean_rows(typingctx, rows, n, nbytes, target):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (rows, n, nbytes, target) = builder, args
        share = lanes.spread(b, b.fdiv(ir.Constant(lanes.FLOAT, 1.0), b.sitofp(n, lanes.FLOAT)))

        def strip(o: Any, columns: int) -> None:
            places = [lanes.offset(b, o, BYTES * c) for c in range(columns)]
            totals = [cgutils.alloca_once(b, VECTOR) for _ in places]
            for total in totals:
                b.store(lanes.constant(0.0), total)
            with cgutils.for_range(b, n, intp=INT64) as loop:
                row = lanes.load(b, b.add(rows, b.mul(loop.index, ir.Constant(INT64, 8))), INT64)
                for place, total in zip(places, totals, strict=True):
                    b.store(b.fadd(b.load(total), lanes.load(b, b.add(row, place))), total)
            for place, total in zip(places, totals, strict=True):
                lanes.store(b, b.add(target, place), b.fmul(b.load(total), share))

        _in_strips(b, nbytes, STRIP, strip)
        return context.get_dummy_value()

    return types.none(int64, int64, int64, int64), codegen


@njit(inline="never", **FLAGS)
def mean(rows: int, n: int, nbytes: int, target: int) -> None:
    """The mean of n rows, written at `target`."""
    _mean_rows(rows, n, nbytes, target)


@intrinsic
def _spread_change(typingctx, rows, n, nbytes, after, before):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (rows, n, nbytes, after, before) = builder, args
        share = lanes.spread(b, b.fdiv(ir.Constant(lanes.FLOAT, 1.0), b.sitofp(n, lanes.FLOAT)))

        def strip(o: Any, columns: int) -> None:
            places = [lanes.offset(b, o, BYTES * c) for c in range(columns)]
            changes = []
            for place in places:
                moved = b.fsub(lanes.load(b, b.add(after, place)), lanes.load(b, b.add(before, place)))
                changes.append(b.fmul(moved, share))
            with cgutils.for_range(b, n, intp=INT64) as loop:
                row = lanes.load(b, b.add(rows, b.mul(loop.index, ir.Constant(INT64, 8))), INT64)
                for place, change in zip(places, changes, strict=True):
                    at = b.add(row, place)
                    lanes.store(b, at, b.fadd(lanes.load(b, at), change))

        _in_strips(b, nbytes, STRIP, strip)
        return context.get_dummy_value()

    return types.none(int64, int64, int64, int64, int64), codegen


@njit(inline="never", **FLAGS)
def spread_change(rows: int, n: int, nbytes: int, after: int, before: int) -> None:
    """Each of n rows += (after − before) / n: what a step did to their mean, by the chain rule."""
    _spread_change(rows, n, nbytes, after, before)


@intrinsic
def _square_norm(typingctx, row, nbytes):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (row, nbytes) = builder, args
        total = cgutils.alloca_once(b, VECTOR)
        b.store(lanes.constant(0.0), total)
        with _steps(b, nbytes, BYTES) as (o, _):
            x = lanes.load(b, b.add(row, o))
            b.store(lanes.multiply_add(b, x, x, b.load(total)), total)
        return b.extract_element(lanes.sums(b, [b.load(total)]), ir.Constant(lanes.INT32, 0))

    return types.float32(int64, int64), codegen


@intrinsic
def _scale_row(typingctx, row, nbytes, factor):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (row, nbytes, factor) = builder, args
        factors = lanes.spread(b, factor)
        with _steps(b, nbytes, BYTES) as (o, _):
            place = b.add(row, o)
            lanes.store(b, place, b.fmul(lanes.load(b, place), factors))
        return context.get_dummy_value()

    return types.none(int64, int64, types.float32), codegen


@njit(inline="never", **FLAGS)
def bound(row: int, nbytes: int, largest: float) -> None:
    """Shorten a row to norm `largest` where it is longer."""
    square = _square_norm(row, nbytes)
    if square > largest * largest:
        _scale_row(row, nbytes, types.float32(largest / np.sqrt(square)))
