"""What walks draw from, and how kernels read at an address with the memory asked for ahead of time.

A walk's numbers depend on (seed, epoch, round, node) alone: SplitMix64 (Steele et al. 2014), begun anew by each walk.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import int64, njit, types, uint64
from numba.core import cgutils
from numba.extending import intrinsic

from likewise.system.compiled import FLAGS, GAMMA, mixed
from likewise.tokens.corpus import simd as bits

ROUNDS = 4  # of the Feistel network


@njit(**FLAGS)
def stream(key: int, number: int) -> int:
    """A key for the thing of that number under another key: an epoch's round, a round's walk."""
    return mixed(uint64(key) + (uint64(number) + uint64(1)) * uint64(GAMMA))


@njit(**FLAGS)
def half_bits(n: int) -> int:
    """The least b with 4 to the power b at least n: what `shuffled` takes beside n."""
    b = int64(1)
    while int64(1) << (2 * b) < n:
        b += 1
    return b


@njit(nogil=True)
def shuffled(place: int, n: int, half: int, key: int) -> int:
    """What stands at a place of a permutation of n that the key chooses, without keeping the permutation.

    A Feistel network (Luby and Rackoff 1988) permutes the numbers of 2 · half bits; it is gone through again until the
    number is below n, which takes four turns at most on average (Black and Rogaway 2002, cycle walking).
    """
    mask = (uint64(1) << uint64(half)) - uint64(1)
    x = uint64(place)
    while True:
        left, right = x >> uint64(half), x & mask
        for turn in range(ROUNDS):
            left, right = right, left ^ (stream(uint64(key) + uint64(turn), right) & mask)
        x = (left << uint64(half)) | right
        if x < uint64(n):
            return int64(x)


def _reader(kind: Any, width: int) -> Any:
    @intrinsic
    def read(typing: Any, address: Any) -> Any:
        def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
            return bits.load(builder, args[0], ir.IntType(width))

        return kind(types.int64), build

    return read


int32_at = _reader(types.int32, 32)
int64_at = _reader(types.int64, 64)
uint64_at = _reader(types.uint64, 64)


@intrinsic
def look_ahead(typing: Any, address: Any) -> Any:
    """Ask for the cache line at an address, to be read soon: one that two threads may share."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer, number = bits.BYTE.as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [builder.inttoptr(args[0], pointer), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(types.int64), build
