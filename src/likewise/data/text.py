"""Files, folders, standard input and Python iterables: all become blocks of UTF-8 text or of token lists."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from likewise.arrays.text_block import ROW_END, Block, pack_tokens
from likewise.data import sources
from likewise.data.inputs import files_or_rows, is_missing
from likewise.data.records import Row, csv_rows, first_record, json_rows, names, parquet_rows, shortened
from likewise.data.sources import Source, Unpacked, opened
from likewise.errors import InputError, OptionError, WrongType

LONGEST_WORD = 1 << 24  # bytes without white space, after which a block is cut all the same
SPACES = (b" ", b"\t", b"\v", b"\f", b"\r")
BYTE_ORDER_MARK = "\ufeff"
OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def blocks(
    inputs: Any,
    *,
    field: str | None = None,
    column: str | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    block_bytes: int = 1 << 22,
    max_bytes: int | None = None,
) -> Iterator[Block]:
    """The text of `inputs` as blocks of about `block_bytes` bytes, each source ending in a block that is
    `final`.

    `inputs` is a path, a folder (walked in order, hidden files skipped), a glob, "-" for standard input, a
    list of `Path`, or rows: a str each, a list of tokens each, or records and data frames of which `field` or
    `column` names one; `inputs.files_or_rows` says which is which. Rows are read once, so a generator will do.

    Files are plain text, JSON lines (`field`), CSV, TSV or Parquet (`column`), by their extension, and may
    be packed (.gz .bz2 .xz .zst). `max_bytes` limits what one file may unpack to; unless given, 1 GiB or 250
    times its size.

    Raises `InputError` for a file that is missing, unreadable, damaged, changed meanwhile or not what its
    name says; `WrongType` for a row that is neither; `OptionError` for an option that does not fit.
    """
    check_options(encoding, errors, block_bytes)
    if field is not None and column is not None:
        raise OptionError("field= and column= say the same of two kinds of files: give one of them")
    paths, rows = files_or_rows(inputs, field if column is None else column)
    if paths is None:
        return given_blocks(rows, block_bytes, errors)
    found = sources_of(paths, field, column)
    return Reader(field, column, encoding, errors, block_bytes, max_bytes).files(found)


def check_options(encoding: str, errors: str, block_bytes: int) -> None:
    """Raise `OptionError` for the first option that is out of its range."""
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            raise LookupError
    except LookupError:
        raise OptionError(f"no encoding {encoding!r}; try 'utf-8', 'utf-16' or 'latin-1'") from None
    if errors not in ("strict", "replace"):
        raise OptionError(f"errors must be 'strict' or 'replace', not {errors!r}")
    if block_bytes < 1:
        raise OptionError(f"block_bytes must be at least 1, not {block_bytes}")


def refuse_text(path: Any) -> None:
    """Raise `WrongType` for a str that names no file and is plainly a text."""
    if not isinstance(path, str) or path == "-" or looks_like_path(path):
        return
    try:
        is_there = os.path.lexists(path) or (sources.has_magic(path) and bool(sources.glob(path)))
    except (OSError, ValueError, RecursionError):  # too long, with a NUL, or with a thousand slashes
        is_there = False
    if not is_there:
        raise WrongType(
            f"got one str, {shortened(path)}, and no file has that name; wrap it in a list to give text"
        )


def looks_like_path(text: str) -> bool:
    """Whether a str without a file is rather a mistyped path than a text: a word with an extension or '/'."""
    return len(text.split()) == 1 and ("/" in text or bool(Path(text).suffix) or sources.has_magic(text))


def sources_of(paths: Iterable[Any], field: str | None, column: str | None) -> list[Source]:
    """Every file that the paths stand for."""
    found: list[Source] = []
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            raise WrongType(f"got {shortened(path)} among paths; wanted a Path")
        refuse_text(path)
        is_input = os.fspath(path) == "-"
        found += [sources.standard_input(field, column)] if is_input else sources.find(Path(path))
    for each in found:
        if field and each.form != "json":
            raise OptionError(
                f"field= is for JSON lines, and {each.name} is not; leave it out or use column="
            )
        if column and each.form not in ("csv", "tsv", "parquet"):
            raise OptionError(f"column= is for CSV, TSV and Parquet, and {each.name} is none of them")
    return found


@dataclass(frozen=True)
class Reader:
    """How files are read: the options of `blocks`."""

    field: str | None
    column: str | None
    encoding: str
    errors: str
    block_bytes: int
    max_bytes: int | None

    def files(self, found: list[Source]) -> Iterator[Block]:
        """The blocks of each file in turn."""
        before = 0
        total = 0 if any(each.path is None for each in found) else sum(each.size for each in found)
        for each in found:
            with opened(each, self.max_bytes) as stream:
                yield from self.file(stream, before, total)
            before += each.size

    def file(self, stream: Unpacked, before: int, total: int) -> Iterator[Block]:
        """The blocks of one open file; `before` and `total`, bytes of all files, are for progress."""
        name, form = stream.source.name, stream.source.form
        if form == "lines":
            yield from line_blocks(stream, self.encoding, self.errors, self.block_bytes, before, total)
            return
        encoding = "utf-8-sig" if is_utf8(self.encoding) else self.encoding
        if form == "json":
            rows = json_rows(stream, self.field, encoding, self.errors)
        elif form == "parquet":
            rows = parquet_rows(stream.source, self.column)
        else:
            rows = csv_rows(stream, self.column, encoding, self.errors)
        try:
            yield from row_blocks(
                rows, name, self.block_bytes, self.errors, lambda: before + stream.consumed, total
            )
        except UnicodeDecodeError as error:
            raise InputError(f"{name} is not {self.encoding}: {error}; try errors='replace'") from error


def line_blocks(
    stream: Unpacked, encoding: str, errors: str, block_bytes: int, before: int, total: int
) -> Iterator[Block]:
    """Plain text cut after its rows, or else after white space."""
    rest, offset, name = b"", 0, stream.source.name
    for chunk, replaced in utf8_chunks(stream, encoding, errors, block_bytes):
        if offset == 0 and not rest:
            refuse_records(chunk, name)
        if offset == 0 and not rest and chunk.startswith(BYTE_ORDER_MARK.encode()):
            chunk, offset = chunk[3:], 3
        data = rest + chunk
        end, torn = last_cut(data)
        rest = data[end:]
        if end or replaced:
            done = before + stream.consumed
            yield Block(data[:end], name, offset, "lines", False, replaced, torn, done, total)
        offset += end
    yield Block(rest, name, offset, done=before + stream.consumed, total=total)


def refuse_records(start: bytes, name: str) -> None:
    """Raise `InputError` for plain text that begins with a JSON record: its field names would be taken for words."""
    fields = first_record(start.partition(b"\n")[0])
    if fields is not None:
        how = "" if name == "standard input" else "name the file .jsonl, and "
        raise InputError(
            f"{name} holds JSON records with the fields {names(fields)}: {how}choose one with field="
        )


def last_cut(data: bytes) -> tuple[int, bool]:
    """After which byte to cut, 0 where it must not be cut yet; and whether that tears a word."""
    end = data.rfind(b"\n") + 1
    if end:
        return end, False
    end = 1 + max(
        data.rfind(space, 0, len(data) - (space == b"\r")) for space in SPACES
    )  # CR LF stays together
    if end or len(data) < LONGEST_WORD:
        return end, False
    end = len(data)
    while data[end - 1] & 0xC0 == 0x80 and len(data) - end < 3:
        end -= 1
    return end - 1, True


def utf8_chunks(
    stream: Unpacked, encoding: str, errors: str, chunk_bytes: int
) -> Iterator[tuple[bytes, int]]:
    """The stream as UTF-8, and how many characters were replaced; what is called UTF-8 passes unchecked."""
    reader = io.BufferedReader(stream)
    chunk_bytes = max(chunk_bytes, len(codecs.BOM_UTF32_LE))
    first = reader.read(chunk_bytes)
    chunks = chain([first] if first else [], iter(lambda: reader.read(chunk_bytes), b""))
    if is_utf8(encoding):
        for mark, other in OTHER_MARKS.items():
            if first.startswith(mark):
                raise InputError(f"{stream.source.name} begins as {other} does; try encoding={other!r}")
        yield from ((chunk, 0) for chunk in chunks)
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    done = 0
    for chunk in chain(chunks, [b""]):
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            where = done - waiting + error.start
            raise InputError(
                f"{stream.source.name}: byte {where:,} is not {encoding}; try errors='replace'"
            ) from error
        done += len(chunk)
        yield text.encode(), text.count("\ufffd") if errors == "replace" else 0


def is_utf8(encoding: str) -> bool:
    """Whether the encoding is UTF-8 by any of its names."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def given_blocks(rows: Iterable[Any], block_bytes: int, errors: str) -> Iterator[Block]:
    """The blocks of rows given from Python."""
    checked = (checked_row(row, number) for number, row in enumerate(rows, 1))
    return row_blocks(checked, "the rows given", block_bytes, errors)


def checked_row(row: Any, number: int) -> Row:
    """A str or a list of str as it is, a missing one empty; `WrongType` with the row's number for all else."""
    if isinstance(row, str):
        return row
    if is_missing(row):
        return ""
    if isinstance(row, bytes | Mapping | Set) or not isinstance(row, Iterable):
        raise WrongType(f"row {number:,} is {shortened(row)}; wanted a str, or a list of str")
    tokens = list(row)
    for token in tokens:
        if not isinstance(token, str):
            raise WrongType(f"row {number:,} holds the token {shortened(token)}; wanted a str")
    return tokens


def row_blocks(
    rows: Iterator[Row],
    name: str,
    block_bytes: int,
    errors: str,
    done: Callable[[], int] = lambda: 0,
    total: int = 0,
) -> Iterator[Block]:
    """Whole rows packed into blocks; the first row says whether all are texts or all are token lists."""
    packed, offset, replaced = bytearray(), 0, 0
    kind: Literal["texts", "tokens"] | None = None
    for number, row in enumerate(rows, 1):
        own: Literal["texts", "tokens"] = "texts" if isinstance(row, str) else "tokens"
        kind = kind or (own if row else None)  # an empty row is of both kinds
        if own != kind and row:
            raise WrongType(f"{name}, row {number:,} is one of {own} among {kind}; give all rows alike")
        data, lost = pack(row, name, number, errors)
        packed += data
        replaced += lost
        if len(packed) >= block_bytes:
            yield Block(bytes(packed), name, offset, kind or "texts", False, replaced, False, done(), total)
            offset += len(packed)
            packed, replaced = bytearray(), 0
    yield Block(bytes(packed), name, offset, kind or "texts", True, replaced, False, done(), total)


def pack(row: Row, name: str, number: int, errors: str) -> tuple[bytes, int]:
    """A row as bytes, and how many characters were replaced: a lone surrogate has no UTF-8."""
    try:
        return row.encode() + ROW_END if isinstance(row, str) else pack_tokens([row]), 0
    except UnicodeEncodeError as error:
        if errors == "strict":
            raise InputError(
                f"{name}, row {number:,} holds a lone surrogate, which is no character; try errors='replace'"
            ) from error
    whole = repaired(row) if isinstance(row, str) else [repaired(token) for token in row]
    lost = "".join(whole).count("\ufffd") - "".join(row).count("\ufffd")
    return pack(whole, name, number, "strict")[0], lost


def repaired(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
