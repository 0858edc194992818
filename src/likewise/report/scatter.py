"""Named points drawn as SVG, which takes the page's own colours, in light and dark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from likewise.errors import OptionError
from likewise.report.escape import escaped, visible
from likewise.report.labels import ABOVE, BELOW, GAP, LEFT, NOWHERE, RIGHT, sides, text_width

# Each has a contrast of 3 or more with white and with near-black, so that one figure serves both.
COLOURS = ("#2f7fc1", "#d05a2b", "#3a9460", "#9a68c7", "#a97c14", "#c7558a", "#20938f", "#857f78")
SHAPES = (  # centred at the origin; colour alone does not reach every eye, nor a black and white print
    "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "M-2.7-2.7h5.4v5.4h-5.4z",
    "M0-3.6 3.5 2.6h-7z",
    "M0-3.8 3.8 0 0 3.8-3.8 0z",
)
PLAIN = f'<path d="{SHAPES[0]}" fill="currentColor" fill-opacity=".45"/>'
WIDTH, HEIGHT, MARGIN, SIZE = 640.0, 520.0, 16.0, 11.0
LEGEND_LINE = 18.0
# The page's own colour round each letter keeps it legible where it comes near a dot.
HALO = 'stroke="var(--paper, Canvas)" stroke-width="2.5" stroke-linejoin="round" paint-order="stroke"'
# Where a label's text starts, ends or has its middle, from its point: in a font that is wider than
# was reckoned the text grows away from the point.
ANCHORS = {
    RIGHT: (GAP, SIZE * 0.35, "start"),
    LEFT: (-GAP, SIZE * 0.35, "end"),
    ABOVE: (0.0, -GAP - SIZE * 0.2, "middle"),
    BELOW: (0.0, GAP + SIZE * 0.9, "middle"),
}


def scatter(points: np.ndarray, names: Sequence[str], groups: Sequence[str | None], *, title: str) -> str:
    """An SVG of `points` (n, 2), each marked by its group, with its name where there is room and on hovering.

    Earlier names are placed first; None is no group. Raises `OptionError` for more than 32 different groups.
    """
    kinds = list(dict.fromkeys(group for group in groups if group is not None))
    if len(kinds) > len(COLOURS) * len(SHAPES):
        raise OptionError(
            f"{len(kinds)} groups cannot be distinguished, at most {len(COLOURS) * len(SHAPES)}; join some"
        )
    marks: dict[str | None, str] = {kind: _mark(i) for i, kind in enumerate(kinds)}
    legend, top = _legend(kinds, marks)
    at = _fitted(points)
    shown = [visible(name) for name in names]
    widths = np.array([text_width(name, SIZE) for name in shown])
    free = sides(at, widths, SIZE * 1.15, (WIDTH, HEIGHT))
    dots = [
        _dot(xy, name, marks.get(group, PLAIN)) for xy, name, group in zip(at, names, groups, strict=True)
    ]
    labels = [
        _label(xy, name, side)
        for xy, name, side in zip(at, names, free.tolist(), strict=True)
        if side != NOWHERE
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT + top:g}" role="img" '
            f'aria-label="{escaped(title)}" font-family="system-ui, sans-serif" font-size="{SIZE:g}" '
            'fill="currentColor">',
            *legend,
            f'<g transform="translate(0 {top:g})">',
            *dots,
            f"<g {HALO}>",
            *labels,
            "</g>",
            "</g>",
            "</svg>",
        ]
    )


def _fitted(points: np.ndarray) -> np.ndarray:
    """Points moved and scaled, alike in both directions, to fill the canvas; y upwards."""
    if len(points) == 0:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    scale = (room / np.maximum(high - low, 1e-9)).min() if (high > low).any() else 0.0
    return (points - (low + high) / 2) * [scale, -scale] + [WIDTH / 2, HEIGHT / 2]


def _mark(i: int) -> str:
    shape, colour = (i + i // len(COLOURS)) % len(SHAPES), i % len(COLOURS)
    return f'<path d="{SHAPES[shape]}" fill="{COLOURS[colour]}"/>'


def _dot(xy: np.ndarray, name: str, mark: str) -> str:
    """A mark that shows its name when pointed at, as its label may have found no room."""
    return f'<g transform="translate({xy[0]:.1f} {xy[1]:.1f})"><title>{escaped(name)}</title>{mark}</g>'


def _label(xy: np.ndarray, name: str, side: int) -> str:
    right, down, anchor = ANCHORS[side]
    return (
        f'<text x="{xy[0] + right:.1f}" y="{xy[1] + down:.1f}" text-anchor="{anchor}">{escaped(name)}</text>'
    )


def _legend(kinds: list[str], marks: dict[str | None, str]) -> tuple[list[str], float]:
    """The groups with their marks, in lines as wide as the figure; and the height they take."""
    lines, x, y = [], MARGIN, LEGEND_LINE / 2 + 2
    for kind in kinds:
        width = text_width(visible(kind), SIZE) + 30
        if x > MARGIN and x + width > WIDTH:
            x, y = MARGIN, y + LEGEND_LINE
        lines.append(
            f'<g transform="translate({x:.1f} {y:.1f})">{marks[kind]}'
            f'<text x="9" y="{SIZE * 0.35:.1f}">{escaped(kind)}</text></g>'
        )
        x += width
    return lines, y + LEGEND_LINE if kinds else 0.0
