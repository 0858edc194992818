"""Rows of numbers between text and float32, a block at a time: Arrow parses and prints, we find where."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from likewise.errors import InputError
from likewise.formats.lines import Lines

NUMBERS = 2**20  # how many are printed at once
NUMBER = re.compile(
    rb"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE
)


def parse(
    lines: Lines, dim: int, path: Path, separator: bytes, *, keyed: bool
) -> tuple[list[bytes], np.ndarray]:
    """What stands before the last `dim` numbers of each line (its key), and the numbers (m, dim) float32.

    A key may hold the separator itself, as some of GloVe do; but not so that its last part could be a number.
    Without `keyed` the numbers are all there is. Raises `InputError` naming the line.
    """
    text = np.frombuffer(lines.data, np.uint8)
    ends = np.flatnonzero((text == separator[0]) | (text == 10))
    line_ends = np.flatnonzero(text[ends] == 10)  # positions in `ends`
    parts = np.diff(line_ends, prepend=-1)
    _check_widths(lines, np.flatnonzero(parts != dim + keyed), dim, path, separator, keyed)
    bounds = np.concatenate([[-1], ends])[line_ends[:, None] + np.arange(1 - dim, 2)]
    starts = np.concatenate([[0], ends[line_ends[:-1]] + 1])
    keys = []
    if keyed:
        pairs = zip(starts.tolist(), bounds[:, 0].tolist(), strict=True)
        keys = [lines.data[start:end] for start, end in pairs]
    return keys, _cast(text, bounds, lines, dim, path, separator)


def first_width(line: bytes, separator: bytes) -> int:
    """How many numbers end the first row of a file without header; its key is at least one part."""
    parts = line.removesuffix(b"\n").split(separator)
    width = 0
    while width < len(parts) - 1 and NUMBER.fullmatch(parts[-1 - width]):
        width += 1
    return width


def printed(vectors: np.ndarray, separator: str) -> list[str]:
    """Each row of (m, dim) float32 as text: the shortest decimals that give the same float32 back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = pc.cast(pa.array(np.ascontiguousarray(vectors).reshape(-1)), pa.string())
    offsets = np.arange(0, vectors.size + 1, vectors.shape[1], dtype=np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), separator).to_pylist()


def blocks(n: int, dim: int) -> list[slice]:
    """Slices of rows 0 to n, of about NUMBERS values."""
    step = max(1, NUMBERS // dim)
    return [slice(start, start + step) for start in range(0, n, step)]


def _cast(
    text: np.ndarray, bounds: np.ndarray, lines: Lines, dim: int, path: Path, separator: bytes
) -> np.ndarray:
    """(m, dim) float32: number j of line i stands between bounds[i, j] and bounds[i, j + 1]."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = np.diff(bounds, axis=1) - 1
    offsets = np.zeros(lengths.size + 1, np.int32)
    np.cumsum(lengths.reshape(-1), out=offsets[1:])
    inside = np.zeros(len(text) + 1, np.int8)  # +1 where the numbers of a line start, -1 where they end
    inside[bounds[:, 0] + 1] += 1
    inside[bounds[:, -1]] -= 1
    digits = text[np.cumsum(inside[:-1], dtype=np.int8).astype(bool) & (text != separator[0])]
    strings = pa.StringArray.from_buffers(lengths.size, pa.py_buffer(offsets), pa.py_buffer(digits))
    try:
        numbers = pc.cast(strings, pa.float32()).to_numpy().reshape(-1, dim)
    except pa.ArrowInvalid:
        numbers = np.full((1, 1), np.nan, np.float32)
    if not np.isfinite(numbers).all():
        _complain_of_number(lines, dim, path, separator)
    return numbers


def _check_widths(lines: Lines, odd: np.ndarray, dim: int, path: Path, separator: bytes, keyed: bool) -> None:
    """Raise unless each of the odd lines is wider only because its key holds the separator."""
    split = lines.data.split(b"\n") if len(odd) else []
    for row in odd.tolist():
        parts = split[row].split(separator)
        given = len(parts) - keyed
        if given < dim or not keyed or NUMBER.fullmatch(parts[-1 - dim]):
            raise InputError(f"{path}, line {lines.first + row}: {given} numbers, wanted {dim}")


def _complain_of_number(lines: Lines, dim: int, path: Path, separator: bytes) -> None:
    for row, line in enumerate(lines.data.split(b"\n")[:-1]):
        for part in line.split(separator)[-dim:]:
            where = f"{path}, line {lines.first + row}"
            if not NUMBER.fullmatch(part):
                shown = part[:40].decode("utf-8", "backslashreplace")
                raise InputError(f"{where}: {shown!r} is not a number written like -0.25 or 1e-5")
            with np.errstate(over="ignore"):
                if not np.isfinite(np.float32(float(part))):
                    raise InputError(f"{where}: {part.decode()} is not a finite float32")
    raise InputError(f"{path}, from line {lines.first}: a number could not be read")
