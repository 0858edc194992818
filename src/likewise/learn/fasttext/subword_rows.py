"""Words made of rows: each word of a block becomes a vector of its own, and what it learnt goes back to its rows.

Within a block a word's hidden vector, the mean of its rows, is trained as if it were a row itself. At the end its
change is added to every row it is the mean of, so that the mean moves by that change: the gradient as fastText
spreads it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import float32, int64, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.learn.kernels import simd as lanes
from likewise.learn.kernels.register_tiles import FLAGS, STRIP, _in_strips, _steps, bound, prefetch_row
from likewise.learn.kernels.simd import BYTES, INT64, VECTOR

AHEAD = 3  # words whose rows are prefetched before they are summed
ROWS_AHEAD = 12  # the same of rows that are added to: about what one core can wait for at once
OWNERS = 64  # rows are partitioned among threads by their number modulo this
PICKED = 4096  # changes that are noted before they are made


@intrinsic
def _read_soon(typingctx, address, nbytes):  # type: ignore[no-untyped-def]
    """Prefetch a row for reading; a prefetch for writing would take it from the caches of other threads."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, lanes.INT32, lanes.INT32, lanes.INT32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        with _steps(builder, args[1], 64) as (o, _):
            place = builder.inttoptr(builder.add(args[0], o), pointer)
            builder.call(function, [place, *(ir.Constant(lanes.INT32, flag) for flag in (0, 3, 1))])
        return context.get_dummy_value()

    return types.none(int64, int64), codegen


@intrinsic
def _weighted_sum(typingctx, base, rows, weights, n, nbytes, target, copy):  # type: ignore[no-untyped-def]
    """target = copy = Σ weights[j] · (row rows[j] (int32) of the matrix at `base`)."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (base, rows, weights, n, nbytes, target, copy) = builder, args

        def strip(o: Any, columns: int) -> None:
            places = [lanes.offset(b, o, BYTES * c) for c in range(columns)]
            totals = [cgutils.alloca_once(b, VECTOR) for _ in places]
            for total in totals:
                b.store(lanes.constant(0.0), total)
            with cgutils.for_range(b, n, intp=INT64) as loop:
                step = b.mul(loop.index, ir.Constant(INT64, 4))
                number = b.sext(lanes.load(b, b.add(rows, step), lanes.INT32), INT64)
                row = b.add(base, b.mul(number, nbytes))
                weight = lanes.spread(b, lanes.load(b, b.add(weights, step), lanes.FLOAT))
                for place, total in zip(places, totals, strict=True):
                    x = lanes.load(b, b.add(row, place))
                    b.store(lanes.multiply_add(b, weight, x, b.load(total)), total)
            for place, total in zip(places, totals, strict=True):
                lanes.store(b, b.add(target, place), b.load(total))
                lanes.store(b, b.add(copy, place), b.load(total))

        _in_strips(b, nbytes, STRIP * 2, strip)
        return context.get_dummy_value()

    return types.none(int64, int64, int64, int64, int64, int64, int64), codegen


@intrinsic
def _add(typingctx, row, change, nbytes):  # type: ignore[no-untyped-def]
    """row += change."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        b, (row, change, nbytes) = builder, args
        with _steps(b, nbytes, BYTES) as (o, _):
            place = b.add(row, o)
            lanes.store(b, place, b.fadd(lanes.load(b, place), lanes.load(b, b.add(change, o))))
        return context.get_dummy_value()

    return types.none(int64, int64, int64), codegen


@njit(**FLAGS)
def enter_words(
    words: np.ndarray,
    n: int,
    subwords: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    inputs: np.ndarray,
    places: np.ndarray,
    distinct: np.ndarray,
    before: int,
    hidden: np.ndarray,
    starts: np.ndarray,
    input_rows: np.ndarray,
) -> int:
    """Compose every distinct word among n gathered ones; `input_rows` becomes the address of each word's vector.

    `places` (v,) int32 says where a word's vector stands (−1: nowhere); `distinct` lists the words, `before` of them
    from the block before. `hidden` and `starts` (·, columns) get the same values. Returns how many words are
    distinct.
    """
    offsets, rows, weights, _ = subwords
    width = int64(inputs.shape[1] * 4)
    base, hidden_at, starts_at = (
        int64(inputs.ctypes.data),
        int64(hidden.ctypes.data),
        int64(starts.ctypes.data),
    )
    rows_at, weights_at = int64(rows.ctypes.data), int64(weights.ctypes.data)
    for i in range(before):
        places[distinct[i]] = -1
    count = int64(0)
    for i in range(n):
        place = int64(places[words[i]])
        if place < 0:
            place = count
            places[words[i]] = place
            distinct[count] = words[i]
            count += 1
        input_rows[i] = hidden_at + place * width
    for i in range(-AHEAD, count):
        if i + AHEAD < count:
            word = distinct[i + AHEAD]
            for entry in range(offsets[word], offsets[word + 1]):
                _read_soon(base + rows[entry] * width, width)
        if i >= 0:
            entry = int64(offsets[distinct[i]])
            _weighted_sum(
                base, rows_at + 4 * entry, weights_at + 4 * entry, int64(offsets[distinct[i] + 1]) - entry, width,
                hidden_at + i * width, starts_at + i * width,
            )  # fmt: skip
    return count


@njit(**FLAGS)
def compute_changes(
    distinct: np.ndarray,
    n: int,
    closing: np.ndarray,
    learning_rate: float,
    hidden: np.ndarray,
    starts: np.ndarray,
) -> None:
    """`starts` becomes what each word's rows are to move by: the change of its vector, scaled.

    Words that share rows have moved independently. Where all move a row one way, the sum can go too far, and the
    training diverges. closing[word] · learning_rate is how far the sum brings the word's vector, as a share of the
    distance to the optimum; where that is beyond 1, the changes are scaled down to 1. Text seldom needs it,
    vocabularies of some dozens of words do.
    """
    for i in range(n):
        scale = float32(1.0 / max(1.0, closing[distinct[i]] * learning_rate))
        for d in range(hidden.shape[1]):
            starts[i, d] = scale * (hidden[i, d] - starts[i, d])


@njit(**FLAGS)
def add_changes(
    distinct: np.ndarray,
    n: int,
    subwords: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    changes: np.ndarray,
    inputs: np.ndarray,
    part: int,
    parts: int,
    picked: np.ndarray,
) -> None:
    """Add the change of each word to all its rows that belong to thread `part` of `parts`, in the order of the words.

    `picked` (2, ≥ PICKED + most rows of a word) int64 is scratch.
    """
    offsets, rows, _, _ = subwords
    width = int64(inputs.shape[1] * 4)
    base, change = int64(inputs.ctypes.data), int64(changes.ctypes.data)
    low, high = OWNERS * part // parts, OWNERS * (part + 1) // parts
    noted = int64(0)
    for i in range(n):
        for entry in range(offsets[distinct[i]], offsets[distinct[i] + 1]):
            owner = rows[entry] & (OWNERS - 1)
            picked[0, noted] = base + rows[entry] * width
            picked[1, noted] = change
            noted += (owner >= low) & (owner < high)  # no branch: half of its predictions would be wrong
        change += width
        if noted > PICKED or i == n - 1:
            for k in range(min(ROWS_AHEAD, noted)):
                prefetch_row(picked[0, k], width)
            for k in range(noted):
                if k + ROWS_AHEAD < noted:
                    prefetch_row(picked[0, k + ROWS_AHEAD], width)
                _add(picked[0, k], picked[1, k], width)
            noted = int64(0)


@njit(**FLAGS)
def bound_rows(
    distinct: np.ndarray,
    n: int,
    subwords: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    inputs: np.ndarray,
    part: int,
    parts: int,
    largest: float,
) -> None:
    """Shorten the rows of a block's words that belong to thread `part` to norm `largest`: no mean of them is longer.

    Shortening the words' vectors instead would pull every shared row once for each of its words, ever further.
    """
    offsets, rows, _, _ = subwords
    width, base = int64(inputs.shape[1] * 4), int64(inputs.ctypes.data)
    low, high = OWNERS * part // parts, OWNERS * (part + 1) // parts
    for i in range(n):
        for entry in range(offsets[distinct[i]], offsets[distinct[i] + 1]):
            owner = rows[entry] & (OWNERS - 1)
            if low <= owner < high:
                bound(base + rows[entry] * width, width, largest)
