"""Parquet: columns key (string), vector (fixed-size list of float32) and perhaps count (int64). Any key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import InputError
from likewise.formats.keys import writable
from likewise.formats.lines import created
from likewise.formats.numbers import blocks
from likewise.formats.options import Options
from likewise.formats.rows import Gathering, Rows, Writable

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 2**14  # rows read at once


def read_parquet(path: Path, options: Options) -> Rows:
    """The rows; a vector may also be a list of doubles, if all are of one width."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(file.schema_arrow, path)
            return _gather(file, path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error


def write_parquet(table: Writable, path: Path, options: Options) -> None:
    """One row group for each million numbers or so."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writable(table.keys, "", "refuse", "parquet")
    fields = [
        pa.field("key", pa.string(), nullable=False),
        pa.field("vector", pa.list_(pa.float32(), table.dim), nullable=False),
    ]
    if table.counts is not None:
        fields.append(pa.field("count", pa.int64(), nullable=False))
    schema = pa.schema(fields)
    # keys all differ and floats hardly repeat, so a dictionary of either would only cost
    with (
        created(path) as file,
        pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=False) as out,
    ):
        for block in blocks(len(table), table.dim):
            flat = pa.array(np.ascontiguousarray(table.vectors[block]).reshape(-1))
            columns = [
                pa.array(table.keys[block], pa.string()),
                pa.FixedSizeListArray.from_arrays(flat, table.dim),
            ]
            if table.counts is not None:
                columns.append(pa.array(table.counts[block]))
            out.write_batch(pa.record_batch(columns, schema=schema))


def _check_columns(schema: pa.Schema, path: Path) -> None:
    import pyarrow as pa

    found = ", ".join(f"{field.name} ({field.type})" for field in schema)
    if schema.get_field_index("key") < 0 or schema.get_field_index("vector") < 0:
        raise InputError(f'{path}: wanted columns "key" and "vector", found {found}')
    key, vector = schema.field("key").type, schema.field("vector").type
    lists = pa.types.is_list(vector) or pa.types.is_large_list(vector) or pa.types.is_fixed_size_list(vector)
    if not (pa.types.is_string(key) or pa.types.is_large_string(key)):
        raise InputError(f'{path}: "key" must be strings, not {key}')
    if not lists or not (pa.types.is_floating(vector.value_type) or pa.types.is_integer(vector.value_type)):
        raise InputError(f'{path}: "vector" must be lists of numbers, not {vector}')


def _gather(file: pa.parquet.ParquetFile, path: Path) -> Rows:
    gathering: Gathering | None = None
    counts: list[np.ndarray] = []
    names = [name for name in ("key", "vector", "count") if name in file.schema_arrow.names]
    declared = getattr(file.schema_arrow.field("vector").type, "list_size", 0)
    for batch in file.iter_batches(BATCH, columns=names):
        batch.validate(full=True)
        first = len(gathering.keys) if gathering else 0
        vectors = _vectors(batch, gathering.dim if gathering else declared, first, path)
        gathering = gathering or Gathering(vectors.shape[1])
        gathering.add(_full(batch, "key", path).to_pylist(), vectors)
        if "count" in names:
            counts.append(_counts(batch, path))
    if gathering is None and declared == 0:
        raise InputError(f"{path} holds no rows, so the width of a vector is unknown")
    return (gathering or Gathering(declared)).finish(np.concatenate(counts) if counts else None)


def _vectors(batch: pa.RecordBatch, dim: int, first: int, path: Path) -> np.ndarray:
    """(m, dim) float32; where dim is 0, the first row says it."""
    import pyarrow.compute as pc

    column = _full(batch, "vector", path)
    widths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    dim = dim or int(widths[0])
    for row in np.flatnonzero(widths != dim)[:1]:
        raise InputError(f"{path}, row {first + row + 1}: {widths[row]} numbers, wanted {dim}")
    flat = column.flatten()
    if flat.null_count:
        raise InputError(f'{path}: "vector" holds a missing number')
    with np.errstate(over="ignore"):
        vectors = flat.to_numpy().astype(np.float32, copy=False).reshape(-1, dim)
    for row in np.flatnonzero(~np.isfinite(vectors).all(axis=1))[:1]:
        raise InputError(f"{path}, row {first + row + 1}: a number is not finite in float32")
    return vectors


def _counts(batch: pa.RecordBatch, path: Path) -> np.ndarray:
    import pyarrow as pa

    if not pa.types.is_integer(batch.schema.field("count").type):
        raise InputError(f'{path}: "count" must be whole numbers, not {batch.schema.field("count").type}')
    return _full(batch, "count", path).to_numpy().astype(np.int64, copy=False)


def _full(batch: pa.RecordBatch, name: str, path: Path) -> pa.Array:
    column = batch.column(name)
    if column.null_count:
        raise InputError(f'{path}: {column.null_count:,} rows have no "{name}"')
    return column
