"""word2vec binary (Mikolov et al. 2013): a line "n dim", then each key, a space and dim float32."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from likewise.errors import InputError
from likewise.formats.header import SAMPLE_BYTES, opens_as_numbers, read_header
from likewise.formats.keys import WHITE_SPACE, decoded, unescaped, writable
from likewise.formats.lines import BLOCK_BYTES, created, opened
from likewise.formats.numbers import blocks
from likewise.formats.options import Options
from likewise.formats.rows import Gathering, Rows, Writable
from likewise.system.options import shown

LONGEST_KEY_BYTES = 2**20


def read_binary(path: Path, options: Options) -> Rows:
    """Rows of a file that must hold as many as its header says, and nothing after."""
    with opened(path) as file:
        n, dim = read_header(file, path)
        if opens_as_numbers(file.peek(SAMPLE_BYTES)[:SAMPLE_BYTES], dim):
            raise InputError(f'{path}: the rows are text, not binary; format="word2vec" reads them')
        gathering, rest = Gathering(dim), b""
        while len(gathering.keys) < n:
            chunk = file.read(BLOCK_BYTES)
            raw, vectors, rest = _split(rest + chunk, dim, n - len(gathering.keys))
            _add(gathering, raw, vectors, path, options)
            if not chunk:
                break
            if len(rest) > LONGEST_KEY_BYTES + 4 * dim + BLOCK_BYTES:
                raise InputError(f"{path}, row {len(gathering.keys) + 1}: no key of a plausible length")
        _check_end(file, rest, len(gathering.keys), n, path)
    return gathering.finish()


def write_binary(table: Writable, path: Path, options: Options) -> None:
    """A header, then a key, its numbers and a line end for each row, as the word2vec tool writes it."""
    keys = writable(table.keys, WHITE_SPACE, options.spaces, "word2vec")
    with created(path) as file:
        file.write(f"{len(table)} {table.dim}\n".encode())
        for block in blocks(len(table), table.dim):
            rows = zip(keys[block], table.vectors[block].astype("<f4", copy=False), strict=True)
            file.write(b"".join(key.encode() + b" " + row.tobytes() + b"\n" for key, row in rows))


def _split(data: bytes, dim: int, most: int) -> tuple[list[bytes], np.ndarray, bytes]:
    """The keys and numbers of at most `most` whole rows at the head of `data`, and what is left of it."""
    keys: list[bytes] = []
    numbers: list[bytes] = []
    position, width = 0, 4 * dim
    while len(keys) < most:
        space = data.find(b" ", position)
        if space < 0 or space + 1 + width > len(data):
            break
        keys.append(data[position:space])  # with the line end of the row before, where there is one
        position = space + 1 + width
        numbers.append(data[space + 1 : position])
    vectors = np.frombuffer(b"".join(numbers), "<f4").reshape(-1, dim)
    return keys, vectors, data[position:]


def _add(gathering: Gathering, raw: list[bytes], vectors: np.ndarray, path: Path, options: Options) -> None:
    first = len(gathering.keys) + 1
    is_after_line_end = [key.startswith(b"\n") for key in raw]
    raw = [key.lstrip(b"\n") for key in raw]
    for row, (key, is_line) in enumerate(zip(raw, is_after_line_end, strict=True)):
        # A blank in a key ends it early, and the bytes of its vector begin the next one. gensim writes no line ends.
        if b"\n" in key or (b"\0" in key and not is_line and first + row > 1):
            raise InputError(
                f"{path}, row {first + row}: the key {shown(key)} holds bytes of a vector, so a key before it has a "
                f"blank: write the file with blanks replaced, such as by _"
            )
    keys = [decoded(key, options.errors, f"{path}, row {first + row}") for row, key in enumerate(raw)]
    for row in np.flatnonzero(~np.isfinite(vectors).all(axis=1))[:1]:
        raise InputError(f"{path}, row {first + row}: the vector of {keys[row]!r} has NaN or Inf")
    gathering.add([unescaped(key) for key in keys] if options.spaces == "escape" else keys, vectors)


def _check_end(file: BinaryIO, rest: bytes, given: int, n: int, path: Path) -> None:
    if given < n:
        raise InputError(
            f"{path}, row {given + 1}: the header says {n:,} rows, the file is cut short in this one"
        )
    if (rest + file.read(2)).strip(b"\n"):
        raise InputError(f"{path}: the header says {n:,} rows, the file goes on after them")
