"""A graph in CSR prepared for random walks: reversed rows, rows by type, alias tables, a Bloom filter of its edges.

All of it is linear in the edges. Rows are offsets (n + 1,) int64 and targets (e,) int32.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit, uint64

from likewise.system.compiled import CACHE
from likewise.tokens.walks.sampling import GAMMA, mixed

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy"}
WHOLE = 2**32 - 1  # the threshold of a cell that always gives its own edge


@njit(**FLAGS)
def by_type(
    offsets: np.ndarray, targets: np.ndarray, kinds: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows split by the kind of their targets, in order: offsets (n · width + 1,), targets, and numbers of the edges.

    kinds (n,) int32: from 0 to width − 1, or −1 for nodes that no walk visits; edges to those are left out. The
    neighbours of node v of kind k are row v · width + k.
    """
    n = len(offsets) - 1
    starts = np.zeros(n * width + 1, np.int64)
    for node in range(n):
        for edge in range(offsets[node], offsets[node + 1]):
            kind = kinds[targets[edge]]
            if kind >= 0:
                starts[node * width + kind + 1] += 1
    for row in range(n * width):
        starts[row + 1] += starts[row]
    free = starts[: n * width].copy()
    kept, order = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int64)
    for node in range(n):
        for edge in range(offsets[node], offsets[node + 1]):
            kind = kinds[targets[edge]]
            if kind >= 0:
                place = free[node * width + kind]
                free[node * width + kind] = place + 1
                kept[place], order[place] = targets[edge], edge
    return starts, kept, order


@njit(**FLAGS)
def alias_cells(offsets: np.ndarray, weights: np.ndarray, cells: np.ndarray) -> None:
    """Alias tables (Walker 1977; Vose 1991) of all rows: cells (e, 2), one for each edge.

    A cell has a threshold (uint32): below it the edge itself is sampled, else the one at a distance (int32).
    """
    rows, most = len(offsets) - 1, int64(0)
    for row in range(rows):
        most = max(most, offsets[row + 1] - offsets[row])
    share, small, large = np.empty(most), np.empty(most, np.int64), np.empty(most, np.int64)
    for row in range(rows):
        start, degree = offsets[row], offsets[row + 1] - offsets[row]
        total = 0.0
        for i in range(degree):
            total += weights[start + i]
        smalls = larges = 0
        for i in range(degree):
            share[i] = weights[start + i] / total * degree
            cells[start + i, 0], cells[start + i, 1] = WHOLE, 0
            if share[i] < 1.0:
                small[smalls] = i
                smalls += 1
            else:
                large[larges] = i
                larges += 1
        while smalls and larges:
            smalls -= 1
            low, high = small[smalls], large[larges - 1]
            cells[start + low, 0] = min(np.uint32(WHOLE), np.uint32(share[low] * 2.0**32))
            cells[start + low, 1] = np.uint32(high - low)
            share[high] -= 1.0 - share[low]
            if share[high] < 1.0:
                larges -= 1
                small[smalls] = high
                smalls += 1


@njit(**FLAGS)
def is_sorted(offsets: np.ndarray, targets: np.ndarray) -> bool:
    """Whether the targets of every row rise or stay."""
    for node in range(len(offsets) - 1):
        for edge in range(offsets[node] + 1, offsets[node + 1]):
            if targets[edge] < targets[edge - 1]:
                return False
    return True


@njit(**FLAGS)
def is_undirected(offsets: np.ndarray, targets: np.ndarray) -> bool:
    """Whether every edge is also there in the other direction, as often. Rows are sorted.

    Read by rising source, the edges into a node come in the order in which its own row must hold them.
    """
    n = len(offsets) - 1
    free = offsets[:n].copy()
    for node in range(n):
        for edge in range(offsets[node], offsets[node + 1]):
            back = free[targets[edge]]
            if back == offsets[targets[edge] + 1] or targets[back] != node:
                return False
            free[targets[edge]] = back + 1
    return True


@njit(**FLAGS)
def heaviest(offsets: np.ndarray, targets: np.ndarray, weights: np.ndarray, most: np.ndarray) -> None:
    """most (n, 2) float32: of each node, the largest weight of a neighbour, over the mean edge weight, and absolute.

    The weights of parallel edges are summed; `weights` is empty if every edge has weight 1. Rows are sorted.
    """
    for node in range(len(offsets) - 1):
        start, end = offsets[node], offsets[node + 1]
        total = run = largest = 0.0
        for edge in range(start, end):
            weight = weights[edge] if len(weights) else 1.0
            run = run + weight if edge > start and targets[edge] == targets[edge - 1] else weight
            largest = max(largest, run)
            total += weight
        most[node, 0] = largest * (end - start) / total if end > start else 0.0
        most[node, 1] = largest


@njit(nogil=True, inline="always")
def hash_edge(source: int, target: int) -> int:
    """A 64-bit hash of an edge."""
    return mixed((uint64(source) << uint64(32) | uint64(target)) * uint64(GAMMA))


@njit(nogil=True, inline="always")
def bits_of(edge: int) -> int:
    """The three bits of a word that a hash_edge edge sets."""
    one = uint64(1)
    return (
        one << (edge & uint64(63))
        | one << ((edge >> uint64(6)) & uint64(63))
        | one << ((edge >> uint64(12)) & uint64(63))
    )


@njit(nogil=True, inline="always")
def word_of(edge: int, words: int) -> int:
    """The word of the Bloom filter that a hash_edge edge sets bits in."""
    return int64(((edge >> uint64(32)) * uint64(words)) >> uint64(32))


@njit(**FLAGS)
def fill_bloom(offsets: np.ndarray, targets: np.ndarray, undirected: bool, bloom: np.ndarray) -> None:
    """Add every edge to a blocked Bloom filter (Bloom 1970), bloom (words,) uint64: an edge sets bits of one word only.

    A pair without its three bits is not an edge. An undirected edge is added once, its smaller node first.
    """
    for node in range(len(offsets) - 1):
        for edge in range(offsets[node], offsets[node + 1]):
            if not undirected or node <= targets[edge]:
                key = hash_edge(node, targets[edge])
                bloom[word_of(key, len(bloom))] |= bits_of(key)
