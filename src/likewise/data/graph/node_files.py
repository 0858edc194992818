"""Node files: a row for each node, with its id, label, type and aliases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from likewise.data.graph.options import NodeFile
from likewise.data.graph.tabular import text_of
from likewise.data.records import LARGEST_FIELD, names, place_of, shortened
from likewise.data.sources import Source, find, opened
from likewise.errors import InputError, WrongType
from likewise.system.extras import need


@dataclass(frozen=True)
class NodeRows:
    """Ids, labels, types and aliases of nodes; None for a node without a label or a type."""

    names: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    types: list[str | None] = field(default_factory=list)
    aliases: list[list[str]] = field(default_factory=list)


def read_nodes(nodes: NodeFile | str | Path | Iterable[Any] | None) -> NodeRows:
    """The nodes of a file, or of a list of ids; `InputError` with the row of an id that is empty or repeated."""
    if nodes is None:
        return NodeRows()
    if isinstance(nodes, str | Path):
        nodes = NodeFile(nodes)
    if not isinstance(nodes, NodeFile) and not isinstance(nodes, Iterable):
        raise WrongType(f"nodes= is {shortened(nodes)}; wanted a file, or the ids of nodes")
    rows = (
        _rows(nodes)
        if isinstance(nodes, NodeFile)
        else ((f"node {i:,}", {"id": n}) for i, n in enumerate(nodes, 1))
    )
    separator = nodes.separator if isinstance(nodes, NodeFile) else "|"
    found, seen = NodeRows(), set()
    for where, row in rows:
        try:
            name = text_of(row["id"], "id")
            aliases = split_aliases(row.get("aliases"), separator)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        if name in seen:
            raise InputError(f"{where}: the id {name!r} is repeated; give each node one row")
        seen.add(name)
        found.names.append(name)
        found.labels.append(_text(row.get("label")))
        found.types.append(_text(row.get("type")))
        found.aliases.append(aliases)
    return found


def split_aliases(given: Any, separator: str) -> list[str]:
    """The aliases of a list, or of a text with separators; empty ones are left out."""
    if given is None:
        return []
    cells = given.split(separator) if isinstance(given, str) else given
    if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
        raise InputError(f"the aliases are {shortened(given)}; wanted text, or a list of text")
    return [cell.strip() for cell in cells if cell.strip()]


def _text(given: Any) -> str | None:
    return None if given is None or given == "" else str(given)


def _rows(file: NodeFile) -> Iterator[tuple[str, dict[str, Any]]]:
    """The position of each row for messages, and its id, label, type and aliases."""
    for source in find(file.path):
        columns = {"id": file.id, "label": file.label, "type": file.type, "aliases": file.aliases}
        if source.form == "lines":
            raise InputError(
                f"{source.name} is of a format without columns; wanted .csv, .tsv, .jsonl or .parquet"
            )
        read = {"json": _json, "parquet": _parquet}.get(source.form, _csv)
        for where, row in read(source, file.id):
            yield where, {role: row[column] for role, column in columns.items() if column in row}


def _json(source: Source, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with opened(source, None) as stream, io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            where = f"{source.name}, line {number:,}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{where} is not JSON: {error}") from error
            if not isinstance(row, dict) or key not in row:
                raise InputError(f"{where} is {shortened(row)}; wanted an object with the field {key!r}")
            yield where, row


def _csv(source: Source, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    delimiter = "\t" if source.form == "tsv" else ","
    before = csv.field_size_limit(LARGEST_FIELD)
    try:
        with opened(source, None) as stream:
            text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig", newline="")
            rows = csv.reader(text, delimiter=delimiter, strict=True)
            header = [cell.strip() for cell in next(rows, [])]
            place_of(key, header, source.name)
            for row in rows:
                where = f"{source.name}, line {rows.line_num:,}"
                if row and len(row) != len(header):
                    raise InputError(f"{where} has {len(row)} columns, the header has {len(header)}")
                if row:
                    yield where, dict(zip(header, (cell.strip() for cell in row), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{source.name} is not {source.form.upper()} in UTF-8: {error}") from error
    finally:
        csv.field_size_limit(before)


def _parquet(source: Source, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    parquet, arrow = (need(name, "all", "reading Parquet") for name in ("pyarrow.parquet", "pyarrow"))
    try:
        with parquet.ParquetFile(source.path) as file:
            if key not in file.schema_arrow.names:
                raise InputError(f"{source.name} has no column {key!r}, but {names(file.schema_arrow.names)}")
            number = 0
            for rows in file.iter_batches(batch_size=1024):
                for row in rows.to_pylist():
                    number += 1
                    yield f"{source.name}, row {number:,}", row
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{source.name} is damaged, or not Parquet: {error}") from error
