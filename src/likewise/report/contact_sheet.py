"""A contact sheet: rows of images with a line under each, as SVG; and an image in patches, or highlighted by
attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.errors import InputError
from likewise.report.escape import escaped, visible
from likewise.report.labels import text_width
from likewise.report.png import address

WIDTH, GAP, SIZE, LINE = 640.0, 10.0, 10.0, 13.0
APART = 22.0  # between the query and what was found
SMALL = 64  # pixels: smaller images are shown as squares of colour, larger ones smoothly
DARK = 0.25  # of its light is left where a highlighted image gets none


@dataclass(frozen=True)
class Strip:
    """`images`, (h, w, c) uint8 each, with the lines `captions[i]` under each; the first `lead` are set apart."""

    images: Sequence[np.ndarray]
    captions: Sequence[Sequence[str]] = ()
    lead: int = 0


def sheet(strips: Sequence[Strip], *, title: str, side: float = 72.0) -> str:
    """An SVG of the strips below each other, every image within `side` × `side`; a long strip goes on below.

    Raises `InputError` where there are captions, and not for every image, or arrays are no images.
    """
    top, shown = 0.0, []
    for strip in strips:
        drawn, top = _strip(strip, top, side)
        shown += drawn
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {max(top, 1):g}" role="img" '
            f'aria-label="{escaped(title)}" font-family="system-ui, sans-serif" font-size="{SIZE:g}" '
            'fill="currentColor" text-anchor="middle">',
            *shown,
            "</svg>",
        ]
    )


def patched(image: np.ndarray, patch: int, gap: int = 1) -> np.ndarray:
    """(h, w, c) in squares of `patch` pixels with `gap` pixels of nothing between them: (h', w', 4)."""
    height, width = image.shape[:2]
    rows, columns = (np.arange(length) + np.arange(length) // patch * gap for length in (height, width))
    spread = np.zeros((rows[-1] + 1, columns[-1] + 1, 4), np.uint8)
    spread[np.ix_(rows, columns)] = _opaque(image)
    return spread


def lit(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(h, w, c) uint8, darkened where `light` (rows, columns), such as attention to patches, is less than its most.

    The ends of the image that no patch reaches, and patches that reach beyond it, are taken as they come.
    """
    height, width = image.shape[:2]
    if light.ndim != 2 or 0 in light.shape or not np.isfinite(light).all():
        raise InputError(f"light of shape {light.shape}; wanted (rows, columns), all finite")
    rows = np.minimum(np.arange(height) // -(-height // light.shape[0]), light.shape[0] - 1)
    columns = np.minimum(np.arange(width) // -(-width // light.shape[1]), light.shape[1] - 1)
    most = light.max() if light.max() > 0 else 1.0
    share = DARK + (1 - DARK) * np.clip(light / most, 0, 1)[np.ix_(rows, columns)]
    return np.rint(image * share[..., None]).astype(np.uint8)


def _strip(strip: Strip, top: float, side: float) -> tuple[list[str], float]:
    """What stands in a strip, and where the next one begins."""
    if len(strip.captions) not in (0, len(strip.images)):
        raise InputError(f"{len(strip.captions)} captions for {len(strip.images)} images: wanted one each")
    deepest = max((len(lines) for lines in strip.captions), default=0)
    shown, left, step = [], 0.0, side + LINE * deepest + GAP
    for i, image in enumerate(strip.images):
        if i == strip.lead > 0:
            left += APART - GAP
        if i and left + side > WIDTH:
            left, top = 0.0, top + step
        lines = strip.captions[i] if strip.captions else ()
        shown.append(_image(image, left, top, side, " ".join(lines)))
        for n, line in enumerate(lines):
            place = f'x="{left + side / 2:.1f}" y="{top + side + LINE * (n + 0.9):.1f}"'
            quiet = ' fill-opacity=".7"' if n else ""
            shown.append(f"<text {place}{quiet}>{escaped(_fitted(line, side + GAP / 2))}</text>")
        left += side + GAP
    return shown, top + step if strip.images else top


def _image(image: np.ndarray, left: float, top: float, side: float, name: str) -> str:
    if image.ndim != 3:
        raise InputError(f"an image is (h, w, c) uint8, not of shape {image.shape}")
    scale = side / max(image.shape[:2])
    height, width = image.shape[0] * scale, image.shape[1] * scale
    look = ' image-rendering="pixelated"' if max(image.shape[:2]) < SMALL else ""
    return (
        f'<image x="{left + (side - width) / 2:.1f}" y="{top + (side - height) / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"{look} href="{address(image)}"><title>{escaped(name)}</title></image>'
    )


def _fitted(text: str, width: float) -> str:
    """`text`, its beginning left out where it is too wide: names of files differ at their ends."""
    shown = visible(text)
    if text_width(shown, SIZE) <= width:
        return shown
    while shown and text_width("…" + shown, SIZE) > width:
        shown = shown[1:]
    return "…" + shown


def _opaque(image: np.ndarray) -> np.ndarray:
    """(h, w, 4) of grey or colour."""
    colour = np.broadcast_to(image, (*image.shape[:2], 3))
    return np.concatenate([colour, np.full((*image.shape[:2], 1), 255, np.uint8)], axis=2)
