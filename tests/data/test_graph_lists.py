from __future__ import annotations

import bz2
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from likewise.arrays.graph import Graph
from likewise.data.graph import Details, NodeFile, delimited, read
from likewise.errors import InputError, OptionError, WrongType

EDGES = [("a", "b", 1.0), ("b", "c", 2.5), ("c", "a", 0.5), ("é 1", "a", 4.0)]
TRIPLES = [("a", "likes", "b"), ("b", "knows", "c"), ("c", "likes", "a"), ("é 1", "knows", "a")]


def written(folder: Path, form: str, rows: list[tuple], header: list[str]) -> Path:
    """The same rows in any of the forms."""
    path = folder / f"made.{form}"
    objects = [dict(zip(header, row, strict=True)) for row in rows]
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(objects), path)
        return path
    if form.startswith("jsonl"):
        raw = "".join(json.dumps(each) + "\n" for each in objects).encode()
    else:
        mark = "," if "csv" in form else "\t"
        raw = "".join(mark.join(map(str, cells)) + "\r\n" for cells in [header, *rows]).encode()
    pack = {"gz": gzip.compress, "bz2": bz2.compress}.get(form.rpartition(".")[2], bytes)
    path.write_bytes(pack(raw))
    return path


def same(first: Graph, second: Graph) -> None:
    assert first.names == second.names
    assert first.triples().tolist() == second.triples().tolist()
    assert first.relation_names == second.relation_names
    assert first.directed == second.directed
    weights = [None if each.weights is None else each.weights.tolist() for each in (first, second)]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("form", ["csv", "tsv", "txt", "jsonl", "parquet", "csv.gz", "jsonl.bz2", "edges"])
def test_every_form_holds_the_same(tmp_path: Path, form: str) -> None:
    same(read(written(tmp_path, form, EDGES, ["source", "target", "weight"])), read(EDGES))
    same(read(written(tmp_path, form, TRIPLES, ["head", "relation", "tail"])), read(TRIPLES))
    renamed = read(
        written(tmp_path, form, TRIPLES, ["x", "y", "z"]), source="x", target="z", relation="y", directed=True
    )
    same(renamed, read(TRIPLES))
    assert read(TRIPLES).directed
    assert not read(EDGES).directed


def test_three_spellings_of_one_graph_are_equal(tmp_path: Path) -> None:
    commas, spaces = tmp_path / "a.csv", tmp_path / "b.txt"
    commas.write_text('# made\n\nx, y\n"y",z\n')
    spaces.write_text("% made\n  x  y \r\ny \t z")
    same(read(commas), read([("x", "y"), ("y", "z")]))
    same(read(spaces), read(commas))
    assert read(commas).reading.comments == 1
    same(read(np.array([["x", "y"], ["y", "z"]])), read(commas))
    same(read([commas, spaces]), read([("x", "y"), ("y", "z")] * 2))
    assert read([commas, spaces]).reading.parallel == 2


@pytest.mark.parametrize(
    ("text", "triples", "weights", "relations"),
    [
        ("1 2\n2 3\n", [[0, 0, 1], [1, 0, 2]], None, []),
        ("1 2 3\n2 3 4\n", [[0, 0, 1], [1, 0, 2]], [3, 4], []),
        ("a b 0.5\nb c 2\n", [[0, 0, 1], [1, 0, 2]], [0.5, 2], []),
        ("1 likes 2\n2 likes 3\n", [[0, 0, 1], [1, 0, 2]], None, ["likes"]),
        ("a likes b\na knows b\n", [[0, 0, 1], [0, 1, 1]], None, ["likes", "knows"]),
        ("From,To\na,b\n", [[0, 0, 1]], None, []),
        ("007 7\n", [[0, 0, 1]], None, []),
    ],
)
def test_columns_are_found(
    tmp_path: Path, text: str, triples: list, weights: list | None, relations: list[str]
) -> None:
    path = tmp_path / "made.txt"
    path.write_text(text)
    graph = read(path, directed=True)
    assert graph.triples().tolist() == triples
    assert (None if graph.weights is None else graph.weights.tolist()) == weights
    assert graph.relation_names == relations


def test_columns_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    path.write_text("a,b,2,1999\nb,c,3,2000\n")
    with pytest.raises(InputError, match=r"4 columns, 'a', 'b', '2', '1999' in its first row: say which"):
        read(path)
    assert read(path, source=1, target=0).names == ["b", "a", "c"]
    assert read(path, source=0, target=1, weight=2, directed=True).weights.tolist() == [2, 3]
    with pytest.raises(InputError, match="4 columns, so 0 to 3, not 4"):
        read(path, source=0, target=4)
    path.write_text("source,target,cost\na,b,2\n")
    assert read(path, weight="cost", directed=True).weights.tolist() == [2]
    assert read(path).weights is None
    with pytest.raises(InputError, match=r"no column 'costs'.*did you mean 'cost'"):
        read(path, weight="costs")
    for wrong in ({"source": 0}, {"source": 0, "target": "b"}, {"source": "a", "target": "a"}):
        with pytest.raises(OptionError):
            read(path, **wrong)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a,b,-1", r"line 4: the weight is '-1', wanted a finite number of 0 or more"),
        ("a,b,nan", "line 4: the weight is 'nan'"),
        ("a,b,inf", "line 4: the weight is 'inf'"),
        ("a,b,1e39", "line 4: the weight is '1e39'"),
        ("a,b,heavy", "line 4: the weight is 'heavy'"),
        ("a,b,", "line 4: the weight is ''"),
        ("a,b", "line 4: 2 columns, wanted 3"),
        ("a,b,1,2", "line 4: 4 columns, wanted 3"),
        (",b,1", "line 4: the source is empty"),
        ("a,  ,1", "line 4: the target is empty"),
        ('a,"b,1', "line 4: its quotes do not close"),
        ("a,caf\udce9,1", "line 4: not UTF-8"),
    ],
)
def test_a_bad_row_is_reported_with_its_line_or_skipped(tmp_path: Path, line: str, says: str) -> None:
    path, side = tmp_path / "made.csv", tmp_path / "bad.csv"
    raw = f"# no edges\nsource,target,weight\nx,y,1\n{line}\nz,x,2\n".encode("utf-8", "surrogateescape")
    path.write_bytes(raw)
    with pytest.raises(InputError, match=says):
        read(path)
    graph = read(path, skip_bad=side)
    assert graph.names == ["x", "y", "z"]
    assert graph.reading.bad_lines == 1
    assert side.read_bytes() == line.encode("utf-8", "surrogateescape") + b"\n"


def test_one_bad_row_among_many_is_found(tmp_path: Path) -> None:
    path = tmp_path / "made.txt"
    rows = [f"n{i} n{i + 1} 1.5" for i in range(30_000)]
    rows[20_000] = "n1 n2 one"
    path.write_text("\n".join(rows))
    with pytest.raises(InputError, match=r"line 20,001: the weight is 'one'"):
        read(path)
    graph = read(path, skip_bad=tmp_path / "bad")
    assert (len(graph), graph.reading.bad_lines, graph.reading.edges) == (30_001, 1, 29_999)
    assert graph.names[:3] == ["n0", "n1", "n2"]


def test_a_side_file_is_made_only_if_wanted_and_never_over_an_input(tmp_path: Path) -> None:
    path = tmp_path / "made.txt"
    path.write_text("a b\n")
    read(path, skip_bad=tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
    with pytest.raises(InputError, match="is one of the inputs"):
        read(path, skip_bad=path)
    with pytest.raises(OptionError, match="skip_bad="):
        read([("a", "b")], skip_bad=tmp_path / "bad")


CELL = st.text("ab#%,\"' é\t.0", min_size=1, max_size=4).filter(lambda cell: cell == cell.strip())


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), st.integers(1, 40))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blocks_are_cut_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edges: list[tuple[str, str]], block_bytes: int
) -> None:
    import csv

    monkeypatch.setattr(delimited, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "made.csv"
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(edges)
    path.write_text(text.getvalue(), newline="")
    same(read(path, details=Details(comment="")), read(edges))


def test_node_files_come_first_and_may_have_isolated_nodes(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.csv"
    nodes.write_text("id,label,type,aliases\nz,Zed,letter,Zee|zett\nb,,letter,\n")
    graph = read([("a", "b")], nodes=nodes)
    assert graph.names == ["z", "b", "a"]
    assert graph.labels == ["Zed", "", ""]
    assert graph.type_names == ["letter"]
    assert graph.types.tolist() == [0, 0, -1]
    assert list(graph.aliases) == [["Zee", "zett"], [], []]
    assert graph.isolated.tolist() == [True, False, False]
    assert graph.reading.isolated == 1
    other = tmp_path / "nodes.jsonl"
    other.write_text('{"key": "z", "name": "Zed", "also": ["Zee"]}\n{"key": 7}\n')
    graph = read([("a", "b")], nodes=NodeFile(other, id="key", label="name", aliases="also"))
    assert graph.names == ["z", "7", "a", "b"]
    assert graph.aliases[0] == ["Zee"]
    assert read([("a", "b")], nodes=["c", "a"]).names == ["c", "a", "b"]
    assert read([], nodes=["c"]).isolated.tolist() == [True]
    nodes.write_text("id\na\na\n")
    with pytest.raises(InputError, match=r"line 3: the id 'a' is repeated"):
        read([("a", "b")], nodes=nodes)
    table = tmp_path / "nodes.parquet"
    pq.write_table(pa.table({"id": ["q"], "type": ["t"], "aliases": [["x", "y"]]}), table)
    assert read([("a", "b")], nodes=table).aliases[0] == ["x", "y"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("a",), "edge 2 of those given: .* is not an edge"),
        ("ab", "is not an edge"),
        (("a", ""), "the target is ''"),
        (("a", None), "the target is None"),
        (("a", 1.5), "the target is 1.5"),
        (("a", "b", -1), "the weight is -1"),
        (("a", "b", float("nan")), "the weight is nan"),
        (("a", "p", "b"), "some edges have a relation, others have none"),
        (("a", "b", 1), "some edges have a weight, others have none"),
    ],
)
def test_a_bad_edge_from_python_is_reported(row: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read([("x", "y"), row])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"source": "a"', "line 2: not JSON"),
        ('{"source": "a"}', "line 2: no field 'target'"),
        ('{"source": "a", "target": null}', "line 2: the target is None"),
        ("7", "line 2: 7 is not an edge"),
    ],
)
def test_bad_json_is_reported_or_skipped(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "made.jsonl"
    path.write_text('{"source": "x", "target": 5}\n' + line + "\n")
    with pytest.raises(InputError, match=says):
        read(path)
    graph = read(path, skip_bad=tmp_path / "bad")
    assert (graph.names, graph.reading.bad_lines) == (["x", "5"], 1)
    assert (tmp_path / "bad").read_text() == line + "\n"


def test_bad_parquet_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    pq.write_table(pa.table({"source": [1, 2], "target": [2, None]}), path)
    with pytest.raises(InputError, match="row 2: the target is empty"):
        read(path)
    pq.write_table(pa.table({"source": [1, 2], "target": [2, 3], "weight": [1.0, -2.0]}), path)
    with pytest.raises(InputError, match=r"row 2: the weight is -2\.0"):
        read(path)
    pq.write_table(pa.table({"source": [1.5], "target": [2]}), path)
    with pytest.raises(InputError, match="of double; wanted text or whole numbers"):
        read(path)
    pq.write_table(pa.table({"one": [1], "two": [2]}), path)
    with pytest.raises(InputError, match=r"among 'one', 'two'; name them"):
        read(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="not Parquet"):
        read(path)


def test_rules_of_loops_parallels_and_weight_zero(tmp_path: Path) -> None:
    path = tmp_path / "made.txt"
    path.write_text("a a 1\na b 2\nb a 3\na c 0\n")
    graph = read(path)
    assert graph.names == ["a", "b", "c"]
    assert graph.triples().tolist() == [[0, 0, 0], [0, 0, 1]]
    assert graph.weights.tolist() == [1, 5, 5]
    counts = graph.reading
    assert (counts.edges, counts.self_loops, counts.parallel, counts.weightless, counts.isolated) == (
        4,
        1,
        1,
        1,
        1,
    )


def test_what_holds_no_graph_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing but this\n")
    with pytest.raises(InputError, match=r"no edge and no node in the input \(1 comments\)"):
        read(empty)
    with pytest.raises(InputError, match="no edge and no node"):
        read([])
    for wrong in (5, b"ab", {"a": "b"}, np.ones((2, 2)), np.ones((2, 4), int)):
        with pytest.raises(WrongType):
            read(wrong)
    (tmp_path / "x.jsonld").write_text("{}")
    with pytest.raises(InputError, match="is JSON-LD, which cannot be read; convert it to N-Triples"):
        read(tmp_path / "x.jsonld")
    with pytest.raises(InputError, match="no file"):
        read(tmp_path / "none.csv")
    (tmp_path / "x.txt.gz").write_bytes(b"not packed")
    with pytest.raises(InputError, match=r"damaged, or not \.gz"):
        read(tmp_path / "x.txt.gz")
    with pytest.raises(OptionError, match="form must be one of"):
        Details(form="xls")
    import tarfile

    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.add(empty, "empty.txt")
    with pytest.raises(InputError, match="is an archive of files"):
        read(tmp_path / "x.tar.gz")


def test_standard_input_and_encodings(tmp_path: Path) -> None:
    code = (
        "from likewise.data.graph import read, Details\nprint(read('-', details=Details(form='csv')).names)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b'"a b",c\n', capture_output=True, check=True)
    assert done.stdout == b"['a b', 'c']\n"
    path = tmp_path / "made.csv"
    path.write_bytes("\ufeffsource,target\né,b\n".encode("utf-16"))
    assert read(path, details=Details(encoding="utf-16")).names == ["é", "b"]
    with pytest.raises(InputError, match="begins as utf-16 does"):
        read(path)
    path.write_bytes("\ufeffsource,target\né,b\n".encode())
    assert read(path).names == ["é", "b"]


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("later", ["", '"'])
def test_a_quote_that_is_not_closed_hides_no_line(tmp_path: Path, delimiter: str, later: str) -> None:
    rows = ["source,target", "n0,n1", 'x,"y', "m0,m1", f"m1,m2{later}", 'q,"r, s"', "m2,m3"]
    path = tmp_path / ("e.csv" if delimiter == "," else "e.tsv")
    path.write_text("\n".join(row.replace(",", delimiter, 1) for row in rows) + "\n")
    with pytest.raises(InputError, match=r"line 3: its quotes do not close"):
        read(path)
    bad = tmp_path / "bad.txt"
    found = read(path, skip_bad=bad)
    assert found.reading.bad_lines == 1  # a quote inside a cell is a character of it
    assert {"n0", "m0", "m3", "r, s"} <= set(found.names)
    assert not any("\n" in key for key in found.names)
