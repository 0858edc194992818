"""The contract of all that turns items into vectors; `likewise.testing.check_encoder` is its program."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

Encode = TypeVar("Encode", bound=Callable[..., Any])


@runtime_checkable
class Encoder(Protocol):
    """Anything with `dim` and `encode`. The laws of `encode`:

    - The result is a (len(items), dim) float32 array, finite, in the order of the items, the caller's own.
    - The items are not changed.
    - The same items give the same vectors, and one item given twice gives one vector twice.
    - A vector does not depend on what else is in the batch (difference at most 1e-5 of its norm).
    - No items give (0, dim). An empty item, such as "" for a text, gives zeros, never NaN.
    - One string instead of a list gives its vector, (dim,); or `WrongType`, where items are no strings.
    """

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        ...

    def encode(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items), dim) float32: one vector for each item."""
        ...


def accepts_one(encode: Encode) -> Encode:
    """Let a method `encode(items)` take one string or path as well, and give its one row, (dim,), as
    sentence-transformers does."""

    @wraps(encode)
    def encode_one_or_many(self: Any, items: Any, **options: Any) -> Any:
        if isinstance(items, str | os.PathLike):
            return encode(self, [items], **options)[0]
        return encode(self, items, **options)

    return encode_one_or_many  # type: ignore[return-value]
