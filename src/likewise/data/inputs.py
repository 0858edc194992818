"""What `inputs` are, for all functions that read texts: files, or rows. Decided by type, never by content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from likewise.data.records import names, shortened, suggestion
from likewise.errors import InputError, OptionError, WrongType

Paths = list[Any]


def files_or_rows(inputs: Any, column: str | None) -> tuple[Paths | None, Iterable[Any]]:
    """The paths of files; or None, and the rows given from Python.

    One str is a path, a folder, a glob, or "-" for standard input; a `Path` is the same. An iterable of `Path` is a
    list of files. Every other iterable holds rows, a list of str too, whether or not a file has such a name: texts
    are never looked up on the disk. Records (a mapping each) and whatever has named columns (a data frame of pandas or
    polars, an Arrow table, a dataset, a mapping of columns) give the values of `column`.

    Raises `WrongType` for what is neither, and for records and columns where `column` does not say which.
    """
    if isinstance(inputs, str | os.PathLike):
        return [inputs], ()
    if isinstance(inputs, bytes | bytearray):
        raise WrongType(f"got {type(inputs).__name__}; wanted a path, a list of Path, or rows of text")
    columns = column_names(inputs)
    if columns is not None:
        return None, column_of(inputs, columns, column)
    rows = iterate(inputs)
    start = list(islice(rows, 1))
    first = start[0] if start else ""
    if isinstance(first, os.PathLike):
        return [first, *rows], ()
    everything = chain(start, rows)
    if isinstance(first, Mapping):
        return None, fields_of(everything, column)
    if column is not None and start:
        raise OptionError(
            "field= and column= are for files, records and data frames, not for rows of text: leave it out"
        )
    return None, everything


def iterate(inputs: Any) -> Iterator[Any]:
    """The items of an iterable, or of a dataset that has only a length and items by number."""
    if isinstance(inputs, Iterable):
        return iter(inputs)
    if hasattr(inputs, "__len__") and hasattr(inputs, "__getitem__"):
        return (inputs[number] for number in range(len(inputs)))
    raise WrongType(f"got {type(inputs).__name__}; wanted a path, a list of Path, or rows of text")


def column_names(inputs: Any) -> list[str] | None:
    """The columns of a data frame, an Arrow table, a dataset or a mapping of columns; None for all else."""
    if isinstance(inputs, Mapping):
        return [str(name) for name in inputs]
    found = getattr(inputs, "column_names", None)  # Arrow, datasets
    if found is None:
        found = getattr(inputs, "columns", None)  # pandas, polars
    if found is None or callable(found) or isinstance(found, str) or not hasattr(inputs, "__getitem__"):
        return None
    return [str(name) for name in found]


def column_of(inputs: Any, columns: list[str], column: str | None) -> Iterator[Any]:
    """The values of one column; a missing one is an empty row."""
    what = f"a {type(inputs).__name__} with the columns {names(columns)}"
    if column is None:
        raise WrongType(f"got {what}; choose one with column=, or give its values")
    if column not in columns:
        raise InputError(f"{what} has no column {column!r}{suggestion(column, columns)}")
    values = inputs[column]
    if hasattr(
        values, "to_pylist"
    ):  # Arrow: Python values at once, as its own scalars are slow and are no str
        values = values.to_pylist()
    return ("" if is_missing(value) else value for value in values)


def fields_of(records: Iterable[Any], field: str | None) -> Iterator[Any]:
    """The values of one field of records; a missing one is an empty row."""
    for number, record in enumerate(records, 1):
        if not isinstance(record, Mapping):
            raise WrongType(f"row {number:,} is {shortened(record)} among records; give all rows alike")
        fields = [str(name) for name in record]
        if field is None:
            raise WrongType(
                f"row {number:,} is a {type(record).__name__} with the fields {names(fields)}; choose one with field="
            )
        if field not in record:
            raise InputError(
                f"row {number:,} has no field {field!r}, but {names(fields)}{suggestion(field, fields)}"
            )
        value = record[field]
        yield "" if is_missing(value) else value


def is_missing(value: Any) -> bool:
    """Whether a value says that there is none: None, NaN, pandas' NA and NaT, or an empty text."""
    if value is None or (isinstance(value, str) and not value):
        return True
    if isinstance(value, float):  # numpy.float64 too
        return value != value
    return type(value).__name__ in ("NAType", "NaTType")
