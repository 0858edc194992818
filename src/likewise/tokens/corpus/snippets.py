"""How each row of a text begins, noted while it goes by: what a person is shown for a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from likewise.arrays.text_block import ROW_END, TOKEN_END, Block
from likewise.tokens.analysis.occurrences import cut_at_rows

CHARACTERS = 80
BYTES = 8 * CHARACTERS  # looked at: white space at the beginning goes, and a character has up to four


def noted(blocks: Iterable[Block], into: list[str]) -> Iterator[Block]:
    """The same text in blocks of whole rows; the beginning of every row, blank ones too, is appended to `into`."""
    for block in cut_at_rows(blocks):
        into += [beginning(row) for row in rows_of(block)]
        yield block


def rows_of(block: Block) -> list[str] | list[bytes]:
    """The rows of a block that holds whole ones."""
    if block.kind == "lines":
        return block.data.decode("utf-8", "replace").splitlines()
    return block.data.split(ROW_END)[:-1]


def beginning(row: str | bytes) -> str:
    """The first characters, on one line."""
    start = row[:BYTES]
    if isinstance(start, bytes):
        start = start.replace(TOKEN_END, b" ").decode("utf-8", "ignore")
    shown = " ".join(start.split())
    return shown if len(shown) <= CHARACTERS else shown[: CHARACTERS - 1] + "…"
