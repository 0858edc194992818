"""Short vectors of float32 for Numba kernels: the LLVM instructions that loops over rows are built from.

Numba's own loops keep one row in registers at a time. The kernels of this package hold a tile of several rows, so that
every number loaded is used several times; LLVM's vector types say that directly. This file has the emitters (functions
that write instructions through a builder), `tiles.py` composes them.

WIDTH is 16 where registers hold 16 floats (AVX-512) and 8 elsewhere; LLVM splits 8 into two halves where it must (NEON,
SSE). It follows the processor Numba compiles for, so NUMBA_CPU_NAME and NUMBA_CPU_FEATURES are honoured.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import binding, ir
from numba.core import cgutils

Builder = Any  # llvmlite has no types of its own

FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
FLOAT_BYTES = 4


def _has_wide_registers() -> bool:
    if numba.config.CPU_FEATURES is not None:
        return "+avx512f" in numba.config.CPU_FEATURES
    return bool(binding.get_host_cpu_features().get("avx512f", False))


WIDTH = 16 if _has_wide_registers() else 8
BYTES = WIDTH * FLOAT_BYTES
VECTOR = ir.VectorType(FLOAT, WIDTH)
INT_VECTOR = ir.VectorType(INT32, WIDTH)


def load(b: Builder, address: Any, kind: Any = VECTOR) -> Any:
    """The `kind` that stands at an int64 address; rows start on no promised boundary, so none is assumed."""
    return b.load(b.inttoptr(address, kind.as_pointer()), align=4)


def store(b: Builder, address: Any, value: Any) -> None:
    b.store(value, b.inttoptr(address, value.type.as_pointer()), align=4)


def offset(b: Builder, address: Any, nbytes: int) -> Any:
    return b.add(address, ir.Constant(INT64, nbytes)) if nbytes else address


def constant(value: float) -> Any:
    return ir.Constant(VECTOR, [float(value)] * WIDTH)


def int_constant(value: int) -> Any:
    return ir.Constant(INT_VECTOR, [value] * WIDTH)


def spread(b: Builder, scalar: Any) -> Any:
    """A vector with `scalar` in every lane."""
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = b.insert_element(undefined, scalar, ir.Constant(INT32, 0))
    return b.shuffle_vector(first, undefined, ir.Constant(INT_VECTOR, [0] * WIDTH))


def _llvm(b: Builder, name: str, args: list[Any]) -> Any:
    """Call LLVM's own function of that name on vectors."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * len(args))
    return b.call(cgutils.get_or_insert_function(b.module, kind, f"llvm.{name}.v{WIDTH}f32"), args)


def multiply_add(b: Builder, x: Any, y: Any, z: Any) -> Any:
    """x · y + z, rounded once."""
    return _llvm(b, "fma", [x, y, z])


def magnitude(b: Builder, x: Any) -> Any:
    """|x|."""
    return _llvm(b, "fabs", [x])


def clip(b: Builder, x: Any, limit: float) -> Any:
    """x cut to ±limit; NaN stays NaN, because both comparisons are false for it."""
    high, low = constant(limit), constant(-limit)
    x = b.select(b.fcmp_ordered(">", x, high), high, x)
    return b.select(b.fcmp_ordered("<", x, low), low, x)


def _fold(b: Builder, x: Any, y: Any, half: int) -> Any:
    """In each run of 2·half lanes: the two halves of x added, then the two halves of y added."""
    lanes = range(0, WIDTH, 2 * half)
    first = [run + i for run in lanes for i in [*range(half), *range(WIDTH, WIDTH + half)]]
    second = [lane + half for lane in first]

    def pick(order: list[int]) -> Any:
        return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(INT32, WIDTH), order))

    return b.fadd(pick(first), pick(second))


def sums(b: Builder, vectors: list[Any]) -> Any:
    """A vector whose lane i is the sum of all lanes of vectors[i]; at most WIDTH vectors, lanes beyond are 0.

    A transposing reduction: log2(WIDTH) rounds that halve the number of vectors, instead of a reduction for each.
    """
    vectors = vectors + [constant(0.0)] * (WIDTH - len(vectors))
    half = 1
    while half < WIDTH:
        vectors = [_fold(b, x, y, half) for x, y in zip(vectors[::2], vectors[1::2], strict=True)]
        half *= 2
    return vectors[0]


def first_lanes(b: Builder, x: Any, n: int) -> Any:
    """The first n lanes as a shorter vector."""
    return b.shuffle_vector(x, x, ir.Constant(ir.VectorType(INT32, n), list(range(n))))


def prefetch(b: Builder, address: Any) -> None:
    """Prefetch the cache line at `address` for writing."""
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer, INT32, INT32, INT32])
    function = cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0")
    b.call(function, [b.inttoptr(address, pointer), *(ir.Constant(INT32, flag) for flag in (1, 3, 1))])
