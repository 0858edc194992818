"""Images in any of the forms that an encoder takes → the uint8 array that its network reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.images import arrays as stored
from likewise.data.images import decoding
from likewise.data.images.preprocess import Canvas
from likewise.errors import InputError, WrongType
from likewise.system.extras import need


def listed(items: Any) -> Sequence[Any]:
    """The items; raises `WrongType` for one path or one image where a list is wanted."""
    if isinstance(items, str | bytes | os.PathLike):
        raise WrongType(
            f"one {type(items).__name__} was given where a list of images is wanted: put it in a list"
        )
    if isinstance(items, np.ndarray) and items.ndim not in (3, 4):
        raise WrongType(
            f"an array of shape {items.shape} was given, not (n, h, w) or (n, h, w, c): put one image in a list"
        )
    return items if hasattr(items, "__len__") else list(items)


def batches(items: Sequence[Any], canvas: Any, size: int) -> Iterator[np.ndarray]:
    """(up to `size`, h, w, c) uint8 of the items in their order; raises as `image` does."""
    with decoding.quiet(canvas.max_pixels):
        for start in range(0, len(items), size):
            part = range(start, min(start + size, len(items)))
            yield np.stack([image(items[i], i, canvas) for i in part])


def image(item: Any, number: int, canvas: Any) -> np.ndarray:
    """(h, w, c) uint8 of a path, of encoded bytes, or of an array (h, w) or (h, w, 1 or 3) of numbers 0 to 255.

    Another size, or other colours, are brought to the canvas as reading does it. Raises `InputError` with the name, or
    the number, of what cannot be used, and `WrongType` for what is no image at all.
    """
    if isinstance(item, np.ndarray):
        pixels = whole(item, number)
        is_as_wanted = pixels.shape == canvas.shape and isinstance(canvas, Canvas)
        return pixels if is_as_wanted else stored.drawn(pixels, canvas)
    if not isinstance(item, str | os.PathLike | bytes):
        raise WrongType(f"item {number} is a {type(item).__name__}; wanted a path, or an array of uint8")
    need("PIL.Image", "neural", "reading images")
    try:
        return decoding.decode(item if isinstance(item, bytes) else Path(item), canvas)[0]
    except (decoding.Unreadable, OSError) as error:
        name = f"item {number}" if isinstance(item, bytes) else os.fspath(item)
        raise InputError(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def whole(array: np.ndarray, number: int) -> np.ndarray:
    """(h, w, c) uint8 of an image that is an array; its numbers are taken as they are, and never stretched."""
    pixels = array[..., None] if array.ndim == 2 else array
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise InputError(f"item {number} is an array of shape {array.shape}; wanted (h, w) or (h, w, 1 or 3)")
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if pixels.dtype.kind not in "buif":
        raise InputError(f"item {number} is an array of {pixels.dtype}; wanted uint8 from 0 to 255")
    if not (
        np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 255 and (pixels % 1 == 0).all()
    ):
        raise InputError(
            f"item {number} is {pixels.dtype} from {pixels.min():g} to {pixels.max():g}; wanted whole numbers "
            "from 0 to 255, as uint8: those from 0 to 1 times 255, rounded"
        )
    return pixels.astype(np.uint8)
