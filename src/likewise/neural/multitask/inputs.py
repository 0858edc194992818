"""What a trunk reads, a batch at a time: vectors, images, or texts in tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from likewise.arrays.ragged import Ragged
from likewise.neural.images.augment import NOTHING, Augment, images, view
from likewise.neural.packing import Layout, packed


class Inputs(Protocol):
    """n items; `batch` gives those of `members` as the trunk takes them, changed by `random` where it is given."""

    def __len__(self) -> int: ...

    def batch(self, members: np.ndarray, random: np.random.Generator | None) -> tuple[Tensor, ...]: ...


@dataclass(frozen=True, eq=False)
class Vectors:
    """`rows` (n, d) of numbers, dense or a CSR matrix, as any encoder or tf-idf gives them."""

    rows: Any

    def __len__(self) -> int:
        return self.rows.shape[0]

    def batch(self, members: np.ndarray, random: np.random.Generator | None) -> tuple[Tensor, ...]:
        """(m, d) float32."""
        chosen = self.rows[members]
        dense = chosen.toarray() if hasattr(chosen, "toarray") else chosen
        return (torch.from_numpy(np.ascontiguousarray(dense, np.float32)),)


@dataclass(frozen=True, eq=False)
class ImageInputs:
    """`pixels` (n, h, w, c) uint8; while learning, views of them by `augment`."""

    pixels: np.ndarray
    augment: Augment = NOTHING

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, members: np.ndarray, random: np.random.Generator | None) -> tuple[Tensor, ...]:
        """(m, c, h, w) float32 from 0 to 1."""
        seen = images(np.asarray(self.pixels[members]))
        return (seen if random is None else view(seen, self.augment, random),)


@dataclass(frozen=True, eq=False)
class TokenInputs:
    """`rows` of token ids, none of them empty or longer than the trunk reads; `lead` slots stand before each."""

    rows: Ragged
    lead: int

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, members: np.ndarray, random: np.random.Generator | None) -> tuple[Tensor, ...]:
        """ids, positions and sequences (r, w) int64, as `packing` has them; slots and items (t,) of all tokens."""
        lengths = self.rows.lengths[members]
        laid: Layout = packed(lengths, lead=self.lead)
        ids = np.concatenate([self.rows[i] for i in members]).astype(np.int64)
        items = np.repeat(np.arange(len(members)), lengths)
        arrays = (laid.spread(ids, 0), laid.positions, laid.sequences, laid.slots, items)
        return tuple(map(torch.from_numpy, arrays))
