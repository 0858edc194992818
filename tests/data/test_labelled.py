from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from likewise.data.labelled import read
from likewise.errors import InputError, WrongType

TEXTS = ["plain", 'with "quotes", commas', "over\ntwo lines", "", "tab\tand é"]
LABELS = ["a", "b", "a", "b", "a"]


def written(folder: Path, form: str) -> Path:
    """The same five rows in any of the forms, with a column between that nobody asks for."""
    path = folder / f"made.{form}"
    rows = [{"text": t, "n": str(i), "label": c} for i, (t, c) in enumerate(zip(TEXTS, LABELS, strict=True))]
    if form.startswith("jsonl"):
        content = "".join(json.dumps(row) + "\n" for row in rows)
    elif form == "parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path
    else:
        mark = "\t" if form.startswith("tsv") else ","
        quoted = [['"' + str(cell).replace('"', '""') + '"' for cell in row.values()] for row in rows]
        content = "".join(mark.join(cells) + "\r\n" for cells in [["text", "n", "label"], *quoted])
    raw = content.encode()
    path.write_bytes(gzip.compress(raw) if form.endswith("gz") else raw)
    return path


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def test_every_form_holds_the_same(tmp_path: Path, form: str) -> None:
    found = read(written(tmp_path, form))
    assert found.texts == TEXTS
    assert found.labels == LABELS
    assert len(found) == 5


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
def test_a_missing_column_names_those_that_are_there(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, form)
    with pytest.raises(InputError, match=r"'lable'.*'text', 'n', 'label'; did you mean 'label'\?"):
        read(path, label="lable")
    with pytest.raises(InputError, match="'body'"):
        read(path, text="body")


def test_a_file_without_a_header_is_read_by_numbers(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text('3,"title","a text"\n4,x,y\n')
    found = read(path, text=2, label=0)
    assert (found.texts, found.labels) == (["a text", "y"], ["3", "4"])
    with pytest.raises(InputError, match="3 columns, so 0 to 2, not 3"):
        read(path, text=3, label=0)
    with pytest.raises(WrongType, match="both columns by name or both by number"):
        read(path, text="text", label=0)
    with pytest.raises(InputError, match="by name"):
        read(written(tmp_path, "jsonl"), text=1, label=0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('text,label\nfine,a\n"never ends,b\n', "line 3 is not CSV: unexpected end"),
        ('text,label\nfine,a\n"a"b,b\n', "line 3 is not CSV"),
        ("text,label\nfine,a\none,two,three\n", "line 3 has 3 columns, the header has 2"),
        ("text,label\nfine,a\nnone,\n", "line 3: the label is ''"),
        ("text,label\nfine,a\nnone,  \n", "line 3: the label is"),
        ("text,label,text\nfine,a,b\n", "2 columns 'text'"),
        ("text,label\n", "no rows"),
        ("", "no rows"),
    ],
)
def test_a_bad_csv_is_told_by_its_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=says):
        read(path)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"text": "t"', "line 2 is not JSON"),
        ('{"text": 3, "label": "a"}', "line 2: the text is 3, wanted a string"),
        ('{"text": "t", "label": null}', "line 2: the label is None"),
        ('{"text": "t", "label": NaN}', "line 2: the label is nan"),
        ('{"text": "t", "label": ["a"]}', "line 2: the label is"),
        ('["t", "a"]', "line 2 is no object"),
    ],
)
def test_a_bad_json_line_is_told(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "t", "label": 1}\n' + line)
    with pytest.raises(InputError, match=says):
        read(path)


def test_labels_that_are_numbers_become_text_and_a_null_text_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    path.write_text('{"text": null, "label": 1}\n\n{"text": "t", "label": true}\n')
    assert read(path).texts == ["", "t"]
    assert read(path).labels == ["1", "True"]


def test_other_files_and_encodings_are_told(tmp_path: Path) -> None:
    (tmp_path / "made.txt").write_text("a\tb\n")
    with pytest.raises(InputError, match=r"wanted \.csv, \.tsv"):
        read(tmp_path / "made.txt")
    with pytest.raises(InputError, match="no file"):
        read(tmp_path / "none.csv")
    (tmp_path / "made.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="not Parquet"):
        read(tmp_path / "made.parquet")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("text,label\ncafé,a\n".encode("latin-1"))
    with pytest.raises(InputError, match="not utf-8"):
        read(latin)
    assert read(latin, encoding="latin-1").texts == ["café"]
    bom = tmp_path / "bom.csv"
    bom.write_bytes("\ufefftext,label\nx,a\n".encode())
    assert read(bom).texts == ["x"]
    with pytest.raises(InputError, match="two different ones"):
        read(bom, text="label")
