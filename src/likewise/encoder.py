"""The contract of all that turns items into vectors; `likewise.testing.check_encoder` is its program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Encoder(Protocol):
    """Anything with `dim` and `encode`. The laws of `encode`:

    - The result is a (len(items), dim) float32 array, finite, in the order of the items, the caller's own.
    - The items are not changed.
    - The same items give the same vectors, and one item given twice gives one vector twice.
    - A vector does not depend on what else is in the batch (difference at most 1e-5 of its norm).
    - No items give (0, dim). An empty item, such as "" for a text, gives zeros, never NaN.
    - One bare string where a list of items is wanted is refused with `WrongType`.
    """

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        ...

    def encode(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items), dim) float32: one vector for each item."""
        ...
