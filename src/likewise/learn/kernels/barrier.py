"""A place where threads inside kernels wait for each other: some hundred nanoseconds instead of a trip through Python.

Each thread adds one to a counter and waits until all have. It spins at first, then lets the system run others, so that
more threads than processors still get on.
"""

from __future__ import annotations

import os

from llvmlite import ir
from numba import int64, njit, types
from numba.extending import intrinsic

from likewise.system.compiled import CACHE

SPINS = 2000
_give_way = types.ExternalFunction("SwitchToThread" if os.name == "nt" else "sched_yield", types.int32())


@intrinsic
def _arrive(typingctx, counter):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        builder.atomic_rmw("add", pointer, ir.Constant(ir.IntType(64), 1), "seq_cst")
        return context.get_dummy_value()

    return types.none(types.int64), codegen


@intrinsic
def _arrived(typingctx, counter):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(pointer, "seq_cst", 8)

    return types.int64(types.int64), codegen


@njit(nogil=True, cache=CACHE)
def wait_for_all(counter: int, arrivals: int) -> None:
    """Add one to the int64 at address `counter` and wait until it is `arrivals`."""
    _arrive(counter)
    spins = int64(0)
    while _arrived(counter) < arrivals:
        spins += 1
        if spins > SPINS:
            _give_way()
