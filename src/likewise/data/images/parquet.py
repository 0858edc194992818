"""Encoded images in a column of a Parquet file, as the hub keeps them: bytes, or a struct of bytes and a path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.data import records
from likewise.errors import InputError
from likewise.system.extras import need

COLUMNS = ("image", "img", "picture", "photo", "bytes")
BATCH = 64  # images unpacked at a time


@dataclass(frozen=True)
class Packed:
    """Names, or numbers where there are none; `each()` reads the images anew; the other columns that are text."""

    names: list[str]
    each: Callable[[], Iterator[tuple[str, bytes]]]
    columns: dict[str, list[str]]


def find(path: Path, column: str | None) -> Packed:
    """The images of the column, or of the first called image, img, picture, photo or bytes; raises `InputError`."""
    parquet = need("pyarrow.parquet", "all", "reading Parquet")
    arrow = need("pyarrow", "all", "reading Parquet")
    try:
        with parquet.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            place = records.place_of(column or _likely_column(schema.names, path), schema.names, str(path))
            _check_type(arrow, schema.field(place), path)
            others = [
                field.name for i, field in enumerate(schema) if i != place and (_is_plain(arrow, field.type))
            ]
            table = file.read(columns=others) if others else None
    except (arrow.ArrowException, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged, or not Parquet: {error}") from error
    if rows == 0:
        raise InputError(f"{path} has no rows")
    names = [str(number) for number in range(rows)]
    columns = {
        name: ["" if cell is None else str(cell) for cell in table.column(name).to_pylist()] for name in others
    } if table is not None else {}  # fmt: skip
    return Packed(names, lambda: _each(path, schema.names[place], names), columns)


def _each(path: Path, column: str, names: list[str]) -> Iterator[tuple[str, bytes]]:
    parquet = need("pyarrow.parquet", "all", "reading Parquet")
    number = 0
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=[column], batch_size=BATCH):
            for cell in batch.column(0).to_pylist():
                held = cell.get("bytes") if isinstance(cell, dict) else cell
                yield names[number], held or b""
                number += 1


def _likely_column(found: list[str], path: Path) -> str:
    for name in COLUMNS:
        if name in found:
            return name
    raise InputError(f"{path} has the columns {records.names(found)}; name the one with images with column=")


def _check_type(arrow: Any, field: Any, path: Path) -> None:
    types, kind = arrow.types, field.type
    if types.is_struct(kind):
        inner = [kind.field(i) for i in range(kind.num_fields) if kind.field(i).name == "bytes"]
        kind = inner[0].type if inner else kind
    if not (types.is_binary(kind) or types.is_large_binary(kind)):
        raise InputError(f"{path}: the column {field.name!r} is {field.type}; wanted bytes of encoded images")


def _is_plain(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    return (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_integer(kind)
        or types.is_boolean(kind)
    )
