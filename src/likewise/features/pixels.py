"""Raw pixels as vectors: the simplest thing that an image model must beat."""

from __future__ import annotations

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.system.cores import checked_threads
from likewise.system.shards import each, equal_rows

SHARD = 256  # images at a time


def pixels(
    images: np.ndarray, *, size: tuple[int, int] | None = None, threads: int | None = None
) -> np.ndarray:
    """(n, h, w, c) uint8 → (n, h' · w' · c) float32 from 0 to 1.

    `size` (h', w'), not larger than the image, shrinks: a new pixel is the mean of the area that it covers, parts of
    pixels counted as such. The numbers do not depend on `threads`.
    """
    n, height, width, channels = checked(images)
    tall, wide = size or (height, width)
    if not (1 <= tall <= height and 1 <= wide <= width):
        raise OptionError(f"size={size!r} is not between (1, 1) and that of the images, ({height}, {width})")
    down, across = areas(height, tall), areas(width, wide)
    out = np.empty((n, tall * wide * channels), np.float32)

    def work(start: int, stop: int) -> None:
        part = images[start:stop].astype(np.float32) / 255
        if tall < height:
            part = np.stack([(part * row[:, None, None]).sum(1) for row in down], axis=1)
        if wide < width:
            part = np.stack([(part * column[:, None]).sum(2) for column in across], axis=2)
        out[start:stop] = part.reshape(stop - start, -1)

    each(work, equal_rows(n, SHARD), checked_threads(threads))
    return out


def areas(length: int, shorter: int) -> np.ndarray:
    """(shorter, length) float32: how much of each old pixel lies in each new one, a row's sum being 1."""
    edges = np.arange(shorter + 1) * (length / shorter)
    old = np.arange(length)
    covered = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    return (np.clip(covered, 0, 1) * (shorter / length)).astype(np.float32)


def checked(images: np.ndarray) -> tuple[int, int, int, int]:
    """The shape (n, h, w, c); `InputError` where these are no images of bytes."""
    if not isinstance(images, np.ndarray) or images.ndim != 4 or images.dtype != np.uint8:
        raise InputError(f"got {_describe(images)}; wanted images as (n, h, w, c) uint8")
    n, height, width, channels = images.shape
    return n, height, width, channels


def _describe(images: object) -> str:
    if isinstance(images, np.ndarray):
        return f"{images.dtype} of shape {images.shape}"
    return type(images).__name__
