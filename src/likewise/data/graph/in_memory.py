"""Graphs in memory: pairs and triples, arrays, sparse matrices, networkx graphs; and .mat files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph
from likewise.data.graph.builder import EdgeBuilder
from likewise.data.graph.options import Columns
from likewise.data.graph.tabular import MANY, Edge, batch, edge
from likewise.data.records import names as quoted
from likewise.data.records import shortened
from likewise.data.sources import DAMAGED, Source, opened
from likewise.errors import InputError, OptionError, WrongType
from likewise.system.extras import need


def is_matrix(given: Any) -> bool:
    """Whether it is a SciPy sparse matrix or array."""
    return hasattr(given, "tocoo") and hasattr(given, "shape")


def is_networkx(given: Any) -> bool:
    """Whether it is a networkx graph, of whichever of its kinds."""
    return all(hasattr(given, name) for name in ("is_directed", "is_multigraph", "edges", "nodes"))


def add_rows(rows: Iterable[Any], builder: EdgeBuilder) -> None:
    """Add edges given from Python; `InputError` with the number of a row that is not an edge."""
    numbered = _edges(rows)
    while some := list(islice(numbered, MANY)):
        builder.add(batch(some, "the edges given"), "the edges given")


def _edges(rows: Iterable[Any]) -> Iterator[Edge]:
    for number, row in enumerate(rows, 1):
        try:
            yield edge(row)
        except InputError as error:
            raise InputError(f"edge {number:,} of those given: {error}") from error


def matrix_graph(matrix: Any, named: list[str], directed: bool | None, name: str = "the matrix") -> Graph:
    """The graph of a square sparse matrix: its entry (i, j) is the weight of the edge from node i to node j.

    The ids of nodes are `named`, or their numbers from 0. Directed by default where the matrix is not symmetric.
    A symmetric matrix has each undirected edge twice, and it is read once. Entries that repeat are summed.
    """
    n = matrix.shape[0]
    if len(matrix.shape) != 2 or n != matrix.shape[1]:
        raise InputError(f"{name} has the shape {matrix.shape}; wanted as many rows as columns, a node each")
    if named and len(named) != n:
        raise InputError(f"{len(named)} nodes are named, but {name} has {n} rows")
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"{name} holds {matrix.dtype}; wanted real numbers")
    symmetric = _is_symmetric(matrix)
    directed = not symmetric if directed is None else directed
    if not directed and not symmetric:
        raise InputError(
            f"{name} is not symmetric, so it is not an undirected graph; leave directed= out, or add its transpose"
        )
    found = matrix.tocoo()
    heads, tails = found.row, found.col
    weights = found.data.astype(np.float64)
    if not directed:
        upper = heads <= tails
        heads, tails, weights = heads[upper], tails[upper], weights[upper]
    names = named or [str(i) for i in range(n)]
    return Graph.from_edges(
        names, heads, tails, weights=None if np.all(weights == 1) else weights, directed=directed
    )


def _is_symmetric(matrix: Any) -> bool:
    difference = (matrix.tocsr().astype(np.float64) - matrix.T.tocsr().astype(np.float64)).tocoo()
    return not np.any(difference.data)


def networkx_graph(
    given: Any, columns: Columns, directed: bool | None, label: str = "label", kind: str = "type"
) -> Graph:
    """The graph of a networkx graph: its nodes by `str`, weights from the edge attribute "weight" (1 where missing).

    `columns` names other attributes of edges, for the weight and for the relation (none by default). The node
    attributes "label" and "type" become labels and types.
    """
    weight, relation = columns.weight or "weight", columns.relation
    nodes = list(given.nodes)
    names, numbers = [str(node) for node in nodes], {node: i for i, node in enumerate(nodes)}
    edges = list(given.edges(data=True))
    heads, tails = ([numbers[edge[end]] for edge in edges] for end in (0, 1))
    weighs = any(weight in data for _, _, data in edges)
    kinds = None if relation is None else [str(data.get(relation, "")) for _, _, data in edges]
    kind_numbers = {kind: i for i, kind in enumerate(dict.fromkeys(kinds or []))}
    made = Graph.from_edges(
        names,
        np.array(heads, np.int64),
        np.array(tails, np.int64),
        weights=[_number(data.get(weight, 1), u, v) for u, v, data in edges] if weighs else None,
        relations=None if kinds is None else np.array([kind_numbers[each] for each in kinds], np.int64),
        relation_names=list(kind_numbers),
        directed=given.is_directed() if directed is None else directed,
    )
    return with_labels(
        made,
        [given.nodes[node].get(label) for node in nodes],
        [given.nodes[node].get(kind) for node in nodes],
    )


def _number(given: Any, head: Any, tail: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.integer | np.floating):
        raise InputError(f"the edge {head!r} to {tail!r} has the weight {shortened(given)}; wanted a number")
    return float(given)


def with_labels(graph: Graph, labels: list[Any], types: list[Any]) -> Graph:
    """The graph with labels and types, None where a node has none; if no node has any, those of the graph are kept."""
    found = list(dict.fromkeys(str(each) for each in types if each is not None))
    places = {name: i for i, name in enumerate(found)}
    return replace(
        graph,
        labels=["" if each is None else str(each) for each in labels] if any(labels) else graph.labels,
        types=np.array([-1 if each is None else places[str(each)] for each in types], np.int32)
        if found
        else graph.types,
        type_names=found or graph.type_names,
    )


def mat_matrix(source: Source, variable: str | None, max_bytes: int | None) -> Any:
    """The sparse matrix `variable` of a MATLAB file up to version 7.2; by default `network`, or the only square one."""
    io = need("scipy.io", "all", "reading .mat files")
    try:
        with opened(source, max_bytes) as stream:
            found = io.loadmat(_seekable(stream))
    except (
        *DAMAGED,
        ValueError,
        TypeError,
        LookupError,
        NotImplementedError,
        io.matlab.MatReadError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{source.name} is damaged, or not a MATLAB file that can be read: {error}"
        ) from error
    square = [key for key, value in found.items() if is_matrix(value) and value.shape[0] == value.shape[1]]
    wanted = variable or ("network" if "network" in square else square[0] if len(square) == 1 else None)
    if wanted not in square:
        raise InputError(
            f"{source.name} has {len(square)} square sparse matrices, {quoted(square) or 'none at all'}"
            + ("; give one of them as variable=" if wanted is None else f", not {wanted!r}")
        )
    return found[wanted]


def _seekable(stream: Any) -> Any:
    import io

    return io.BytesIO(stream.read())


def array_rows(given: np.ndarray) -> Iterable[Any]:
    """The rows of an array (e, 2) of ids or (e, 3) of head, relation, tail; text or whole numbers."""
    if given.ndim != 2 or given.shape[1] not in (2, 3):
        raise WrongType(f"an array of shape {given.shape}; wanted (e, 2) pairs or (e, 3) triples of ids")
    if given.dtype.kind not in "iuUO":
        raise WrongType(f"an array of {given.dtype}; wanted ids, as text or whole numbers")
    if given.shape[1] == 3:
        return ([str(cell) for cell in row] for row in given.tolist())
    return given.tolist()


def refuse(columns: Columns, what: str) -> None:
    """Raise `OptionError` if columns are given for an input without columns."""
    if columns.is_given:
        raise OptionError(
            f"source=, target=, relation= and weight= are columns, and {what} has none; leave them out"
        )
