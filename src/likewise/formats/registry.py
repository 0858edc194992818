"""Which format a file has, and the one way to read and to write any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from likewise.errors import InputError, OptionError, OutputExists
from likewise.formats import npy, projector
from likewise.formats.binary import read_binary, write_binary
from likewise.formats.jsonl import read_jsonl, write_jsonl
from likewise.formats.keys import Errors, Spaces
from likewise.formats.options import Options
from likewise.formats.parquet import read_parquet, write_parquet
from likewise.formats.recognise import ENDINGS, format_of, format_of_name
from likewise.formats.rows import Duplicates, Rows, Writable, without_duplicates
from likewise.formats.spaced import read_glove, read_word2vec, write_glove, write_word2vec
from likewise.table import Table


@dataclass(frozen=True)
class Format:
    """How one format is read and written; `companion` is where its keys are, if in a file of their own."""

    read: Callable[[Path, Options], Rows]
    write: Callable[[Writable, Path, Options], None]
    companion: Callable[[Path], Path] | None = None
    packs: bool = True
    keeps_dim: bool = True  # of a table without rows


FORMATS = {
    "word2vec": Format(read_word2vec, write_word2vec),
    "word2vec-binary": Format(read_binary, write_binary),
    "fasttext": Format(read_word2vec, write_word2vec),
    "glove": Format(read_glove, write_glove, keeps_dim=False),
    "npy": Format(npy.read_npy, npy.write_npy, npy.companion, packs=False),
    "parquet": Format(read_parquet, write_parquet, packs=False),
    "projector": Format(
        projector.read_projector, projector.write_projector, projector.companion, keeps_dim=False
    ),
    "jsonl": Format(read_jsonl, write_jsonl, keeps_dim=False),
}


def read(
    path: str | Path,
    *,
    format: str | None = None,
    duplicates: Duplicates = "error",
    spaces: Spaces = "refuse",
    errors: Errors = "strict",
) -> Table:
    """The table in a file of vectors; without `format`, its name or its opening bytes say what it is.

    duplicates: of a key that stands more than once keep the "first" vector, the "last" or the "mean".
    spaces: "escape" takes back the signs that `write(..., spaces="escape")` wrote.
    errors: what becomes of bytes that are no UTF-8: "replace", "ignore" or "backslashreplace".

    Raises `InputError` naming file and line for whatever is not whole: nothing is half-loaded. A file without
    header that was cut exactly at a line end cannot be distinguished from a shorter one.

    Parameters
    ----------
    path : str or Path
        File.
    format : str or None, default None
        Format of the file. None: by its name or first bytes.
    duplicates : "error", "first", "last" or "mean", default "error"
        What to do with a key that is there more than once.
    spaces : "refuse" or "escape", default "refuse"
        What to do with white space in keys.
    errors : "strict", "replace", "ignore" or "backslashreplace", default "strict"
        What to do with bytes that are not UTF-8.
    """
    path, options = Path(path), Options(spaces=spaces, errors=errors, duplicates=duplicates)
    format = format_of(path) if format is None else format
    rows = without_duplicates(_named(format).read(path, options), duplicates, str(path))
    facts = {"read": {"format": format, "file": path.name}}
    return Table(rows.keys, rows.vectors, counts=rows.counts, facts=facts)


def write(
    table: Writable,
    path: str | Path,
    *,
    format: str | None = None,
    spaces: Spaces = "refuse",
    overwrite: bool = False,
) -> None:
    """Write `table`, or `Rows`, for other programs; the file's name says the format where none is given.

    A key that the format cannot hold is refused; spaces="escape" writes "%" and white space of ASCII as in a
    URL (%25, %20, %0A), in every key. The file takes its name when it is whole. What is no key, vector or
    count (spelling, facts) stays behind: `likewise.save` keeps all.

    Raises `InputError` for a key or table that the format cannot hold, `OutputExists` unless `overwrite`.

    Parameters
    ----------
    table : Table
        Vectors.
    path : str or Path
        File.
    format : str or None, default None
        Format of the file. None: by its name or first bytes.
    spaces : "refuse" or "escape", default "refuse"
        What to do with white space in keys.
    overwrite : bool, default False
        Replace what is already in the output.
    """
    path, options = Path(path), Options(spaces=spaces)
    format = format_of_name(path) if format is None else format
    if format is None:
        raise OptionError(
            f"{path.name!r} does not say its format: end it in {', '.join(ENDINGS)}, or give format"
        )
    chosen = _named(format)
    if path.suffix == ".gz" and not chosen.packs:
        raise OptionError(f"{format} is not gzipped: take .gz from {path.name!r}")
    if len(table) == 0 and not chosen.keeps_dim:
        raise InputError(f'{format} cannot hold a table without keys: write "parquet" or "npy"')
    for file in [path, *([chosen.companion(path)] if chosen.companion else [])]:
        if file.exists() and not overwrite:
            raise OutputExists(f"{file} is there already: give overwrite=True or another name")
    chosen.write(table, path, options)


def _named(format: str) -> Format:
    if format not in FORMATS:
        raise OptionError(f"format must be one of {', '.join(map(repr, FORMATS))}, not {format!r}")
    return FORMATS[format]
