"""A caller's own splitting: whole rows of text go through a function and travel on as token lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from likewise.arrays.text_block import ROW_END, TOKEN_END, Block, pack_tokens
from likewise.errors import InputError, WrongType

Split = Callable[[str], list[str]]


def split_rows(blocks: Iterable[Block], split: Split, errors: str) -> Iterator[Block]:
    """The same blocks as token lists: `split` is called once for each row, also where a row spans blocks."""
    rest, before = b"", 0
    for block in blocks:
        if block.kind == "tokens":
            yield block
            continue
        data = rest + block.data
        rows, rest = whole_rows(data, block, errors)
        lists = [checked(split(row), block.source, number) for number, row in enumerate(rows, before + 1)]
        before = 0 if block.final else before + len(rows)
        yield replace(block, data=pack_tokens(lists), kind="tokens")


def whole_rows(data: bytes, block: Block, errors: str) -> tuple[list[str], bytes]:
    """The rows that end in `data`, without their ends, and the bytes of the one that does not."""
    if block.kind == "texts":
        *ended, rest = data.split(ROW_END)
        return [row.decode() for row in ended], rest
    try:
        rows = data.decode("utf-8", errors).splitlines(keepends=True)
    except UnicodeDecodeError as error:
        where = block.offset + len(block.data) - len(data) + error.start
        raise InputError(f"{block.source}: byte {where:,} is not UTF-8; try errors='replace'") from error
    rest = b""
    if rows and not block.final and rows[-1].splitlines()[0] == rows[-1]:
        rest = rows.pop().encode()
    return [row.splitlines()[0] for row in rows], rest


def checked(tokens: object, source: str, number: int) -> list[str]:
    """What the caller's function gave for a row, or `WrongType` where it is no list of str."""
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise WrongType(
            f"{source}, row {number:,}: the splitting function gave {tokens!r}, not a list of str"
        )
    out = list(tokens)
    for token in out:
        if not isinstance(token, str):
            raise WrongType(
                f"{source}, row {number:,}: the splitting function gave the token {token!r}, not a str"
            )
    return out


def texts_of(blocks: Iterable[Block], errors: str = "strict") -> Iterator[str]:
    """The rows of the blocks, one text each, the tokens of a list with a space between them.

    Raises `InputError` where a text is not UTF-8; `errors="replace"` puts U+FFFD there.
    """
    rest = b""
    for block in blocks:
        data = rest + block.data
        if block.kind == "tokens":
            *ended, rest = data.split(ROW_END)
            yield from (row[: -len(TOKEN_END)].replace(TOKEN_END, b" ").decode() for row in ended)
        else:
            rows, rest = whole_rows(data, block, errors)
            yield from rows
