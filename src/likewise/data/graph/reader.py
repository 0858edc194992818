"""The door: whatever holds a graph becomes a `Graph`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph, Reading
from likewise.arrays.graph.strings import Lists
from likewise.data.graph import in_memory as given
from likewise.data.graph.builder import Batch, Gathered
from likewise.data.graph.delimited import Delimited
from likewise.data.graph.lines import Bad
from likewise.data.graph.node_files import Described, described
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
    """The graph of `inputs`: its nodes by their own ids, in the order in which its edges first name them.

    `inputs` is a path, a folder, a glob, "-" for standard input or a list of these; or edges from Python: pairs,
    pairs with a weight, triples of head, relation and tail, an array of these; a SciPy sparse matrix; a networkx
    graph. Files are known by their extension and may be packed (.gz .bz2 .xz .zst):

    - .csv, .tsv and any other text: edge lists. `source`, `target`, `relation`, `weight` name columns by a header, or
      number them from 0 where there is none; `layout` says what is taken for what where none is named. Lines that
      begin with # or % are comments. .jsonl and .parquet likewise, by name.
    - .nt .nq .ttl .trig .rdf .owl: RDF. IRIs and blank nodes are nodes, named graphs are one. Literals are kept apart;
      labels and aliases are those in `language` (None: all). `construct` is a SPARQL CONSTRUCT to take instead.
    - .mat: a sparse matrix of MATLAB's.

    `directed`: None takes edges with relations as directed, others as not; a matrix and a networkx graph say it
    themselves. `nodes` are a file of nodes, or names, that come before all others: so are nodes without edges known.
    `skip_bad` is a file for the lines that cannot be read, of edge lists, JSON lines, N-Triples and N-Quads.

    Self-loops are kept, weights of parallel edges summed, edges of weight 0 are none: `Graph.from_edges` has the
    rules, and `reading` of the graph the counts. Raises `InputError` with the line for what cannot be read, and
    where there is no node at all; `OptionError` for an option that does not fit; `WrongType` for other inputs.
    """
    columns = Columns(source, target, relation, weight)
    if given.is_matrix(inputs) or given.is_networkx(inputs):
        graph = _in_memory(inputs, columns, described(nodes), directed)
        return _checked(graph, (skip_bad, "skip_bad"), (construct, "construct"))
    files, rows = told_apart(inputs, details)
    with Bad(skip_bad) as bad:
        if files is None:
            given.refuse(columns, "what is given from Python")
            gathered = Gathered()
            given.gather_rows(rows, gathered)
            graph = _described(gathered, described(nodes), directed, Reading())
            return _checked(graph, (skip_bad, "skip_bad"), (construct, "construct"))
        bad.guard([each for each, _ in files])
        if files[0][1] in FORMATS:
            given.refuse(columns, "RDF")
            if nodes is not None:
                raise OptionError("nodes= is for edge lists; RDF says itself what its nodes are called")
            graph = read_rdf(
                files, directed=directed, language=language, construct=construct, details=details, bad=bad
            )
            return _checked(graph)
        if files[0][1] == "mat":
            graph = _from_mat(files, columns, described(nodes), directed, details)
            return _checked(graph, (skip_bad, "skip_bad"), (construct, "construct"))
        return _checked(
            _from_lists(files, columns, described(nodes), directed, details, bad), (construct, "construct")
        )


def told_apart(inputs: Any, details: Details) -> tuple[list[tuple[Source, str]] | None, Iterable[Any]]:
    """The files that are meant, each with its form; or None, and the edges given from Python."""
    if isinstance(inputs, np.ndarray):
        return None, given.array_rows(inputs)
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
            f"files of {' and of '.join(sorted(families.values()))} make no one graph; read each by itself"
        )
    return files


def form_of(source: Source) -> str:
    """What a file is by its name: one of `options.FORMS`; `InputError` for one that is known and cannot be read."""
    if source.path is None:
        return "txt"
    suffixes = [suffix.lower()[1:] for suffix in source.path.suffixes]
    if source.packing:
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    suffix = OTHER_NAMES.get(suffix, suffix)
    if suffix in FOREIGN:
        raise InputError(
            f"{source.name} is {FOREIGN[suffix]}, which is not read; convert it to N-Triples or CSV"
        )
    return suffix if suffix in (*FORMATS, "csv", "tsv", "jsonl", "parquet", "mat") else "txt"


def _from_lists(
    files: list[tuple[Source, str]],
    columns: Columns,
    known: Described,
    directed: bool | None,
    details: Details,
    bad: Bad,
) -> Graph:
    gathered, comments = Gathered(), 0
    if bad.path is not None and any(form == "parquet" for _, form in files):
        raise OptionError("skip_bad= is for lines, and Parquet has none")
    for each, form in files:
        if form == "parquet":
            _take(parquet_batches(each, columns), gathered, each.name)
            continue
        try:
            with opened(each, details.max_bytes) as stream:
                if form == "jsonl":
                    _take(json_batches(stream, columns, _marked(details.encoding), bad), gathered, each.name)
                else:
                    reader = Delimited(stream, form, columns, details, bad)
                    _take(reader.batches(), gathered, each.name)
                    comments += reader.comments
        except UnicodeDecodeError as error:
            raise InputError(f"{each.name} is not {details.encoding}: {error}; give encoding=") from error
    return _described(gathered, known, directed, Reading(bad_lines=bad.count, comments=comments))


def _marked(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _take(batches: Iterator[Batch], gathered: Gathered, name: str) -> None:
    for batch in batches:
        gathered.add(batch, name)


def _from_mat(
    files: list[tuple[Source, str]],
    columns: Columns,
    known: Described,
    directed: bool | None,
    details: Details,
) -> Graph:
    given.refuse(columns, "a matrix")
    if len(files) > 1:
        raise InputError(f"{len(files)} .mat files make no one graph; read each by itself")
    matrix = given.mat_matrix(files[0][0], details.variable, details.max_bytes)
    return _told(given.matrix_graph(matrix, known.names, directed, files[0][0].name), known)


def _in_memory(inputs: Any, columns: Columns, known: Described, directed: bool | None) -> Graph:
    if given.is_matrix(inputs):
        given.refuse(columns, "a matrix")
        return _told(given.matrix_graph(inputs, known.names, directed), known)
    if known.names:
        raise OptionError("nodes= is for edge lists; a networkx graph has its own")
    return given.networkx_graph(inputs, columns, directed)


def _described(gathered: Gathered, known: Described, directed: bool | None, reading: Reading) -> Graph:
    return _told(gathered.graph(known.names, directed, reading), known)


def _told(graph: Graph, known: Described) -> Graph:
    """The graph with what a node file says of its first nodes."""
    rest = len(graph) - len(known.names)
    labelled = given.described(graph, known.labels + [None] * rest, known.types + [None] * rest)
    if not any(known.aliases):
        return labelled
    return replace(labelled, aliases=Lists.of(known.aliases + [[]] * rest))


def _checked(graph: Graph, *unused: tuple[Any, str]) -> Graph:
    """The graph, if it has a node; `OptionError` for an option that these inputs have no use for."""
    for option, name in unused:
        if option is not None:
            raise OptionError(f"{name}= has no meaning for these inputs; leave it out")
    if not len(graph):
        left = f" ({graph.reading})" if str(graph.reading) != "nothing" else ""
        raise InputError(f"no edge and no node in what was given{left}; wanted at least one")
    return graph
