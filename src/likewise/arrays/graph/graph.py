"""The graph itself: nodes by the user's own ids, and their edges as compressed sparse rows."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, final

import numpy as np

from likewise.arrays.graph.literals import Literals
from likewise.arrays.graph.read_report import Reading
from likewise.arrays.graph.strings import Lists
from likewise.arrays.spelling import nearest_spellings
from likewise.errors import InputError, UnknownKey

INVERSE = "^"  # SPARQL 1.1, section 9.1: ^p is the path p walked backwards


@final
@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """n nodes and e stored edges; any array may be memory-mapped, and none is ever changed.

    The edges of node i are targets[offsets[i] : offsets[i + 1]], sorted by target, then relation. Undirected, every
    edge stands in the rows of both its ends, a self-loop once. `weights` None: all weigh the same. A weight is
    finite and above 0: a weight of 0 is no edge. Edges of the same ends and relation are one, which weighs their
    sum. A node without edges is a node all the same.
    """

    names: list[str]  # (n,) the user's own ids, all different
    offsets: np.ndarray  # (n + 1,) int64
    targets: np.ndarray  # (e,) int32
    weights: np.ndarray | None = None  # (e,) float32
    relations: np.ndarray | None = None  # (e,) int32, into relation_names
    relation_names: list[str] = field(default_factory=list)
    types: np.ndarray | None = None  # (n,) int32, into type_names; -1 where a node has none
    type_names: list[str] = field(default_factory=list)
    labels: list[str] | None = None  # (n,) what a person reads; "" where there is none
    aliases: Lists = field(default_factory=Lists)  # (n,) other names, or none at all
    literals: Literals = field(default_factory=Literals)
    directed: bool = False
    reading: Reading = field(default_factory=Reading)

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.names) + 1 or self.offsets[0] != 0:
            raise InputError(f"{len(self.names)} names want {len(self.names) + 1} offsets that begin with 0")
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
        reading: Reading = Reading(),  # noqa: B008 (frozen)
    ) -> Graph:
        """A graph of the edges sources[i] → targets[i] between n named nodes, given in any order.

        sources and targets (e,) are ids below n, weights (e,) numbers, relations (e,) ids below
        len(relation_names). Self-loops are kept and counted. Parallel edges of one relation become one: their
        weights are summed; without weights an edge weighs how often it was given (nothing where all were given
        equally often), and a triple given again is dropped as a duplicate. Edges of weight 0 are left out.

        Raises `InputError` for an id out of its range, a weight that is negative or not finite (with the edge), and
        names that repeat.
        """
        heads, tails = checked_ids(sources, len(names), "node"), checked_ids(targets, len(names), "node")
        kinds = None if relations is None else checked_ids(relations, len(relation_names), "relation")
        weighed = None if weights is None else checked_weights(weights, names, heads, tails)
        for what, found in (("targets", tails), ("relations", kinds), ("weights", weighed)):
            if found is not None and len(found) != len(heads):
                raise InputError(f"{len(heads)} sources and {len(found)} {what}; wanted as many")
        counted = replace(reading, edges=max(reading.edges, len(heads)))
        if weighed is not None and not weighed.all():
            real = weighed > 0
            counted = replace(counted, weightless=counted.weightless + int((~real).sum()))
            heads, tails, weighed = heads[real], tails[real], weighed[real]
            kinds = None if kinds is None else kinds[real]
        return _built(cls, names, (heads, tails, weighed, kinds), relation_names, directed, counted)

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
        """The number of the node `name`; `UnknownKey` with the nearest spellings where there is none."""
        return _found(name, self._positions, self.names, "nodes")

    def relation(self, name: str) -> int:
        """The number of the relation `name`; `UnknownKey` with the nearest spellings where there is none."""
        return _found(
            name, {each: i for i, each in enumerate(self.relation_names)}, self.relation_names, "relations"
        )

    def neighbours(self, i: int) -> np.ndarray:
        """(degree,) int32: where the edges of node i lead, sorted."""
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
        """Every edge the other way; an undirected graph is its own reverse."""
        if not self.directed:
            return self
        from likewise.arrays.graph.csr import NO_KINDS, NONE, transpose

        offsets = np.zeros(len(self) + 1, np.int64)
        np.cumsum(np.bincount(self.targets, minlength=len(self)), out=offsets[1:])
        ends, weights, kinds = transpose(
            self.offsets,
            self.targets,
            NONE if self.weights is None else self.weights,
            NO_KINDS if self.relations is None else self.relations,
            offsets,
        )
        return replace(
            self,
            offsets=offsets,
            targets=ends,
            weights=None if self.weights is None else weights,
            relations=None if self.relations is None else kinds,
        )

    def undirected(self) -> Graph:
        """The same nodes with an edge wherever there is one, whichever way and of whatever relation; weights add up."""
        if not self.directed:
            return self
        return Graph.from_edges(self.names, self.sources(), self.targets, weights=self.weights)

    def both_ways(self) -> Graph:
        """A graph that can be walked both ways: each edge as it is, and back.

        With r relations the way back has relations of its own, r to 2r - 1, named "^" and the name. Without, the
        graph becomes undirected, and the weights of u → v and v → u add up.
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


def _built(
    cls: type[Graph],
    names: Sequence[str],
    edges: tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None],
    relation_names: Sequence[str],
    directed: bool,
    reading: Reading,
) -> Graph:
    from likewise.arrays.graph.csr import rows_of  # compiles: not wanted where a graph is only looked at

    heads, tails, weights, kinds = edges
    rows = rows_of(len(names), heads, tails, weights, kinds, directed=directed)
    summed: np.ndarray | None = rows.weights
    if weights is None and (kinds is not None or np.all(rows.weights == rows.weights[:1])):
        summed = None
    if summed is not None and not np.all(np.isfinite(summed)):
        raise InputError("the weights of parallel edges add up to more than a float32 holds; divide them all")
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


def checked_ids(ids: Any, n: int, what: str) -> np.ndarray:
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


def checked_weights(weights: Any, names: Sequence[str], heads: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """(e,) float32 weights; `InputError` with the first edge whose weight is negative or not finite."""
    with np.errstate(over="ignore"):
        found = np.asarray(weights, np.float32)
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(wrong) and len(found) == len(heads) == len(tails):
        i = int(wrong[0])
        raise InputError(
            f"edge {i + 1:,}, {names[heads[i]]!r} to {names[tails[i]]!r}, weighs {np.asarray(weights)[i]}; "
            "wanted a finite number, 0 or more"
        )
    return found


def _found(name: str, positions: dict[str, int], names: Sequence[str], what: str) -> int:
    if name in positions:
        return positions[name]
    near = ", ".join(repr(each) for each in nearest_spellings(name, names))
    raise UnknownKey(
        f"{name!r} is not among the {len(names):,} {what}" + (f"; nearest: {near}" if near else "")
    )
