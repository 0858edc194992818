"""Texts with a label each, out of a file of columns: CSV, TSV, JSON lines or Parquet, plain or packed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from likewise.data import records
from likewise.data.sources import Source, find, opened
from likewise.errors import InputError, WrongType
from likewise.system.extras import need

Cells = tuple[str, object, object]  # where they stand, the text, the label


@dataclass(frozen=True)
class Labelled:
    """`texts[i]` has the label `labels[i]`, both as they stand in the file; a text may be empty."""

    name: str
    texts: list[str]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.texts)


def read(
    path: str | Path,
    *,
    text: str | int = "text",
    label: str | int = "label",
    encoding: str = "utf-8-sig",
    errors: str = "strict",
) -> Labelled:
    """The columns `text` and `label` of a file, known by its name: .csv, .tsv, .jsonl, .parquet, maybe packed.

    For a CSV or TSV file without a header give the columns' numbers, from 0. Labels that are numbers in JSON or Parquet
    become text. Raises `InputError` for a file that cannot be read, a column it does not have (with those it has), bad
    quoting or another number of columns, or an empty label, with the line.
    """
    if not isinstance(path, str | Path) or isinstance(text, int) != isinstance(label, int):
        raise WrongType(
            f"wanted a path, and both columns by name or both by number, not {path!r}, {text!r}, {label!r}"
        )
    if text == label:
        raise InputError(f"text and label are both the column {text!r}; give two different ones")
    sources = find(path)
    texts: list[str] = []
    labels: list[str] = []
    for source in sources:
        for where, found, wanted in cells(source, text, label, encoding, errors):
            texts.append(text_of(found, where))
            labels.append(_label(wanted, where))
    if not texts:
        raise InputError(f"no rows in {str(path)!r}; wanted a header and a text and label a row")
    return Labelled(sources[0].name, texts, labels)


def cells(source: Source, text: str | int, label: str | int, encoding: str, errors: str) -> Iterator[Cells]:
    """Where each row stands, and what it has in two columns; raises as `read` does."""
    if source.form == "lines":
        raise InputError(f"{source.name} has no columns by its name; wanted .csv, .tsv, .jsonl or .parquet")
    if isinstance(text, int) or isinstance(label, int):
        if source.form not in ("csv", "tsv"):
            raise InputError(f"{source.name} has names for its columns; give text= and label= by name")
    elif source.form == "parquet":
        yield from _parquet(source, text, label)
        return
    try:
        with opened(source, None) as stream:
            if source.form == "json":
                for where, (found, wanted) in records.json_fields(
                    stream, (str(text), str(label)), encoding, errors
                ):
                    yield where, found, wanted
            else:
                for where, (found, wanted) in records.csv_cells(stream, (text, label), encoding, errors):
                    yield where, found, wanted
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source.name} is not {encoding}: {error.reason}; give encoding= or errors='replace'"
        ) from error


def _parquet(source: Source, text: str, label: str) -> Iterator[Cells]:
    parquet = need("pyarrow.parquet", "all", "reading Parquet")
    arrow = need("pyarrow", "all", "reading Parquet")
    try:
        with parquet.ParquetFile(source.path) as file:
            for column in (text, label):
                records.place_of(column, file.schema_arrow.names, source.name)
            batches = file.iter_batches(columns=[text, label], batch_size=1024)
            rows = chain.from_iterable(batch.to_pylist() for batch in batches)
            for number, row in enumerate(rows, 1):
                yield f"{source.name}, row {number:,}", row[text], row[label]
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{source.name} is damaged, or not Parquet: {error}") from error


def text_of(found: object, where: str) -> str:
    """A cell that is a text, null an empty one; else `InputError`."""
    if found is None:
        return ""
    if not isinstance(found, str):
        raise InputError(f"{where}: the text is {records.shortened(found)}, wanted a string")
    return found


def _label(found: object, where: str) -> str:
    if isinstance(found, bool | int | float) and found == found:  # NaN is no label
        return str(found)
    if not isinstance(found, str) or not found.strip():
        raise InputError(
            f"{where}: the label is {records.shortened(found)}; give it one, or take the row out"
        )
    return found
