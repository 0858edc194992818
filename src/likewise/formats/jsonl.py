"""JSON lines: {"key": "king", "vector": [0.1, ...], "count": 3}, the count where it is known. Any key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from likewise.errors import InputError
from likewise.formats.keys import decoded, writable
from likewise.formats.lines import created, line_blocks, opened
from likewise.formats.numbers import blocks, printed
from likewise.formats.options import Options
from likewise.formats.rows import Gathering, Rows, Writable

TOGETHER = 4096  # rows added at once
NEGATIVE_ZERO = re.compile("-0(?=,|$)")  # in JSON -0 is a whole number, and whole numbers have no such zero


def read_jsonl(path: Path, options: Options) -> Rows:
    """The rows; all have the width of the first, and all or none a count."""
    gathering: Gathering | None = None
    keys: list[str] = []
    vectors: list[np.ndarray] = []
    counts: list[int] = []
    for row, (found, where) in enumerate(objects(path, options)):
        key, count = key_and_count(found, where)
        vector = _vector(found.get("vector"), where)
        gathering = gathering or Gathering(len(vector))
        if len(vector) != gathering.dim:
            raise InputError(f"{where}: {len(vector)} numbers, wanted {gathering.dim}")
        if (count is not None) != (len(counts) == row) and row > 0:
            raise InputError(f"{where}: some rows have a count and some have none")
        counts += [] if count is None else [count]
        keys.append(key)
        vectors.append(vector)
        if len(keys) == TOGETHER:
            gathering.add(keys, np.stack(vectors))
            keys, vectors = [], []
    if gathering is None:
        raise InputError(f"{path} is empty: wanted one JSON object a line")
    if keys:
        gathering.add(keys, np.stack(vectors))
    return gathering.finish(np.array(counts, np.int64) if counts else None)


def write_jsonl(table: Writable, path: Path, options: Options) -> None:
    """One object a line, numbers as short as float32 allows."""
    writable(table.keys, "", "refuse", "jsonl")
    with created(path) as file:
        for block in blocks(len(table), table.dim):
            keys = [json.dumps(key, ensure_ascii=False) for key in table.keys[block]]
            rows = [NEGATIVE_ZERO.sub("-0.0", row) for row in printed(table.vectors[block], ", ")]
            ends = ["}\n"] * len(keys)
            if table.counts is not None:
                ends = [f', "count": {count}}}\n' for count in table.counts[block]]
            parts = zip(keys, rows, ends, strict=True)
            file.write("".join(f'{{"key": {key}, "vector": [{row}]{end}' for key, row, end in parts).encode())


def objects(path: Path, options: Options) -> Iterator[tuple[dict[str, Any], str]]:
    """Each line's object, with the words that name the line; `InputError` for a line that holds none."""
    with opened(path) as file:
        for lines in line_blocks(file, path):
            for row, line in enumerate(lines.data.split(b"\n")[:-1]):
                where = f"{path}, line {lines.first + row}"
                try:
                    found = json.loads(decoded(line, options.errors, where))
                except (json.JSONDecodeError, RecursionError) as error:
                    raise InputError(f"{where}: no JSON ({error})") from error
                if not isinstance(found, dict):
                    raise InputError(f'{where}: wanted an object with "key", found {type(found).__name__}')
                yield found, where


def key_and_count(found: dict[str, Any], where: str) -> tuple[str, int | None]:
    """The key of an object, and its count or None."""
    key, count = found.get("key"), found.get("count")
    if not isinstance(key, str):
        raise InputError(f'{where}: "key" must be a string, not {key!r}')
    if count is not None and (
        isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**63
    ):
        raise InputError(f'{where}: "count" must be a whole number from 0, not {count!r}')
    return key, count


def _vector(numbers: object, where: str) -> np.ndarray:
    if not isinstance(numbers, list) or not numbers:
        raise InputError(f'{where}: "vector" must be a list of numbers')
    if not all(type(number) in (int, float) for number in numbers):
        raise InputError(f'{where}: "vector" holds something that is no number')
    try:
        with np.errstate(over="ignore"):
            vector = np.array(numbers, np.float64).astype(np.float32)
    except OverflowError as error:
        raise InputError(f'{where}: "vector" holds a number beyond float32') from error
    if not np.isfinite(vector).all():
        raise InputError(f'{where}: "vector" holds a number that is not finite in float32')
    return vector
