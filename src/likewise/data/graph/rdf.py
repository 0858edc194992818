"""RDF statements → a graph: IRIs and blank nodes are nodes, predicates are relations, literals are separate."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph, Literals, ReadStats, Strings
from likewise.arrays.graph.strings import Lists
from likewise.data.graph.lines import Bad
from likewise.data.graph.options import Details
from likewise.data.graph.rdf_files import BY_LINE, statements
from likewise.data.sources import Source
from likewise.errors import InputError, OptionError
from likewise.system.extras import need

LABELS = ("http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#prefLabel")
ALIASES = ("http://www.w3.org/2004/02/skos/core#altLabel",)
SERVICE = re.compile(r"\bservice\s*(silent\b)?\s*[<?$\w]", re.IGNORECASE)


class Numbered:
    """Numbers for names, in the order of first occurrence."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))

    def names(self) -> list[str]:
        """The names in the order of their numbers."""
        return list(self.numbers)


class Statements:
    """The RDF statements read so far.

    The id of a blank node is "_:" and its name in N-Triples; in other formats, where the parser may invent its name, a
    number. After the first file the number of the file is put before it, since blank nodes of two files are different.
    The label of a node is its first rdfs:label or skos:prefLabel in `language`, else its first without a language;
    others and skos:altLabel are aliases. Text in another language is left out and counted.
    """

    def __init__(self, language: str | None, details: Details) -> None:
        self.language = language.lower() if language else None
        self.details = details
        self.nodes, self.predicates, self.kinds, self.classes = Numbered(), Numbered(), Numbered(), Numbered()
        self.properties = Numbered()
        self.edges = array("i")  # head, relation, tail, and so on
        self.values = array("i")  # node, property, kind, and so on
        self.texts: list[str] = []
        self.labels: dict[int, tuple[int, str]] = {}  # rank and label; the lowest rank is best
        self.aliases: dict[int, list[str]] = {}
        self.types: dict[int, int] = {}
        self.foreign = self.quoted = self.further_types = 0
        self.blanks: dict[str, int] = {}
        self.blank_nodes = 0

    def add(self, found: Iterable[Any], file: int = 1, keep_blank_names: bool = True) -> None:
        """Add all statements of a file."""
        oxigraph = need("pyoxigraph", "graph", "reading RDF")
        iri, blank, literal = oxigraph.NamedNode, oxigraph.BlankNode, oxigraph.Literal
        self.blanks = {}
        before = f"{file}." if file > 1 else ""

        def name(term: Any) -> str:
            if type(term) is iri:
                return term.value
            number = self.blanks.setdefault(term.value, len(self.blanks) + 1)
            return f"_:{before}{term.value if keep_blank_names else number}"

        for statement in found:
            subject, tail = statement.subject, statement.object
            if type(tail) is literal:
                self.literal(self.nodes[name(subject)], statement.predicate.value, tail)
            elif type(tail) in (iri, blank) and type(subject) in (iri, blank):
                self.edge(name(subject), statement.predicate.value, name(tail))
            else:
                self.quoted += 1
        self.blank_nodes += len(self.blanks)

    def edge(self, head: str, predicate: str, tail: str) -> None:
        """Add an edge, or a type."""
        number = self.nodes[head]
        if predicate == self.details.type_relation and self.details.types != "edge":
            kind = self.classes[tail]
            self.further_types += self.types.setdefault(number, kind) != kind
            if self.details.types == "type":
                return
        self.edges.extend((number, self.predicates[predicate], self.nodes[tail]))

    def literal(self, node: int, predicate: str, value: Any) -> None:
        """Add a value: a label, an alias or a literal."""
        tag = value.language
        if tag is not None and not self.is_in_language(tag.lower()):
            self.foreign += 1
        elif predicate in LABELS:
            rank = 1 if tag is None else 0
            best = self.labels.get(node)
            if best is None or rank < best[0]:
                self.labels[node] = (rank, value.value)
            other = value.value if best is None or rank >= best[0] else best[1]
            if best is not None and other != self.labels[node][1]:
                self.aliases.setdefault(node, []).append(other)
        elif predicate in ALIASES:
            self.aliases.setdefault(node, []).append(value.value)
        elif self.details.literals:
            kind = f"@{tag}" if tag else value.datatype.value
            self.values.extend((node, self.properties[predicate], self.kinds[kind]))
            self.texts.append(value.value)

    def is_in_language(self, tag: str) -> bool:
        """Whether a language tag is `language`, or a variant of it (en-GB of en)."""
        return self.language is None or tag == self.language or tag.startswith(f"{self.language}-")

    def graph(self, directed: bool | None, reading: ReadStats) -> Graph:
        """The graph of all that was read."""
        edges = (
            np.frombuffer(self.edges, np.int32).reshape(-1, 3) if self.edges else np.empty((0, 3), np.int32)
        )
        names = self.nodes.names()
        counted = replace(
            reading,
            literals=len(self.texts),
            foreign=self.foreign,
            blanks=self.blank_nodes,
            further_types=self.further_types,
            quoted=self.quoted,
        )
        graph = Graph.from_edges(
            names,
            edges[:, 0],
            edges[:, 2],
            relations=edges[:, 1],
            relation_names=self.predicates.names(),
            directed=directed is not False,
            reading=counted,
        )
        n = range(len(names))
        return replace(
            graph,
            types=np.array([self.types.get(i, -1) for i in n], np.int32) if self.types else None,
            type_names=self.classes.names(),
            labels=[self.labels.get(i, (0, ""))[1] for i in n] if self.labels else None,
            aliases=Lists.of(dict.fromkeys(self.aliases.get(i, ())) for i in n) if self.aliases else Lists(),
            literals=self._literals(),
        )

    def _literals(self) -> Literals:
        columns = np.array(self.values, np.int32).reshape(-1, 3)
        nodes, properties, kinds = (np.ascontiguousarray(columns[:, i]) for i in range(3))
        return Literals(
            nodes, properties, Strings.of(self.texts), kinds, self.properties.names(), self.kinds.names()
        )


def read_rdf(
    sources: list[tuple[Source, str]],
    *,
    directed: bool | None,
    language: str | None,
    construct: str | None,
    details: Details,
    bad: Bad,
) -> Graph:
    """The graph of RDF files, or of the result of a SPARQL CONSTRUCT."""
    collected = Statements(language, details)
    if construct is not None:
        collected.add(construct_triples(sources, construct, details, bad), keep_blank_names=False)
    else:
        for number, (source, form) in enumerate(sources, 1):
            collected.add(statements(source, form, details.max_bytes, bad), number, form in BY_LINE)
    return collected.graph(directed, ReadStats(bad_lines=bad.count))


def construct_triples(
    sources: list[tuple[Source, str]], query: str, details: Details, bad: Bad
) -> Iterable[Any]:
    """The result of a SPARQL CONSTRUCT on the files, all of them loaded into a store in memory.

    Raises `OptionError` for an invalid query, and for one with SERVICE: no request is sent to another machine.
    """
    oxigraph = need("pyoxigraph", "graph", "reading RDF")
    if SERVICE.search(query):
        raise OptionError(
            "construct= sends a request to another machine (SERVICE), which is not allowed; load its data as a file"
        )
    store = oxigraph.Store()
    for source, form in sources:
        store.bulk_extend(_quads(statements(source, form, details.max_bytes, bad), oxigraph))
    try:
        found = store.query(query, use_default_graph_as_union=True)
    except (SyntaxError, ValueError, OSError) as error:
        raise OptionError(f"construct= is not a SPARQL query: {error}") from error
    if not isinstance(found, oxigraph.QueryTriples):
        raise OptionError("construct= must be a CONSTRUCT or DESCRIBE query, whose result is a graph")
    try:
        yield from found
    except (RuntimeError, OSError) as error:
        raise InputError(f"construct= failed: {error}") from error


def _quads(found: Iterable[Any], oxigraph: Any) -> Iterable[Any]:
    for each in found:
        yield each if isinstance(each, oxigraph.Quad) else oxigraph.Quad(*each)
