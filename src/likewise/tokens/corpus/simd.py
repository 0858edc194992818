"""Bytes looked at many at a time: LLVM vector operations as Numba intrinsics, with addresses for arguments.

Addresses, because Numba counts references to an array at each call, which costs more than looking up a word.
An address does not keep its array alive: the caller must hold it, with 64 bytes to read past it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BYTE = ir.IntType(8)
WORD = ir.IntType(64)
WIDTH = 64  # bytes to a mask
KEY = 16  # bytes to a short key


def vector(n: int) -> ir.VectorType:
    """The type of n bytes side by side."""
    return ir.VectorType(BYTE, n)


def splat(builder: ir.IRBuilder, value: Any, n: int) -> Any:
    """n times the same byte."""
    none = ir.Constant(vector(n), ir.Undefined)
    first = builder.insert_element(none, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(ir.IntType(32), n), [0] * n))


def load(builder: ir.IRBuilder, address: Any, kind: ir.Type) -> Any:
    """A value of `kind` from an address that need not be aligned."""
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)


@intrinsic
def in_range(typing: Any, address: Any, first: Any, count: Any) -> Any:
    """uint64 whose bit i says that the byte at address + i is one of first, ..., first + count - 1."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        data = load(builder, args[0], vector(WIDTH))
        shifted = builder.sub(data, splat(builder, args[1], WIDTH))
        return builder.bitcast(builder.icmp_unsigned("<", shifted, splat(builder, args[2], WIDTH)), WORD)

    return types.uint64(types.int64, types.uint8, types.uint8), build


@intrinsic
def letters_of(typing: Any, address: Any) -> Any:
    """uint64 whose bit i says that the byte at address + i is an ASCII letter."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        data = load(builder, args[0], vector(WIDTH))
        low = builder.or_(data, ir.Constant(vector(WIDTH), [0x20] * WIDTH))
        shifted = builder.sub(low, ir.Constant(vector(WIDTH), [ord("a")] * WIDTH))
        alphabet = ir.Constant(vector(WIDTH), [26] * WIDTH)
        return builder.bitcast(builder.icmp_unsigned("<", shifted, alphabet), WORD)

    return types.uint64(types.int64), build


@intrinsic
def key_at(typing: Any, address: Any, length: Any, fold: Any) -> Any:
    """Two uint64: the first `length` <= 16 bytes, then zeros; `fold` 32 makes ASCII capitals small, 0 not."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        zero = ir.Constant(vector(KEY), [0] * KEY)
        data = load(builder, args[0], vector(KEY))
        lanes = ir.Constant(vector(KEY), list(range(KEY)))
        within = builder.icmp_unsigned("<", lanes, splat(builder, builder.trunc(args[1], BYTE), KEY))
        data = builder.select(within, data, zero)
        shifted = builder.sub(data, ir.Constant(vector(KEY), [ord("A")] * KEY))
        capital = builder.icmp_unsigned("<", shifted, ir.Constant(vector(KEY), [26] * KEY))
        data = builder.add(data, builder.select(capital, splat(builder, args[2], KEY), zero))
        pair = builder.bitcast(data, ir.VectorType(WORD, 2))
        halves = [builder.extract_element(pair, ir.Constant(ir.IntType(32), i)) for i in range(2)]
        return cgutils.pack_array(builder, halves)

    return types.UniTuple(types.uint64, 2)(types.int64, types.int64, types.uint8), build


@intrinsic
def byte_at(typing: Any, address: Any) -> Any:
    """The byte at an address, as int64."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.zext(load(builder, args[0], BYTE), WORD)

    return types.int64(types.int64), build


@intrinsic
def word_at(typing: Any, address: Any) -> Any:
    """The eight bytes at an address, as uint64."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return load(builder, args[0], WORD)

    return types.uint64(types.int64), build


@intrinsic
def set_word(typing: Any, address: Any, value: Any) -> Any:
    """Write eight bytes to an address."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], WORD.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.none(types.int64, types.uint64), build


@intrinsic
def prefetch(typing: Any, address: Any) -> Any:
    """Prefetch the cache line at an address, to be written to soon."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer, number = BYTE.as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [builder.inttoptr(args[0], pointer), number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(types.int64), build


@intrinsic
def lowest(typing: Any, mask: Any) -> Any:
    """int64: the number of the lowest bit that is set; 64 where none is."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), build
