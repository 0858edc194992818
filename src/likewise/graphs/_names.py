"""Names that people use, and the nodes that they may mean: one label, several meanings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.spelling import nearest_spellings
from likewise.errors import UnknownKey

SHOWN = 5  # neighbours of a meaning


class Meaning(NamedTuple):
    """A node that a name may stand for; `score` is its mean cosine with the context, None without any."""

    key: str
    label: str
    type: str
    neighbours: tuple[str, ...]
    score: float | None


class Names:
    """Finds the nodes of a graph by id, label or alias, capitals aside."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._by_name: dict[str, list[int]] = {}
        for node, name in enumerate(graph.labels or ()):
            self._note(name, node)
        for node, others in enumerate(graph.aliases):
            for name in others:
                self._note(name, node)

    def _note(self, name: str, node: int) -> None:
        if name:
            found = self._by_name.setdefault(name.casefold(), [])
            if node not in found[-1:]:
                found.append(node)

    def candidates(self, name: str) -> list[int]:
        """Every node with this id, label or alias; `UnknownKey` with near spellings where there is none."""
        found = list(self._by_name.get(name.casefold(), ()))
        if name in self.graph._positions:
            found = [self.graph.index(name), *found]
        found = list(dict.fromkeys(found))
        if not found:
            near = nearest_spellings(name, [*self.graph.names, *(self.graph.labels or ())])
            hint = f"; nearest: {', '.join(map(repr, near))}" if near else ""
            raise UnknownKey(f"{name!r} is no id, label or alias of {len(self.graph):,} nodes{hint}")
        return found

    def shown(self, node: int) -> str:
        """What a person reads for a node: its label, or its id."""
        labels = self.graph.labels
        return (labels[node] if labels else "") or self.graph.names[node]

    def type_of(self, node: int) -> str:
        """The name of a node's type, "" where it has none."""
        types = self.graph.types
        return "" if types is None or types[node] < 0 else self.graph.type_names[types[node]]

    def meaning(self, node: int, score: float | None) -> Meaning:
        """A node as an answer, with the first of its neighbours."""
        near = dict.fromkeys(self.graph.neighbours(node).tolist())
        shown = tuple(self.shown(other) for other in list(near)[:SHOWN])
        return Meaning(self.graph.names[node], self.shown(node), self.type_of(node), shown, score)

    def resolved(self, name: str, context: Sequence[str], unit: np.ndarray) -> list[Meaning]:
        """The meanings of a name, the likeliest by `context` first; unit (n, dim) are the nodes' vectors at length 1.

        A word of the context may itself have meanings: the one nearest to the candidate counts.
        """
        nodes = self.candidates(name)
        if not context:
            return [self.meaning(node, None) for node in nodes]
        around = [self.candidates(word) for word in context]
        scores = [
            float(np.mean([max(unit[node] @ unit[other] for other in others) for others in around]))
            for node in nodes
        ]
        order = sorted(range(len(nodes)), key=lambda i: (-scores[i], nodes[i]))
        return [self.meaning(nodes[i], scores[i]) for i in order]
