"""Options of reading a graph, and what a run records of its graph."""

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
    """How files are read as a graph: the options of `likewise.graphs.read`.

    Parameters
    ----------
    source, target, relation, weight : str, int or None, default None
        Columns of an edge list, by header or by number from 0. None: found from the file.
    directed : bool or None, default None
        Whether edges have a direction. None: edges with relations have one, others do not.
    nodes : str, Path or None, default None
        A file with a row for each node: id, label, type, aliases.
    skip_bad : str, Path or None, default None
        A file to write lines to that cannot be read. None: such a line is an error.
    language : str or None, default "en"
        Language of the labels in RDF. None: all languages.
    construct : str or None, default None
        A SPARQL CONSTRUCT query; its result is read instead of the whole RDF data.
    details : Details, default Details()
        Options that are rarely needed.

    Examples
    --------
    >>> from likewise import graphs
    >>> graphs.Reading(source="from", target="to", directed=True).recorded["source"]
    'from'
    """

    source: str | int | None = None
    target: str | int | None = None
    relation: str | int | None = None
    weight: str | int | None = None
    directed: bool | None = None
    nodes: str | Path | None = None
    skip_bad: str | Path | None = None
    language: str | None = "en"
    construct: str | None = None
    details: Details = field(default_factory=Details)

    @property
    def recorded(self) -> dict[str, Any]:
        """The options as JSON values, without those that are None."""
        paths = {name: str(getattr(self, name)) for name in ("nodes", "skip_bad") if getattr(self, name)}
        return {name: value for name, value in {**asdict(self), **paths}.items() if value is not None}


def read_graph(graph: Any, reading: Reading) -> Graph:
    """A graph as it is, or read from files or edges; raises `InputError` if it has no edge to train on."""
    if isinstance(graph, Graph):
        found = graph
    else:
        options = {name: getattr(reading, name) for name in Reading.__dataclass_fields__}
        found = read(graph, **options)
    if len(found.targets) == 0:
        raise InputError(f"{len(found):,} nodes and not one edge: there is nothing to train on")
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
