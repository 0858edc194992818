"""Blocks of whole lines of a file, and what happens to a line that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from likewise.data.sources import Source, Unpacked
from likewise.data.text import BYTE_ORDER_MARK, utf8_chunks
from likewise.errors import InputError
from likewise.system.files import atomic_file

LONGEST_LINE = 1 << 26  # bytes


def line_blocks(stream: Unpacked, encoding: str, block_bytes: int) -> Iterator[tuple[int, bytes]]:
    """The number of the first line, and about `block_bytes` bytes of whole lines in UTF-8 that end in a line feed.

    If the encoding is UTF-8 the bytes are not checked. Raises `InputError` for a line of more than 64 MB, and a tar.
    """
    rest, number, name = b"", 1, stream.source.name
    for i, (chunk, _) in enumerate(utf8_chunks(stream, encoding, "strict", block_bytes)):
        if i == 0:
            if chunk[257:262] == b"ustar":
                raise InputError(
                    f"{name} is an archive of files (tar): unpack it, and give the file that is meant"
                )
            chunk = chunk.removeprefix(BYTE_ORDER_MARK.encode())
        data = rest + chunk
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if len(rest) > LONGEST_LINE:
            raise InputError(f"{name}, line {number + data.count(10):,} has more than {LONGEST_LINE:,} bytes")
        if end:
            yield number, data[:end]
            number += data.count(b"\n", 0, end)
    if rest:
        yield number, rest + b"\n"


class Bad:
    """What to do with a line that cannot be read: raise an error, or write it to the side file and count it.

    The side file is created with the first bad line, and kept if the reading succeeds.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path, self.count = path, 0
        self.file: BinaryIO | None = None
        self.stack = ExitStack()

    def __enter__(self) -> Bad:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.__exit__(kind, error, trace)

    def guard(self, sources: list[Source]) -> None:
        """Raise `InputError` if the side file would replace an input."""
        if self.path is not None:
            side = Path(self.path).resolve()
            if any(each.path is not None and each.path.resolve() == side for each in sources):
                raise InputError(f"skip_bad={str(self.path)!r} is one of the inputs; name another file")

    def __call__(self, where: str, raw: bytes, message: str) -> None:
        """Raise `InputError` with the position of the line, or write the line to the side file."""
        if self.path is None:
            raise InputError(f"{where}: {message}; correct it, or skip it with skip_bad=FILE")
        if self.file is None:
            self.file = self.stack.enter_context(atomic_file(self.path))
        self.file.write(raw.rstrip(b"\r\n") + b"\n")
        self.count += 1
