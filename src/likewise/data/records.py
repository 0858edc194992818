"""Rows out of files that have fields: JSON lines, CSV and TSV, Parquet. A null is an empty row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain

from likewise.data.sources import Source, Unpacked
from likewise.errors import InputError
from likewise.extras import need
from likewise.spelling import nearest_spellings

Row = str | list[str]
LARGEST_FIELD = 1 << 30  # characters; the csv module's own limit is 131,072, less than a book


def json_rows(stream: Unpacked, field: str | None, encoding: str, errors: str) -> Iterator[Row]:
    """The field of the object on each line, or the line's own string or list where no field is asked for."""
    name = stream.source.name
    with io.TextIOWrapper(io.BufferedReader(stream), encoding, errors, newline="\n") as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise InputError(f"{name}, line {number:,} is not JSON: {error}") from error
            if isinstance(record, dict):
                record = record.get(field, KeyError) if field else KeyError
                if record is KeyError:
                    raise InputError(no_field(name, number, field, list(json.loads(line))))
            elif field:
                raise InputError(f"{name}, line {number:,} is no object, so it has no field {field!r}")
            yield row_of(record, f"{name}, line {number:,}")


def no_field(name: str, number: int, field: str | None, found: list[str]) -> str:
    """What to say of an object without the field."""
    if field is None:
        return f"{name}, line {number:,} is an object; choose one of its fields {names(found)} with field="
    return f"{name}, line {number:,} has no field {field!r}, but {names(found)}{guess(field, found)}"


def csv_rows(stream: Unpacked, column: str | None, encoding: str, errors: str) -> Iterator[Row]:
    """The column of each row after the header; quoted fields may hold line ends."""
    name, delimiter = stream.source.name, "\t" if stream.source.form == "tsv" else ","
    before = csv.field_size_limit(LARGEST_FIELD)
    try:
        with io.TextIOWrapper(io.BufferedReader(stream), encoding, errors, newline="") as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            header = next(reader, None)
            if header is None:
                return
            place = place_of(column, header, name)
            for row in reader:
                if row and len(row) != len(header):
                    wanted = f"the header has {len(header)}"
                    raise InputError(f"{name}, line {reader.line_num:,} has {len(row)} columns, {wanted}")
                if row:
                    yield row[place]
    except csv.Error as error:
        raise InputError(
            f"{name}, line {reader.line_num:,} is not {stream.source.form.upper()}: {error}"
        ) from error
    finally:
        csv.field_size_limit(before)


def place_of(column: str | None, header: Sequence[str], name: str) -> int:
    """Where the column stands in the header; `InputError` where it does not, or stands twice."""
    if column is None:
        raise InputError(f"{name} has the columns {names(header)}; choose one with column=")
    if header.count(column) > 1:
        raise InputError(f"{name} has {header.count(column)} columns {column!r}; rename all but one")
    if column not in header:
        raise InputError(f"{name} has no column {column!r}, but {names(header)}{guess(column, header)}")
    return header.index(column)


def parquet_rows(source: Source, column: str | None) -> Iterator[Row]:
    """The column of a Parquet file, batch after batch: strings, or lists of strings."""
    parquet = need("pyarrow.parquet", "all", "reading Parquet")
    arrow = need("pyarrow", "all", "reading Parquet")
    try:
        with parquet.ParquetFile(source.path) as file:
            place_of(column, file.schema_arrow.names, source.name)
            batches = file.iter_batches(columns=[column], batch_size=1024)
            values = chain.from_iterable(batch.column(0).to_pylist() for batch in batches)
            for number, value in enumerate(values, 1):
                yield row_of(value, f"{source.name}, row {number:,}")
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{source.name} is damaged, or not Parquet: {error}") from error


def row_of(value: object, where: str) -> Row:
    """A string or a list of strings as a row, null as an empty one, or `InputError`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(token, str) for token in value):
        return value
    raise InputError(f"{where} is {shortened(value)}; wanted text, or a list of tokens")


def shortened(value: object, most: int = 40) -> str:
    """The value as Python writes it, cut to `most` characters."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def names(found: Sequence[str], most: int = 12) -> str:
    """The names found, quoted, and how many more there are."""
    listed = ", ".join(repr(name) for name in found[:most])
    return listed + (f" and {len(found) - most} more" if len(found) > most else "")


def guess(wanted: str, found: Sequence[str]) -> str:
    """The nearest name as a question, or nothing."""
    near = nearest_spellings(wanted, found, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
