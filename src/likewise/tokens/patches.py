"""Images → patches as tokens, row by row as one reads, and back (Dosovitskiy et al. 2021, section 3.1)."""

from __future__ import annotations

import numpy as np

from likewise.errors import InputError, OptionError


def grid(height: int, width: int, patch: int, stride: int | None = None) -> tuple[int, int]:
    """How many patches of `patch`² pixels stand below and next to each other, `stride` pixels from one to the next.

    Without `stride` they touch; with a smaller one they overlap. Raises `OptionError` where they do not end where the
    image does: nothing of it is left out in silence.
    """
    step = patch if stride is None else stride
    if min(height, width) < patch or patch < 1 or not 1 <= step <= patch:
        raise OptionError(
            f"patches of {patch} pixels, {step} from one to the next, do not fit {height} × {width} pixels"
        )
    if (height - patch) % step or (width - patch) % step:
        raise OptionError(
            f"patches of {patch} pixels, {step} from one to the next, leave a rest of {height} × {width}: "
            f"give other patches, or read at another size="
        )
    return (height - patch) // step + 1, (width - patch) // step + 1


def patches(images: np.ndarray, patch: int, stride: int | None = None) -> np.ndarray:
    """(n, h, w, c) → (n, t, patch · patch · c), of the same dtype; in a patch, too, row by row, channels innermost."""
    n, height, width, channels = _checked(images)
    rows, columns = grid(height, width, patch, stride)
    step = patch if stride is None else stride
    windows = np.lib.stride_tricks.sliding_window_view(images, (patch, patch), (1, 2))[:, ::step, ::step]
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(n, rows * columns, patch * patch * channels)


def images(tokens: np.ndarray, patch: int, height: int, width: int) -> np.ndarray:
    """(n, t, patch · patch · c) of patches that touch → (n, h, w, c): the inverse of `patches`.

    Raises `InputError` where these are not the patches of images of that size.
    """
    rows, columns = grid(height, width, patch)
    if tokens.ndim != 3 or tokens.shape[1] != rows * columns or tokens.shape[2] % patch**2:
        raise InputError(
            f"patches of shape {tokens.shape} are not those of {height} × {width} pixels: wanted "
            f"(n, {rows * columns}, a multiple of {patch**2})"
        )
    channels = tokens.shape[2] // patch**2
    apart = tokens.reshape(len(tokens), rows, columns, patch, patch, channels)
    return apart.transpose(0, 1, 3, 2, 4, 5).reshape(len(tokens), height, width, channels)


def _checked(images: np.ndarray) -> tuple[int, int, int, int]:
    if images.ndim != 4:
        raise InputError(f"images of shape {images.shape}, wanted (n, h, w, c)")
    n, height, width, channels = images.shape
    return n, height, width, channels
