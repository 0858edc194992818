"""Grey images of more than 8 bits: scaled, never clipped.

Pillow's own conversion cuts all above 255 to white. Here 16 bits are divided by 257, so that 65535 is 255; whole
numbers of 32 bits that fit in 16 are taken as such; and floats from 0 to 1 are taken times 255. Anything else is
stretched from its own least to its own greatest value; a number that is not finite is the least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_16 = 65535


def eight_bits(image: Image, ground: tuple[int, int, int]) -> Image:
    """An image of mode I;16, I or F as one of mode L; a grey that stands for transparency becomes the ground."""
    from PIL import Image as pillow

    values = np.asarray(image)
    grey = pillow.fromarray(scaled(values))
    seen_through = image.info.get("transparency")
    if not isinstance(seen_through, int):
        return grey
    laid = grey.convert("RGB")
    laid.paste(ground, mask=pillow.fromarray(np.where(values == seen_through, 255, 0).astype(np.uint8)))
    return laid


def scaled(values: np.ndarray) -> np.ndarray:
    """Numbers of any type, of any shape, as uint8."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    if values.dtype.kind in "iu":
        least, most = (int(values.min()), int(values.max())) if values.size else (0, 0)
        if least >= 0 and most <= LARGEST_16:
            return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return _stretched(values.astype(np.float64))


def _stretched(values: np.ndarray) -> np.ndarray:
    finite = np.isfinite(values)
    least, most = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 0.0)
    if least >= 0 and most <= 1:
        least, most = 0.0, 1.0
    span = most - least if most > least else 1.0
    return np.rint((np.where(finite, values, least) - least) / span * 255).astype(np.uint8)
