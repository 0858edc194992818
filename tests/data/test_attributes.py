"""Attributes as tokens: each kind of column, every way in, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from likewise.data.attributes import Column, fit_vocabulary, read
from likewise.errors import InputError, WrongType

FILMS = [
    {"item": str(n), "genre": "Comedy|Drama" if n % 2 else "Drama", "year": 1980 + n, "title": f"The story of {n % 3}",
     "language": "en" if n < 15 else "é", "one": f"x{n}"}
    for n in range(20)
]  # fmt: skip


def test_every_column_has_its_kind_and_tokens() -> None:
    words = fit_vocabulary(FILMS, "item")
    assert {column.name: column.kind for column in words.columns} == {
        "genre": "parts", "year": "number", "title": "text", "language": "category", "one": "category",
    }  # fmt: skip
    assert not any(token.startswith("one=") for token in words.tokens)  # of one film each
    assert "item" not in {column.name for column in words.columns}
    rows = words.rows(
        [FILMS[0], FILMS[19], {"genre": "Drama|Western", "year": "1900", "title": ""}, {}, {"year": "?"}]
    )
    shown = [[words.tokens[token] for token in row] for row in rows]
    assert shown[0] == [
        "genre=Drama",
        "language=en",
        "title:0",
        "title:of",
        "title:story",
        "title:the",
        "year:0",
    ]
    assert shown[1][:3] == ["genre=Comedy", "genre=Drama", "language=é"]
    assert shown[1][-1] == "year:9"
    assert shown[2:] == [["genre=Drama", "year:0"], [], []]


def test_tenths_hold_as_many_each_and_few_numbers_are_categories() -> None:
    column = fit_vocabulary(FILMS, "item").columns[1]
    tenths = [column.tokens(film["year"])[0] for film in FILMS]
    assert all(tenths.count(tenth) == 2 for tenth in tenths)
    assert fit_vocabulary([{"age": n % 3} for n in range(9)], "id").columns[0].kind == "category"
    assert Column("a", "number", (1.0,)).tokens("nan") == []


def test_every_form_gives_the_same(tmp_path: Path) -> None:
    import csv

    import pyarrow as arrow
    from pyarrow import parquet

    for name, mark in (("a.csv", ","), ("a.tsv", "\t")):
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, FILMS[0], delimiter=mark)
            writer.writeheader()
            writer.writerows(FILMS)
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(film) + "\n" for film in FILMS))
    parquet.write_table(arrow.Table.from_pylist(FILMS), tmp_path / "a.parquet")
    wanted = fit_vocabulary(FILMS, "item")
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet"):
        things = read(tmp_path / name, "item")
        assert list(things) == [film["item"] for film in FILMS]
        assert fit_vocabulary(list(things.values()), "item") == wanted


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "itm,genre\n1,x\n", "no column 'item', but 'itm', 'genre'; did you mean 'itm'"),
        ("a.csv", "item,genre\n1,x\n1,y\n", "line 3: the id '1' is there twice"),
        ("a.csv", "item,genre\n,x\n", "the id '' is empty"),
        ("a.csv", "item,genre\n1\n", "has 1 columns, the header has 2"),
        ("a.csv", "", "there are no rows of attributes"),
        ("a.jsonl", "[1]\n", "is no object"),
        ("a.jsonl", "{\n", "is not JSON"),
        ("a.txt", "item\n", "no columns by its name"),
    ],
)
def test_bad_files_are_told(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        read(tmp_path / name, "item")


def test_bad_types_are_told() -> None:
    with pytest.raises(WrongType):
        read(3, "item")
    with pytest.raises(WrongType):
        read([3], "item")
    with pytest.raises(InputError):
        read([{"name": "x"}], "item")
