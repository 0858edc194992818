"""`read`: files, edges, matrices and networkx graphs to a `Graph`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph, ReadStats
from likewise.arrays.graph.strings import Lists
from likewise.data.graph import in_memory
from likewise.data.graph.builder import Batch, EdgeBuilder
from likewise.data.graph.delimited import Delimited
from likewise.data.graph.lines import Bad
from likewise.data.graph.node_files import NodeRows, read_nodes
from likewise.data.graph.options import Columns, Details, NodeFile
from likewise.data.graph.rdf import read_rdf
from likewise.data.graph.rdf_files import FORMATS
from likewise.data.graph.tabular import json_batches, parquet_batches
from likewise.data.sources import Source, find, opened, standard_input
from likewise.errors import InputError, OptionError, WrongType

OTHER_NAMES = {"ndjson": "jsonl", "owl": "rdf", "ntriples": "nt", "nquads": "nq", "turtle": "ttl"}
FOREIGN = {
    "jsonld": "JSON-LD",
    "n3": "Notation3",
    "graphml": "GraphML",
    "gexf": "GEXF",
    "npz": "NumPy's archive",
}


def read(
    inputs: Any,
    *,
    source: str | int | None = None,
    target: str | int | None = None,
    relation: str | int | None = None,
    weight: str | int | None = None,
    directed: bool | None = None,
    nodes: NodeFile | str | Path | Iterable[Any] | None = None,
    skip_bad: str | Path | None = None,
    language: str | None = "en",
    construct: str | None = None,
    details: Details = Details(),  # noqa: B008 (frozen)
) -> Graph:
    """Read a graph. Its nodes are in the order of first occurrence in the edges.

    Files are known by their extension and may be compressed (.gz .bz2 .xz .zst):

    - .csv, .tsv and any other text: edge lists. .jsonl and .parquet: edge lists with named columns. Lines that begin
      with # or % are comments.
    - .nt .nq .ttl .trig .rdf .owl: RDF. IRIs and blank nodes are nodes, literals are not; named graphs are merged.
    - .mat: a sparse matrix of MATLAB.

    Self-loops are kept, weights of parallel edges are summed, edges of weight 0 are left out: `Graph.from_edges` has
    the rules, and `Graph.reading` the counts.

    Parameters
    ----------
    inputs : path, list of paths, edges, sparse matrix or networkx graph
        A path, a folder, a glob, "-" for standard input or a list of these; or edges from Python: pairs, pairs with a
        weight, triples of head, relation and tail, an array of these; a SciPy sparse matrix; a networkx graph.
    source, target, relation, weight : str, int or None, default None
        Columns of an edge list, by header, or by number from 0 if there is no header. None: found from the file. Two
        columns are source and target. Of three the last is a weight if it is a number in every row; else they are
        head, relation and tail.
    directed : bool or None, default None
        Whether edges have a direction. None: edges with relations have one, others do not; a matrix is directed if it
        is not symmetric; a networkx graph knows.
    nodes : NodeFile, str, Path, iterable of str or None, default None
        A file of nodes, or ids, which come before all others. It may have nodes without edges.
    skip_bad : str, Path or None, default None
        A file to write lines to that cannot be read: of edge lists, JSON lines, N-Triples and N-Quads. None: such a
        line is an error.
    language : str or None, default "en"
        Language of the labels and aliases in RDF. None: all languages.
    construct : str or None, default None
        A SPARQL CONSTRUCT query; its result is read instead of the whole RDF data.
    details : Details, default Details()
        Options that are rarely needed.

    Returns
    -------
    Graph

    Raises
    ------
    InputError
        With the line, if it cannot be read; if there is no node at all.
    OptionError
        If an option does not fit the inputs.
    WrongType
        For other inputs.

    Examples
    --------
    >>> from likewise import graphs
    >>> graphs.read([("apple", "is a", "fruit"), ("pear", "is a", "fruit")])
    Graph(3 nodes, 2 directed edges, 1 relations)
    """
    columns = Columns(source, target, relation, weight)
    if in_memory.is_matrix(inputs) or in_memory.is_networkx(inputs):
        graph = _in_memory(inputs, columns, read_nodes(nodes), directed)
        return _check(graph, (skip_bad, "skip_bad"), (construct, "construct"))
    files, rows = files_or_rows(inputs, details)
    with Bad(skip_bad) as bad:
        if files is None:
            in_memory.refuse(columns, "what is given from Python")
            builder = EdgeBuilder()
            in_memory.add_rows(rows, builder)
            graph = _graph_of(builder, read_nodes(nodes), directed, ReadStats())
            return _check(graph, (skip_bad, "skip_bad"), (construct, "construct"))
        bad.guard([each for each, _ in files])
        if files[0][1] in FORMATS:
            in_memory.refuse(columns, "RDF")
            if nodes is not None:
                raise OptionError("nodes= is for edge lists; RDF has its own ids of nodes")
            graph = read_rdf(
                files, directed=directed, language=language, construct=construct, details=details, bad=bad
            )
            return _check(graph)
        if files[0][1] == "mat":
            graph = _from_mat(files, columns, read_nodes(nodes), directed, details)
            return _check(graph, (skip_bad, "skip_bad"), (construct, "construct"))
        return _check(
            _from_lists(files, columns, read_nodes(nodes), directed, details, bad), (construct, "construct")
        )


def files_or_rows(inputs: Any, details: Details) -> tuple[list[tuple[Source, str]] | None, Iterable[Any]]:
    """The files, each with its format; or None, and the edges given from Python."""
    if isinstance(inputs, np.ndarray):
        return None, in_memory.array_rows(inputs)
    if isinstance(inputs, str | os.PathLike):
        return _files([inputs], details), ()
    if isinstance(inputs, bytes | bytearray | dict) or not isinstance(inputs, Iterable):
        raise WrongType(
            f"got {type(inputs).__name__}; wanted files, edges, a sparse matrix or a networkx graph"
        )
    rows = iter(inputs)
    first = next(rows, None)
    if isinstance(first, str | os.PathLike):
        return _files([first, *rows], details), ()
    return None, () if first is None else chain([first], rows)


def _files(paths: Sequence[Any], details: Details) -> list[tuple[Source, str]]:
    found: list[Source] = []
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            raise WrongType(f"got {path!r} among paths; wanted a str or a Path")
        found += [standard_input(None, None)] if os.fspath(path) == "-" else find(Path(path))
    files = [(each, details.form or form_of(each)) for each in found]
    families = {"rdf" if form in FORMATS else "mat" if form == "mat" else "list": form for _, form in files}
    if len(families) > 1:
        raise InputError(
            f"files of {' and of '.join(sorted(families.values()))} cannot be one graph; read each by itself"
        )
    return files


def form_of(source: Source) -> str:
    """The format of a file by its name: one of `options.FORMS`; `InputError` for a known format that cannot be read."""
    if source.path is None:
        return "txt"
    suffixes = [suffix.lower()[1:] for suffix in source.path.suffixes]
    if source.packing:
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    suffix = OTHER_NAMES.get(suffix, suffix)
    if suffix in FOREIGN:
        raise InputError(
            f"{source.name} is {FOREIGN[suffix]}, which cannot be read; convert it to N-Triples or CSV"
        )
    return suffix if suffix in (*FORMATS, "csv", "tsv", "jsonl", "parquet", "mat") else "txt"


def _from_lists(
    files: list[tuple[Source, str]],
    columns: Columns,
    known: NodeRows,
    directed: bool | None,
    details: Details,
    bad: Bad,
) -> Graph:
    builder, comments = EdgeBuilder(), 0
    if bad.path is not None and any(form == "parquet" for _, form in files):
        raise OptionError("skip_bad= is for lines, and Parquet has none")
    for each, form in files:
        if form == "parquet":
            _add(parquet_batches(each, columns), builder, each.name)
            continue
        try:
            with opened(each, details.max_bytes) as stream:
                if form == "jsonl":
                    _add(
                        json_batches(stream, columns, _without_mark(details.encoding), bad),
                        builder,
                        each.name,
                    )
                else:
                    reader = Delimited(stream, form, columns, details, bad)
                    _add(reader.batches(), builder, each.name)
                    comments += reader.comments
        except UnicodeDecodeError as error:
            raise InputError(f"{each.name} is not {details.encoding}: {error}; give encoding=") from error
    return _graph_of(builder, known, directed, ReadStats(bad_lines=bad.count, comments=comments))


def _without_mark(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _add(batches: Iterator[Batch], builder: EdgeBuilder, name: str) -> None:
    for batch in batches:
        builder.add(batch, name)


def _from_mat(
    files: list[tuple[Source, str]],
    columns: Columns,
    known: NodeRows,
    directed: bool | None,
    details: Details,
) -> Graph:
    in_memory.refuse(columns, "a matrix")
    if len(files) > 1:
        raise InputError(f"{len(files)} .mat files cannot be one graph; read each by itself")
    matrix = in_memory.mat_matrix(files[0][0], details.variable, details.max_bytes)
    return _with_nodes(in_memory.matrix_graph(matrix, known.names, directed, files[0][0].name), known)


def _in_memory(inputs: Any, columns: Columns, known: NodeRows, directed: bool | None) -> Graph:
    if in_memory.is_matrix(inputs):
        in_memory.refuse(columns, "a matrix")
        return _with_nodes(in_memory.matrix_graph(inputs, known.names, directed), known)
    if known.names:
        raise OptionError("nodes= is for edge lists; a networkx graph has its own")
    return in_memory.networkx_graph(inputs, columns, directed)


def _graph_of(builder: EdgeBuilder, known: NodeRows, directed: bool | None, reading: ReadStats) -> Graph:
    return _with_nodes(builder.graph(known.names, directed, reading), known)


def _with_nodes(graph: Graph, known: NodeRows) -> Graph:
    """The graph with the labels, types and aliases of a node file."""
    rest = len(graph) - len(known.names)
    labelled = in_memory.with_labels(graph, known.labels + [None] * rest, known.types + [None] * rest)
    if not any(known.aliases):
        return labelled
    return replace(labelled, aliases=Lists.of(known.aliases + [[]] * rest))


def _check(graph: Graph, *unused: tuple[Any, str]) -> Graph:
    """The graph, if it has a node; `OptionError` for an option that does not apply to these inputs."""
    for option, name in unused:
        if option is not None:
            raise OptionError(f"{name}= does not apply to these inputs; leave it out")
    if not len(graph):
        left = f" ({graph.reading})" if str(graph.reading) != "nothing" else ""
        raise InputError(f"no edge and no node in the input{left}; wanted at least one")
    return graph
