"""Unchecked loads from an address, for the innermost loops: without the bookkeeping of a Numba array."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from likewise.learn.kernels import simd as lanes


def _reader(kind: Any, width: int) -> Any:
    @intrinsic
    def read(typingctx, address):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return lanes.load(builder, args[0], ir.IntType(width))

        return kind(types.int64), codegen

    return read


read_uint64 = _reader(types.uint64, 64)
read_int32 = _reader(types.int32, 32)
