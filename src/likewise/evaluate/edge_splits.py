"""Edges held out of a graph to be predicted, and pairs that are no edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.system import seeds

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Drawn = Literal["uniform", "degree"]
ROUNDS = 100  # of drawing pairs again that turned out to be edges


@dataclass(frozen=True)
class Split:
    """The graph left to learn from as rows `offsets` (n + 1,) int64, `targets` and `weights` (or None), and the edges
    `held` (h, 2) taken out of it; `wanted` are more where fewer could go without parting the graph.
    """

    offsets: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None
    held: np.ndarray
    wanted: int


def held_out(
    offsets: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    share: float = 0.1,
    connected: bool = True,
    seed: int = 0,
) -> Split:
    """`share` of the edges of an undirected graph in rows taken out, at random; self-loops stay.

    `connected` keeps a random spanning forest, so that no part of the graph falls asunder and no node is left alone;
    where that leaves too few, fewer are held out. Raises `OptionError` for a share that is not between 0 and 1,
    `InputError` where nothing can be held out.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    if not 0 < share < 1:
        raise OptionError(f"share lies between 0 and 1, not {share!r}")
    n, generator = len(offsets) - 1, seeds.generator(seeds.checked(seed), "held edges")
    matrix = adjacency(offsets, targets)
    heads, tails = _pairs(matrix)
    wanted = max(1, round(share * len(heads)))
    order = generator.permutation(len(heads))
    if connected:
        lengths = csr_array(((order + 1).astype(np.float64), (heads, tails)), (n, n))
        tree = minimum_spanning_tree(lengths).tocsr().tocoo()
        in_tree = np.isin(heads * np.int64(n) + tails, tree.row.astype(np.int64) * n + tree.col)
        order = order[~in_tree[order]]
    out = order[:wanted]
    if not len(out):
        raise InputError(
            f"none of {len(heads):,} edges can be held out; give connected=False or a larger graph"
        )
    held = np.stack([heads[out], tails[out]], axis=1)
    sources = np.repeat(np.arange(n), np.diff(offsets))
    kept = ~np.isin(
        np.minimum(sources, targets) * np.int64(n) + np.maximum(sources, targets),
        held[:, 0] * np.int64(n) + held[:, 1],
    )
    left = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(sources[kept], minlength=n), out=left[1:])
    return Split(left, targets[kept], None if weights is None else weights[kept], held, wanted)


def draw_non_edges(
    offsets: np.ndarray,
    targets: np.ndarray,
    m: int,
    *,
    drawn: Drawn = "uniform",
    seed: int = 0,
    stage: str = "strangers",
) -> np.ndarray:
    """(m, 2) int64: different pairs of nodes with an edge each, but none between them, none twice.

    "uniform" draws every pair alike: then degree alone separates edges, whose ends have many, from other
    pairs. "degree" draws both ends by their degree, so that negatives have ends of the same degree as edges. Give the
    whole graph, held edges included, or some negatives are edges. Raises `InputError` where there are not so many.
    """
    if drawn not in ("uniform", "degree"):
        raise OptionError(f'drawn is "uniform" or "degree", not {drawn!r}')
    n, generator = len(offsets) - 1, seeds.generator(seeds.checked(seed), stage)
    joined, matrix = np.flatnonzero(np.diff(offsets) > 0), adjacency(offsets, targets)
    heads, tails = _pairs(matrix)
    known = heads * np.int64(n) + tails
    found = np.zeros(0, np.int64)
    for _ in range(ROUNDS):
        if drawn == "degree":
            ends = targets[generator.integers(len(targets), size=(2, 2 * m))]
        else:
            ends = joined[generator.integers(len(joined), size=(2, 2 * m))]
        low, high = np.sort(ends.astype(np.int64), axis=0)
        fresh = (low * n + high)[low != high]
        fresh = fresh[~np.isin(fresh, known)]
        together = np.concatenate([found, fresh])
        found = together[np.sort(np.unique(together, return_index=True)[1])][:m]
        if len(found) == m:
            return np.stack([found // n, found % n], axis=1)
    raise InputError(
        f"{m:,} pairs without an edge were wanted, and {len(found):,} were found among {n:,} nodes"
    )


def adjacency(offsets: np.ndarray, targets: np.ndarray) -> csr_array:
    """(n, n) float64 CSR with a 1 for each edge, self-loops left out; `InputError` where it is not symmetric."""
    from scipy.sparse import csr_array

    n = len(offsets) - 1
    sources = np.repeat(np.arange(n), np.diff(offsets))
    real = sources != targets
    matrix = csr_array((np.ones(int(real.sum())), (sources[real], targets[real])), (n, n))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    if (matrix != matrix.T).nnz:
        raise InputError("edges must stand in the rows of both their ends; take the graph both ways first")
    return matrix


def _pairs(matrix: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The ends of each edge once, the smaller first, in order."""
    whole = matrix.tocoo()
    once = whole.row < whole.col
    return whole.row[once].astype(np.int64), whole.col[once].astype(np.int64)
