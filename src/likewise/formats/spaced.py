"""word2vec text, fastText .vec and GloVe: a key, then its numbers, one space between any two; one row a line.

word2vec (Mikolov et al. 2013) and fastText open with a line "n dim"; GloVe (Pennington et al. 2014) does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from likewise.errors import InputError
from likewise.formats.header import SAMPLE_BYTES, opens_as_text, read_header
from likewise.formats.keys import WHITE_SPACE, decoded, unescaped, writable
from likewise.formats.lines import Lines, created, line_blocks, opened
from likewise.formats.numbers import blocks, first_width, parse, printed
from likewise.formats.options import Options
from likewise.formats.rows import Gathering, Rows, Writable


def read_word2vec(path: Path, options: Options) -> Rows:
    """Rows of a file with a header, which must hold as many as the header says."""
    with opened(path) as file:
        n, dim = read_header(file, path)
        if not opens_as_text(file.peek(SAMPLE_BYTES)[:SAMPLE_BYTES], dim):
            raise InputError(f'{path}: the rows are no text; format="word2vec-binary" reads binary ones')
        rows, last = _gather(line_blocks(file, path, first=2), dim, path, options)
    if len(rows.keys) != n:
        raise InputError(
            f"{path}, line {last}: the header says {n:,} rows, the file holds {len(rows.keys):,}"
        )
    return rows


def read_glove(path: Path, options: Options) -> Rows:
    """Rows of a file without header; the first line says how many numbers a row has."""
    with opened(path) as file:
        found = line_blocks(file, path)
        first = next(found, None)
        if first is None:
            raise InputError(f"{path} is empty: wanted rows of a key and its numbers")
        dim = first_width(first.data.partition(b"\n")[0].rstrip(b" "), b" ")
        if dim == 0:
            raise InputError(f"{path}, line 1: wanted a key and its numbers, one space between any two")

        def all_blocks() -> Iterator[Lines]:
            yield first
            yield from found

        return _gather(all_blocks(), dim, path, options)[0]


def write_word2vec(table: Writable, path: Path, options: Options) -> None:
    """A header, then one row a line, as the word2vec tool writes it."""
    _write(table, path, options, f"{len(table)} {table.dim}\n")


def write_glove(table: Writable, path: Path, options: Options) -> None:
    """One row a line, as the GloVe tool writes it."""
    _write(table, path, options, "")


def _gather(found: Iterator[Lines], dim: int, path: Path, options: Options) -> tuple[Rows, int]:
    """All rows, and the number of the last line."""
    gathering, last = Gathering(dim), 1
    for lines in found:
        # fastText ends each row with a space
        trimmed = replace(lines, data=lines.data.replace(b" \n", b"\n"))
        raw, vectors = parse(trimmed, dim, path, b" ", keyed=True)
        keys = [
            decoded(key, options.errors, f"{path}, line {lines.first + row}") for row, key in enumerate(raw)
        ]
        gathering.add([unescaped(key) for key in keys] if options.spaces == "escape" else keys, vectors)
        last = lines.first + len(keys) - 1
    return gathering.finish(), last


def _write(table: Writable, path: Path, options: Options, head: str) -> None:
    keys = writable(table.keys, WHITE_SPACE, options.spaces, "a text file of words")
    with created(path) as file:
        file.write(head.encode())
        for block in blocks(len(table), table.dim):
            rows = zip(keys[block], printed(table.vectors[block], " "), strict=True)
            file.write("".join(f"{key} {numbers}\n" for key, numbers in rows).encode())
