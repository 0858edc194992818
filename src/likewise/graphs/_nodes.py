"""`Nodes`: the nodes of a graph with their vectors, the model of every graph method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, final

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.graph.queries import Queries
from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import id_text, nearest_spellings
from likewise.artifacts.artifact import Contents
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError, OptionError, UnknownKey, WrongType
from likewise.graphs._link_prediction import (
    check_relations,
    fold_in,
    known_links,
    leave_out_nodes,
    predict_links,
    scorer_of,
)
from likewise.graphs._names import Meaning, Names
from likewise.graphs._stored_graph import StoredGraph, from_stored, to_stored
from likewise.learn.factorise import a_la_carte
from likewise.learn.factorise.adjacency import symmetric
from likewise.learn.knowledge_graph.scores import METHODS, Scorer
from likewise.system.options import check_int, shown
from likewise.table import Table

KIND = "graph"


class Near(NamedTuple):
    """A node in an answer.

    Attributes
    ----------
    key : str
        Its id.
    score : float
        Its cosine similarity to the query; of a link, its score.
    label : str
        Its label, or its id where it has none.
    type : str
        Its type, "" where it has none.
    """

    key: str
    score: float
    label: str
    type: str


@final
class Nodes:
    """The nodes of a graph with their vectors: an `Encoder` whose items are ids of nodes.

    Parameters
    ----------
    graph : Graph
        The graph.
    vectors : ndarray of shape (n, dim), float32
        The vectors of its nodes; zeros for a node without an edge.
    relations : ndarray or None, default None
        The vectors of relations, in methods that train them: those of the graph's r relations, then of their inverses.
    facts : dict or None, default None
        What is recorded of the training.

    Examples
    --------
    >>> from likewise import graphs
    >>> nodes = graphs.spectral([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], dim=2, seed=1)
    >>> nodes.encode(["a", "unknown"]).shape
    (2, 2)
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
        """The dimension of the vectors."""
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
        """The method that made the vectors."""
        return str(self.facts.get("function", "")).rpartition(".")[2]

    def __len__(self) -> int:
        return len(self.graph)

    @accepts_one
    def encode(self, items: Sequence[str]) -> np.ndarray:
        """The vectors of nodes.

        Parameters
        ----------
        items : sequence of str
            Ids of nodes.

        Returns
        -------
        ndarray of shape (len(items), dim), float32
            Zeros for an id that is unknown.
        """
        return self.table.encode(items)

    def known(self, items: Sequence[str]) -> np.ndarray:
        """Which ids are nodes.

        Parameters
        ----------
        items : sequence of str
            Ids.

        Returns
        -------
        ndarray of shape (len(items),), bool
        """
        return self.table.known(items)

    @cached_property
    def names(self) -> Names:
        """Nodes by id, label or alias."""
        return Names(self.graph)

    def index(self, item: str) -> int:
        """The number of a node.

        Parameters
        ----------
        item : str
            An id, or a label or alias that only one node has.

        Returns
        -------
        int

        Raises
        ------
        UnknownKey
            If there is no such node; the message has similar spellings.
        InputError
            If several nodes have this label or alias; the message has their ids.
        """
        item = text_of(item)
        if item in self.table:
            return self.table.index(item)
        found = self.names.candidates(item)
        if len(found) > 1:
            listed = ", ".join(repr(self.graph.names[node]) for node in found[:5])
            raise InputError(f"{item!r} may mean {len(found)} nodes, {listed}: give an id, or resolve() it")
        return found[0]

    def resolve(self, name: str, context: Sequence[str] = ()) -> list[Meaning]:
        """The nodes that a name may mean, with their types and neighbours.

        Parameters
        ----------
        name : str
            An id, label or alias.
        context : sequence of str, default ()
            Labels or ids of nodes in its context, such as ["seed", "flower"]. Each candidate is scored by the mean
            cosine similarity of its vector to theirs.

        Returns
        -------
        list of Meaning
            With a context the most likely first.

        Raises
        ------
        UnknownKey
            If no node has the name, or a name of the context.
        """
        return self.names.resolve(text_of(name), [text_of(word) for word in context], self.table.unit)

    def similar(self, item: str, k: int = 10, *, type: str | None = None) -> list[Near]:
        """The k nodes of largest cosine similarity to a node.

        Parameters
        ----------
        item : str
            An id, or a label or alias that only one node has.
        k : int, default 10
            Number of nodes.
        type : str or None, default None
            Only nodes of this type.

        Returns
        -------
        list of Near
            The most similar first.

        Raises
        ------
        UnknownKey
            If there is no such node or type.
        InputError
            If several nodes have this name, or the node has no edge.
        OptionError
            If the nodes of this graph have no types.
        """
        node = self.index(item)
        if not self.vectors[node].any():
            raise InputError(f"{item!r} has no edge, so its vector is zero, and nothing is similar to it")
        return self.nearest(self.vectors[node], k, type=type, leave_out=[self.graph.names[node]])

    def nearest(
        self, vector: np.ndarray, k: int = 10, *, type: str | None = None, leave_out: Iterable[str] = ()
    ) -> list[Near]:
        """The k nodes of largest cosine similarity to a vector.

        Parameters
        ----------
        vector : ndarray of shape (dim,)
            A vector of this model's space.
        k : int, default 10
            Number of nodes.
        type : str or None, default None
            Only nodes of this type.
        leave_out : iterable of str, default ()
            Ids of nodes to leave out.

        Returns
        -------
        list of Near
            The most similar first.
        """
        if type is None:
            found = self.table.nearest(vector, k, leave_out)
        else:
            found = self._of_type(type).nearest(vector, k, leave_out)
        return [self._near(one.key, one.score) for one in found]

    def _of_type(self, name: str) -> Table:
        """The nodes of one type."""
        graph = self.graph
        if graph.types is None:
            raise OptionError(f"the nodes of this graph have no types, so none has the type {name!r}")
        if name not in graph.type_names:
            near = nearest_spellings(name, graph.type_names) or graph.type_names[:5]
            raise UnknownKey(
                f"no type {name!r} among {len(graph.type_names):,}; nearest: {', '.join(map(repr, near))}"
            )
        members = np.flatnonzero(graph.types == graph.type_names.index(name))
        return Table([graph.names[node] for node in members], self.vectors[members])

    def _near(self, key: str, score: float) -> Near:
        node = self.table.index(key)
        return Near(key, score, self.names.label_of(node), self.names.type_of(node))

    @property
    def scores_triples(self) -> bool:
        """Whether the method was trained on triples, so that `links` can be used."""
        return self.method in METHODS and self.relations is not None

    def scorer(self) -> Scorer:
        """A function that scores every node as the end of a link.

        Returns
        -------
        callable
            From entities (b,) and relations (b,) to scores (b, n). Relation r + number of relations stands for the
            inverse of relation r: it scores heads.

        Raises
        ------
        InputError
            If the method was not trained on triples.
        """
        return scorer_of(self.method, self.vectors, self.relations)

    def links(
        self, head: str | None, relation: str, tail: str | None, k: int = 10, *, known: bool = False
    ) -> list[Near]:
        """Predict the missing end of a link, with a method trained on triples.

        Parameters
        ----------
        head : str or None
            A node, or None to predict the head.
        relation : str
            A relation.
        tail : str or None
            A node, or None to predict the tail.
        k : int, default 10
            Number of nodes.
        known : bool, default False
            Include links that are in the graph.

        Returns
        -------
        list of Near
            The most likely first, with their scores: larger is more likely.

        Raises
        ------
        UnknownKey
            If there is no such node or relation; the message has similar spellings.
        InputError
            If the method was not trained on triples.
        OptionError
            If not exactly one of `head` and `tail` is None.
        """
        check_int("k", k, 1, 1 << 62)
        score = self.scorer()
        without_vector = np.flatnonzero(~self.vectors.any(axis=1))
        if len(without_vector):  # a node without an edge is no answer: its score says nothing of it
            score = leave_out_nodes(score, without_vector)
        ends = (None if end is None else self.index(end) for end in (head, tail))
        left_out = None if known else self._links
        first, last = ends
        found, scores = predict_links(
            self.graph, score, left_out, first, self.graph.relation(relation), last, k
        )
        pairs = zip(found.tolist(), scores.tolist(), strict=True)
        return [self._near(self.graph.names[node], value) for node, value in pairs]

    @cached_property
    def _links(self) -> Queries:
        return known_links(self.graph)

    def fold_in(self, edges: Sequence[Sequence[str]]) -> np.ndarray:
        """Vectors of new nodes from their neighbours, without training (à la carte, Khodak et al. 2018).

        The vector is the mean of the neighbours' vectors, times a matrix fitted on the nodes of the graph.

        Parameters
        ----------
        edges : sequence of sequences of str
            For each new node the ids of its neighbours. Unknown ids are left out.

        Returns
        -------
        ndarray of shape (len(edges), dim), float32
            Zeros for a node without a known neighbour.
        """
        places = [self.table.places(list(neighbours)) for neighbours in edges]
        rows = Ragged.from_rows(place[place >= 0].tolist() for place in places)
        return a_la_carte.fold_in(self.vectors, self._transform, rows.offsets, rows.ids)

    @cached_property
    def _transform(self) -> np.ndarray:
        graph = self.graph
        adjacency = symmetric(graph.offsets, graph.targets, graph.weights, directed=graph.directed)
        return a_la_carte.fit(adjacency, self.vectors)

    def fold_in_links(self, links: Sequence[tuple[str | None, str, str | None]]) -> np.ndarray:
        """The vector of one new node from its links, with a method trained on triples.

        Parameters
        ----------
        links : sequence of (head, relation, tail)
            Triples with None in the place of the new node.

        Returns
        -------
        ndarray of shape (dim,), float32

        Raises
        ------
        InputError
            If the method was not trained on triples, or a triple does not have exactly one None.
        UnknownKey
            If there is no such node or relation.
        """
        scorer_of(self.method, self.vectors, self.relations)
        if not links or any((head is None) == (tail is None) for head, _, tail in links):
            raise InputError("links of a new node are triples, each with None as its head or its tail")
        r = len(self.graph.relation_names)
        ends = [self.index(tail if head is None else head) for head, _, tail in links]  # type: ignore[arg-type]
        relation_ids = [self.graph.relation(name) + (r if head is None else 0) for head, name, _ in links]
        assert self.relations is not None
        return fold_in(self.method, self.vectors, self.relations, np.array(ends), np.array(relation_ids))

    def contents(self) -> Contents:
        """What `likewise.save` writes to disk."""
        facts, arrays, keys, labels = to_stored(self.graph)
        arrays["vectors"] = self.vectors
        if self.relations is not None:
            arrays["relation_vectors"] = self.relations
        return Contents(KIND, {"made": self.facts, "graph": facts}, arrays, keys, labels=labels)

    @classmethod
    def from_contents(cls, contents: Contents) -> Nodes:
        """The nodes in the contents of a saved model.

        Parameters
        ----------
        contents : Contents
            What `contents()` returned.

        Returns
        -------
        Nodes

        Raises
        ------
        ArtifactError
            If the contents are not those of nodes.
        """
        arrays, facts = contents.arrays, contents.facts
        if contents.keys is None or contents.labels is None:
            raise ArtifactError("a model of nodes must have keys and labels")
        graph = from_stored(StoredGraph(facts["graph"], arrays, contents.keys, contents.labels))
        return cls(graph, arrays["vectors"], relations=arrays.get("relation_vectors"), facts=facts["made"])

    def __repr__(self) -> str:
        return f"Nodes({len(self):,} × {self.dim}, {self.method})"


def text_of(name: Any) -> str:
    """An id or a name as text; whole numbers are ids as well."""
    text = id_text(name)
    if not isinstance(text, str):
        raise WrongType(f"a node is named by its id, label or alias, not by {shown(name)}")
    return text
