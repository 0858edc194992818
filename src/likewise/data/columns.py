"""Columns by name out of a file of rows: CSV, TSV, JSON lines or Parquet, plain or packed, as they stand there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from likewise.data import records
from likewise.data.sources import Source, find, opened
from likewise.errors import InputError, OptionError
from likewise.system.extras import need


def read(
    path: str | Path, names: Sequence[str], *, encoding: str = "utf-8-sig", errors: str = "strict"
) -> dict[str, list[object]]:
    """Every column of `names`, a value a row: text in CSV and TSV, else what is there, None for null.

    Raises `OptionError` for a name given twice, `InputError` for a file that cannot be read, a column it does not have
    (with those it has), bad quoting, or no rows.
    """
    repeated = next((name for name in names if list(names).count(name) > 1), None)
    if repeated is not None:
        raise OptionError(f"the column {repeated!r} is named twice: name each column once")
    found: dict[str, list[object]] = {name: [] for name in names}
    for source in find(path):
        for row in _rows(source, names, encoding, errors):
            for name, value in zip(names, row, strict=True):
                found[name].append(value)
    if not found[names[0]]:
        raise InputError(f"no rows in {str(path)!r}; wanted a header, and a row an item")
    return found


def _rows(source: Source, names: Sequence[str], encoding: str, errors: str) -> Iterator[Sequence[object]]:
    if source.form == "lines":
        raise InputError(f"{source.name} has no columns by its name; wanted .csv, .tsv, .jsonl or .parquet")
    if source.form == "parquet":
        yield from _parquet(source, names)
        return
    try:
        with opened(source, None) as stream:
            if source.form == "json":
                yield from (row for _, row in records.json_fields(stream, names, encoding, errors))
            else:
                yield from (row for _, row in records.csv_cells(stream, names, encoding, errors))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source.name} is not {encoding}: {error.reason}; give encoding= or errors='replace'"
        ) from error


def _parquet(source: Source, names: Sequence[str]) -> Iterator[Sequence[object]]:
    parquet = need("pyarrow.parquet", "all", "reading Parquet")
    arrow = need("pyarrow", "all", "reading Parquet")
    try:
        with parquet.ParquetFile(source.path) as file:
            for name in names:
                records.place_of(name, file.schema_arrow.names, source.name)
            for batch in file.iter_batches(columns=list(names), batch_size=1024):
                for row in batch.to_pylist():
                    yield [row[name] for name in names]
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{source.name} is damaged, or not Parquet: {error}") from error
