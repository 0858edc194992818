"""One encoded image → bytes of the canvas's shape: whichever colours, depth, transparency and turn it was stored in.

Only six formats are opened, by a closed list. The size in the header is looked at before anything is decoded, and all
of the image is decoded, since a look at its beginning passes half a JPEG as whole.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.data.images.high_bit_depth import eight_bits
from likewise.data.images.preprocess import Canvas
from likewise.system.extras import need

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"}
)
ORIENTATION = 0x0112  # EXIF 2.32, table 4
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF's number → Pillow's Transpose that undoes it
ON_THEIR_SIDE = frozenset({5, 6, 7, 8})
DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
DRAFT_MARGIN = 2  # a JPEG is decoded at an eighth, quarter or half, but at twice the wanted size at least


class Unreadable(Exception):
    """An image cannot be used; the message is the reason, for a person."""


def decode(data: Path | bytes, canvas: Canvas) -> tuple[np.ndarray, tuple[str, ...]]:
    """(h, w, c) uint8, and notes of what was done, keys of `dataset.NOTES`; raises `Unreadable` with the reason."""
    with _opened(data, canvas.max_pixels) as image:
        if image.format == "PNG":
            with _opened(data, canvas.max_pixels) as same:  # of which nothing is left after it
                same.verify()  # its checksums, which decoding does not look at
        notes = ["first frame"] if getattr(image, "is_animated", False) else []
        turn = orientation(image)
        if _drafted(image, canvas, turn):
            notes.append("drafted")
        image.load()
        plain = _plain(image, canvas, notes)
        if turn != 1:
            notes.append("turned")
        if turn in TURNS and image.format != "TIFF":  # which Pillow turns by itself
            plain = plain.transpose(_transpose(TURNS[turn]))
        placed = canvas.placed(plain)
        if placed.size != plain.size or "drafted" in notes:
            notes.append("resized")
        return np.asarray(placed, np.uint8).reshape(canvas.shape), tuple(notes)


def size_of(data: Path | bytes, max_pixels: int) -> tuple[int, int]:
    """Height and width as a person sees it, from the header alone; raises `Unreadable`."""
    with _opened(data, max_pixels) as image:
        is_lying = image.format != "TIFF" and orientation(image) in ON_THEIR_SIDE
        return (image.width, image.height) if is_lying else (image.height, image.width)


def orientation(image: Image) -> int:
    """How EXIF says that the image lies, 1 for upright and for EXIF that cannot be read."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:  # EXIF is written by thousands of programs, and an image is not lost with it
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


@contextmanager
def quiet(max_pixels: int) -> Iterator[None]:
    """Pillow without its warnings and its own limit on pixels, which `max_pixels` replaces; for a whole reading."""
    if find_spec("PIL") is None:  # arrays of the right size want no decoder
        yield
        return
    pillow: Any = need("PIL.Image", "neural", "reading images")
    before = pillow.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pillow.MAX_IMAGE_PIXELS = max_pixels
        try:
            yield
        finally:
            pillow.MAX_IMAGE_PIXELS = before


@contextmanager
def _opened(data: Path | bytes, max_pixels: int) -> Iterator[Image]:
    """The image, its header read and its size allowed; whatever Pillow raises is `Unreadable`."""
    pillow = need("PIL.Image", "neural", "reading images")
    try:
        with pillow.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise Unreadable(_too_large(f"{image.width:,} × {image.height:,} pixels", max_pixels))
            yield image
    except Unreadable:
        raise
    except pillow.DecompressionBombError as error:
        raise Unreadable(_too_large(str(error), max_pixels)) from error
    except pillow.UnidentifiedImageError as error:
        raise Unreadable(
            f"no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} by its bytes{_empty(data)}"
        ) from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    except Exception as error:  # decoders raise nearly everything: SyntaxError, struct.error, zlib.error, ...
        raise Unreadable(f"damaged: {error or type(error).__name__}") from error


def _too_large(what: str, max_pixels: int) -> str:
    return f"{what}, more than max_pixels={max_pixels:,}; not decoded"


def _empty(data: Path | bytes) -> str:
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    return ": it has 0 bytes" if size == 0 else ""


def _drafted(image: Image, canvas: Canvas, turn: int) -> bool:
    """Let a large JPEG decode itself at a fraction of its size; whether it does."""
    if image.format not in ("JPEG", "MPO") or canvas.fit == "stretch":
        return False
    width, height = (canvas.height, canvas.width) if turn in ON_THEIR_SIDE else (canvas.width, canvas.height)
    before = image.size
    scales = width / image.width, height / image.height
    scale = DRAFT_MARGIN * (min(scales) if canvas.fit == "pad" else max(scales))
    if scale < 1:
        image.draft(None, (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    return image.size != before


def _plain(image: Image, canvas: Canvas, notes: list[str]) -> Image:
    """The image in the canvas's mode, 8 bits a channel, with nothing to see through."""
    if image.mode == "F" and not np.isfinite(np.asarray(image)).all():
        raise Unreadable("it holds NaN or infinity")
    if image.mode in DEEP:
        notes.append("scaled")
        image = eight_bits(image, canvas.ground)
    elif image.has_transparency_data:
        notes.append("composited")
        image = _composited(image, canvas.ground)
    elif image.mode not in ("L", "RGB"):
        notes.append("converted")
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image if image.mode == canvas.mode else image.convert(canvas.mode)


def _composited(image: Image, ground: tuple[int, int, int]) -> Image:
    from PIL import Image as pillow

    seen = image.convert("RGBA")
    laid = pillow.new("RGB", seen.size, ground)
    laid.paste(seen, mask=seen.getchannel("A"))
    return laid


def _transpose(number: int) -> Any:
    from PIL import Image as pillow

    return pillow.Transpose(number)
