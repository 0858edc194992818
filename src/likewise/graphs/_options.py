"""Where a graph stands in its files, and what a run records of it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph
from likewise.data.graph import Details, read
from likewise.errors import InputError
from likewise.training.inputs import describe_input


@dataclass(frozen=True)
class Reading:
    """How files become a graph: the options of `likewise.data.graph.read`."""

    source: str | int | None = None  # columns of an edge list, by header or number; None: found
    target: str | int | None = None
    relation: str | int | None = None
    weight: str | int | None = None
    directed: bool | None = None  # None: edges with relations are, others are not
    nodes: str | Path | None = None  # a file with a row for each node: id, label, type, aliases
    skip_bad: str | Path | None = None  # a file for lines that cannot be read
    language: str | None = "en"  # of the labels that RDF gives; None: all
    construct: str | None = None  # a SPARQL CONSTRUCT to take instead
    details: Details = field(default_factory=Details)

    @property
    def recorded(self) -> dict[str, Any]:
        """The options as JSON values; what was not given is left out."""
        paths = {name: str(getattr(self, name)) for name in ("nodes", "skip_bad") if getattr(self, name)}
        return {name: value for name, value in {**asdict(self), **paths}.items() if value is not None}


def opened(graph: Any, reading: Reading) -> Graph:
    """A graph as it is, or read; raises `InputError` where it has no edge to learn from."""
    if isinstance(graph, Graph):
        found = graph
    else:
        options = {name: getattr(reading, name) for name in Reading.__dataclass_fields__}
        found = read(graph, **options)
    if len(found.targets) == 0:
        raise InputError(f"{len(found):,} nodes and not one edge: there is nothing to learn from")
    return found


def source_of(graph: Any) -> Any:
    """What a call records of its graph: the paths, or that it was given from Python."""
    if isinstance(graph, Graph):
        return f"a graph of {len(graph):,} nodes and {graph.size:,} edges, given from Python"
    return describe_input(graph)


def digest(graph: Graph) -> str:
    """The SHA-256 of nodes and edges."""
    found = hashlib.sha256("\n".join([*graph.names, *graph.relation_names]).encode("utf-8", "surrogatepass"))
    for array in (graph.offsets, graph.targets, graph.weights, graph.relations):
        if array is not None:
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
