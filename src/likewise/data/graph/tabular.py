"""Edges from JSON lines and Parquet, whose columns have names."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from likewise.data.graph.builder import Batch, texts_of
from likewise.data.graph.columns import by_header
from likewise.data.graph.delimited import weight_of
from likewise.data.graph.lines import Bad
from likewise.data.graph.options import Columns
from likewise.data.records import names, shortened
from likewise.data.sources import Source, Unpacked
from likewise.errors import InputError
from likewise.system.extras import need

MANY = 1 << 17  # rows of a batch
Edge = tuple[str, str, str | None, float | None]


def json_batches(stream: Unpacked, columns: Columns, encoding: str, bad: Bad) -> Iterator[Batch]:
    """A line is an object with the fields of `columns`, or a list: an edge as in `edge`."""
    edges = _json_edges(stream, columns, encoding, bad)
    while rows := list(islice(edges, MANY)):
        yield batch(rows, stream.source.name)


def batch(rows: Sequence[Edge], name: str) -> Batch:
    """Edges as a batch; `InputError` where some have a relation or a weight and others have not."""
    sources, targets, relations, weights = (list(column) for column in zip(*rows, strict=True))
    for what, column in (("relation", relations), ("weight", weights)):
        if 0 < column.count(None) < len(column):
            raise InputError(f"{name}: some edges have a {what}, others have none; give all or none")
    return Batch(
        texts_of(sources),
        texts_of(targets),
        None if relations[0] is None else texts_of(relations),
        None if weights[0] is None else np.array(weights, np.float32),
    )


def _json_edges(stream: Unpacked, columns: Columns, encoding: str, bad: Bad) -> Iterator[Edge]:
    fields: dict[str, str] | None = None
    with io.TextIOWrapper(io.BufferedReader(stream), encoding, newline="\n") as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                record = _parse(line)
                if isinstance(record, dict):
                    fields = fields or _fields(list(record), columns, stream.source.name)
                    yield _object_edge(record, fields)
                else:
                    yield edge(record)
            except InputError as error:
                bad(f"{stream.source.name}, line {number:,}", line.encode(), str(error))


def _parse(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error


def _fields(found: list[str], columns: Columns, name: str) -> dict[str, str]:
    """The field of each role, by the first object."""
    places = by_header(found, columns, name)
    if places is None:
        raise InputError(
            f"no field source and no field target among {names(found)}; name them with source= and target="
        )
    return {role: found[place] for role, place in places.items()}


def _object_edge(record: dict[str, Any], fields: dict[str, str]) -> Edge:
    for field in fields.values():
        if field not in record:
            raise InputError(f"no field {field!r}, but {names(list(record))}")
    return edge(
        [record[fields[role]] for role in ("source", "relation", "target", "weight") if role in fields],
        fields,
    )


def edge(given: Any, roles: Any = ()) -> Edge:
    """The edge of a row: (source, target), (source, target, weight), (head, relation, tail), and these with a weight.

    Of three, the last is a weight if it is a number and no relation is given. Raises `InputError` for all else.
    """
    if isinstance(given, str | bytes | dict) or not hasattr(given, "__len__") or not 2 <= len(given) <= 4:
        raise InputError(
            f"{shortened(given)} is not an edge; wanted a pair, or a triple of head, relation and tail"
        )
    cells = list(given)
    weight = None
    if len(cells) == 4 or (len(cells) == 3 and _is_weight(cells[2]) and "relation" not in roles):
        weight = weight_of(cells.pop())
    relation = text_of(cells.pop(1), "relation") if len(cells) == 3 else None
    return text_of(cells[0], "source"), text_of(cells[1], "target"), relation, weight


def _is_weight(cell: Any) -> bool:
    return isinstance(cell, int | float | np.integer | np.floating) and not isinstance(cell, bool)


def text_of(given: Any, role: str) -> str:
    """A name as text: a str that is not empty, or a whole number."""
    if isinstance(given, str) and given:
        return given
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        return str(int(given))
    raise InputError(f"the {role} is {shortened(given)}, wanted text that is not empty, or a whole number")


def parquet_batches(source: Source, columns: Columns) -> Iterator[Batch]:
    """The columns of a Parquet file, row group after row group: ids and relations text or whole numbers."""
    parquet, arrow = (need(name, "all", "reading Parquet") for name in ("pyarrow.parquet", "pyarrow"))
    try:
        with parquet.ParquetFile(source.path) as file:
            found = file.schema_arrow.names
            fields = _fields(found, columns, source.name)
            for start, rows in _number_rows(
                file.iter_batches(columns=list(fields.values()), batch_size=MANY)
            ):
                yield _arrow_batch(rows, fields, f"{source.name}, row", start)
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{source.name} is damaged, or not Parquet: {error}") from error


def _number_rows(batches: Any) -> Iterator[tuple[int, Any]]:
    start = 1
    for rows in batches:
        yield start, rows
        start += rows.num_rows


def _arrow_batch(rows: Any, fields: dict[str, str], where: str, start: int) -> Batch:
    compute = need("pyarrow.compute", "all", "reading Parquet")
    arrow = need("pyarrow", "all", "reading Parquet")
    columns = {role: rows.column(field) for role, field in fields.items()}
    texts = {}
    for role, column in columns.items():
        kind = column.type.value_type if arrow.types.is_dictionary(column.type) else column.type
        if role == "weight":
            continue
        if not (
            arrow.types.is_integer(kind) or arrow.types.is_string(kind) or arrow.types.is_large_string(kind)
        ):
            raise InputError(f"the column {fields[role]!r} is of {column.type}; wanted text or whole numbers")
        texts[role] = column.cast(arrow.large_string())
        empty = compute.fill_null(compute.equal(texts[role], ""), True).to_numpy(zero_copy_only=False)
        if empty.any():
            raise InputError(f"{where} {start + int(empty.argmax()):,}: the {role} is empty")
    weights = None
    if "weight" in columns:
        numbers = columns["weight"].cast(arrow.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        with np.errstate(over="ignore"):
            weights = numbers.astype(np.float32)
        wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if len(wrong):
            raise InputError(
                f"{where} {start + int(wrong[0]):,}: the weight is {numbers[wrong[0]]}, "
                "wanted a finite number of 0 or more"
            )
    coded = {role: texts_of(column) for role, column in texts.items()}
    return Batch(coded["source"], coded["target"], coded.get("relation"), weights)
