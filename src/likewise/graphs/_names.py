"""Labels and aliases, and the nodes that have them: one label may belong to several nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.spelling import nearest_spellings
from likewise.errors import UnknownKey

MOST_NEIGHBOURS = 5  # of a meaning


class Meaning(NamedTuple):
    """A node that a name may refer to.

    Attributes
    ----------
    key : str
        Its id.
    label : str
        Its label, or its id where it has none.
    type : str
        Its type, "" where it has none.
    neighbours : tuple of str
        Labels of up to five neighbours.
    score : float or None
        Mean cosine similarity to the context; None without a context.
    """

    key: str
    label: str
    type: str
    neighbours: tuple[str, ...]
    score: float | None


class Names:
    """Finds the nodes of a graph by id, label or alias, whatever the case."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._by_name: dict[str, list[int]] = {}
        for node, name in enumerate(graph.labels or ()):
            self._add(name, node)
        for node, others in enumerate(graph.aliases):
            for name in others:
                self._add(name, node)

    def _add(self, name: str, node: int) -> None:
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
            raise UnknownKey(f"{name!r} is not an id, label or alias of the {len(self.graph):,} nodes{hint}")
        return found

    def label_of(self, node: int) -> str:
        """The label of a node, or its id where it has none."""
        labels = self.graph.labels
        return (labels[node] if labels else "") or self.graph.names[node]

    def type_of(self, node: int) -> str:
        """The name of a node's type, "" where it has none."""
        types = self.graph.types
        return "" if types is None or types[node] < 0 else self.graph.type_names[types[node]]

    def meaning(self, node: int, score: float | None) -> Meaning:
        """A node with its label, type and first neighbours."""
        near = dict.fromkeys(self.graph.neighbours(node).tolist())
        labels = tuple(self.label_of(other) for other in list(near)[:MOST_NEIGHBOURS])
        return Meaning(self.graph.names[node], self.label_of(node), self.type_of(node), labels, score)

    def resolve(self, name: str, context: Sequence[str], unit: np.ndarray) -> list[Meaning]:
        """The nodes that a name may mean, the most likely by `context` first; unit (n, dim) are unit vectors of nodes.

        A name of the context may itself mean several nodes: the one nearest to the candidate counts.
        """
        nodes = self.candidates(name)
        if not context:
            return [self.meaning(node, None) for node in nodes]
        context_nodes = [self.candidates(word) for word in context]
        scores = [
            float(np.mean([max(unit[node] @ unit[other] for other in others) for others in context_nodes]))
            for node in nodes
        ]
        order = sorted(range(len(nodes)), key=lambda i: (-scores[i], nodes[i]))
        return [self.meaning(nodes[i], scores[i]) for i in order]
