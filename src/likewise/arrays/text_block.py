"""A block of text between the readers of files and the tokenizer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

TOKEN_END = b"\xff"  # no UTF-8 text holds these two bytes, so that
ROW_END = b"\xfe"  # tokens and rows may hold anything else


@dataclass(frozen=True)
class Block:
    """Bytes of one source, cut after a row or a word; the blocks of a source follow each other.

    `lines` is UTF-8 text, not yet checked, whose rows are those of `str.splitlines`; `texts` is UTF-8 rows
    with ROW_END after each, so that a row may hold line ends; `tokens` is UTF-8 tokens with TOKEN_END after
    each, and ROW_END after each row.
    """

    data: bytes
    source: str  # the name that an error shows
    offset: int = 0  # where the first byte stands in the source, unpacked and as UTF-8
    kind: Literal["lines", "texts", "tokens"] = "lines"
    final: bool = True  # the last one of its source: a row that is still open ends here
    replaced: int = 0  # bytes or characters that had no meaning in the encoding and became U+FFFD
    torn: bool = False  # cut inside a word, for want of any white space in 16 MB
    done: int = 0  # bytes of all inputs read so far, as they lie on disk
    total: int = 0  # bytes of all inputs, 0 where that is not known


def pack_texts(rows: Iterable[str]) -> bytes:
    """Rows of text as the data of a block of `texts`; a lone surrogate raises UnicodeEncodeError."""
    return b"".join(row.encode() + ROW_END for row in rows)


def pack_tokens(rows: Iterable[Iterable[str]]) -> bytes:
    """Rows of tokens as the data of a block of `tokens`; a lone surrogate raises UnicodeEncodeError."""
    return b"".join(b"".join(token.encode() + TOKEN_END for token in row) + ROW_END for row in rows)
