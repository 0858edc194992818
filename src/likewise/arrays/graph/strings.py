"""Many strings as two arrays, which can be saved and memory-mapped and need no Python object per string."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np


def _none() -> np.ndarray:
    return np.zeros(1, np.int64)


@dataclass(frozen=True, eq=False)
class Strings:
    """n strings: UTF-8 `data` (bytes,) uint8 one after the other, `offsets` (n + 1,) int64, rising from 0."""

    data: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint8))
    offsets: np.ndarray = field(default_factory=_none)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Strings:
        """The strings given, in their order; a lone surrogate becomes U+FFFD."""
        packed, ends = bytearray(), [0]
        for text in texts:
            packed += encode_utf8(text)
            ends.append(len(packed))
        return cls(np.frombuffer(bytes(packed), np.uint8), np.array(ends, np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> str:
        if not -len(self) <= i < len(self):
            raise IndexError(f"string {i} of {len(self)}")
        i %= len(self)
        return self.data[self.offsets[i] : self.offsets[i + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))


def encode_utf8(text: str) -> bytes:
    """UTF-8 of the text, with U+FFFD for each lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


@dataclass(frozen=True, eq=False)
class Lists:
    """n lists of strings: list i is `strings` from offsets[i] up to offsets[i + 1]; offsets (n + 1,) int64."""

    strings: Strings = field(default_factory=Strings)
    offsets: np.ndarray = field(default_factory=_none)

    @classmethod
    def of(cls, lists: Iterable[Iterable[str]]) -> Lists:
        """The lists given, in their order."""
        flat: list[str] = []
        ends = [0]
        for each in lists:
            flat += each
            ends.append(len(flat))
        return cls(Strings.of(flat), np.array(ends, np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> list[str]:
        if not -len(self) <= i < len(self):
            raise IndexError(f"list {i} of {len(self)}")
        i %= len(self)
        return [self.strings[j] for j in range(self.offsets[i], self.offsets[i + 1])]

    def __iter__(self) -> Iterator[list[str]]:
        return (self[i] for i in range(len(self)))
