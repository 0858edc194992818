"""Edges as they come, in batches, with names become numbers; Python touches a different name, never an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import InputError
from likewise.extras import need
from likewise.graph import Graph, Reading

FEW = 1 << 20  # names that may wait to be settled


@dataclass(frozen=True, eq=False)
class Batch:
    """Some edges: columns of text (Arrow, dictionary-encoded), and weights (b,) float32."""

    sources: Any
    targets: Any
    relations: Any = None
    weights: np.ndarray | None = None


def encoded(texts: Any) -> Any:
    """A dictionary-encoded Arrow column of the texts, a list of str or an Arrow array."""
    arrow = need("pyarrow", "all", "reading graphs")
    column = arrow.array(texts, arrow.large_string()) if isinstance(texts, list) else texts
    return arrow.chunked_array([column.dictionary_encode()])


class Names:
    """Numbers for the texts of many columns: one dictionary, unified as often as it has doubled."""

    def __init__(self) -> None:
        arrow = need("pyarrow", "all", "reading graphs")
        self.known = arrow.array([], arrow.large_string())
        self.waiting: list[Any] = []
        self.new = 0
        self.roles: list[str] = []
        self.codes: list[np.ndarray] = []

    def add(self, role: str, column: Any) -> None:
        """Take a dictionary-encoded column in; its numbers are to be had by its role."""
        for chunk in column.chunks:
            self.waiting.append(chunk)
            self.roles.append(role)
            self.new += len(chunk.dictionary)
        if self.new > max(FEW, len(self.known)):
            self.settle()

    def settle(self) -> None:
        """Give every name that waits its number."""
        arrow = need("pyarrow", "all", "reading graphs")
        known = arrow.DictionaryArray.from_arrays(arrow.array([], arrow.int32()), self.known)
        unified = arrow.chunked_array([known, *self.waiting]).unify_dictionaries()
        self.known = unified.chunk(0).dictionary
        self.codes += [chunk.indices.to_numpy() for chunk in unified.chunks[1:]]
        self.waiting, self.new = [], 0

    def numbers(self, role: str) -> np.ndarray:
        """(e,) int32: the numbers of all that was added in that role; they are not kept."""
        parts = [codes for codes, own in zip(self.codes, self.roles, strict=True) if own == role]
        kept = [i for i, own in enumerate(self.roles) if own != role]
        self.codes, self.roles = [self.codes[i] for i in kept], [self.roles[i] for i in kept]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)


class Gathered:
    """All edges read so far."""

    def __init__(self) -> None:
        self.nodes, self.relations = Names(), Names()
        self.weights: list[np.ndarray] = []
        self.form: tuple[bool, bool] | None = None
        self.edges = 0

    def add(self, batch: Batch, name: str) -> None:
        """Take a batch in; `InputError` where some inputs have weights or relations and others have none."""
        form = (batch.relations is not None, batch.weights is not None)
        if self.form not in (None, form):
            what = "relations" if self.form and self.form[0] != form[0] else "weights"
            raise InputError(
                f"{name} has {'' if form[what == 'weights'] else 'no '}{what}, unlike the inputs before it"
            )
        self.form = form
        self.nodes.add("source", batch.sources)
        self.nodes.add("target", batch.targets)
        if batch.relations is not None:
            self.relations.add("relation", batch.relations)
        if batch.weights is not None:
            self.weights.append(batch.weights)
        self.edges += len(batch.sources)

    def graph(self, named: list[str], directed: bool | None, reading: Reading) -> Graph:
        """The graph: first the nodes `named`, then others as edges name them. Directed by default with relations."""
        from likewise.graph.rows import first_sight

        if named:
            self.nodes.add("named", encoded(named))
        self.nodes.settle()
        self.relations.settle()
        given = self.nodes.numbers("named")
        sources, targets = self.nodes.numbers("source"), self.nodes.numbers("target")
        numbers = np.full(len(self.nodes.known), -1, np.int32)
        numbers[given] = np.arange(len(given), dtype=np.int32)
        first_sight(sources, targets, numbers, len(given))
        names = self.nodes.known.take(np.argsort(numbers)).to_pylist()
        kinds, kind_names = self._kinds()
        return Graph.from_edges(
            names,
            numbers[sources],
            numbers[targets],
            weights=np.concatenate(self.weights) if self.weights else None,
            relations=kinds,
            relation_names=kind_names,
            directed=kinds is not None if directed is None else directed,
            reading=reading,
        )

    def _kinds(self) -> tuple[np.ndarray | None, list[str]]:
        from likewise.graph.rows import first_sight

        if not (self.form and self.form[0]):
            return None, []
        codes = self.relations.numbers("relation")
        numbers = np.full(len(self.relations.known), -1, np.int32)
        first_sight(codes, codes, numbers, 0)
        return numbers[codes], self.relations.known.take(np.argsort(numbers)).to_pylist()
