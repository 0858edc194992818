"""Attributes of users and items: columns of a file whose values become tokens. An object is a set of tokens.

    column                                value → tokens                      example
    numbers, more than 10 different       the decile                          year:4
    cells with a | or a list              each part                           genre=Comedy
    2.5 words in a cell on average        each word, in lower case            title:story
    all else                              the cell                            language=en

Tokens of only one object carry nothing about others, and are left out; so are empty cells.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.data import records
from likewise.data.sources import Source, find, opened
from likewise.errors import InputError, WrongType
from likewise.system.extras import need

TENTHS = 10
WORDY = 2.5  # average number of words in a cell, from which a column is text
WORD = re.compile(r"\w+")
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One attribute: its `kind` is number, parts, text or category; `edges` are the bounds of the deciles."""

    name: str
    kind: str
    edges: tuple[float, ...] = ()

    def tokens(self, cell: Any) -> list[str]:
        """The tokens of a cell, each once."""
        if cell is None or cell == "" or cell == []:
            return []
        if self.kind == "number":
            value = _number(cell)
            return (
                []
                if math.isnan(value)
                else [f"{self.name}:{int(np.searchsorted(self.edges, value, 'right'))}"]
            )
        if self.kind == "parts":
            parts = cell if isinstance(cell, list | tuple) else str(cell).split("|")
            return list(
                dict.fromkeys(f"{self.name}={str(part).strip()}" for part in parts if str(part).strip())
            )
        if self.kind == "text":
            return list(dict.fromkeys(f"{self.name}:{word}" for word in WORD.findall(str(cell).lower())))
        return [f"{self.name}={cell}"]


@dataclass(frozen=True)
class Vocabulary:
    """The columns, and the known tokens in their order."""

    columns: tuple[Column, ...]
    tokens: tuple[str, ...]

    def rows(self, things: Sequence[Record]) -> Ragged:
        """The known tokens of each object, ascending; a row for each."""
        places = {token: place for place, token in enumerate(self.tokens)}
        found = []
        for thing in things:
            tokens = (token for column in self.columns for token in column.tokens(thing.get(column.name)))
            found.append(sorted(places[token] for token in tokens if token in places))
        return Ragged.from_rows(found)


def fit_vocabulary(things: Sequence[Record], key: str) -> Vocabulary:
    """Every column except `key`, and the tokens that two or more objects have."""
    names = dict.fromkeys(name for thing in things for name in thing if name != key)
    columns = tuple(_column(name, [thing.get(name) for thing in things]) for name in names)
    counts = Counter(
        token for thing in things for column in columns for token in column.tokens(thing.get(column.name))
    )
    return Vocabulary(columns, tuple(sorted(token for token, count in counts.items() if count > 1)))


def _column(name: str, cells: list[Any]) -> Column:
    """The kind of a column, by all its cells."""
    given = [cell for cell in cells if cell is not None and cell != "" and cell != []]
    if any(isinstance(cell, list | tuple) or "|" in str(cell) for cell in given):
        return Column(name, "parts")
    numbers = np.array([_number(cell) for cell in given])
    if len(numbers) and not np.isnan(numbers).any() and len(np.unique(numbers)) > TENTHS:
        edges = np.unique(np.quantile(numbers, np.arange(1, TENTHS) / TENTHS))
        return Column(name, "number", tuple(edges.tolist()))
    words = [len(WORD.findall(str(cell))) for cell in given]
    return Column(name, "text" if words and sum(words) >= WORDY * len(words) else "category")


def _number(cell: Any) -> float:
    try:
        value = math.nan if isinstance(cell, bool) else float(cell)
    except (TypeError, ValueError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def read(inputs: Any, key: str, *, encoding: str = "utf-8") -> dict[str, Record]:
    """The objects of a file by their id in the column `key`, in their order: CSV, TSV, JSON lines, Parquet, or objects.

    Raises `InputError` for a file that cannot be read, a column that is not there (with those that are), an id that is
    empty or stands twice, and where there is nothing; `WrongType` for other inputs.
    """
    found: dict[str, Record] = {}
    for where, thing in _things(inputs, key, encoding):
        if key not in thing:
            raise InputError(records.no_field(where, key, list(thing)))
        name = "" if thing[key] is None else str(thing[key])
        if not name or name in found:
            raise InputError(
                f"{where}: the id {name!r} is {'empty' if not name else 'there twice'}; each row needs its own"
            )
        found[name] = thing
    if not found:
        raise InputError("there are no rows of attributes: each needs an id and some columns")
    return found


def _things(inputs: Any, key: str, encoding: str) -> Iterator[tuple[str, Record]]:
    if isinstance(inputs, str | Path):
        for source in find(inputs):
            yield from _of_source(source, key, encoding)
        return
    if not isinstance(inputs, Iterable) or isinstance(inputs, Mapping | bytes):
        raise WrongType(f"attributes are a file, or objects with an id each, not {type(inputs).__name__}")
    for number, thing in enumerate(inputs, 1):
        if not isinstance(thing, Mapping):
            raise WrongType(f"attributes are objects with an id each, not {records.shortened(thing)}")
        yield f"object {number:,}", thing


def _of_source(source: Source, key: str, encoding: str) -> Iterator[tuple[str, Record]]:
    if source.form == "parquet":
        parquet = need("pyarrow.parquet", "all", "reading Parquet")
        with parquet.ParquetFile(source.path) as file:
            for number, thing in enumerate(file.read().to_pylist(), 1):
                yield f"{source.name}, row {number:,}", thing
        return
    if source.form == "lines":
        raise InputError(f"{source.name} has no columns by its name; expected .csv, .tsv, .jsonl or .parquet")
    try:
        with opened(source, None) as stream:
            marked = "utf-8-sig" if encoding == "utf-8" else encoding
            with io.TextIOWrapper(io.BufferedReader(stream), marked, newline="") as text:
                yield from _json(text, source) if source.form == "json" else _csv(text, source, key)
    except UnicodeDecodeError as error:
        raise InputError(f"{source.name} is not {encoding}: {error.reason}; give encoding=") from error


def _json(text: io.TextIOWrapper, source: Source) -> Iterator[tuple[str, Record]]:
    for number, line in enumerate(text, 1):
        where = f"{source.name}, line {number:,}"
        try:
            thing = json.loads(line) if line.strip() else None
        except ValueError as error:
            raise InputError(f"{where} is not JSON: {error}") from error
        if thing is not None:
            if not isinstance(thing, dict):
                raise InputError(f"{where} is no object, so it has no attributes")
            yield where, thing


def _csv(text: io.TextIOWrapper, source: Source, key: str) -> Iterator[tuple[str, Record]]:
    reader = csv.reader(text, delimiter="\t" if source.form == "tsv" else ",", strict=True)
    try:
        header = next(reader, None)
        if header is None:
            return
        records.place_of(key, header, source.name)
        for row in reader:
            where = f"{source.name}, line {reader.line_num:,}"
            if row and len(row) != len(header):
                raise InputError(f"{where} has {len(row)} columns, the header has {len(header)}")
            if row:
                yield where, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise InputError(f"{source.name}, line {reader.line_num:,}: {error}") from error
