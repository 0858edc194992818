"""Register tiles of alternating least squares: sums of outer products, and rows added to rows.

Rows are given by address and hold whole pairs of vectors (`PAIR` floats), so that no tile has a remainder. All lengths
of rows are in bytes. The tests compare each with a line of NumPy.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import float32, int64, types
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.learn.kernels import simd as lanes
from likewise.learn.kernels.simd import BYTES, FLOAT, FLOAT_BYTES, INT64, WIDTH

PAIR = 2 * WIDTH  # floats: what a row is padded to
# 8 × 2 sums, 2 vectors and a number are 19 of AVX-512's 32 registers; 4 × 2, 2 and 1 are 11 of AVX2's 16.
ROWS = 8 if WIDTH == 16 else 4


def _spread(b: Any, address: Any) -> Any:
    """A vector with the number at `address` in every lane."""
    return lanes.spread(b, lanes.load(b, address, FLOAT))


def _outer(columns: int) -> Any:
    """Tiles of ROWS rows and `columns` vectors."""

    @intrinsic
    def outer(typingctx, rows, n, nbytes, first, second, target):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            b, (rows, n, nbytes, first, second, target) = builder, args
            own = [b.add(target, b.mul(nbytes, ir.Constant(INT64, i))) for i in range(ROWS)]
            places = [[lanes.offset(b, row, BYTES * c) for c in range(columns)] for row in own]
            sums = [[cgutils.alloca_once(b, lanes.VECTOR) for _ in range(columns)] for _ in range(ROWS)]
            for i in range(ROWS):
                for c in range(columns):
                    b.store(lanes.load(b, places[i][c]), sums[i][c])
            with cgutils.for_range(b, n, intp=INT64) as loop:
                row = b.add(rows, b.mul(loop.index, nbytes))
                left, right = b.add(row, first), b.add(row, second)
                y = [lanes.load(b, lanes.offset(b, right, BYTES * c)) for c in range(columns)]
                for i in range(ROWS):
                    x = _spread(b, lanes.offset(b, left, FLOAT_BYTES * i))
                    for c in range(columns):
                        b.store(lanes.multiply_add(b, x, y[c], b.load(sums[i][c])), sums[i][c])
            for i in range(ROWS):
                for c in range(columns):
                    lanes.store(b, places[i][c], b.load(sums[i][c]))
            return context.get_dummy_value()

        return types.none(int64, int64, int64, int64, int64, int64), codegen

    return outer


# outer(rows, n, nbytes, first, second, target): target[i] += Σⱼ row j[first + i] · row j[second :], for ROWS numbers i
# and one vector, or two, from byte `second` on; rows of target are as long as those of `rows`.
outer_1, outer_2 = _outer(1), _outer(2)


@intrinsic
def add_scaled(typingctx, target, source, scale, start, nbytes):  # type: ignore[no-untyped-def]
    """target += scale · source, between the bytes `start` and `nbytes`, whole vectors."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (target, source, scale, start, nbytes) = builder, args
        factor = lanes.spread(b, scale)
        with cgutils.for_range_slice(b, start, nbytes, ir.Constant(INT64, BYTES), intp=INT64) as (o, _):
            place = b.add(target, o)
            lanes.store(
                b, place, lanes.multiply_add(b, factor, lanes.load(b, b.add(source, o)), lanes.load(b, place))
            )
        return context.get_dummy_value()

    return types.none(int64, int64, float32, int64, int64), codegen


@intrinsic
def dot(typingctx, left, right, nbytes):  # type: ignore[no-untyped-def]
    """The dot product of two rows of whole pairs of vectors, in two sums."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (left, right, nbytes) = builder, args
        sums = [cgutils.alloca_once(b, lanes.VECTOR) for _ in range(2)]
        for s in sums:
            b.store(lanes.constant(0.0), s)
        zero, step = ir.Constant(INT64, 0), ir.Constant(INT64, 2 * BYTES)
        with cgutils.for_range_slice(b, zero, nbytes, step, intp=INT64) as (o, _):
            for c, s in enumerate(sums):
                x, y = (lanes.load(b, lanes.offset(b, b.add(row, o), BYTES * c)) for row in (left, right))
                b.store(lanes.multiply_add(b, x, y, b.load(s)), s)
        total = lanes.sums(b, [b.fadd(b.load(sums[0]), b.load(sums[1]))])
        return b.extract_element(total, ir.Constant(lanes.INT32, 0))

    return types.float32(types.int64, types.int64, types.int64), codegen


def _combine(
    b: Any, row: Any, coefficients: Any, index: Any, nbytes: Any, sums: list[Any], unrolled: int
) -> None:
    """sums[2 i + c] += the (index + i)-th coefficient · vector c of that row, for i below `unrolled`."""
    for i in range(unrolled):
        j = b.add(index, ir.Constant(INT64, i))
        factor = _spread(b, b.add(coefficients, b.mul(j, ir.Constant(INT64, FLOAT_BYTES))))
        own = b.add(row, b.mul(j, nbytes))
        for c in range(2):
            s = sums[2 * i + c]
            x = lanes.load(b, lanes.offset(b, own, BYTES * c))
            b.store(lanes.multiply_add(b, factor, x, b.load(s)), s)


@intrinsic
def combine(typingctx, rows, n, nbytes, coefficients, target):  # type: ignore[no-untyped-def]
    """target += Σⱼ coefficients[j] · row j, of one pair of vectors; four rows at once, so that sums need not wait."""
    unrolled = 4

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (rows, n, nbytes, coefficients, target) = builder, args
        sums = [cgutils.alloca_once(b, lanes.VECTOR) for _ in range(2 * unrolled)]
        for s in sums:
            b.store(lanes.constant(0.0), s)
        zero, one, step = (ir.Constant(INT64, k) for k in (0, 1, unrolled))
        whole = b.mul(b.sdiv(n, step), step)
        with cgutils.for_range_slice(b, zero, whole, step, intp=INT64) as (j, _):
            _combine(b, rows, coefficients, j, nbytes, sums, unrolled)
        with cgutils.for_range_slice(b, whole, n, one, intp=INT64) as (j, _):
            _combine(b, rows, coefficients, j, nbytes, sums, 1)
        for c in range(2):
            place = lanes.offset(b, target, BYTES * c)
            halves = [
                b.fadd(b.load(sums[c]), b.load(sums[2 + c])),
                b.fadd(b.load(sums[4 + c]), b.load(sums[6 + c])),
            ]
            lanes.store(b, place, b.fadd(lanes.load(b, place), b.fadd(*halves)))
        return context.get_dummy_value()

    return types.none(int64, int64, int64, int64, int64), codegen
