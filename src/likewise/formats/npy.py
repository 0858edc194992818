"""A plain NumPy array next to its keys: NAME.npy, and NAME.keys.jsonl with {"key": ..., "count": ...} a line.

Any key can be held. The vectors are memory-mapped, not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from likewise.errors import InputError
from likewise.formats.jsonl import key_and_count, objects
from likewise.formats.keys import writable
from likewise.formats.lines import created
from likewise.formats.numbers import blocks
from likewise.formats.options import Options
from likewise.formats.rows import Rows, Writable


def companion(path: Path) -> Path:
    """Where the keys of `path` are."""
    return path.with_name(path.name.removesuffix(".npy") + ".keys.jsonl")


def read_npy(path: Path, options: Options) -> Rows:
    """The rows of NAME.npy with the keys of NAME.keys.jsonl."""
    try:
        vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # numpy reads the header as Python, and so raises whatever Python may
        reason = f"{type(error).__name__} {error}".partition("\n")[0]
        raise InputError(f"{path} cannot be read as one NumPy array of numbers: {reason}") from error
    if not isinstance(vectors, np.ndarray) or vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise InputError(
            f"{path}: wanted an (n, dim) array of numbers, found {getattr(vectors, 'shape', 'others')}"
        )
    pairs = [key_and_count(found, where) for found, where in objects(companion(path), options)]
    if len(pairs) != len(vectors):
        raise InputError(f"{companion(path)} holds {len(pairs):,} keys, {path} {len(vectors):,} rows")
    keys = [key for key, _ in pairs]
    counts = [count for _, count in pairs if count is not None]
    if counts and len(counts) != len(keys):
        raise InputError(f"{companion(path)}: some keys have a count and some have none")
    return Rows(keys, vectors, np.array(counts, np.int64) if counts else None)


def write_npy(table: Writable, path: Path, options: Options) -> None:
    """The two files; each is put in place whole, the keys first."""
    writable(table.keys, "", "refuse", "npy")
    counts = [None] * len(table) if table.counts is None else table.counts.tolist()

    def lines() -> Iterator[bytes]:
        for key, count in zip(table.keys, counts, strict=True):
            found = {"key": key} if count is None else {"key": key, "count": count}
            yield json.dumps(found, ensure_ascii=False).encode() + b"\n"

    with created(companion(path)) as file:
        file.writelines(lines())
    with created(path) as file:
        header = np.lib.format.header_data_from_array_1_0(table.vectors)
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks(len(table), table.dim):
            file.write(table.vectors[block].tobytes())
