"""Documents by name: one a line, one a record with an id of its own, or one a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from likewise.arrays.text_block import ROW_END, Block
from likewise.data import labelled
from likewise.data.inputs import files_or_rows
from likewise.data.records import shortened
from likewise.data.sources import Source, find
from likewise.data.text import blocks, checked_row, given_blocks, row_blocks
from likewise.errors import InputError, OptionError, WrongType

Unit = Literal["line", "file"]
ROWS = 1 << 14  # given texts packed at a time


def documents(
    inputs: Any,
    *,
    unit: Unit = "line",
    field: str | None = None,
    column: str | None = None,
    id: str | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> tuple[Iterator[Block], list[str] | None]:
    """Blocks with one document a row, and the list of their ids, which fills as the blocks are read.

    `inputs`, `field`, `column`, `encoding` and `errors` are those of `text.blocks`. A document is a row of it, a line
    of plain text, or with unit="file" a whole file of plain text, whose id is its path. `id` names the field or column
    that holds the ids; without it, and for lines, the list is None.

    Raises as `text.blocks` does, and `OptionError` for an id where there is nothing to name it.
    """
    if unit not in ("line", "file"):
        raise OptionError(f"a document is a 'line' or a 'file', not {unit!r}")
    if unit == "file":
        if field or column or id:
            raise OptionError("a document that is a whole file has no field=, column= or id=")
        return _whole_files(inputs, encoding, errors)
    if id is None:
        found = blocks(inputs, field=field, column=column, encoding=encoding, errors=errors)
        return found, None
    text = field or column
    if text is None:
        raise OptionError(
            f"id={id!r} is given together with a text: name its field= (JSON lines) or column= too"
        )
    ids: list[str] = []
    if isinstance(inputs, Iterator):  # read twice, for the texts and for the ids
        inputs = list(inputs)
    paths, rows = files_or_rows(inputs, text)
    if paths is not None:
        return _named(paths, text, id, encoding, errors, ids), ids
    _, ids_given = files_or_rows(inputs, id)
    ids += [_id(own, f"row {number:,}") for number, own in enumerate(ids_given, 1)]
    return given_blocks(rows, 1 << 22, errors), ids


def texts(items: Sequence[Any]) -> Iterator[Block]:
    """Texts that are in memory, a str or a list of tokens each, as blocks; raises as `text.blocks` does."""
    if isinstance(items, str | bytes):
        raise WrongType(f"got one {type(items).__name__}; wrap it in a list")
    for start in range(0, len(items), ROWS):
        part = items[start : start + ROWS]
        is_last = start + ROWS >= len(items)
        try:
            data = b"".join([str.encode(text) + ROW_END for text in part])
            yield Block(data, "the texts given", kind="texts", final=is_last)
        except (TypeError, UnicodeEncodeError):  # token lists, half characters, or what is no text at all
            checked = (checked_row(row, number) for number, row in enumerate(part, start + 1))
            yield from given_blocks(checked, 1 << 22, "replace")


def _named(
    paths: list[Any], text: str, id: str, encoding: str, errors: str, ids: list[str]
) -> Iterator[Block]:
    """The texts of files of records; their ids go to `ids`."""
    for path in paths:
        if os.fspath(path) == "-":
            raise OptionError(
                "ids are read from files of records: give paths of JSON lines, CSV, TSV or Parquet"
            )
        for source in find(path):

            def rows(source: Source = source) -> Iterator[str]:
                for where, found, own in labelled.cells(source, text, id, encoding, errors):
                    ids.append(_id(own, where))
                    yield labelled.text_of(found, where)

            yield from row_blocks(rows(), source.name, 1 << 22, errors)


def _id(found: object, where: str) -> str:
    if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
        return str(found)
    raise InputError(f"{where}: the id or label is {shortened(found)}, wanted a text or a whole number")


def _whole_files(inputs: Any, encoding: str, errors: str) -> tuple[Iterator[Block], list[str]]:
    """A row for each file."""
    paths, _ = files_or_rows(inputs, None)
    if paths is None or "-" in map(os.fspath, paths):
        raise OptionError(
            "unit='file' reads a document from each file: give a path, a folder, or a list of Path"
        )
    found = [source for path in paths for source in find(path)]
    packed = [source.name for source in found if source.form != "lines"]
    if packed:
        raise OptionError(f"{packed[0]} holds records, so it is not one document: leave unit='file' out")
    ids: list[str] = []

    def rows() -> Iterator[str]:
        for source in found:
            whole = b"".join(block.data for block in blocks(source.path, encoding=encoding, errors=errors))
            ids.append(source.name)
            try:
                yield whole.decode("utf-8", errors)
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{source.name}: byte {error.start:,} is not UTF-8; try errors='replace'"
                ) from error

    return row_blocks(rows(), "the files given", 1 << 22, errors), ids
