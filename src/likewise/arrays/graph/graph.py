"""The graph itself: nodes by the user's own ids, and their edges as compressed sparse rows."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, final

import numpy as np

from likewise.arrays.graph.literals import Literals
from likewise.arrays.graph.read_stats import ReadStats
from likewise.arrays.graph.strings import Lists
from likewise.arrays.spelling import nearest_spellings
from likewise.errors import InputError, UnknownKey

INVERSE = "^"  # SPARQL 1.1, section 9.1: ^p is the path p walked backwards


@final
@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """n nodes and e stored edges in compressed sparse rows; the arrays may be memory-mapped and are never changed.

    The edges of node i are targets[offsets[i] : offsets[i + 1]], sorted by target, then relation. In an undirected
    graph an edge is in the rows of both its ends, a self-loop once. There is one edge for two nodes and a relation. A
    node may have no edges. Use `read` or `Graph.from_edges` to make one.

    Parameters
    ----------
    names : list of str
        The n ids of the nodes, all different.
    offsets : ndarray of shape (n + 1,), int64
        Where the row of each node starts.
    targets : ndarray of shape (e,), int32
        The node that each edge leads to.
    weights : ndarray of shape (e,), float32, or None, default None
        Weights, finite and above 0. None: all the same.
    relations : ndarray of shape (e,), int32, or None, default None
        The relation of each edge, as an index into `relation_names`.
    relation_names : list of str, default []
        The relations.
    types : ndarray of shape (n,), int32, or None, default None
        The type of each node, as an index into `type_names`; -1 for none.
    type_names : list of str, default []
        The types.
    labels : list of str or None, default None
        A label for each node; "" for none.
    aliases : Lists, default Lists()
        Other names of each node; empty if no node has any.
    literals : Literals, default Literals()
        Numbers, dates and texts of nodes.
    directed : bool, default False
        Whether edges have a direction.
    reading : ReadStats, default ReadStats()
        Counts of what was read.

    Raises
    ------
    InputError
        If the lengths of the arrays do not fit each other.

    Examples
    --------
    >>> from likewise.graphs import Graph
    >>> Graph.from_edges(["a", "b", "c"], [0, 1], [1, 2])
    Graph(3 nodes, 2 undirected edges)
    """

    names: list[str]
    offsets: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None = None
    relations: np.ndarray | None = None
    relation_names: list[str] = field(default_factory=list)
    types: np.ndarray | None = None
    type_names: list[str] = field(default_factory=list)
    labels: list[str] | None = None
    aliases: Lists = field(default_factory=Lists)
    literals: Literals = field(default_factory=Literals)
    directed: bool = False
    reading: ReadStats = field(default_factory=ReadStats)

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.names) + 1 or self.offsets[0] != 0:
            raise InputError(f"{len(self.names)} names need {len(self.names) + 1} offsets that begin with 0")
        if self.offsets[-1] != len(self.targets):
            raise InputError(f"offsets end with {self.offsets[-1]}, but there are {len(self.targets)} edges")
        sizes: dict[str, Sized] = {
            "weights": self.targets,
            "relations": self.targets,
            "types": self.names,
            "labels": self.names,
        }
        for name, like in sizes.items():
            found = getattr(self, name)
            if found is not None and len(found) != len(like):
                raise InputError(f"{len(found)} {name}, wanted {len(like)}")

    @classmethod
    def from_edges(
        cls,
        names: Sequence[str],
        sources: Any,
        targets: Any,
        *,
        weights: Any = None,
        relations: Any = None,
        relation_names: Sequence[str] = (),
        directed: bool = False,
        reading: ReadStats = ReadStats(),  # noqa: B008 (frozen)
    ) -> Graph:
        """A graph of the edges sources[i] → targets[i], in any order.

        Self-loops are kept. Parallel edges of one relation become one edge, with the sum of their weights. Without
        weights the weight is the number of times the edge occurs, unless that is the same for all. A repeated triple
        is dropped. Edges of weight 0 are left out. All of this is counted in `reading`.

        Parameters
        ----------
        names : sequence of str
            The n ids of the nodes, all different.
        sources, targets : array-like of shape (e,), int
            The nodes of each edge, by their index in `names`.
        weights : array-like of shape (e,), float, or None, default None
            Weights, finite and 0 or more.
        relations : array-like of shape (e,), int, or None, default None
            The relation of each edge, by its index in `relation_names`.
        relation_names : sequence of str, default ()
            The relations.
        directed : bool, default False
            Whether edges have a direction.
        reading : ReadStats, default ReadStats()
            Counts of the reading so far.

        Returns
        -------
        Graph

        Raises
        ------
        InputError
            For an index out of its range, a weight that is negative or not finite, and names that repeat.
        """
        heads, tails = check_ids(sources, len(names), "node"), check_ids(targets, len(names), "node")
        kinds = None if relations is None else check_ids(relations, len(relation_names), "relation")
        weighed = None if weights is None else check_weights(weights, names, heads, tails)
        for what, found in (("targets", tails), ("relations", kinds), ("weights", weighed)):
            if found is not None and len(found) != len(heads):
                raise InputError(f"{len(heads)} sources and {len(found)} {what}; wanted as many")
        counted = replace(reading, edges=max(reading.edges, len(heads)))
        if weighed is not None and not weighed.all():
            real = weighed > 0
            counted = replace(counted, weightless=counted.weightless + int((~real).sum()))
            heads, tails, weighed = heads[real], tails[real], weighed[real]
            kinds = None if kinds is None else kinds[real]
        return _build(cls, names, (heads, tails, weighed, kinds), relation_names, directed, counted)

    def __repr__(self) -> str:
        kinds = f", {len(self.relation_names):,} relations" if self.relations is not None else ""
        return (
            f"Graph({len(self):,} nodes, {self.size:,} {'' if self.directed else 'un'}directed edges{kinds})"
        )

    def __len__(self) -> int:
        """n, the number of nodes."""
        return len(self.names)

    @property
    def size(self) -> int:
        """How many different edges there are; undirected, each counts once."""
        if self.directed:
            return len(self.targets)
        return (len(self.targets) + int(np.count_nonzero(self.targets == self.sources()))) // 2

    @property
    def degrees(self) -> np.ndarray:
        """(n,) int64: how many edges leave each node; 0 where a walk ends."""
        return np.diff(self.offsets)

    @cached_property
    def isolated(self) -> np.ndarray:
        """(n,) bool: nodes that no edge touches."""
        alone = self.degrees == 0
        alone[self.targets] = False
        return alone

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def index(self, name: str) -> int:
        """The index of a node.

        Parameters
        ----------
        name : str
            An id.

        Returns
        -------
        int

        Raises
        ------
        UnknownKey
            If there is no such node; the message has similar spellings.
        """
        return _index_of(name, self._positions, self.names, "nodes")

    def relation(self, name: str) -> int:
        """The index of a relation.

        Parameters
        ----------
        name : str
            The name of the relation.

        Returns
        -------
        int

        Raises
        ------
        UnknownKey
            If there is no such relation; the message has similar spellings.
        """
        return _index_of(
            name, {each: i for i, each in enumerate(self.relation_names)}, self.relation_names, "relations"
        )

    def neighbours(self, i: int) -> np.ndarray:
        """The nodes that the edges of a node lead to.

        Parameters
        ----------
        i : int
            The index of the node.

        Returns
        -------
        ndarray of shape (degree,), int32
            Sorted.
        """
        return self.targets[self.offsets[i] : self.offsets[i + 1]]

    def sources(self) -> np.ndarray:
        """(e,) int32: the node that each stored edge leaves."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.degrees)

    def triples(self) -> np.ndarray:
        """(m, 3) int32 head, relation, tail; relation 0 where there are none; undirected, each once, head ≤ tail."""
        kinds = np.zeros(len(self.targets), np.int32) if self.relations is None else self.relations
        found = np.stack([self.sources(), kinds, self.targets], axis=1).astype(np.int32, copy=False)
        return found if self.directed else found[found[:, 0] <= found[:, 2]]

    def reverse(self) -> Graph:
        """The graph with every edge reversed; an undirected graph is its own reverse."""
        if not self.directed:
            return self
        from likewise.arrays.graph.csr import transpose

        offsets, targets, order = transpose(self.offsets, self.targets)
        return replace(
            self,
            offsets=offsets,
            targets=targets,
            weights=None if self.weights is None else self.weights[order],
            relations=None if self.relations is None else self.relations[order],
        )

    def undirected(self) -> Graph:
        """The same nodes with an undirected edge for each edge of any relation; weights are summed."""
        if not self.directed:
            return self
        return Graph.from_edges(self.names, self.sources(), self.targets, weights=self.weights)

    def both_ways(self) -> Graph:
        """A graph with each edge in both directions.

        With r relations the inverse edges have relations of their own, r to 2r - 1, named "^" and the name. Without
        relations the graph becomes undirected, and the weights of u → v and v → u are summed.
        """
        if not self.directed:
            return self
        heads, names = self.sources(), list(self.relation_names)
        if self.relations is None:
            made = Graph.from_edges(self.names, heads, self.targets, weights=self.weights)
        else:
            made = Graph.from_edges(
                self.names,
                np.concatenate([heads, self.targets]),
                np.concatenate([self.targets, heads]),
                weights=None if self.weights is None else np.concatenate([self.weights] * 2),
                relations=np.concatenate([self.relations, self.relations + len(names)]),
                relation_names=names + [INVERSE + name for name in names],
                directed=True,
            )
        return replace(
            made,
            types=self.types,
            type_names=self.type_names,
            labels=self.labels,
            aliases=self.aliases,
            literals=self.literals,
            reading=self.reading,
        )


def _build(
    cls: type[Graph],
    names: Sequence[str],
    edges: tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None],
    relation_names: Sequence[str],
    directed: bool,
    reading: ReadStats,
) -> Graph:
    from likewise.arrays.graph.csr import rows_of  # compiles, which is not needed to use a graph

    heads, tails, weights, kinds = edges
    rows = rows_of(len(names), heads, tails, weights, kinds, directed=directed)
    summed: np.ndarray | None = rows.weights
    if weights is None and (kinds is not None or np.all(rows.weights == rows.weights[:1])):
        summed = None
    if summed is not None and not np.all(np.isfinite(summed)):
        raise InputError("the sum of the weights of parallel edges exceeds float32; divide all weights")
    drops = kinds is not None and weights is None
    graph = cls(
        list(names),
        rows.offsets,
        rows.targets,
        summed,
        rows.relations,
        list(relation_names),
        directed=directed,
    )
    if len(set(graph.names)) < len(graph.names):
        repeated = next(name for i, name in enumerate(names) if graph._positions[name] != i)
        raise InputError(f"two nodes are named {repeated!r}; wanted names that are all different")
    counted = replace(
        reading,
        self_loops=rows.self_loops,
        parallel=0 if drops else rows.merged,
        duplicates=rows.merged if drops else 0,
        isolated=int(graph.isolated.sum()),
    )
    return replace(graph, reading=counted)


def check_ids(ids: Any, n: int, what: str) -> np.ndarray:
    """(e,) int32 ids below n; `InputError` for any other."""
    found = np.asarray(ids)
    if found.ndim != 1 or (found.dtype.kind not in "iu" and len(found)):
        raise InputError(
            f"{what} ids of shape {found.shape} and type {found.dtype}; wanted a row of whole numbers"
        )
    if len(found) and not 0 <= int(found.min()) <= int(found.max()) < n:
        wrong = int(found.min()) if found.min() < 0 else int(found.max())
        raise InputError(f"{what} {wrong} of {n}; wanted ids from 0 to {n - 1}")
    return found.astype(np.int32, copy=False)


def check_weights(weights: Any, names: Sequence[str], heads: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """(e,) float32 weights; `InputError` with the first edge whose weight is negative or not finite."""
    with np.errstate(over="ignore"):
        found = np.asarray(weights, np.float32)
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(wrong) and len(found) == len(heads) == len(tails):
        i = int(wrong[0])
        raise InputError(
            f"edge {i + 1:,}, {names[heads[i]]!r} to {names[tails[i]]!r}, has the weight {np.asarray(weights)[i]}; "
            "wanted a finite number, 0 or more"
        )
    return found


def _index_of(name: str, positions: dict[str, int], names: Sequence[str], what: str) -> int:
    if name in positions:
        return positions[name]
    near = ", ".join(repr(each) for each in nearest_spellings(name, names))
    raise UnknownKey(
        f"{name!r} is not among the {len(names):,} {what}" + (f"; nearest: {near}" if near else "")
    )
