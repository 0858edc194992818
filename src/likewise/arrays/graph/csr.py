"""Edges in any order → compressed sparse rows: counting sorts, then parallel edges are merged. Linear in the edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from likewise.system.compiled import CACHE

NONE = np.empty(0, np.float32)
NO_KINDS = np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class Rows:
    """Sorted rows; of the given edges `self_loops` join a node to itself, `merged` were parallel to an earlier one."""

    offsets: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    relations: np.ndarray | None
    self_loops: int
    merged: int


def rows_of(
    n: int,
    sources: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    relations: np.ndarray | None,
    *,
    directed: bool,
) -> Rows:
    """The rows of n nodes, each sorted by target, then relation. Ids (e,) int32, weights (e,) float32.

    Parallel edges of one relation become one, with the sum of their weights (without weights: their number). In an
    undirected graph (u, v) and (v, u) are one edge, which is in both rows; a self-loop is there once.
    """
    self_loops = int(np.count_nonzero(sources == targets))
    if not directed:
        sources, targets = np.minimum(sources, targets), np.maximum(sources, targets)
    order = np.arange(len(sources), dtype=np.int32 if len(sources) < 2**31 else np.int64)
    if relations is not None and len(relations):
        order = sorted_by(relations, order, int(relations.max()) + 1)
    order = sorted_by(sources, sorted_by(targets, order, n), n)
    kinds = NO_KINDS if relations is None else relations
    heads, tails = np.empty(len(order), np.int32), np.empty(len(order), np.int32)
    sums, kept = np.empty(len(order), np.float32), np.empty(len(kinds), np.int32)
    different = merge(
        order, sources, targets, NONE if weights is None else weights, kinds, heads, tails, sums, kept
    )
    merged = len(order) - different
    del order, sources, targets
    heads, tails, sums, kept = heads[:different], tails[:different], sums[:different], kept[:different]
    offsets = np.zeros(n + 1, np.int64)
    if directed:
        np.cumsum(np.bincount(heads, minlength=n), out=offsets[1:])
    else:
        ends = np.bincount(heads, minlength=n) + np.bincount(tails[heads != tails], minlength=n)
        np.cumsum(ends, out=offsets[1:])
        tails, sums, kept = mirror(offsets, heads, tails, sums, kept)
    return Rows(offsets, tails, sums, None if relations is None else kept, self_loops, merged)


@njit(nogil=True, cache=CACHE)
def sorted_by(keys: np.ndarray, order: np.ndarray, n: int) -> np.ndarray:
    """`order` sorted by keys[order], which are below n; the sort is stable."""
    starts = np.zeros(n + 1, np.int64)
    for i in range(len(order)):
        starts[keys[order[i]] + 1] += 1
    for key in range(n):
        starts[key + 1] += starts[key]
    out = np.empty_like(order)
    for i in range(len(order)):
        key = keys[order[i]]
        out[starts[key]] = order[i]
        starts[key] += 1
    return out


@njit(nogil=True, cache=CACHE)
def merge(
    order: np.ndarray,
    sources: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    kinds: np.ndarray,
    heads: np.ndarray,
    tails: np.ndarray,
    sums: np.ndarray,
    kept: np.ndarray,
) -> int:
    """Write each different edge once, in order, with the sum of its weights; returns their number.

    Without weights each edge has weight 1; without kinds all have the same. The sums are in float64, in the given
    order.
    """
    last, total = -1, 0.0
    for i in range(len(order)):
        edge = order[i]
        source, target = sources[edge], targets[edge]
        is_new = last < 0 or heads[last] != source or tails[last] != target
        if len(kinds) > 0 and not is_new:
            is_new = kept[last] != kinds[edge]
        if is_new:
            last += 1
            total = 0.0
            heads[last], tails[last] = source, target
            if len(kinds) > 0:
                kept[last] = kinds[edge]
        total += weights[edge] if len(weights) > 0 else 1.0
        sums[last] = total
    return last + 1


@njit(nogil=True, cache=CACHE)
def mirror(
    offsets: np.ndarray, heads: np.ndarray, tails: np.ndarray, sums: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges with head ≤ tail, sorted, written into the rows of both ends.

    First every tail gets its heads, in rising order and all smaller than it; then every head gets its tails, none of
    them smaller. So the rows are sorted without a sort.
    """
    n = offsets[-1]
    at = offsets[:-1].copy()
    ends, weights = np.empty(n, np.int32), np.empty(n, np.float32)
    kinds = np.empty(n if len(kept) > 0 else 0, np.int32)
    for backwards in (True, False):
        for i in range(len(heads)):
            if backwards and heads[i] == tails[i]:
                continue
            row = tails[i] if backwards else heads[i]
            place = at[row]
            at[row] += 1
            ends[place] = heads[i] if backwards else tails[i]
            weights[place] = sums[i]
            if len(kept) > 0:
                kinds[place] = kept[i]
    return ends, weights, kinds


@njit(nogil=True, cache=CACHE)
def transpose(offsets: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The edges by target, sources rising within a row: offsets, sources (e,) int32, the edges (e,) int64."""
    n, e = len(offsets) - 1, len(targets)
    starts = np.zeros(n + 1, np.int64)
    for edge in range(e):
        starts[targets[edge] + 1] += 1
    for node in range(n):
        starts[node + 1] += starts[node]
    free = starts[:n].copy()
    sources, order = np.empty(e, np.int32), np.empty(e, np.int64)
    for node in range(n):
        for edge in range(offsets[node], offsets[node + 1]):
            position = free[targets[edge]]
            free[targets[edge]] = position + 1
            sources[position], order[position] = node, edge
    return starts, sources, order


@njit(nogil=True, cache=CACHE)
def number_in_order(sources: np.ndarray, targets: np.ndarray, numbers: np.ndarray, given: int) -> int:
    """Number the nodes that have -1 in `numbers`, from `given` on, in the order of the edges: source, target."""
    for i in range(len(sources)):
        if numbers[sources[i]] < 0:
            numbers[sources[i]] = given
            given += 1
        if numbers[targets[i]] < 0:
            numbers[targets[i]] = given
            given += 1
    return given
