"""Files as blocks of whole lines, plain or gzipped, in bounded memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from likewise.errors import InputError

BLOCK_BYTES = 2**22
LONGEST_LINE_BYTES = (
    2**25
)  # a row of a million numbers; a binary file has no line ends and must not be read whole
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Whole lines, each ended by "\\n"; `first` is the number of the first one in its file, from 1."""

    data: bytes
    first: int


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """The bytes of `path`, decompressed where it is gzipped whatever its name; else `InputError` why not."""
    try:
        with open(path, "rb") as raw:
            packed = raw.peek(2)[:2] == GZIP
            with BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw as file:
                yield cast(BufferedReader, file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: the gzip data are damaged or cut short ({error})") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def created(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when it is whole, gzipped where the name ends in .gz."""
    from likewise.system.files import atomic_file

    with atomic_file(path) as raw:
        if path.suffix != ".gz":
            yield raw
            return
        # no name and no time inside, so that one table always makes the same bytes
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
            yield cast(IO[bytes], packed)


def line_blocks(file: BufferedReader, path: Path, first: int = 1) -> Iterator[Lines]:
    """The rest of `file` as blocks of whole lines; Windows line ends become "\\n".

    Raises `InputError` for a last line without an end, which is how a file that was cut short shows, and for
    a line too long to be one.
    """
    rest = b""
    while chunk := file.read(BLOCK_BYTES):
        if first == 1 and not rest:
            chunk = chunk.removeprefix(BYTE_ORDER_MARK)
        whole, end, rest_of_chunk = chunk.rpartition(b"\n")
        if end:
            data = (rest + whole + end).replace(b"\r\n", b"\n")
            yield Lines(data, first)
            first += data.count(b"\n")
            rest = rest_of_chunk
        else:
            rest += chunk
        if len(rest) > LONGEST_LINE_BYTES:
            raise InputError(
                f"{path}, line {first}: no line end in {len(rest):,} bytes; is this a text file?"
            )
    if rest:
        raise InputError(
            f"{path}, line {first}: the last line has no line end, so the file may be cut short; "
            "add one if it is whole"
        )
