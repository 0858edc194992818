"""Rows out of files that have fields: JSON lines, CSV and TSV, Parquet. A null is an empty row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain

from likewise.arrays.spelling import nearest_spellings
from likewise.data.sources import Source, Unpacked
from likewise.errors import InputError
from likewise.system.extras import need

Row = str | list[str]
LARGEST_FIELD = 1 << 30  # characters; the csv module's own limit is 131,072, less than a book


def json_rows(stream: Unpacked, field: str | None, encoding: str, errors: str) -> Iterator[Row]:
    """The field of the object on each line, or the line's own string or list where no field is named."""
    for where, record in _json_lines(stream, encoding, errors):
        if isinstance(record, dict):
            if field is None or field not in record:
                raise InputError(no_field(where, field, list(record)))
            record = record[field]
        elif field:
            raise InputError(f"{where} is no object, so it has no field {field!r}")
        yield row_of(record, where)


def json_fields(
    stream: Unpacked, fields: Sequence[str], encoding: str, errors: str
) -> Iterator[tuple[str, list[object]]]:
    """Where each object stands, and its values of all `fields`."""
    for where, record in _json_lines(stream, encoding, errors):
        if not isinstance(record, dict):
            raise InputError(f"{where} is no object, so it has no field {fields[0]!r}")
        for field in fields:
            if field not in record:
                raise InputError(no_field(where, field, list(record)))
        yield where, [record[field] for field in fields]


def _json_lines(stream: Unpacked, encoding: str, errors: str) -> Iterator[tuple[str, object]]:
    """Where each line stands, for an error, and what it holds; blank lines are passed over.

    A file that is one array of records gives its records.
    """
    name = stream.source.name
    with io.TextIOWrapper(io.BufferedReader(stream), encoding, errors, newline="\n") as text:
        for number, line in enumerate(text, 1):
            where = f"{name}, line {number:,}"
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                value = _json_array(line + text.read()) if number == 1 and line.lstrip()[0] == "[" else None
                if value is None:
                    raise InputError(f"{where} is not JSON: {error}") from error
            if number == 1 and isinstance(value, list) and any(isinstance(item, dict) for item in value):
                yield from ((f"{name}, record {place:,}", item) for place, item in enumerate(value, 1))
            else:
                yield where, value


def _json_array(text: str) -> list[object] | None:
    """The items of a text that is one JSON array over several lines, None for another text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def first_record(line: bytes) -> list[str] | None:
    """The fields of the JSON record that a file begins with, alone or in an array; None for other text."""
    start = line.lstrip()
    if not start.startswith((b"{", b"[")):
        return None
    try:
        found = json.loads(start)
    except (ValueError, RecursionError):  # the line is part of an array: look at its first record alone
        inner = start.removeprefix(b"[").strip().removesuffix(b",")
        try:
            found = json.loads(inner)
        except (ValueError, RecursionError):
            return None
    if isinstance(found, list) and found:
        found = found[0]
    return list(found) if isinstance(found, dict) and found else None


def no_field(where: str, field: str | None, found: list[str]) -> str:
    """What to say of an object without the field."""
    if field is None:
        return f"{where} is an object; choose one of its fields {names(found)} with field="
    return f"{where} has no field {field!r}, but {names(found)}{suggestion(field, found)}"


def csv_rows(stream: Unpacked, column: str | None, encoding: str, errors: str) -> Iterator[Row]:
    """The column of each row after the header; quoted fields may hold line ends."""
    for _, cells in csv_cells(stream, (column,), encoding, errors):
        yield cells[0]


def csv_cells(
    stream: Unpacked, columns: Sequence[str | int | None], encoding: str, errors: str
) -> Iterator[tuple[str, list[str]]]:
    """Where each row ends, and its cells of `columns`: by name in the header, or by number where there is none."""
    name, delimiter = stream.source.name, "\t" if stream.source.form == "tsv" else ","
    before = csv.field_size_limit(LARGEST_FIELD)
    try:
        with io.TextIOWrapper(io.BufferedReader(stream), encoding, errors, newline="") as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            header = next(reader, None)
            if header is None:
                return
            rows: Iterator[list[str]] = reader
            if isinstance(columns[0], int):
                rows, wanted = chain([header], reader), "the first row"
            else:
                wanted = "the header"
            places = [place_of(column, header, name) for column in columns]
            for row in rows:
                where = f"{name}, line {reader.line_num:,}"
                if row and len(row) != len(header):
                    raise InputError(f"{where} has {len(row)} columns, {wanted} has {len(header)}")
                if row:
                    yield where, [row[place] for place in places]
    except csv.Error as error:
        raise InputError(
            f"{name}, line {reader.line_num:,} is not {stream.source.form.upper()}: {error}"
        ) from error
    finally:
        csv.field_size_limit(before)


def place_of(column: str | int | None, header: Sequence[str], name: str) -> int:
    """Where the column stands in the header; `InputError` where it does not, or stands twice."""
    if isinstance(column, int):
        if not 0 <= column < len(header):
            raise InputError(f"{name} has {len(header)} columns, so 0 to {len(header) - 1}, not {column}")
        return column
    if column is None:
        raise InputError(f"{name} has the columns {names(header)}; choose one with column=")
    if header.count(column) > 1:
        raise InputError(f"{name} has {header.count(column)} columns {column!r}; rename all but one")
    if column not in header:
        raise InputError(f"{name} has no column {column!r}, but {names(header)}{suggestion(column, header)}")
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


def suggestion(wanted: str, found: Sequence[str]) -> str:
    """ "did you mean" with the nearest name, or nothing."""
    near = nearest_spellings(wanted, found, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
