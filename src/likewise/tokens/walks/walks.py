"""Random walks over a graph as rows of ids, as fast as a training reads them.

The steps of a walk depend on (seed, epoch, round, its first node) alone. So the walks are the same at any number of
threads, and whether they are made all at once or in parts.
"""

from __future__ import annotations

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import OptionError
from likewise.system import seeds, shards
from likewise.tokens.walks import kernels
from likewise.tokens.walks.walker import Walker

PARTS = 4  # for each thread, so that a slow thread does not delay the others


def walk(
    walker: Walker, begin: int = 0, end: int | None = None, *, epoch: int = 0, seed: int = 0, threads: int = 1
) -> Ragged:
    """Walks begin … end − 1 of the `walker.total` of an epoch, in rows; all of them by default.

    They come in rounds of one from each start, in an order that depends on seed, epoch and round. Memory: 4 bytes for
    each token of these walks, twice that if some of them end early.
    """
    end = walker.total if end is None else end
    if not 0 <= begin <= end <= walker.total:
        raise OptionError(f"walks {begin:,} to {end:,} are not among the {walker.total:,} of an epoch")
    seeds.checked(seed)
    out = np.empty((end - begin, walker.walks.longest), np.int32)
    backward, forward = np.ones((2, end - begin), np.int64)

    def make(first: int, last: int) -> None:
        part = slice(first, last)
        kernel = _second_order if walker.walks.is_second_order else _first_order
        kernel(walker, begin + first, begin + last, epoch, seed, out[part], backward[part], forward[part])

    each = -(-len(out) // (PARTS * threads))
    shards.each(make, shards.equal_rows(len(out), max(1, each)), threads)
    return _rows(walker, out, backward, forward)


def _key(seed: int, stage: str, epoch: int) -> np.uint64:
    return np.uint64(seeds.state(seed, stage, epoch))


def _first_order(
    walker: Walker,
    first: int,
    last: int,
    epoch: int,
    seed: int,
    out: np.ndarray,
    backward: np.ndarray,
    forward: np.ndarray,
) -> None:
    """Walks whose steps depend on the current node: forward, and then backward from the same first nodes."""
    walks, order = walker.walks, _key(seed, "walks.order", epoch)
    graph = (walker.starts, walker.nodes)
    rows = (walker.pattern, walker.width)
    for edges, stage, steps, sign, lengths in (
        (walker.ahead, "walks.steps", walks.length - walks.back, 1, forward),
        (walker.behind, "walks.back", walks.back + 1, -1, backward),
    ):
        if steps > 1:
            keys = (order, _key(seed, stage, epoch))
            kernels.first_order(
                first, last, *graph, edges, *rows, keys, steps, walks.stride * walks.back, sign * walks.stride, out,
                lengths,
            )  # fmt: skip


def _second_order(
    walker: Walker,
    first: int,
    last: int,
    epoch: int,
    seed: int,
    out: np.ndarray,
    backward: np.ndarray,
    forward: np.ndarray,
) -> None:
    """Walks whose steps depend on the previous node, too."""
    keys = (_key(seed, "walks.order", epoch), _key(seed, "walks.steps", epoch))
    kernels.second_order(
        first, last, walker.nodes, walker.ahead[:3], walker.weights, (*walker.bias, walker.is_undirected), walker.most,
        walker.bloom, keys, walker.walks.length, out, forward,
    )  # fmt: skip


def _rows(walker: Walker, out: np.ndarray, backward: np.ndarray, forward: np.ndarray) -> Ragged:
    """The walks as rows, without the columns that they did not reach."""
    walks = walker.walks
    offsets = np.zeros(len(out) + 1, np.int64)
    np.cumsum(walks.stride * (backward + forward - 2) + 1, out=offsets[1:])
    if offsets[-1] == out.size:
        return Ragged(out.reshape(-1), offsets)
    ids = np.empty(offsets[-1], np.int32)
    kernels.gather(out, walks.stride * walks.back, backward, walks.stride, offsets, ids)
    return Ragged(ids, offsets)
