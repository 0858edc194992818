"""The files of the TensorFlow embedding projector: vectors.tsv, and metadata.tsv with a key a line.

Where counts are known the metadata have two columns, key and count, under a line of their names; the
projector takes a first line for names exactly where there is more than one column.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from likewise.errors import InputError
from likewise.formats.keys import LINE_ENDS_AND_TABS, decoded, unescaped, writable
from likewise.formats.lines import created, line_blocks, opened
from likewise.formats.numbers import blocks, first_width, parse, printed
from likewise.formats.options import Options
from likewise.formats.rows import Gathering, Rows, Writable


def companion(path: Path) -> Path:
    """Where the keys of `path` are: "metadata" for "vectors" in its name, else NAME.metadata.tsv."""
    if "vectors" in path.name:
        return path.with_name(path.name.replace("vectors", "metadata"))
    stem, _, suffix = path.name.partition(".tsv")
    return path.with_name(f"{stem}.metadata.tsv{suffix}")


def read_projector(path: Path, options: Options) -> Rows:
    """The rows of the vectors, with the keys of the metadata."""
    gathering: Gathering | None = None
    keys, counts = _read_metadata(companion(path), options)
    done = 0
    with opened(path) as file:
        for lines in line_blocks(file, path):
            # one part is taken for a key by `first_width`, so a tab in front keeps the first number
            dim = gathering.dim if gathering else first_width(b"\t" + lines.data.partition(b"\n")[0], b"\t")
            if dim == 0:
                raise InputError(f"{path}, line 1: wanted numbers with a tab between any two")
            gathering = gathering or Gathering(dim)
            _, vectors = parse(lines, dim, path, b"\t", keyed=False)
            done += len(vectors)
            if done <= len(keys):
                gathering.add(keys[done - len(vectors) : done], vectors)
    if done != len(keys):
        raise InputError(f"{companion(path)} holds {len(keys):,} keys, {path} {done:,} rows")
    if gathering is None:
        raise InputError(f"{path} is empty: wanted one vector a line")
    return gathering.finish(counts)


def write_projector(table: Writable, path: Path, options: Options) -> None:
    """The two files; each is put in place whole, the keys first."""
    keys = writable(table.keys, LINE_ENDS_AND_TABS, options.spaces, "projector")
    with created(companion(path)) as file:
        if table.counts is None:
            file.writelines(f"{key}\n".encode() for key in keys)
        else:
            file.write(b"key\tcount\n")
            rows = zip(keys, table.counts.tolist(), strict=True)
            file.writelines(f"{key}\t{count}\n".encode() for key, count in rows)
    with created(path) as file:
        for block in blocks(len(table), table.dim):
            file.write("".join(f"{row}\n" for row in printed(table.vectors[block], "\t")).encode())


def _read_metadata(path: Path, options: Options) -> tuple[list[str], np.ndarray | None]:
    """The keys, and the counts where a column bears that name."""
    with opened(path) as file:
        raw = [line for lines in line_blocks(file, path) for line in lines.data.split(b"\n")[:-1]]
    rows = [
        decoded(line, options.errors, f"{path}, line {number}").split("\t")
        for number, line in enumerate(raw, 1)
    ]
    names = rows.pop(0) if rows and len(rows[0]) > 1 else ["key"]
    for number, row in enumerate(rows, 1 + (len(names) > 1)):
        if len(row) != len(names):
            raise InputError(f"{path}, line {number}: {len(row)} columns, wanted {len(names)}")
    column = names.index("key") if "key" in names else 0
    keys = [row[column] for row in rows]
    if options.spaces == "escape":
        keys = [unescaped(key) for key in keys]
    if "count" not in names:
        return keys, None
    return keys, _counts([row[names.index("count")] for row in rows], path)


def _counts(texts: list[str], path: Path) -> np.ndarray:
    for number, text in enumerate(texts, 2):
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise InputError(f"{path}, line {number}: the count {text[:40]!r} is no whole number from 0")
    return np.array([int(text) for text in texts], np.int64)
