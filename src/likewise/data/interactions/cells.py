"""Cells of a file → numbers, times and ids; the error for a bad cell names its file and row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from likewise.data.records import shortened
from likewise.errors import InputError
from likewise.system.extras import need

Where = tuple[str, int]  # the file, and the number of the first row


def numbers(column: Any, role: str, where: Where) -> np.ndarray:
    """(m,) float64, finite (a count 0 or more) of an Arrow column; else `InputError`."""
    arrow, compute = need("pyarrow", "all", "reading logs"), need("pyarrow.compute", "all", "reading logs")
    try:
        cast = (
            compute.utf8_trim_whitespace(column) if arrow.types.is_large_string(column.type) else column
        ).cast(arrow.float64())
        found = cast.fill_null(np.nan).to_numpy(zero_copy_only=False)
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
        found = np.array([_number(cell) for cell in column.to_pylist()])
    wrong = np.flatnonzero(~np.isfinite(found) | ((found < 0) if role == "count" else False))
    if len(wrong):
        expected = "a number of 0 or more" if role == "count" else "a number"
        raise _bad_cell(column, role, where, int(wrong[0]), expected)
    return found


def times(column: Any, where: Where) -> np.ndarray:
    """(m,) float64: seconds since 1970 of dates, numbers as they are; else `InputError`."""
    arrow = need("pyarrow", "all", "reading logs")
    if arrow.types.is_temporal(column.type):
        stamps = column.cast(arrow.timestamp("us", tz=getattr(column.type, "tz", None))).cast(arrow.int64())
        found = stamps.cast(arrow.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
        found = found / 1e6
    else:
        try:
            found = column.cast(arrow.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
        except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
            found = _dates(column)
    wrong = np.flatnonzero(~np.isfinite(found))
    if len(wrong):
        expected = "a number, or a date as 2026-01-31 12:00:00"
        raise _bad_cell(column, "time", where, int(wrong[0]), expected)
    return found


def _dates(column: Any) -> np.ndarray:
    """Dates without a zone are read as UTC; NaN for other text."""
    arrow = need("pyarrow", "all", "reading logs")
    try:
        stamps = column.cast(arrow.timestamp("us"))
        return stamps.cast(arrow.int64()).fill_null(-1).to_numpy(zero_copy_only=False) / 1e6
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
        return np.array([seconds(cell) for cell in column.to_pylist()])


def seconds(cell: Any) -> float:
    """A time as a number: itself, or seconds since 1970 of a date; NaN for other text."""
    number = _number(cell)
    if not np.isnan(number):
        return number
    try:
        date = datetime.fromisoformat(str(cell).strip())
    except ValueError:
        return np.nan
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _number(cell: Any) -> float:
    try:
        return np.nan if cell is None or isinstance(cell, bool) or "_" in str(cell) else float(cell)
    except (TypeError, ValueError):
        return np.nan


def ids_of(column: Any, role: str, where: Where) -> Any:
    """An Arrow column of ids as large_string; `InputError` for an empty id, or a dtype that is not text or whole."""
    arrow, compute = need("pyarrow", "all", "reading logs"), need("pyarrow.compute", "all", "reading logs")
    kind = column.type.value_type if arrow.types.is_dictionary(column.type) else column.type
    if arrow.types.is_null(kind) or not (
        arrow.types.is_integer(kind) or arrow.types.is_string(kind) or arrow.types.is_large_string(kind)
    ):
        name, row = where
        raise InputError(
            f"{name}, row {row:,}: the {role} has the dtype {kind}; expected text or whole numbers"
        )
    found = column.cast(arrow.large_string())
    empty = compute.fill_null(compute.equal(found, ""), True).to_numpy(zero_copy_only=False)
    if empty.any():
        raise _bad_cell(column, role, where, int(empty.argmax()), "an id")
    return found


def _bad_cell(column: Any, role: str, where: Where, place: int, expected: str) -> InputError:
    name, first = where
    cell = column[place].as_py()
    return InputError(f"{name}, row {first + place:,}: the {role} is {shortened(cell)}, expected {expected}")
