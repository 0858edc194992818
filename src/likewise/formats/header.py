"""The line "n dim" that opens word2vec and fastText files, and whether text or binary rows follow it."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path

from likewise.errors import InputError
from likewise.formats.lines import BYTE_ORDER_MARK
from likewise.formats.numbers import NUMBER

LARGEST_DIM = 2**20  # a line that claims more is no header
LONGEST_BYTES = 100
SAMPLE_BYTES = 256


def read_header(file: BufferedReader, path: Path) -> tuple[int, int]:
    """n and dim of the first line, which is taken from `file`; `InputError` where it is no header."""
    line = file.readline(LONGEST_BYTES)
    found = as_header(line)
    if found is None:
        shown = line[:40].decode("utf-8", "backslashreplace").rstrip()
        raise InputError(
            f'{path}, line 1: wanted "n dim", found {shown!r}; format="glove" reads rows without a header'
        )
    n, dim = found
    if not 1 <= dim <= LARGEST_DIM:
        raise InputError(f"{path}, line 1: a row of {dim:,} numbers; wanted 1 to {LARGEST_DIM:,}")
    return n, dim


def as_header(line: bytes) -> tuple[int, int] | None:
    """n and dim, or None where `line` is no header."""
    parts = line.removeprefix(BYTE_ORDER_MARK).split()
    if len(parts) == 2 and line.endswith(b"\n") and all(part.isdigit() for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def opens_as_numbers(rows: bytes, dim: int) -> bool:
    """Whether the first row in the opening bytes after a header is surely text: a key, then digits."""
    line, end, _ = rows.partition(b"\n")
    parts = line.rstrip(b" \r").split(b" ")
    numbers = (
        parts[1:][-dim:] if end else parts[1:-1][-2:]
    )  # the row is longer than the bytes: the last is cut
    return len(numbers) > 0 and all(NUMBER.fullmatch(number) for number in numbers)


def opens_as_text(rows: bytes, dim: int) -> bool:
    """Whether the opening bytes after a header can be text: numbers, or else UTF-8 without the byte 0."""
    if not rows or opens_as_numbers(rows, dim):
        return True
    try:
        rows.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(rows) or error.reason != "unexpected end of data":
            return False
    return b"\0" not in rows
