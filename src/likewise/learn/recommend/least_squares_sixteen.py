"""Least squares of a row in sixteen columns, all in registers.

The matrix of a block is sixteen vectors of sixteen floats: half of the registers of AVX-512. It starts as the part that
all rows share, the outer products of what the row has seen are added, and it is solved in place by the symmetric sweep
(Goodnight 1979). On other processors LLVM splits each vector over several registers, with the same results.

Rows are given by address, and are read sixteen floats at a time; `ids` are int32, lengths of rows in bytes.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import float32, int64, types
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.learn.kernels.simd import FLOAT, FLOAT_BYTES, INT32, INT64, load, offset, store

SIXTEEN, EIGHT = 16, 8
VECTOR = ir.VectorType(FLOAT, SIXTEEN)
MASK = ir.VectorType(INT32, SIXTEEN)
NEGLIGIBLE = 1e-6  # of its initial value: a smaller pivot is rounding, and its direction is left alone


def _constant(value: float) -> Any:
    return ir.Constant(VECTOR, [float(value)] * SIXTEEN)


def _lane(b: Any, x: Any, i: int) -> Any:
    """A vector with the i-th number of x in every lane."""
    return b.shuffle_vector(x, x, ir.Constant(MASK, [i] * SIXTEEN))


def _spread(b: Any, scalar: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    return _lane(b, b.insert_element(undefined, scalar, ir.Constant(INT32, 0)), 0)


def _with_lane(b: Any, x: Any, y: Any, i: int) -> Any:
    """x with the i-th number of y."""
    return b.shuffle_vector(x, y, ir.Constant(MASK, [SIXTEEN + i if j == i else j for j in range(SIXTEEN)]))


def _multiply_add(b: Any, x: Any, y: Any, z: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return b.call(cgutils.get_or_insert_function(b.module, kind, "llvm.fma.v16f32"), [x, y, z])


def _zeros(b: Any, n: int) -> list[Any]:
    """Places of n vectors, which hold zeros; LLVM keeps them in registers."""
    places = [cgutils.alloca_once(b, VECTOR) for _ in range(n)]
    for place in places:
        b.store(_constant(0.0), place)
    return places


def _times(b: Any, x: Any, number: int) -> Any:
    return b.mul(x, ir.Constant(INT64, number))


def _row(b: Any, table: Any, ids: Any, j: Any, nbytes: Any) -> Any:
    """The address of the row that ids[j] names."""
    own = load(b, b.add(ids, _times(b, j, 4)), INT32)
    return b.add(table, b.mul(b.sext(own, INT64), nbytes))


def _sums(b: Any, vectors: list[Any]) -> Any:
    """A vector whose lane i is the sum of all lanes of the i-th of sixteen vectors, in four rounds."""
    half = 1
    while half < SIXTEEN:
        runs = range(0, SIXTEEN, 2 * half)
        first = [run + i for run in runs for i in [*range(half), *range(SIXTEEN, SIXTEEN + half)]]
        masks = [ir.Constant(MASK, order) for order in (first, [lane + half for lane in first])]
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [b.fadd(*(b.shuffle_vector(x, y, mask) for mask in masks)) for x, y in pairs]
        half *= 2
    return vectors[0]


def _sweep(b: Any, matrix: list[Any], gradient: Any, least: Any) -> Any:
    """The solution of matrix · x = gradient, reading what is at and above the diagonal.

    Row k, swept, has in its lane i ≠ k what a row i still needs, whether i was swept before or is to be swept; so every
    lane of the gradient is finished with one multiplication a step, and nothing is substituted back.
    """
    zero, one = _constant(0.0), _constant(1.0)
    for k in range(SIXTEEN):
        pivot = _lane(b, matrix[k], k)
        is_there = b.fcmp_ordered(">", pivot, _lane(b, least, k))
        inverse = b.select(is_there, b.fdiv(one, pivot), zero)
        factors = b.fmul(matrix[k], inverse)
        own = _lane(b, gradient, k)
        rest = _multiply_add(b, b.fneg(factors), own, gradient)
        gradient = _with_lane(b, rest, b.fmul(own, inverse), k)
        for i in range(k + 1, SIXTEEN):
            factor = _lane(b, factors, i)
            if (
                i == k + 1
            ):  # the next pivot waits for this one: all but one step of it is made while the division runs
                product = b.fmul(_lane(b, matrix[k], i), matrix[k])
                row = _multiply_add(b, b.fneg(product), inverse, matrix[i])
            else:
                row = _multiply_add(b, b.fneg(factor), matrix[k], matrix[i])
            matrix[i] = _with_lane(b, row, factor, k)
    return gradient


def _pack(b: Any, x: Any, i: int) -> Any:
    """Eight times the i-th number of x, then eight times the next one."""
    return b.shuffle_vector(x, x, ir.Constant(MASK, [i] * EIGHT + [i + 1] * EIGHT))


def _add_rows(b: Any, args: list[Any], upper: list[Any], lower: list[Any], gradient: Any) -> None:
    """Add w a aᵀ to the matrix and w e a to the gradient, for each of what the row has seen.

    `upper` are the first eight rows; `lower` has the last eight numbers of rows 8 and 9, of rows 10 and 11, and so on:
    what is below the diagonal is never read, so half a vector a row is enough for them.
    """
    table, ids, weights, errors, n, nbytes, start = args
    with cgutils.for_range(b, n, intp=INT64) as loop:
        j = loop.index
        row = b.add(_row(b, table, ids, j, nbytes), start)
        y = load(b, row, VECTOR)
        weight, error = (
            _spread(b, load(b, b.add(at, _times(b, j, FLOAT_BYTES)), FLOAT)) for at in (weights, errors)
        )
        scaled = b.fmul(y, weight)
        b.store(_multiply_add(b, scaled, error, b.load(gradient)), gradient)
        for i, pointer in enumerate(upper):
            x = _spread(b, load(b, offset(b, row, FLOAT_BYTES * i), FLOAT))
            b.store(_multiply_add(b, x, scaled, b.load(pointer)), pointer)
        twice = b.shuffle_vector(scaled, scaled, ir.Constant(MASK, [*range(EIGHT, SIXTEEN)] * 2))
        for i, pointer in enumerate(lower):
            b.store(_multiply_add(b, _pack(b, y, EIGHT + 2 * i), twice, b.load(pointer)), pointer)


def _unpack(b: Any, shared: list[Any], upper: list[Any], lower: list[Any]) -> list[Any]:
    """The sixteen rows, at and above the diagonal: what all rows share, and what this one has seen."""
    rows = [b.fadd(x, b.load(pointer)) for x, pointer in zip(shared, upper, strict=False)]
    masks = ([*range(EIGHT)] * 2, [*range(EIGHT, SIXTEEN)] * 2)
    for i, x in enumerate(shared[EIGHT:]):
        both = b.load(lower[i // 2])
        rows.append(b.fadd(x, b.shuffle_vector(both, both, ir.Constant(MASK, masks[i % 2]))))
    return rows


def _shared(b: Any, gram: Any, penalty: Any, row: Any, start: Any, dim: Any) -> tuple[list[Any], Any]:
    """The matrix and the gradient of a row that has seen nothing: those of the Gram matrix and the penalty.

    `gram` has the columns of the block: a row of sixteen for each of `dim` columns.
    """
    ridge = _spread(b, penalty)
    block = b.add(gram, _times(b, start, SIXTEEN))
    matrix = []
    for i in range(SIXTEEN):
        shared = load(b, offset(b, block, 64 * i), VECTOR)
        matrix.append(_with_lane(b, shared, b.fadd(shared, ridge), i))
    parts = _zeros(b, 4)
    with cgutils.for_range_slice(b, ir.Constant(INT64, 0), dim, ir.Constant(INT64, SIXTEEN), intp=INT64) as (
        c,
        _,
    ):  # four sums, so that none waits for itself
        for i in range(SIXTEEN):
            x = _spread(b, load(b, offset(b, b.add(row, _times(b, c, FLOAT_BYTES)), FLOAT_BYTES * i), FLOAT))
            y = load(b, offset(b, b.add(gram, _times(b, c, 64)), 64 * i), VECTOR)
            b.store(_multiply_add(b, x, y, b.load(parts[i % 4])), parts[i % 4])
    own = load(b, b.add(row, start), VECTOR)
    pairs = [b.fadd(b.load(parts[i]), b.load(parts[i + 1])) for i in (0, 2)]
    first = b.fadd(b.fadd(*pairs), b.fmul(own, ridge))
    gradient = cgutils.alloca_once(b, VECTOR)
    b.store(first, gradient)
    return matrix, gradient


@intrinsic
def solve_sixteen(typingctx, row, table, ids, weights, errors, n, nbytes, start, gram, penalty, dim, change):  # type: ignore[no-untyped-def]
    """row[16 columns from byte `start`] −= matrix⁻¹ · gradient, and the step is written to `change`.

    What the row has seen are the n rows of `table` that `ids` name, with `weights` and `errors` (x · a − 1) at those
    addresses; `gram` (dim, 16) are the block's columns of G. dim is a multiple of 16.
    """

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b = builder
        row, table, ids, weights, errors, n, nbytes, start, gram, penalty, dim, change = args
        upper, lower = _zeros(b, EIGHT), _zeros(b, EIGHT // 2)
        shared, gradient = _shared(b, gram, penalty, row, start, dim)
        _add_rows(b, [table, ids, weights, errors, n, nbytes, start], upper, lower, gradient)
        whole = _unpack(b, shared, upper, lower)
        least = _constant(0.0)
        for i in range(SIXTEEN):
            least = _with_lane(b, least, whole[i], i)
        step = b.fneg(_sweep(b, whole, b.load(gradient), b.fmul(least, _constant(NEGLIGIBLE))))
        place = b.add(row, start)
        store(b, place, b.fadd(load(b, place, VECTOR), step))
        store(b, change, step)
        return context.get_dummy_value()

    return types.none(*[int64] * 9, float32, int64, int64), codegen


@intrinsic
def add_dots(typingctx, table, ids, n, nbytes, start, vector, length, target):  # type: ignore[no-untyped-def]
    """target[j] += vector · row j of `table` from byte `start` on, `length` bytes; sixteen rows at a time.

    n is a multiple of 16: ids beyond those meant must name some row. `length` is a multiple of 64.
    """

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (table, ids, n, nbytes, start, vector, length, target) = builder, args
        zero, sixteen = ir.Constant(INT64, 0), ir.Constant(INT64, SIXTEEN)
        sums = [cgutils.alloca_once(b, VECTOR) for _ in range(SIXTEEN)]
        with cgutils.for_range_slice(b, zero, n, sixteen, intp=INT64) as (j, _):
            rows = [
                b.add(_row(b, table, ids, b.add(j, ir.Constant(INT64, i)), nbytes), start)
                for i in range(SIXTEEN)
            ]
            for s in sums:
                b.store(_constant(0.0), s)
            with cgutils.for_range_slice(b, zero, length, ir.Constant(INT64, 64), intp=INT64) as (o, _):
                x = load(b, b.add(vector, o), VECTOR)
                for row, s in zip(rows, sums, strict=True):
                    b.store(_multiply_add(b, x, load(b, b.add(row, o), VECTOR), b.load(s)), s)
            place = b.add(target, _times(b, j, FLOAT_BYTES))
            store(b, place, b.fadd(load(b, place, VECTOR), _sums(b, [b.load(s) for s in sums])))
        return context.get_dummy_value()

    return types.none(*[int64] * 8), codegen
