"""The size, channels and ground that every image is brought to, and how one of another size is put there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from likewise.errors import OptionError

if TYPE_CHECKING:
    from PIL.Image import Image

Fit = Literal["pad", "cover", "stretch"]
LARGEST_SIDE = 4096  # of the canvas, pixels
REDUCING_GAP = 3.0  # whole steps of reduction first, as long as three times the wanted size is left


@dataclass(frozen=True)
class Canvas:
    """`fit`: "pad" shows the whole image, as large as it goes, in the middle of the ground; "cover" fills the
    canvas and cuts what hangs over on both sides alike; "stretch" keeps no proportions. Sizes are changed by cubic
    interpolation over all pixels that a new one covers, so that nothing flickers when it shrinks.
    """

    height: int
    width: int
    channels: int = 3
    ground: tuple[int, int, int] = (255, 255, 255)
    fit: Fit = "pad"
    max_pixels: int = 89_478_485  # Pillow's own: a quarter of a gigabyte in three channels

    @property
    def mode(self) -> str:
        """Pillow's name for it."""
        return "L" if self.channels == 1 else "RGB"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(h, w, c)."""
        return self.height, self.width, self.channels

    def placed(self, image: Image) -> Image:
        """`image`, which is in `mode`, at the size of the canvas."""
        wanted = (self.width, self.height)
        if image.size == wanted:
            return image
        if self.fit == "pad":
            return self._padded(image)
        box = None if self.fit == "stretch" else _covering(image.size, wanted)
        return _resized(image, wanted, box)

    def _padded(self, image: Image) -> Image:
        from PIL import Image as pillow

        scale = min(self.width / image.width, self.height / image.height)
        inner = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        small = image if image.size == inner else _resized(image, inner, None)
        if inner == (self.width, self.height):
            return small
        ground = pillow.new("RGB", (self.width, self.height), self.ground).convert(self.mode)
        ground.paste(small, ((self.width - inner[0]) // 2, (self.height - inner[1]) // 2))
        return ground


def checked(size: Any, channels: Any, ground: Any, fit: Any, max_pixels: Any) -> None:
    """Raise `OptionError` for the first that is out of its range."""
    if size is not None:
        is_pair = isinstance(size, tuple | list) and len(size) == 2
        if not is_pair or not all(_is_whole(side) and 1 <= side <= LARGEST_SIDE for side in size):
            raise OptionError(f"size is (height, width), each 1 to {LARGEST_SIDE:,} pixels, not {size!r}")
    if channels not in (1, 3):
        raise OptionError(f"channels is 3 (colour) or 1 (grey), not {channels!r}")
    if not isinstance(ground, tuple | list) or len(ground) != 3 or not all(map(_is_byte, ground)):
        raise OptionError(f"ground is three numbers from 0 to 255, red, green, blue, not {ground!r}")
    if fit not in ("pad", "cover", "stretch"):
        raise OptionError(f"fit is 'pad', 'cover' or 'stretch', not {fit!r}")
    if not _is_whole(max_pixels) or max_pixels < 1:
        raise OptionError(f"max_pixels is a whole number of at least 1, not {max_pixels!r}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_byte(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= 255


def _covering(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[float, float, float, float]:
    """The largest middle part of an image of `size` that has the proportions of `wanted`."""
    scale = max(wanted[0] / size[0], wanted[1] / size[1])
    width, height = min(size[0], wanted[0] / scale), min(size[1], wanted[1] / scale)
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return left, top, left + width, top + height


def _resized(image: Image, size: tuple[int, int], box: tuple[float, float, float, float] | None) -> Image:
    from PIL import Image as pillow

    return image.resize(size, pillow.Resampling.BICUBIC, box, REDUCING_GAP)
