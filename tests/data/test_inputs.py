"""What a list, a record, a data frame and a path mean: decided by type, and never by what the texts say."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from likewise import documents, words
from likewise.arrays.text_block import pack_texts, pack_tokens
from likewise.data.documents import documents as read_documents
from likewise.data.text import blocks
from likewise.errors import InputError, OptionError, WrongType

TEXTS = ["the king sat", "-", "*", "a[b]c?", "", "/etc/passwd"]


def read(inputs: Any, **options: Any) -> bytes:
    return b"".join(block.data for block in blocks(inputs, **options))


class Dataset:
    """As torch's: a length, and items by number."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> Any:
        return self.items[number]


def records() -> list[dict[str, Any]]:
    return [{"text": text, "label": str(number)} for number, text in enumerate(TEXTS)]


def test_texts_are_never_looked_up_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("the king sat").write_text("another text")
    Path("a").write_text("a file")

    def refuse(*_, **__):
        raise AssertionError("a text was looked up")

    monkeypatch.setattr(os.path, "lexists", refuse)
    monkeypatch.setattr("likewise.data.sources.glob", refuse)
    for inputs in (
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        np.array(TEXTS),
        pd.Series(TEXTS),
        Dataset(TEXTS),
    ):
        assert read(inputs) == pack_texts(TEXTS)
    assert read(["a", "-"]) == pack_texts(["a", "-"])
    assert read(["/" * 1_200 + "*" * 1_200]) == pack_texts(["/" * 1_200 + "*" * 1_200])


def test_one_path_a_list_of_path_and_a_folder_are_files(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    (tmp_path / "b.txt").write_text("b\n")
    assert read(str(tmp_path / "a.txt")) == b"a\n"
    assert read([tmp_path / "a.txt", tmp_path / "b.txt"]) == b"a\nb\n"
    assert read(iter([tmp_path / "a.txt"])) == b"a\n"
    assert read(str(tmp_path)) == read(str(tmp_path / "?.txt")) == b"a\nb\n"
    assert read([str(tmp_path / "a.txt")]) == pack_texts([str(tmp_path / "a.txt")])


@pytest.mark.parametrize(
    "name", ["a/" * 1_200 + "*", "x" * 5_000 + ".txt", "nul\0.txt", "a/" * 50_000 + "*.txt"]
)
def test_an_impossible_path_is_an_error_of_one_short_line(name):
    with pytest.raises((InputError, WrongType)) as caught:
        read(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200 or "no file" in str(caught.value)


@pytest.mark.parametrize(
    "give",
    [
        records,
        lambda: iter(records()),
        lambda: Dataset(records()),
        lambda: csv.DictReader(io.StringIO("text,label\n" + "".join(f"{text},1\n" for text in TEXTS))),
        lambda: pd.DataFrame(records()),
        lambda: pa.Table.from_pylist(records()),
        lambda: {"text": TEXTS, "label": TEXTS},
    ],
    ids=["list", "iterator", "dataset", "DictReader", "pandas", "arrow", "columns"],
)
@pytest.mark.parametrize("option", ["field", "column"])
def test_records_and_frames_give_the_field_that_is_named(give, option):
    assert read(give(), **{option: "text"}) == pack_texts(TEXTS)
    with pytest.raises(InputError, match=r"no (field|column) 'txt'.*did you mean 'text'\?"):
        read(give(), **{option: "txt"})
    with pytest.raises(WrongType, match=r"'text', 'label'; choose one with (field|column)="):
        read(give())


def test_the_names_of_fields_are_never_trained_on():
    rows = [{"text": "a king and a queen", "label": "x"}] * 10
    with pytest.raises(
        WrongType, match=r"row 1 is a dict with the fields 'text', 'label'; choose one with field="
    ):
        words.word2vec(rows, min_count=1, epochs=1, seed=1)
    with pytest.raises(
        WrongType, match="a DataFrame with the columns 'text', 'label'; choose one with column="
    ):
        documents.tfidf(pd.DataFrame(rows))
    table = words.word2vec(rows, min_count=1, epochs=1, seed=1, reading=words.Reading(field="text"))
    assert sorted(table.keys) == ["a", "and", "king", "queen"]


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT, ""])
def test_a_missing_text_is_an_empty_row(missing):
    assert read([missing, "a", missing]) == pack_texts(["", "a", ""])
    assert read([missing, ["a", "b"]]) == pack_tokens([[], ["a", "b"]])
    assert read([{"t": missing}, {"t": "a"}], field="t") == pack_texts(["", "a"])
    frame = pd.DataFrame({"t": pd.Series([missing, "a"], dtype=object)})
    assert read(frame, column="t") == read(frame["t"]) == pack_texts(["", "a"])


@pytest.mark.parametrize("row", [{"a": 1}, {"a", "b"}, b"bytes", 5, True, object()])
def test_a_row_that_is_no_text_is_named(row):
    with pytest.raises(WrongType, match=r"row 2 is .*; wanted a str"):
        read(["a", row])


def test_options_for_records_are_not_for_texts():
    with pytest.raises(OptionError, match=r"are for files, records and data frames"):
        read(["a text"], field="text")
    with pytest.raises(OptionError, match=r"give one of them"):
        read(records(), field="text", column="label")
    with pytest.raises(WrongType, match=r"row 2 is 'a' among records"):
        read([{"text": "b"}, "a"], field="text")


@pytest.mark.parametrize(
    "data",
    [
        "\n".join(json.dumps(each) for each in records()),
        json.dumps(records()),
        json.dumps(records(), indent=2),
        "[\n" + ",\n".join(json.dumps(each) for each in records()) + "\n]\n",
    ],
    ids=["lines", "array", "indented", "a line each"],
)
def test_json_records_are_read_by_field_and_never_as_plain_text(data, tmp_path, monkeypatch):
    def stdin() -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
        return "-"

    (tmp_path / "a.json").write_text(data)
    (tmp_path / "a.txt").write_text(data)
    assert read(stdin(), field="text").split(b"\xfe")[:-1] == [text.encode() for text in TEXTS]
    assert read(tmp_path / "a.json", field="text").split(b"\xfe")[:-1] == [text.encode() for text in TEXTS]
    if not data.startswith(("[\n",)):
        with pytest.raises(
            InputError, match=r"standard input holds JSON records with the fields 'text', 'label': choose"
        ):
            read(stdin())
        with pytest.raises(
            InputError, match=r"a.txt holds JSON records .*: name the file .jsonl, and choose one with field="
        ):
            read(tmp_path / "a.txt")
    with pytest.raises(InputError, match=r"choose one of its fields 'text', 'label' with field="):
        read(tmp_path / "a.json")


@pytest.mark.parametrize(
    "text", ["{ braces }\n", "[1] a footnote\n", "{\n", "[]\n", "{}\n", "[ [ [\n", '{"a": \n']
)
def test_plain_text_that_only_looks_like_json_is_text(text, tmp_path):
    (tmp_path / "a.txt").write_text(text)
    assert read(tmp_path / "a.txt") == text.encode()


def test_documents_of_a_frame_have_its_ids():
    frame = pd.DataFrame({"text": ["a b", None], "name": ["one", "two"]})
    for inputs in (
        frame,
        frame.to_dict("records"),
        iter(frame.to_dict("records")),
        pa.Table.from_pandas(frame),
    ):
        found, ids = read_documents(inputs, column="text", id="name")
        assert (b"".join(block.data for block in found), ids) == (pack_texts(["a b", ""]), ["one", "two"])
