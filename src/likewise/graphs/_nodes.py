"""The nodes of a graph with a vector each: what every method of this family gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, final

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.graph.queries import Queries
from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import nearest_spellings
from likewise.artifacts.artifact import Contents
from likewise.errors import ArtifactError, InputError, OptionError, UnknownKey
from likewise.graphs._link_prediction import check_relations, folded, known_links, likeliest, scorer_of
from likewise.graphs._names import Meaning, Names
from likewise.graphs._stored_graph import graph_from, parts_of
from likewise.learn.factorise import a_la_carte as alacarte
from likewise.learn.factorise.adjacency import symmetric
from likewise.learn.knowledge_graph.link_prediction import Scorer
from likewise.learn.knowledge_graph.scores import METHODS
from likewise.table import Table

KIND = "graph"


class Near(NamedTuple):
    """A node: its id, its cosine similarity to what was asked, its label and its type."""

    key: str
    score: float
    label: str
    type: str


@final
class Nodes:
    """An `Encoder` of nodes by their ids: `graph`, and `vectors` (n, dim) float32 of its nodes; zeros if isolated.

    `relations` (r, dim) float32 are vectors of relations, in methods that learn them (r of the graph, then their
    inverses), else None.
    """

    def __init__(
        self,
        graph: Graph,
        vectors: np.ndarray,
        *,
        relations: np.ndarray | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.graph, self.relations, self.facts = graph, relations, dict(facts or {})
        self.table = Table(graph.names, vectors, facts=self.facts)
        check_relations(self.method, relations, len(graph.relation_names), self.dim)

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.table.dim

    @property
    def keys(self) -> list[str]:
        """The ids of the nodes."""
        return self.table.keys

    @property
    def vectors(self) -> np.ndarray:
        """(n, dim) float32."""
        return self.table.vectors

    @property
    def method(self) -> str:
        """What made the vectors."""
        return str(self.facts.get("function", "")).rpartition(".")[2]

    def __len__(self) -> int:
        return len(self.graph)

    def encode(self, items: Sequence[str]) -> np.ndarray:
        """(len(items), dim) float32: the vector of each node, by id; zeros for an id that is unknown."""
        return self.table.encode(items)

    def known(self, items: Sequence[str]) -> np.ndarray:
        """(len(items),) bool: which ids are nodes."""
        return self.table.known(items)

    @cached_property
    def names(self) -> Names:
        """Nodes by id, label or alias."""
        return Names(self.graph)

    def index(self, item: str) -> int:
        """The number of a node, by id or by a label or alias that only one node has.

        Raises `UnknownKey` with near spellings, `InputError` with the candidates where there are several.
        """
        if item in self.table:
            return self.table.index(item)
        found = self.names.candidates(item)
        if len(found) > 1:
            listed = ", ".join(repr(self.graph.names[node]) for node in found[:5])
            raise InputError(f"{item!r} may mean {len(found)} nodes, {listed}: ask by id, or resolve() it")
        return found[0]

    def resolve(self, name: str, context: Sequence[str] = ()) -> list[Meaning]:
        """Every node with this label, alias or id, with its type and neighbours; by `context`, the likeliest first.

        `context` are labels or ids of what stands around, such as ["seed", "flower"]; each candidate is scored by the
        mean cosine of its vector with theirs.
        """
        return self.names.resolved(name, list(context), self.table.unit)

    def similar(self, item: str, k: int = 10, *, type: str | None = None) -> list[Near]:
        """The k nodes of largest cosine with a node (by id, or a name that only it has), of one type if asked."""
        node = self.index(item)
        if not self.vectors[node].any():
            raise InputError(f"{item!r} has no edge, so its vector is zero, and nothing is nearer to it")
        return self.nearest(self.vectors[node], k, type=type, leave_out=[self.graph.names[node]])

    def nearest(
        self, vector: np.ndarray, k: int = 10, *, type: str | None = None, leave_out: Iterable[str] = ()
    ) -> list[Near]:
        """The k nodes of largest cosine with `vector` (dim,), of one type if asked, those in `leave_out` left out."""
        if type is None:
            found = self.table.nearest(vector, k, leave_out)
        else:
            found = self._of_type(type).nearest(vector, k, leave_out)
        return [self._near(one.key, one.score) for one in found]

    def _of_type(self, name: str) -> Table:
        """The nodes of one type."""
        graph = self.graph
        if graph.types is None:
            raise OptionError(f"the nodes of this graph have no types, so none is a {name!r}")
        if name not in graph.type_names:
            near = nearest_spellings(name, graph.type_names) or graph.type_names[:5]
            raise UnknownKey(
                f"no type {name!r} among {len(graph.type_names):,}, but {', '.join(map(repr, near))}"
            )
        chosen = np.flatnonzero(graph.types == graph.type_names.index(name))
        return Table([graph.names[node] for node in chosen], self.vectors[chosen])

    def _near(self, key: str, score: float) -> Near:
        node = self.table.index(key)
        return Near(key, score, self.names.shown(node), self.names.type_of(node))

    @property
    def scores_triples(self) -> bool:
        """Whether the method was fitted to triples, so that `links` can be asked."""
        return self.method in METHODS and self.relations is not None

    def scorer(self) -> Scorer:
        """What scores every node as the end of a link: (entities (b,), relations (b,)) → (b, n).

        A relation plus the number of relations asks for the head. Raises `InputError` where the method scores none.
        """
        return scorer_of(self.method, self.vectors, self.relations)

    def links(
        self, head: str | None, relation: str, tail: str | None, k: int = 10, *, known: bool = False
    ) -> list[Near]:
        """The k likeliest nodes at the end that is None, by a method for triples; larger scores are likelier.

        Links of the graph are left out, unless `known`. Raises `UnknownKey` with near spellings for names that are not
        there, `InputError` where the method scores no triples.
        """
        score = self.scorer()
        ends = (None if end is None else self.index(end) for end in (head, tail))
        left_out = None if known else self._links
        first, last = ends
        found, scores = likeliest(self.graph, score, left_out, first, self.graph.relation(relation), last, k)
        pairs = zip(found.tolist(), scores.tolist(), strict=True)
        return [self._near(self.graph.names[node], value) for node, value in pairs]

    @cached_property
    def _links(self) -> Queries:
        return known_links(self.graph)

    def fold_in(self, edges: Sequence[Sequence[str]]) -> np.ndarray:
        """(len(edges), dim) float32: vectors of nodes that are not in the graph, from the nodes that each is joined to.

        The mean of the neighbours' vectors, turned as the graph's own nodes stand to theirs (à la carte, Khodak et al.
        2018). Unknown neighbours are passed over; without a known one it is zero.
        """
        places = [self.table.places(list(neighbours)) for neighbours in edges]
        rows = Ragged.from_rows(place[place >= 0].tolist() for place in places)
        return alacarte.fold_in(self.vectors, self._turn, rows.offsets, rows.ids)

    @cached_property
    def _turn(self) -> np.ndarray:
        graph = self.graph
        joined = symmetric(graph.offsets, graph.targets, graph.weights, directed=graph.directed)
        return alacarte.fit(joined, self.vectors)

    def fold_in_links(self, links: Sequence[tuple[str | None, str, str | None]]) -> np.ndarray:
        """(dim,) float32: one node that is not in the graph, from its links: triples with None in its place.

        By a method for triples; else `InputError`. Raises `UnknownKey` for a name that is not there.
        """
        scorer_of(self.method, self.vectors, self.relations)
        if not links or any((head is None) == (tail is None) for head, _, tail in links):
            raise InputError("a new node's links are triples, each with None as its head or its tail")
        r = len(self.graph.relation_names)
        ends = [self.index(tail if head is None else head) for head, _, tail in links]  # type: ignore[arg-type]
        asked = [self.graph.relation(name) + (r if head is None else 0) for head, name, _ in links]
        assert self.relations is not None
        return folded(self.method, self.vectors, self.relations, np.array(ends), np.array(asked))

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk."""
        facts, arrays, keys, labels = parts_of(self.graph)
        arrays["vectors"] = self.vectors
        if self.relations is not None:
            arrays["relation_vectors"] = self.relations
        return Contents(KIND, {"made": self.facts, "graph": facts}, arrays, keys, labels=labels)

    @classmethod
    def from_contents(cls, contents: Contents) -> Nodes:
        """The nodes that `contents` describes; raises `ArtifactError` where it describes none."""
        arrays, facts = contents.arrays, contents.facts
        if contents.keys is None or contents.labels is None:
            raise ArtifactError("nodes have names")
        graph = graph_from(facts["graph"], arrays, contents.keys, contents.labels)
        return cls(graph, arrays["vectors"], relations=arrays.get("relation_vectors"), facts=facts["made"])

    def __repr__(self) -> str:
        return f"Nodes({len(self):,} × {self.dim}, {self.method})"
