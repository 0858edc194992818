"""A sparse matrix times a dense one: each row of the result is summed in registers, a tile of columns at a time.

Every row is made by one thread in the order of its entries, so the result does not depend on the threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba import int64, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.arrays.linalg import CACHE_LINE
from likewise.learn.kernels import simd as lanes
from likewise.learn.kernels.simd import BYTES, FLOAT_BYTES, INT64, WIDTH
from likewise.system import shards
from likewise.system.compiled import CACHE

if TYPE_CHECKING:
    from scipy.sparse import csr_array

WIDEST, MIDDLE = 10, 4  # sums at a time: of AVX2's 16 registers some are left for the weight and a row
TILE = WIDEST * WIDTH  # columns
AHEAD = 4  # entries between the prefetch of a row and its use, about the latency of memory
SHARDS = 64  # ranges of rows; more than threads, because rows differ in length


def times(matrix: csr_array, dense: np.ndarray, threads: int) -> np.ndarray:
    """matrix (n, v) @ dense (v, d): (n, d) float32; matrix and dense are float32."""
    n, d = matrix.shape[0], dense.shape[1]
    width = -(-d // WIDTH) * WIDTH
    rows = np.ascontiguousarray(np.pad(dense, ((0, 0), (0, width - d))) if width > d else dense, np.float32)
    out = np.empty((n, width), np.float32)
    offsets = matrix.indptr.astype(np.int64)
    indices = matrix.indices.astype(np.int32, copy=False)

    ranges = shards.equal_work(offsets + np.arange(n + 1), SHARDS if n > SHARDS else 1)
    for first in range(
        0, width, TILE
    ):  # one tile after the other, so that a core's cache holds what is read of it
        tile = slice(first, min(first + TILE, width))

        def work(start: int, stop: int, tile: slice = tile) -> None:
            _times(offsets, indices, matrix.data, start, stop, rows[:, tile], out[:, tile])

        shards.each(work, ranges, threads)
    return out[:, :d]


def _row_tile(vectors: int) -> Any:
    """Emit the sum of weighted rows of a dense matrix, `vectors` vectors wide."""

    def emit(b: Any, columns: Any, weights: Any, n: Any, rows: Any, nbytes: Any, out: Any) -> None:
        sums = [cgutils.alloca_once(b, lanes.VECTOR) for _ in range(vectors)]
        for s in sums:
            b.store(lanes.constant(0.0), s)
        with cgutils.for_range(b, n, intp=INT64) as loop:
            place = b.mul(loop.index, ir.Constant(INT64, FLOAT_BYTES))
            column = b.zext(lanes.load(b, b.add(columns, place), lanes.INT32), INT64)
            weight = lanes.spread(b, lanes.load(b, b.add(weights, place), lanes.FLOAT))
            row = b.add(rows, b.mul(column, nbytes))
            later = b.add(loop.index, ir.Constant(INT64, AHEAD))
            later = b.select(b.icmp_signed("<", later, n), later, loop.index)
            place = b.mul(later, ir.Constant(INT64, FLOAT_BYTES))
            column = b.zext(lanes.load(b, b.add(columns, place), lanes.INT32), INT64)
            expected = b.add(rows, b.mul(column, nbytes))
            for start in range(0, BYTES * vectors, CACHE_LINE):
                lanes.prefetch(b, lanes.offset(b, expected, start))
            for i, s in enumerate(sums):
                x = lanes.load(b, lanes.offset(b, row, BYTES * i))
                b.store(lanes.multiply_add(b, weight, x, b.load(s)), s)
        for i, s in enumerate(sums):
            lanes.store(b, lanes.offset(b, out, BYTES * i), b.load(s))

    @intrinsic
    def row_tile(typingctx, columns, weights, n, rows, nbytes, out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            emit(builder, *args)
            return context.get_dummy_value()

        return types.none(int64, int64, int64, int64, int64, int64), codegen

    return row_tile


_widest_tile, _middle_tile, _single_tile = _row_tile(WIDEST), _row_tile(MIDDLE), _row_tile(1)


@njit(nogil=True, cache=CACHE)
def _times(
    offsets: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    start: int,
    stop: int,
    dense: np.ndarray,
    out: np.ndarray,
) -> None:
    """Rows start to stop - 1 of the product; `dense` and `out` are parts of rows, a multiple of BYTES long."""
    step = dense.strides[0]
    for row in range(start, stop):
        first, n = offsets[row], offsets[row + 1] - offsets[row]
        columns, weights = indices.ctypes.data + 4 * first, data.ctypes.data + 4 * first
        source, target = dense.ctypes.data, out.ctypes.data + row * out.strides[0]
        end = target + dense.shape[1] * FLOAT_BYTES
        while target + WIDEST * BYTES <= end:
            _widest_tile(columns, weights, n, source, step, target)
            source, target = source + WIDEST * BYTES, target + WIDEST * BYTES
        while target + MIDDLE * BYTES <= end:
            _middle_tile(columns, weights, n, source, step, target)
            source, target = source + MIDDLE * BYTES, target + MIDDLE * BYTES
        while target < end:
            _single_tile(columns, weights, n, source, step, target)
            source, target = source + BYTES, target + BYTES
