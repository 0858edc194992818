"""Random walks, sixteen at a time: while one waits for memory, the others advance.

Each kernel makes walks [first, last). In every turn it goes through its walkers two to four times, and each time
prefetches the memory that the next time will read. A walker that is done starts the next walk.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int32, int64, njit, uint32, uint64

from likewise.system.compiled import CACHE
from likewise.tokens.walks.graph import bits_of, hash_edge, word_of
from likewise.tokens.walks.sampling import (
    GAMMA,
    half_bits,
    int32_at,
    int64_at,
    mixed,
    permute,
    prefetch,
    stream,
    uint64_at,
)

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy"}
WALKERS = 16
HEIGHT = 2**24  # of a cell in rejection sampling, see `second_order`
REJECTED = 2**30  # a height that is always rejected
SHARE = 2.0**-40  # the other 40 bits of 64 select the cell


@njit(nogil=True)
def _start(walk: int, starts: np.ndarray, n: int, order: int, steps: int) -> tuple[int, int]:
    """The first node of a walk, one of n in a new order every round, and the state of its random numbers."""
    turn = walk // n
    node = permute(walk % n, n, half_bits(n), stream(order, turn))
    if len(starts):
        node = int64(starts[node])
    return node, stream(stream(steps, turn), node)


@njit(nogil=True, inline="always")
def _cell(bits: int, cells: float) -> int:
    """One of the cells (the last may be partial), with a probability proportional to its width."""
    return int64(float64(int64(bits >> uint64(24))) * SHARE * cells)


@njit(nogil=True, inline="always")
def _edge_of(cells_at: int, edge: int, coin: int) -> int:
    """The edge that an alias cell gives for 32 random bits."""
    cell = uint64_at(cells_at + 8 * edge)
    return edge if coin < uint32(cell & uint64(0xFFFFFFFF)) else edge + int64(int32(cell >> uint64(32)))


@njit(nogil=True, inline="always")
def _either(is_so: bool, this: int, that: int) -> int:
    """One of two numbers, without a branch that the processor would mispredict every other time."""
    return that ^ ((this ^ that) & -int64(is_so))


@njit(nogil=True, inline="always")
def _search(targets_at: int, low: int, high: int, wanted: int) -> int:
    """The first edge in [low, high) whose target is not below `wanted`."""
    while low < high:
        middle = (low + high) >> 1
        if int32_at(targets_at + 4 * middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(nogil=True, inline="always")
def _is_edge(offsets_at: int, targets_at: int, undirected: bool, source: int, target: int) -> bool:
    """Whether the graph has the edge; an undirected edge is searched in the shorter row of its ends."""
    low, high = int64_at(offsets_at + 8 * source), int64_at(offsets_at + 8 * source + 8)
    if undirected:
        start, end = int64_at(offsets_at + 8 * target), int64_at(offsets_at + 8 * target + 8)
        if end - start < high - low:
            low, high, target = start, end, source
    place = _search(targets_at, low, high, target)
    return place < high and int32_at(targets_at + 4 * place) == target


@njit(nogil=True)
def _weight_to(
    source: int, target: int, offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray
) -> float:
    """The weight of all edges from a node to another, 0.0 where there is none."""
    edge = _search(int64(targets.ctypes.data), offsets[source], offsets[source + 1], target)
    weight = 0.0
    while edge < offsets[source + 1] and targets[edge] == target:
        weight += weights[edge] if len(weights) else 1.0
        edge += 1
    return weight


@njit(**FLAGS)
def first_order(  # type: ignore[no-untyped-def]
    first, last, starts, nodes, edges, pattern, width, keys, length, origin, stride, out, lengths
):
    """Each step samples an edge of the node's row by weight; with a metapath, of the row of the next type.

    Step s of walk `first` + w goes to out[w, origin + stride · s], its relation before it: stride ±1, or ±2 with them.
    """
    offsets, targets, cells, relations = edges
    offsets_at, targets_at = int64(offsets.ctypes.data), int64(targets.ctypes.data)
    cells_at, relations_at = int64(cells.ctypes.data), int64(relations.ctypes.data)
    is_weighted, has_relations = len(cells) > 0, len(relations) > 0
    n = len(starts) if len(starts) else nodes
    node, edge, walk, turn = (
        np.zeros(WALKERS, np.int64), np.zeros(WALKERS, np.int64), np.full(WALKERS, -1), np.zeros(WALKERS, np.int64),
    )  # fmt: skip
    done = np.full(WALKERS, length)
    state, coin = np.zeros(WALKERS, np.uint64), np.zeros(WALKERS, np.uint32)
    walkers, upcoming = min(WALKERS, last - first), first
    while walkers:
        i = 0
        while i < walkers:
            row = node[i] * width + pattern[turn[i]]
            start = int64_at(offsets_at + 8 * row)
            degree = int64_at(offsets_at + 8 * row + 8) - start
            if done[i] == length or degree == 0:
                if walk[i] >= 0:
                    lengths[walk[i] - first] = done[i]
                if upcoming == last:
                    walkers -= 1
                    node[i], walk[i], turn[i] = node[walkers], walk[walkers], turn[walkers]
                    done[i], state[i] = done[walkers], state[walkers]
                    continue
                node[i], state[i] = _start(upcoming, starts, n, keys[0], keys[1])
                walk[i], done[i], turn[i], edge[i] = upcoming, 1, 1 % len(pattern), -1
                out[upcoming - first, origin] = node[i]
                upcoming += 1
                prefetch(offsets_at + 8 * (node[i] * width + pattern[turn[i]]))
                i += 1
                continue
            state[i] += uint64(GAMMA)
            edge[i] = start + _cell(mixed(state[i]), float64(degree))
            if is_weighted:
                prefetch(cells_at + 8 * edge[i])
                state[i] += uint64(GAMMA)
                coin[i] = uint32(mixed(state[i]) >> uint64(32))
            else:
                prefetch(targets_at + 4 * edge[i])
                if has_relations:
                    prefetch(relations_at + 4 * edge[i])
            i += 1
        if is_weighted:
            for i in range(walkers):
                if edge[i] >= 0:
                    edge[i] = _edge_of(cells_at, edge[i], coin[i])
                    prefetch(targets_at + 4 * edge[i])
                    if has_relations:
                        prefetch(relations_at + 4 * edge[i])
        for i in range(walkers):
            if edge[i] >= 0:
                reached = int64(int32_at(targets_at + 4 * edge[i]))
                column = origin + stride * done[i]
                out[walk[i] - first, column] = reached
                if has_relations:
                    relation = int32_at(relations_at + 4 * edge[i])
                    out[walk[i] - first, column - stride // 2] = nodes + relation
                done[i] += 1
                turn[i] = turn[i] + 1 if turn[i] + 1 < len(pattern) else 0
                node[i] = reached
                prefetch(offsets_at + 8 * (reached * width + pattern[turn[i]]))


@njit(**FLAGS)
def second_order(first, last, nodes, edges, weights, bias, most, bloom, keys, length, out, lengths):  # type: ignore[no-untyped-def]
    """Each step depends on the previous node: node2vec (Grover and Leskovec 2016, §3.2), by exact rejection sampling
    (KnightKing, Yang et al. 2019).

    A proposal is an edge of the node, sampled by weight, and a random height. It is accepted below the height of its
    kind: `bias` has the heights (of HEIGHT) of edges back to the previous node, to neighbours of that node, and to
    other nodes. The height of the edge back above HEIGHT is folded into extra cells, `beyond` of them at most. Most
    proposals are below all heights or above that of other nodes. For the rest the Bloom filter nearly always decides
    whether the target is a neighbour of the previous node; else the edge is searched.
    """
    offsets, targets, cells = edges
    offsets_at, targets_at, cells_at = (
        int64(offsets.ctypes.data),
        int64(targets.ctypes.data),
        int64(cells.ctypes.data),
    )
    bloom_at = int64(bloom.ctypes.data)
    back, near, far, beyond, is_undirected = bias
    low, high = min(near, far), max(near, far)
    is_weighted, is_uneven, starts = len(cells) > 0, len(most) > 0, np.zeros(0, np.int32)
    node, before, reached, edge, height = (
        np.zeros(WALKERS, np.int64), np.zeros(WALKERS, np.int64), np.zeros(WALKERS, np.int64),
        np.zeros(WALKERS, np.int64), np.zeros(WALKERS, np.int64),
    )  # fmt: skip
    walk, done, word = np.full(WALKERS, -1), np.full(WALKERS, length), np.zeros(WALKERS, np.int64)
    state, coin, mark = (
        np.zeros(WALKERS, np.uint64),
        np.zeros(WALKERS, np.uint32),
        np.zeros(WALKERS, np.uint64),
    )
    walkers, upcoming = min(WALKERS, last - first), first
    while walkers:
        i = 0
        while i < walkers:
            start = int64_at(offsets_at + 8 * node[i])
            degree = int64_at(offsets_at + 8 * node[i] + 8) - start
            if done[i] == length or degree == 0:
                if walk[i] >= 0:
                    lengths[walk[i] - first] = done[i]
                if upcoming == last:
                    walkers -= 1
                    node[i], before[i], walk[i] = node[walkers], before[walkers], walk[walkers]
                    done[i], state[i] = done[walkers], state[walkers]
                    continue
                node[i], state[i] = _start(upcoming, starts, nodes, keys[0], keys[1])
                walk[i], done[i], before[i], edge[i], height[i] = upcoming, 1, -1, 0, REJECTED
                out[upcoming - first, 0] = node[i]
                upcoming += 1
                prefetch(offsets_at + 8 * node[i])
                i += 1
                continue
            state[i] += uint64(GAMMA)
            bits = mixed(state[i])
            is_begun = before[i] >= 0
            extra = beyond if is_begun else 0.0
            if is_uneven:
                extra *= most[node[i], 0]
            column = _cell(bits, degree + extra)
            height[i] = int64(bits & uint64(HEIGHT - 1)) if is_begun else 0
            height[i] = height[i] if column < degree else ~height[i]
            edge[i] = start + min(column, degree - 1)
            if is_weighted:
                prefetch(cells_at + 8 * edge[i])
                state[i] += uint64(GAMMA)
                coin[i] = uint32(mixed(state[i]) >> uint64(32))
            else:
                prefetch(targets_at + 4 * edge[i])
            i += 1
        if is_weighted:
            for i in range(walkers):
                edge[i] = _edge_of(cells_at, edge[i], coin[i])
                prefetch(targets_at + 4 * edge[i])
        for i in range(walkers):
            there = int64(int32_at(targets_at + 4 * edge[i]))
            there = before[i] if height[i] < 0 else there
            reached[i] = there
            prefetch(offsets_at + 8 * there)
            if low < high:
                source, target = before[i], there
                if is_undirected:
                    source, target = min(source, target), max(source, target)
                key = hash_edge(source, target)
                mark[i] = bits_of(key)
                word[i] = bloom_at + 8 * word_of(key, len(bloom))
                prefetch(word[i])
        for i in range(walkers):
            limit = near
            if low < high:
                is_near = uint64_at(word[i]) & mark[i] == mark[i]
                limit = _either(is_near, near, far)
                if is_near & (low <= height[i]) & (height[i] < high) & (reached[i] != before[i]):
                    is_near = _is_edge(offsets_at, targets_at, is_undirected, before[i], reached[i])
                    limit = near if is_near else far
            limit = _either(reached[i] == before[i], back, limit)
            is_accepted = height[i] < limit
            if is_uneven and height[i] < 0:
                weight = _weight_to(node[i], before[i], offsets, targets, weights)
                is_accepted = ~height[i] * most[node[i], 1] < weight * HEIGHT
            out[walk[i] - first, done[i]] = reached[i]  # a rejected node is overwritten
            before[i] = _either(is_accepted, node[i], before[i])
            node[i] = _either(is_accepted, reached[i], node[i])
            done[i] += is_accepted


@njit(**FLAGS)
def gather(
    out: np.ndarray, origin: int, backward: np.ndarray, stride: int, offsets: np.ndarray, ids: np.ndarray
) -> None:
    """Copy walks to rows of ids; they start at column `origin` and have `backward` nodes up to their first one."""
    for walk in range(len(out)):
        first = origin - stride * (backward[walk] - 1)
        for i in range(offsets[walk + 1] - offsets[walk]):
            ids[offsets[walk] + i] = out[walk, first + i]
