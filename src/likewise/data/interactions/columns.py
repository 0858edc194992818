"""Rows of a log in batches, as Arrow columns: from CSV, TSV, JSON lines and Parquet, or from Python."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from likewise.data import records
from likewise.data.interactions.options import Column, Reading
from likewise.data.sources import Source, Unpacked
from likewise.errors import InputError, WrongType
from likewise.system.extras import need

MANY = 1 << 17  # rows of a batch
BLOCK = 1 << 24  # bytes of CSV of a batch; a row is never longer
DELIMITERS = "\t,;|"  # tried in this order, where the name of a file does not say its format
Batch = tuple[int, dict[str, Any]]  # the number of its first row, and an Arrow column for each role


def csv_batches(stream: Unpacked, reading: Reading) -> Iterator[Batch]:
    """The columns of a file of cells between delimiters."""
    table, arrow = need("pyarrow.csv", "all", "reading logs"), need("pyarrow", "all", "reading logs")
    name = stream.source.name
    text = _utf8(stream, reading.encoding)
    head, delimiter, rest = _head(text, stream.source, reading)
    if not head:
        return
    places = {role: records.place_of(column, head, name) for role, column in reading.roles.items()}
    columns = [str(place) for place in range(len(head))]
    wanted = {role: columns[place] for role, place in places.items()}
    try:
        rows = table.open_csv(
            rest,
            read_options=table.ReadOptions(column_names=columns, use_threads=False, block_size=BLOCK),
            parse_options=table.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=table.ConvertOptions(
                include_columns=list(wanted.values()), strings_can_be_null=False,
                column_types=dict.fromkeys(wanted.values(), arrow.large_string()),
            ),
        )  # fmt: skip
        done = 1
        for batch in rows:
            yield done, {role: batch.column(column) for role, column in wanted.items()}
            done += batch.num_rows
            last = batch
        if done > 1 and rest.quotes % 2 and any("\n" in column[-1].as_py() for column in last.columns):
            raise InputError(
                f"{name}, row {done - 1:,}: a quote is opened, and not closed by the end of the file"
            )
    except arrow.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise InputError(_error_of_arrow(str(error), name, reading.encoding)) from error


def _utf8(stream: Unpacked, encoding: str) -> Any:
    """The stream as UTF-8 bytes, without a byte order mark."""
    try:
        codec = codecs.lookup("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError as error:
        raise InputError(f"there is no encoding {encoding!r}; try utf-8, latin-1 or utf-16") from error
    buffered = io.BufferedReader(stream, BLOCK)
    if codec.name == "utf-8-sig":
        if buffered.peek(3)[:3] == codecs.BOM_UTF8:
            buffered.read(3)
        return buffered
    return _Recoded(io.TextIOWrapper(buffered, encoding, newline=""))


class _Recoded:
    """Text in another encoding, given as UTF-8 bytes."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.pending, self.closed = text, b"", False

    def readline(self) -> bytes:
        """One line, with its end."""
        return self.text.readline().encode()

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, as Arrow reads a file."""
        if not self.pending:
            self.pending = self.text.read(BLOCK).encode()
        given, self.pending = (self.pending[:size], self.pending[size:]) if size >= 0 else (self.pending, b"")
        return given


def _head(text: Any, source: Source, reading: Reading) -> tuple[list[str], str, _Concatenated]:
    """The header, or where columns are numbered the cells of the first row; the delimiter; the rows, from the first."""
    read: list[bytes] = []

    def lines() -> Iterator[str]:
        while line := text.readline():
            read.append(line)
            yield line.decode("utf-8")

    try:
        first = next(lines(), "")
        delimiter = {"csv": ",", "tsv": "\t"}.get(source.form) or next(
            (each for each in DELIMITERS if each in first), ""
        )
        if first and not delimiter:
            raise InputError(
                f"{source.name} has no columns by its name or its first line; expected .csv, .tsv, .jsonl or .parquet"
            )
        head = next(csv.reader(chain([first], lines()), delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError as error:
        raise InputError(_not_text(f"{source.name}, the first line", reading.encoding)) from error
    except csv.Error as error:
        raise InputError(f"{source.name}, the first line is not a row of columns: {error}") from error
    is_header = isinstance(reading.user, str)
    return head, delimiter, _Concatenated(b"" if is_header else b"".join(read), text)


class _Concatenated:
    """Bytes that were read already, followed by the rest of their stream."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self.head, self.rest, self.closed, self.quotes = head, rest, False, 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, as Arrow reads a file."""
        if self.head:
            given, self.head = (self.head[:size], self.head[size:]) if size >= 0 else (self.head, b"")
        else:
            given = self.rest.read(size)
        self.quotes += given.count(b'"')
        return given


def _error_of_arrow(error: str, name: str, encoding: str) -> str:
    """The error of Arrow about a row, with the file, the row and the next step."""
    row = re.search(r"Row #(\d+)", error)
    where = f"{name}, row {int(row[1]):,}" if row else name
    columns = re.search(r"Expected (\d+) columns, got (\d+)", error)
    if columns:
        return f"{where} has {columns[2]} columns, the first line has {columns[1]}"
    if "UTF8" in error:
        return _not_text(where, encoding)
    return f"{where} cannot be read: {error.splitlines()[0]}"


def _not_text(where: str, encoding: str) -> str:
    return f"{where} is not {encoding}: give encoding= with what it is, such as latin-1"


def json_batches(stream: Unpacked, reading: Reading) -> Iterator[Batch]:
    """The fields of JSON lines."""
    fields = [_column_name(column, stream.source.name) for column in reading.roles.values()]
    encoding = "utf-8-sig" if reading.encoding == "utf-8" else reading.encoding
    rows = (cells for _, cells in records.json_fields(stream, fields, encoding, "strict"))
    yield from _batches_of_cells(rows, list(reading.roles), stream.source.name)


def parquet_batches(source: Source, reading: Reading) -> Iterator[Batch]:
    """The columns of a Parquet file."""
    parquet, arrow = need("pyarrow.parquet", "all", "reading Parquet"), need("pyarrow", "all", "reading logs")
    wanted = {role: _column_name(column, source.name) for role, column in reading.roles.items()}
    try:
        with parquet.ParquetFile(source.path) as file:
            for column in wanted.values():
                records.place_of(column, file.schema_arrow.names, source.name)
            done = 1
            for batch in file.iter_batches(columns=list(wanted.values()), batch_size=MANY):
                yield done, {role: batch.column(column) for role, column in wanted.items()}
                done += batch.num_rows
    except (arrow.ArrowException, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source.name} is damaged, or not Parquet: {error}") from error


def _column_name(column: Column, name: str) -> str:
    if isinstance(column, int):
        raise InputError(f"{name} has names for its columns; name them with user= and item=")
    return column


def row_batches(rows: Iterable[Any], reading: Reading) -> Iterator[Batch]:
    """Rows given from Python: objects with names, or tuples: user and item first, unless columns are numbered."""
    roles = reading.roles

    def cells(row: Any) -> list[Any]:
        if isinstance(row, Mapping):
            for column in roles.values():
                if column not in row:
                    raise InputError(records.no_field("a row", str(column), [str(each) for each in row]))
            return [row[column] for column in roles.values()]
        if isinstance(row, str | bytes) or not hasattr(row, "__getitem__"):
            raise WrongType(f"a row is a pair of user and item, or an object, not {records.shortened(row)}")
        places = [place if isinstance(column, str) else column for place, column in enumerate(roles.values())]
        if max(places) >= len(row):
            raise InputError(
                f"the row {records.shortened(row)} has {len(row)} cells; expected {', '.join(roles)}"
            )
        return [row[place] for place in places]

    yield from _batches_of_cells(map(cells, rows), list(roles), "the rows given")


def _batches_of_cells(rows: Iterator[list[Any]], roles: list[str], name: str) -> Iterator[Batch]:
    """Lists of cells as columns: ids as text, the rest as it is."""
    arrow = need("pyarrow", "all", "reading logs")
    done = 1
    while some := list(islice(rows, MANY)):
        columns: dict[str, Any] = {}
        for role, cells in zip(roles, zip(*some, strict=True), strict=True):
            if role in ("user", "item"):
                ids = [_id(cell, role, f"{name}, row {done + n:,}") for n, cell in enumerate(cells)]
                columns[role] = arrow.array(ids, arrow.large_string())
            else:
                columns[role] = _array_of_cells(cells)
        yield done, columns
        done += len(some)


def _id(cell: Any, role: str, where: str) -> str:
    """An id as text: a str, or a whole number as it is written."""
    if isinstance(cell, str) and cell:
        return cell
    if not isinstance(cell, bool | float | str) and hasattr(cell, "__index__"):
        return str(cell.__index__())
    raise InputError(f"{where}: the {role} is {records.shortened(cell)}, expected text or a whole number")


def _array_of_cells(cells: tuple[Any, ...]) -> Any:
    """Numbers as numbers; where there is anything else, all as text, to be parsed later."""
    arrow = need("pyarrow", "all", "reading logs")
    if all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells):
        return arrow.array([float(cell) for cell in cells], arrow.float64())
    return arrow.array(["" if cell is None else str(cell) for cell in cells], arrow.large_string())
