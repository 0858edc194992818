"""A ragged array of ids: sentences, walks and histories are all rows of this one thing.

`ids` holds every row after the other, `offsets[i]:offsets[i + 1]` is row i; so ids are the column indices and
offsets the row pointers of a CSR matrix, and `counts @ vectors` pools any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Ragged:
    """`ids` (t,) int32 and `offsets` (n + 1,) int64, rising from 0 to t; either may be memory-mapped."""

    ids: np.ndarray
    offsets: np.ndarray

    def __post_init__(self) -> None:
        if len(self.offsets) == 0 or self.offsets[0] != 0 or self.offsets[-1] != len(self.ids):
            raise ValueError(f"offsets must run from 0 to {len(self.ids)}, the number of ids")

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[int]]) -> Ragged:
        """Rows of ids, copied one after the other."""
        arrays = [np.asarray(row, dtype=np.int32) for row in rows]
        offsets = np.zeros(len(arrays) + 1, np.int64)
        np.cumsum([len(array) for array in arrays], out=offsets[1:])
        ids = np.concatenate(arrays) if arrays else np.empty(0, np.int32)
        return cls(ids.astype(np.int32, copy=False), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        row %= len(self)
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        for row in range(len(self)):
            yield self[row]

    @property
    def lengths(self) -> np.ndarray:
        """(n,) int64: how many ids each row holds."""
        return np.diff(self.offsets)

    def counts(self, width: int) -> csr_array:
        """(n, width) float32 CSR: how often each id stands in each row."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.ids), np.float32)
        matrix = csr_array((ones, self.ids, self.offsets), shape=(len(self), width), copy=True)
        matrix.sum_duplicates()
        return matrix
