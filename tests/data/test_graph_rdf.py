from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from likewise.arrays.graph import Graph
from likewise.data.graph import Details, read
from likewise.errors import InputError, OptionError

pytest.importorskip("pyoxigraph")

TURTLE = """@prefix : <http://e/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:apple a :Fruit , :Food ; rdfs:label "Apfel"@de , "apple"@en-GB , "an apple"@en ; skos:altLabel "malus"@en ;
  :grows :tree ; :weighs 0.2 , "light"@en , "leicht"@de ; :picked "2001-02-03"^^xsd:date .
:tree rdfs:label "tree" . [] :eats :apple .
"""
NT = """<http://e/a> <http://e/p> <http://e/b> .
# a comment
<http://e/b> <http://e/p> <http://e/c> .
"""


def wrote(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def named(graph: Graph) -> set[tuple[str, str, str]]:
    return {
        (graph.names[head], graph.relation_names[kind], graph.names[tail])
        for head, kind, tail in graph.triples()
    }


def test_labels_types_literals_and_blank_nodes(tmp_path: Path) -> None:
    graph = read(wrote(tmp_path / "made.ttl", TURTLE))
    apple, tree = graph.index("http://e/apple"), graph.index("http://e/tree")
    assert graph.directed
    assert graph.labels[apple] == "apple"
    assert graph.labels[tree] == "tree"
    assert graph.aliases[apple] == ["an apple", "malus"]
    assert graph.type_names[graph.types[apple]] == "http://e/Fruit"
    assert graph.types[tree] == -1
    assert ("_:1", "http://e/eats", "http://e/apple") in named(graph)
    assert ("http://e/apple", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://e/Food") in named(
        graph
    )
    nodes, values = graph.literals.numbers("http://e/weighs")
    assert (nodes.tolist(), values.tolist()) == ([apple], [0.2])
    assert graph.literals.dates("http://e/picked")[1].astype(str).tolist() == ["2001-02-03T00:00:00"]
    assert graph.literals.texts("http://e/weighs", "en")[1] == ["light"]
    counts = graph.reading
    assert (counts.literals, counts.foreign, counts.blanks, counts.further_types) == (3, 2, 1, 1)
    assert "light" not in graph.names


def test_what_is_a_type_and_which_language_are_options(tmp_path: Path) -> None:
    path = wrote(tmp_path / "made.ttl", TURTLE)
    only = read(path, details=Details(types="type", literals=False), language="de")
    assert "http://e/Fruit" not in only.names
    assert only.type_names == ["http://e/Fruit", "http://e/Food"]
    assert only.labels[only.index("http://e/apple")] == "Apfel"
    assert len(only.literals) == 0
    edges = read(path, details=Details(types="edge"), language=None)
    assert edges.types is None
    assert edges.reading.foreign == 0
    assert edges.aliases[edges.index("http://e/apple")] == ["apple", "an apple", "malus"]
    other = read(path, details=Details(type_relation="http://e/grows", types="type"))
    assert other.type_names == ["http://e/tree"]


def test_every_form_of_rdf_holds_the_same(tmp_path: Path) -> None:
    import pyoxigraph

    plain = read(wrote(tmp_path / "made.nt", NT))
    quads = list(pyoxigraph.parse(NT.encode(), pyoxigraph.RdfFormat.N_TRIPLES))
    for suffix, form in (("ttl", "TURTLE"), ("rdf", "RDF_XML"), ("trig", "TRIG"), ("nq", "N_QUADS")):
        raw = pyoxigraph.serialize(quads, format=getattr(pyoxigraph.RdfFormat, form))
        path = tmp_path / f"made.{suffix}.gz"
        path.write_bytes(gzip.compress(raw))
        graph = read(path)
        assert graph.names == plain.names == ["http://e/a", "http://e/b", "http://e/c"]
        assert graph.triples().tolist() == plain.triples().tolist()
    twice = wrote(tmp_path / "two.nq", "<a:s> <a:p> <a:o> <a:g1> .\n<a:s> <a:p> <a:o> <a:g2> .\n")
    assert (read(twice).size, read(twice).reading.duplicates) == (1, 1)
    assert read(twice, directed=False).degrees.tolist() == [1, 1]


def test_blank_nodes_of_two_files_are_different(tmp_path: Path) -> None:
    paths = [wrote(tmp_path / f"{i}.nt", f"_:x <a:p> <a:o{i}> .\n") for i in range(2)]
    assert read(paths).names == ["_:x", "a:o0", "_:2.x", "a:o1"]
    turtle = wrote(tmp_path / "made.ttl", "[] <a:p> [ <a:q> _:mine ] .")
    assert sorted(read(turtle).names) == ["_:1", "_:2", "_:3"]
    assert read(turtle).triples().tolist() == read(turtle).triples().tolist()


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("<a:x> <a:b> <a:c>", "18"),  # no dot
        ('<a:x> <a:b> "x"y" .', "16"),  # a quote that is not escaped
        ('<a:x> <a:b> "\\u00zz" .', "18"),
        ("<a:x> <a:b> <relative> .", "13"),
        ("<a:x> <a:b> <a: c> .", "13"),
        ('<a:x> <a:b> "caf\udce9" .', "17"),
        ("<a:x> <a:b> <a:c> . <a:d> <a:e> <a:f> .", "21"),
        ("rubbish", "1"),
        ("<a:x> <a:b> " + "<<( <a:b> <a:c> " * 200, ""),
    ],
)
def test_a_bad_line_is_reported_with_line_and_column_or_skipped(
    tmp_path: Path, line: str, column: str
) -> None:
    path, side = tmp_path / "made.nt", tmp_path / "bad.nt"
    path.write_bytes(
        f"{NT}{line}\n<http://e/c> <http://e/p> <http://e/a> .\n".encode("utf-8", "surrogateescape")
    )
    with pytest.raises(
        InputError, match=rf"made\.nt, line 4{', column ' + column if column else ''}.*skip_bad=FILE"
    ):
        read(path)
    graph = read(path, skip_bad=side)
    assert graph.size == 3
    assert graph.reading.bad_lines == 1
    assert side.read_bytes() == line.encode("utf-8", "surrogateescape") + b"\n"


def test_a_line_end_within_an_iri_is_two_bad_lines(tmp_path: Path) -> None:
    path = wrote(tmp_path / "made.nt", NT + "<a:x> <a:b> <a:\nc> .\n")
    assert read(path, skip_bad=tmp_path / "bad").reading.bad_lines == 2
    assert (tmp_path / "bad").read_text() == "<a:x> <a:b> <a:\nc> .\n"


def test_bad_turtle_is_reported_and_cannot_be_skipped(tmp_path: Path) -> None:
    path = wrote(tmp_path / "made.ttl", "<a:a> <a:b> <a:c> .\n<a:a> <a:b> ; ] .\n")
    with pytest.raises(InputError, match=r"line 2, column \d+"):
        read(path)
    with pytest.raises(OptionError, match="one statement per line"):
        read(path, skip_bad=tmp_path / "bad")
    deep = wrote(tmp_path / "deep.ttl", "<a:a> <a:b> " + "<<( <a:b> <a:c> " * 200)
    with pytest.raises(InputError, match="more than 100 nested statements"):
        read(deep)


XML = (
    '<?xml version="1.0"?>{}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
    '<rdf:Description rdf:about="http://e/a"><e:p rdf:resource="{}"/></rdf:Description>{}'
)
LAUGHS = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


def test_xml_bombs_are_refused_and_prefixes_are_not(tmp_path: Path) -> None:
    path = tmp_path / "made.rdf"
    started = time.perf_counter()
    for entities in (
        LAUGHS,
        '<!ENTITY x SYSTEM "file:///etc/hosts">',
        f'<!ENTITY x "{"y" * 1001}">',
        '<!ENTITY % x "y">',
    ):
        wrote(path, XML.format(f"<!DOCTYPE rdf:RDF [{entities}]>", "http://e/b", "</rdf:RDF>"))
        with pytest.raises(InputError, match="declares XML entities"):
            read(path)
    wrote(path, XML.format("", "http://e/b", " " * (1 << 18) + f"<!DOCTYPE r [{LAUGHS}]></rdf:RDF>"))
    with pytest.raises(InputError, match="declares XML entities after its first"):
        read(path)
    assert time.perf_counter() - started < 5
    wrote(
        path, XML.format('<!DOCTYPE rdf:RDF [<!ENTITY e "http://e/">]>', "&e;b", "</rdf:RDF><!-- end -->\n")
    )
    assert read(path).names == ["http://e/a", "http://e/b"]
    path.write_bytes(XML.format("", "http://e/b", "</rdf:RDF>").encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16"):
        read(path)


def test_truncated_xml_is_reported(tmp_path: Path) -> None:
    path = wrote(tmp_path / "made.rdf", XML.format("", "http://e/b", ""))
    with pytest.raises(InputError, match="is truncated"):
        read(path)
    wrote(path, XML.format("", "http://e/b", "</rdf:RD"))
    with pytest.raises(InputError, match="before byte"):
        read(path)


def test_a_construct_makes_the_graph_and_sends_no_request(tmp_path: Path) -> None:
    path = wrote(tmp_path / "made.nt", NT)
    query = "CONSTRUCT { ?a <a:two> ?c } WHERE { ?a <http://e/p> ?b . ?b <http://e/p> ?c }"
    assert named(read(path, construct=query)) == {("http://e/a", "a:two", "http://e/c")}
    for wrong, says in (
        ("SELECT * WHERE { ?s ?p ?o }", "must be a CONSTRUCT"),
        ("CONSTRUCT nothing", "is not a SPARQL query"),
        (
            "CONSTRUCT {?s ?p ?o} WHERE { SERVICE <http://e/> {?s ?p ?o} }",
            "sends a request to another machine",
        ),
        (
            "CONSTRUCT {?s ?p ?o} WHERE { service silent<http://e/> {?s ?p ?o} }",
            "sends a request to another machine",
        ),
        ("CONSTRUCT {?s ?p ?o} WHERE { ?s ?p ?o } LIMIT 0", "no edge and no node"),
    ):
        with pytest.raises((OptionError, InputError), match=says):
            read(path, construct=wrong)
    with pytest.raises(OptionError, match="construct="):
        read([("a", "b")], construct=query)


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = wrote(tmp_path / "made.nt", NT)
    with pytest.raises(OptionError, match="RDF has none"):
        read(path, source=0, target=1)
    with pytest.raises(OptionError, match="nodes= is for edge lists"):
        read(path, nodes=["a"])
    other = wrote(tmp_path / "made.csv", "a,b\n")
    with pytest.raises(InputError, match="cannot be one graph"):
        read([path, other])
    with pytest.raises(OptionError, match="construct="):
        read(other, construct="CONSTRUCT {?s ?p ?o} WHERE { ?s ?p ?o }")
    wrote(path, '<a:a> <a:b> "only a text" .\n')
    assert read(path).isolated.tolist() == [True]
    wrote(path, "<a:a> <a:b> <<( <a:c> <a:d> <a:e> )>> .\n<a:a> <a:b> <a:c> .\n")
    assert read(path).reading.quoted == 1


def test_a_real_packed_dump(shared_data: Path) -> None:
    graph = read(shared_data / "graphs" / "aifb" / "aifb_final.nt.gz")
    assert graph.reading.edges == 19_999
    assert len(graph.relation_names) == 21
