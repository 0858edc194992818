"""Which files are meant, what each is by its name, and its bytes unpacked: checked before, while, after."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, Any, Literal

from likewise.arrays.spelling import nearest_spellings
from likewise.data.zstd import ZstdReader
from likewise.errors import InputError

Form = Literal["lines", "json", "csv", "tsv", "parquet"]
FORMS: dict[str, Form] = {
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
PACKINGS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": ZstdReader,
}
SIGNATURES = {
    b"\x1f\x8b": "gzip (.gz)",
    b"BZh": "bzip2 (.bz2)",
    b"\xfd7zXZ\0": "xz (.xz)",
    b"\x28\xb5\x2f\xfd": "Zstandard (.zst)",
    b"PK\x03\x04": "zip; unpack it first",
    b"PAR1": "Parquet (.parquet)",
}
# A file that unpacks to more than both is taken for a bomb: text packs 3 to 10 times, logs 100 times at most.
LARGEST_RATIO = 250
LARGEST_UNCHECKED = 1 << 30  # bytes
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Source:
    """One file, or standard input where `path` is None."""

    name: str
    path: Path | None
    form: Form
    packing: str = ""  # ".gz" and the like

    @property
    def size(self) -> int:
        """Bytes on disk, 0 for standard input."""
        return self.path.stat().st_size if self.path else 0


def source(path: Path) -> Source:
    """A file as its extensions name it: `x.jsonl.gz` is JSON lines in gzip."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packing = suffixes.pop() if suffixes and suffixes[-1] in PACKINGS else ""
    return Source(str(path), path, FORMS.get(suffixes[-1] if suffixes else "", "lines"), packing)


def standard_input(field: str | None, column: str | None) -> Source:
    """Standard input: JSON lines where a field is named, CSV where a column is, else plain text."""
    return Source("standard input", None, "json" if field else "csv" if column else "lines")


def find(path: str | Path) -> list[Source]:
    """The files that a path, a folder or a glob stands for, sorted; `InputError` where there is none."""
    name = os.fspath(path)
    try:
        matches = (
            sorted(glob(name, recursive=True)) if has_magic(name) and not os.path.lexists(name) else None
        )
        Path(name).exists()
    except (OSError, ValueError, RecursionError) as error:  # too long, with a NUL, or with a thousand slashes
        short = name if len(name) <= 80 else name[:79] + "…"
        raise InputError(f"{short!r} is no path of a file; give texts in a list") from error
    if matches is not None:
        if not matches:
            raise InputError(f"no file matches {name!r}")
        return [each for match in matches for each in find(match)]
    place = Path(name)
    if not place.exists():
        raise InputError(missing(place))
    if place.is_dir():
        found = walk(place)
        if not found:
            raise InputError(f"no files in the folder {name!r}")
        return found
    return [checked(place)]


def walk(folder: Path) -> list[Source]:
    """All files below a folder in the order of their names; hidden ones are skipped."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += [Path(place, each) for each in files if not each.startswith(".")]
    return [checked(each) for each in sorted(found)]


def checked(path: Path) -> Source:
    """The source at `path`; `InputError` where it is no regular file: a pipe or a device may never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a pipe" if stat.S_ISFIFO(mode) else "a device" if not stat.S_ISSOCK(mode) else "a socket"
        raise InputError(f"{path} is {what}, not a file; give '-' and pipe into standard input")
    return source(path)


def missing(path: Path) -> str:
    """What to say of a path that is not there."""
    try:
        near = nearest_spellings(path.name, sorted(os.listdir(path.parent)), 1)
    except OSError:
        near = []
    return f"no file {str(path)!r}" + (f"; did you mean {str(path.parent / near[0])!r}?" if near else "")


@contextmanager
def opened(source: Source, max_bytes: int | None) -> Iterator[Unpacked]:
    """The unpacked bytes of a source; `InputError` where it cannot be read, or has changed by the end."""
    if source.path is None:
        yield Unpacked(source, sys.stdin.buffer, sys.stdin.buffer, max_bytes)
        return
    try:
        file = source.path.open("rb")
    except OSError as error:
        raise InputError(f"{source.name} cannot be read: {error.strerror}") from error
    with file:
        before = os.fstat(file.fileno())
        if not source.packing and source.form != "parquet":
            refuse_packed(source, file)
        packed = PACKINGS[source.packing](file) if source.packing else file
        with Unpacked(source, file, packed, max_bytes) as stream:
            yield stream
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise InputError(
                f"{source.name} changed while it was read: {before.st_size:,} bytes before, "
                f"{after.st_size:,} after; read it again when nothing writes to it"
            )


def refuse_packed(source: Source, file: IO[bytes]) -> None:
    """Raise `InputError` where a file named as text begins as a packed one does."""
    head = file.read(8)
    file.seek(0)
    for signature, what in SIGNATURES.items():
        if head.startswith(signature):
            raise InputError(f"{source.name} is not text: by its first bytes it is {what}; name it so")


class Unpacked(io.RawIOBase):
    """A stream that counts the bytes it gives and reports damage and decompression bombs as `InputError`."""

    def __init__(self, source: Source, file: IO[bytes], packed: IO[bytes], max_bytes: int | None) -> None:
        self.source, self.file, self.packed = source, file, packed
        self.given = 0
        self.limit = max_bytes
        if max_bytes is None and source.packing:
            self.limit = max(LARGEST_UNCHECKED, LARGEST_RATIO * source.size)

    def readable(self) -> bool:
        """True, as io demands of a stream."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the start, at most; the bytes given, 0 at the end."""
        try:
            n = self.packed.readinto(buffer)  # type: ignore[attr-defined]
        except DAMAGED as error:
            what = f"damaged, or not {self.source.packing}" if self.source.packing else "unreadable"
            raise InputError(f"{self.source.name} is {what}, after {self.given:,} bytes: {error}") from error
        self.given += n
        if self.limit is not None and self.given > self.limit:
            raise InputError(
                f"{self.source.name} ({self.source.size:,} bytes on disk) unpacks to more than "
                f"{self.limit:,} bytes; if that is meant, set max_bytes higher"
            )
        return n

    @property
    def consumed(self) -> int:
        """Bytes read of the file on disk, 0 where it cannot say."""
        return self.file.tell() if self.source.path else 0
