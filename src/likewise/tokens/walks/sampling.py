"""Random numbers of walks, and reads of memory at an address, with prefetching.

The random numbers of a walk depend on (seed, epoch, round, node) alone: SplitMix64 (Steele et al. 2014), with a new
state for each walk.
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
    """A key derived from another key and a number: of a round of an epoch, of a walk of a round."""
    return mixed(uint64(key) + (uint64(number) + uint64(1)) * uint64(GAMMA))


@njit(**FLAGS)
def half_bits(n: int) -> int:
    """The least b with 4 to the power b at least n, for `permute`."""
    b = int64(1)
    while int64(1) << (2 * b) < n:
        b += 1
    return b


@njit(nogil=True)
def permute(position: int, n: int, half: int, key: int) -> int:
    """The element at a position of a pseudorandom permutation of n, without storing the permutation.

    A Feistel network (Luby and Rackoff 1988) permutes the numbers of 2 · half bits; it is applied again until the
    number is below n, at most four times on average (Black and Rogaway 2002, cycle walking).
    """
    mask = (uint64(1) << uint64(half)) - uint64(1)
    x = uint64(position)
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
def prefetch(typing: Any, address: Any) -> Any:
    """Prefetch the cache line at an address, to be read soon."""

    def build(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer, number = bits.BYTE.as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [builder.inttoptr(args[0], pointer), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(types.int64), build
