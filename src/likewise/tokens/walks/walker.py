"""The options of random walks, and a graph prepared for them.

Sources: DeepWalk (Perozzi et al. 2014), node2vec (Grover and Leskovec 2016), metapath2vec (Dong et al. 2017), RDF2Vec
(Ristoski and Paulheim 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from likewise.arrays.graph.csr import transpose
from likewise.errors import InputError, OptionError
from likewise.system import shards
from likewise.tokens.walks import graph
from likewise.tokens.walks.kernels import HEIGHT

BLOOM_EDGES = 8  # for a word of 64 bits: with undirected edges under 1 % false positives


class Rows(NamedTuple):
    """Edges in compressed sparse rows; weights and relations are empty where there are none."""

    offsets: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    relations: np.ndarray


class Edges(NamedTuple):
    """Edges as the kernels read them: alias cells instead of weights; an array that is not needed is empty."""

    offsets: np.ndarray
    targets: np.ndarray
    cells: np.ndarray
    relations: np.ndarray


class Bias(NamedTuple):
    """Heights of edges to the previous node, to its neighbours and to others; and of the first above HEIGHT."""

    back: int
    near: int
    far: int
    beyond: float


class SecondOrder(NamedTuple):
    """What walks with p or q need, see `Walker`."""

    most: np.ndarray
    bloom: np.ndarray
    bias: Bias
    is_undirected: bool


@dataclass(frozen=True)
class Walks:
    """The options of random walks.

    With `p` and `q` 1 a step samples an edge by its weight. A walk ends early at a node that no edge leaves; a node
    without edges is a walk of one token. Parallel edges count separately.
    """

    length: int = 80  # nodes in a walk, the first included
    per_node: int = 10  # walks that start from each node in an epoch
    p: float = 1.0  # above 1 a walk seldom returns to the previous node (node2vec's return parameter)
    q: float = 1.0  # above 1 a walk stays near, below 1 it goes far (node2vec's in-out parameter)
    metapath: tuple[int, ...] = ()  # types that nodes must have in turn, repeated; walks start at the first
    predicates: bool = False  # relations are tokens n + relation between the nodes
    both_ways: bool = False  # half of a walk goes back along incoming edges: its first node is in the middle

    def __post_init__(self) -> None:
        for name, least, most in (("length", 2, 1_000_000), ("per_node", 1, 1_000_000)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise OptionError(f"{name} must be a whole number from {least} to {most:,}, not {value!r}")
        for name in ("p", "q"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 1e-3 <= value <= 1e3:
                raise OptionError(f"{name} must be a number from 0.001 to 1000, not {value!r}")
        if self.is_second_order and (self.metapath or self.predicates or self.both_ways):
            raise OptionError(
                f"p={self.p:g} and q={self.q:g} exclude metapath, predicates and both_ways: use one of them"
            )
        if self.metapath and self.both_ways:
            raise OptionError("metapath and both_ways exclude each other: a metapath has one direction")

    @property
    def is_second_order(self) -> bool:
        """Whether a step depends on the previous node, too."""
        return self.p != 1 or self.q != 1

    @property
    def back(self) -> int:
        """Steps backward from the first node of a walk."""
        return (self.length - 1) // 2 if self.both_ways else 0

    @property
    def stride(self) -> int:
        """Tokens of a step."""
        return 2 if self.predicates else 1

    @property
    def longest(self) -> int:
        """Tokens of a walk that does not end early."""
        return self.stride * (self.length - 1) + 1


@dataclass(frozen=True)
class Walker:
    """A graph of `nodes` nodes prepared for `walks`; the ids of `relations` relations come after those of the nodes.

    `ahead` and `behind` are the edges out of each node and into it. With a metapath a row is a node and a type.
    """

    walks: Walks
    nodes: int
    relations: int
    starts: np.ndarray  # (s,) int32: the first nodes of walks; empty for all nodes
    ahead: Edges
    behind: Edges
    pattern: np.ndarray  # (m,) int64: the row of a node for each step of the metapath
    width: int  # rows of a node
    weights: np.ndarray  # (e,) float32
    most: np.ndarray  # (n, 2) float32: the largest weight of a neighbour, over the mean and absolute
    bloom: np.ndarray  # (words,) uint64: a Bloom filter of all edges
    bias: Bias  # heights of edges, see `kernels.second_order`
    is_undirected: bool

    @property
    def tokens(self) -> int:
        """The number of different ids in walks."""
        return self.nodes + self.relations

    @property
    def total(self) -> int:
        """Walks in an epoch."""
        return (len(self.starts) if self.walks.metapath else self.nodes) * self.walks.per_node

    def parts(self, tokens: int = 2**20) -> list[tuple[int, int]]:
        """Ranges of the walks of an epoch, with about `tokens` tokens each."""
        return shards.equal_rows(self.total, max(1, tokens // self.walks.longest))


def needed_bytes(walks: Walks, nodes: int, edges: int, *, weighted: bool = False, types: int = 1) -> int:
    """Memory that `prepare` needs at most, besides the graph: linear in nodes and edges. `types`: of the metapath."""
    cells = 8 * edges if weighted else 0
    needed = cells
    if walks.both_ways:
        needed += cells + (8 + 4 + 4 + (4 if weighted else 0)) * edges + 16 * (nodes + 1)
    if walks.metapath:
        needed += (8 + 4 + 4 + (4 if weighted else 0)) * edges + 16 * (nodes * types + 1)
    if walks.is_second_order:
        needed += 8 * (edges // BLOOM_EDGES + 1) + 8 * (nodes + 1) + 8 * nodes
    return needed


def prepare(
    walks: Walks,
    offsets: np.ndarray,
    targets: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    relations: np.ndarray | None = None,
    types: np.ndarray | None = None,
) -> Walker:
    """Prepare a graph in CSR for walks.

    offsets (n + 1,) int64; targets (e,) int32, rising within a row; weights (e,) float32 above 0, if edges differ;
    relations (e,) int32 from 0, needed by `predicates`; types (n,) int32, needed by `metapath`. Raises `InputError`
    for arrays that do not fit each other or the options, `OptionError` for a type that no node has.
    """
    nodes = len(offsets) - 1
    _check(offsets, targets, weights, relations, types, walks)
    rows = Rows(
        _array(offsets, np.int64),
        _array(targets, np.int32),
        _array(weights, np.float32),
        _array(relations if walks.predicates else None, np.int32),
    )
    n_relations = int(rows[3].max()) + 1 if len(rows[3]) else 0
    starts, pattern, width = np.zeros(0, np.int32), np.zeros(1, np.int64), 1
    if walks.metapath:
        kinds, pattern = np.unique(walks.metapath, return_inverse=True)
        starts, width = np.flatnonzero(types == walks.metapath[0]).astype(np.int32), len(kinds)
        rows = _split_by_type(rows, np.asarray(types), kinds)
    behind = _reverse(rows) if walks.both_ways else Rows(*(array[:0] for array in rows))
    second_order = _second_order(walks, rows) if walks.is_second_order else FIRST_ORDER
    return Walker(
        walks, nodes, n_relations, starts, _edges(rows), _edges(behind), pattern.astype(np.int64), width, rows[2],
        *second_order,
    )  # fmt: skip


def _check(
    offsets: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    relations: np.ndarray | None,
    types: np.ndarray | None,
    walks: Walks,
) -> None:
    """Raise `InputError` for arrays that a walk would leave."""
    nodes, edges = len(offsets) - 1, len(targets)
    if nodes < 0 or offsets[0] != 0 or offsets[-1] != edges or (np.diff(offsets) < 0).any():
        raise InputError(
            f"offsets must rise from 0 to {edges:,}, the number of edges; there is one more than there are nodes"
        )
    if edges and not (targets.min() >= 0 and targets.max() < nodes):
        raise InputError(
            f"targets must be from 0 to {nodes - 1:,}, and run from {targets.min()} to {targets.max()}"
        )
    for name, array, wanted, missing in (
        ("weights", weights, edges, False),
        ("relations", relations, edges, walks.predicates),
        ("types", types, nodes, bool(walks.metapath)),
    ):
        if array is None and missing:
            raise InputError(f"these walks need {name}, {wanted:,} of them, and there are none: give {name}")
        if array is not None and len(array) != wanted:
            raise InputError(f"there must be {wanted:,} {name}, not {len(array):,}")
    if weights is not None and not (np.isfinite(weights) & (weights > 0)).all():
        bad = int(np.argmin(np.isfinite(weights) & (weights > 0)))
        raise InputError(
            f"weights must be numbers above 0, and edge {bad:,} has {weights[bad]}: leave it out"
        )
    for kind in walks.metapath:
        if types is not None and not (types == kind).any():
            raise OptionError(f"no node has type {kind}, which is in the metapath")


def _array(values: ArrayLike | None, kind: DTypeLike) -> np.ndarray:
    """The values (None: an empty array) as a read-only view: one type for Numba, in memory or on disk."""
    view = np.ascontiguousarray(() if values is None else values, kind).view()
    view.flags.writeable = False
    return view


def _split_by_type(rows: Rows, types: np.ndarray, kinds: np.ndarray) -> Rows:
    """Rows split by the type of the target."""
    of_node = np.full(len(types), -1, np.int32)
    for i, kind in enumerate(kinds):
        of_node[types == kind] = i
    return _reorder(rows, *graph.by_type(*rows[:2], of_node, len(kinds)))


def _reverse(rows: Rows) -> Rows:
    """Rows of the edges into each node."""
    return _reorder(rows, *transpose(*rows[:2]))


def _reorder(rows: Rows, offsets: np.ndarray, targets: np.ndarray, order: np.ndarray) -> Rows:
    """New rows with the weights and relations of their edges."""
    weights, relations = (array[order] if len(array) else array for array in rows[2:])
    return Rows(
        _array(offsets, np.int64), _array(targets, np.int32), _array(weights, np.float32), _array(relations, np.int32)
    )  # fmt: skip


def _edges(rows: Rows) -> Edges:
    """The edges of rows; the first target is read even if there is no edge."""
    offsets, targets, weights, relations = rows
    cells = np.zeros((len(weights), 2), np.uint32)
    if len(weights):
        graph.alias_cells(offsets, weights, cells)
    return Edges(offsets, targets if len(targets) else _array([0], np.int32), cells, relations)


def _second_order(walks: Walks, rows: Rows) -> SecondOrder:
    """What steps that depend on the previous node need."""
    offsets, targets, weights = rows[:3]
    if not graph.is_sorted(offsets, targets):
        raise InputError("targets must rise within a row for walks with p or q: sort the edges of each node")
    undirected = graph.is_undirected(offsets, targets)
    bloom = np.zeros(len(targets) // BLOOM_EDGES + 1 if walks.q != 1 else 1, np.uint64)
    if walks.q != 1:
        graph.fill_bloom(offsets, targets, undirected, bloom)
    most = np.zeros((len(offsets) - 1, 2), np.float32)
    graph.heaviest(offsets, targets, weights, most)
    is_even = undirected and not len(weights) and bool((most[:, 1] <= 1).all())
    return SecondOrder(most[:0] if is_even else most, bloom, _bias(walks), undirected)


def _bias(walks: Walks) -> Bias:
    """Heights of edges to the previous node, to its neighbours, and to others; and how far the first exceeds HEIGHT."""
    top = max(1.0, 1 / walks.q)
    back, near, far = (
        max(1, round(HEIGHT * height / top)) for height in (min(1 / walks.p, top), 1.0, 1 / walks.q)
    )
    return Bias(back, near, far, max(0.0, 1 / walks.p / top - 1))


FIRST_ORDER = SecondOrder(np.zeros((0, 2), np.float32), np.zeros(1, np.uint64), Bias(1, 1, 1, 0.0), False)
