"""fastText's own binary models (`.bin`): words with counts, and the rows of words and of hashed n-grams.

The layout is that of fastText's `FastText::saveModel` (version 12, little-endian): the options, the dictionary, the
input matrix with the words first and the buckets of n-grams after, the output matrix. Every size is checked against
the bytes that are there before anything is allocated.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from likewise.errors import InputError

MAGIC, VERSIONS = 793712314, (11, 12)
OPTIONS = struct.Struct("<12id")
SIZES = struct.Struct("<3i2q")
MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
MOST = 1 << 40  # of any size that a file states


@dataclass(frozen=True)
class Binary:
    """`rows` (v + buckets, dim) float32 are input vectors, `outputs` (v, dim) those that predict, None without any."""

    keys: list[str]
    counts: np.ndarray
    rows: np.ndarray
    outputs: np.ndarray | None
    method: str
    window: int
    epochs: int
    negatives: int
    shortest: int
    longest: int
    buckets: int


class Cursor:
    """A place in the bytes of a file, that says what is missing where it ends too soon."""

    def __init__(self, data: mmap.mmap, name: str) -> None:
        self.data, self.name, self.place = data, name, 0

    def unpacked(self, layout: struct.Struct) -> tuple:
        """The values of `layout` at this place."""
        self.need(layout.size)
        values = layout.unpack_from(self.data, self.place)
        self.place += layout.size
        return values

    def need(self, size: int) -> None:
        """Raise `InputError` where fewer than `size` bytes are left."""
        if size > len(self.data) - self.place:
            raise InputError(
                f"{self.name} ends at byte {len(self.data):,}, where {size - len(self.data) + self.place:,} more are "
                f"wanted: it is cut short, or no fastText model"
            )

    def word(self) -> str:
        """The text up to the next NUL."""
        end = self.data.find(b"\0", self.place)
        if end < 0:
            self.need(len(self.data))
        text = self.data[self.place : end]
        self.place = end + 1
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{self.name}: a word at byte {self.place:,} is not UTF-8") from error

    def matrix(self, columns: int) -> np.ndarray:
        """(m, columns) float32, a view of the file."""
        rows, width = self.unpacked(struct.Struct("<2q"))
        if not 0 <= rows < MOST or width != columns:
            raise InputError(
                f"{self.name} holds a matrix of {rows} × {width}, where rows of {columns} are wanted"
            )
        self.need(rows * columns * 4)
        found = np.frombuffer(self.data, "<f4", rows * columns, self.place).reshape(rows, columns)
        self.place += found.nbytes
        return found


def read(path: str | Path) -> Binary:
    """A model that fastText wrote; raises `InputError` for one that is quantized, damaged, or no such model."""
    name = str(path)
    try:
        with open(path, "rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise InputError(f"{name} cannot be read as a fastText model: {error}") from error
    cursor = Cursor(data, name)
    magic, version = cursor.unpacked(struct.Struct("<2i"))
    if magic != MAGIC or version not in VERSIONS:
        raise InputError(f"{name} is no fastText model of version 11 or 12: it begins with other numbers")
    dim, window, epochs, _, negatives, _, _, model, buckets, shortest, longest, _, _ = cursor.unpacked(
        OPTIONS
    )
    if not 1 <= dim < 1 << 20 or not 0 <= buckets < MOST or model not in MODELS:
        raise InputError(f"{name} states {dim} dimensions and {buckets} buckets: it is damaged")
    keys, counts = _dictionary(cursor)
    if any(cursor.unpacked(struct.Struct("<?"))):
        raise InputError(f"{name} is quantized (.ftz), which is not read: give the .bin it was made from")
    rows = cursor.matrix(dim)
    if len(rows) < len(keys):
        raise InputError(f"{name} has {len(rows):,} rows for {len(keys):,} words: it is damaged")
    cursor.unpacked(struct.Struct("<?"))
    outputs = cursor.matrix(dim) if cursor.place < len(data) else None
    if outputs is not None and len(outputs) != len(keys):
        outputs = None  # of a classifier: one row a label
    return Binary(
        keys, counts, rows, outputs, MODELS[model], window, epochs, negatives, shortest, longest,
        len(rows) - len(keys),
    )  # fmt: skip


def _dictionary(cursor: Cursor) -> tuple[list[str], np.ndarray]:
    """The words, in the order of their rows, and how often each was seen; labels of a classifier are left out."""
    size, words, labels, _, pruned = cursor.unpacked(SIZES)
    if size < 0 or words < 0 or labels < 0 or size != words + labels or not -1 <= pruned < MOST:
        raise InputError(f"{cursor.name} states {words} words of {size} entries: it is damaged")
    cursor.need(size * 10)  # a NUL, a count and a kind each, so no entry is shorter
    keys, counts = [], []
    entry = struct.Struct("<qb")
    for _ in range(size):
        word = cursor.word()
        count, kind = cursor.unpacked(entry)
        if kind == 0:
            keys.append(word)
            counts.append(count)
    if pruned > 0:
        raise InputError(f"{cursor.name} was pruned, so its n-grams are not where they were hashed: not read")
    return keys, np.array(counts, np.int64)
