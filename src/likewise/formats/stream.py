"""Vectors written as they come, a batch at a time, for as many rows as there turn out to be.

The files are those of `write`, so that `read` takes them; a text, and whether anything in it was known, are stored
with a key where they are given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from likewise.errors import OptionError, OutputExists
from likewise.formats.jsonl import NEGATIVE_ZERO
from likewise.formats.lines import created
from likewise.formats.npy import companion
from likewise.formats.numbers import printed


@dataclass(frozen=True)
class Batch:
    """m keys with (m, dim) float32 vectors; `texts` (m,) or None; `known` (m,) bool: not zeros for want of words."""

    keys: list[str]
    vectors: np.ndarray
    texts: list[str] | None
    known: np.ndarray


Add = Callable[[Batch], None]


@contextmanager
def streamed(path: Path, dim: int, *, has_texts: bool, overwrite: bool = False) -> Iterator[Add]:
    """What takes batches; the file, or both of .npy, stand in their place when all was given, whole.

    Raises `OptionError` for a name that does not end in .npy, .parquet or .jsonl, `OutputExists` unless `overwrite`.
    """
    if path.suffix not in STREAMS:
        raise OptionError(f"{path.name!r} does not say its format: end it in {', '.join(STREAMS)}")
    for file in [path, *([companion(path)] if path.suffix == ".npy" else [])]:
        if file.exists() and not overwrite:
            raise OutputExists(f"{file} is there already: give overwrite=True or another name")
    with STREAMS[path.suffix](path, dim, has_texts) as add:
        yield add


@contextmanager
def _npy(path: Path, dim: int, has_texts: bool) -> Iterator[Add]:
    """The vectors wait in a nameless file, as the header that goes before them says how many there are."""
    n = 0
    with created(path) as file, created(companion(path)) as keys, TemporaryFile(dir=path.parent) as waiting:

        def add(batch: Batch) -> None:
            nonlocal n
            n += len(batch.keys)
            waiting.write(np.ascontiguousarray(batch.vectors, "<f4").tobytes())
            for key, known in zip(batch.keys, batch.known.tolist(), strict=True):
                keys.write(_line({"key": key} if known else {"key": key, "known": False}))

        yield add
        header = {"descr": "<f4", "fortran_order": False, "shape": (n, dim)}
        np.lib.format.write_array_header_1_0(file, header)
        waiting.seek(0)
        copyfileobj(waiting, file, 1 << 20)


@contextmanager
def _jsonl(path: Path, dim: int, has_texts: bool) -> Iterator[Add]:
    with created(path) as file:

        def add(batch: Batch) -> None:
            rows = [NEGATIVE_ZERO.sub("-0.0", row) for row in printed(batch.vectors, ", ")]
            for i, (key, row) in enumerate(zip(batch.keys, rows, strict=True)):
                head: dict[str, Any] = {"key": key}
                if batch.texts is not None:
                    head["text"] = batch.texts[i]
                if not batch.known[i]:
                    head["known"] = False
                file.write(_line(head)[:-2] + f', "vector": [{row}]}}\n'.encode())

        yield add


@contextmanager
def _parquet(path: Path, dim: int, has_texts: bool) -> Iterator[Add]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: dict[str, Any] = {"key": pa.string(), **({"text": pa.string()} if has_texts else {})}
    kinds |= {"known": pa.bool_(), "vector": pa.list_(pa.float32(), dim)}
    schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])
    with (
        created(path) as file,
        pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=False) as out,
    ):

        def add(batch: Batch) -> None:
            flat = pa.array(np.ascontiguousarray(batch.vectors).reshape(-1))
            texts = [] if batch.texts is None else [pa.array(batch.texts, pa.string())]
            columns = [
                pa.array(batch.keys, pa.string()), *texts, pa.array(batch.known),
                pa.FixedSizeListArray.from_arrays(flat, dim),
            ]  # fmt: skip
            out.write_batch(pa.record_batch(columns, schema=schema))

        yield add


def _line(found: dict[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"


STREAMS = {".npy": _npy, ".parquet": _parquet, ".jsonl": _jsonl}
