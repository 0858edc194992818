"""Which format a file has, from its name or its opening bytes."""

from __future__ import annotations

from pathlib import Path

from likewise.formats.header import LONGEST_BYTES, SAMPLE_BYTES, as_header, opens_as_text
from likewise.formats.lines import BYTE_ORDER_MARK, opened

ENDINGS = {
    ".txt": "word2vec",
    ".vec": "fasttext",
    ".bin": "word2vec-binary",
    ".npy": "npy",
    ".parquet": "parquet",
    ".tsv": "projector",
    ".jsonl": "jsonl",
}


def format_of(path: Path) -> str:
    """The format of a file that is there: as its name says, but .txt and unknown names by content.

    Parameters
    ----------
    path : str or Path
        File.
    """
    named = format_of_name(path)
    return named if named and named != "word2vec" else _format_of_content(path)


def format_of_name(path: Path) -> str | None:
    """The format that the ending of a name stands for, with or without .gz; None for another.

    Parameters
    ----------
    path : str or Path
        File.
    """
    return ENDINGS.get(Path(path.name.lower().removesuffix(".gz")).suffix)


def _format_of_content(path: Path) -> str:
    with opened(path) as file:
        line = file.readline(LONGEST_BYTES).removeprefix(BYTE_ORDER_MARK)
        rows = file.read(SAMPLE_BYTES)
    for opening, format in {b"PAR1": "parquet", b"\x93NUMPY": "npy", b'{"': "jsonl"}.items():
        if line.startswith(opening):
            return format
    found = as_header(line)
    if found is None:
        return "glove"
    return "word2vec" if opens_as_text(rows, found[1]) else "word2vec-binary"
