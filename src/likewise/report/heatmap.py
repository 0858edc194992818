"""A matrix as squares of colour, each row by its own scale, with its figures: as SVG for light, dark and paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from likewise.errors import InputError
from likewise.report.escape import escaped
from likewise.report.labels import text_width

WIDTH, SIZE, LINE = 640.0, 10.0, 13.0
GAINS, LOSES = "#3b82c4", "#d97a2b"  # blue and orange, which colour-blind readers can distinguish
DARKEST = 0.75  # so that figures can be read on it, in black and in white
LONGEST = 22  # letters of a name that are shown


def heat_map(
    matrix: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    figures: Sequence[Sequence[str]] = (),
    is_shown: np.ndarray | None = None,
) -> str:
    """An SVG of (r, c) numbers: blue above 0, orange below, as deep as the number is large within its row.

    `figures` (r, c) are lines of text in the cells, "\\n" between two; cells not `is_shown` (r, c) bool stay empty, and
    count for no scale. Raises `InputError` for a matrix that is empty, not finite, or does not fit its names.
    """
    given = np.asarray(matrix, np.float64)
    if given.shape != (len(rows), len(columns)) or not given.size:
        raise InputError(f"a matrix of shape {given.shape} for {len(rows)} rows and {len(columns)} columns")
    if not np.isfinite(given).all():
        raise InputError("a matrix to draw holds numbers that are not finite (NaN or Inf)")
    shown = np.ones(given.shape, bool) if is_shown is None else is_shown
    most = np.where(shown, np.abs(given), 0.0).max(axis=1, keepdims=True)
    depth = np.where(most > 0, np.abs(given) / np.where(most > 0, most, 1.0), 0.0)
    left = max(text_width(_cut(name), SIZE) for name in rows) + 8
    across = (WIDTH - left) / len(columns)
    down = min(44.0, max(30.0, across * 0.6))
    is_slanted = max(text_width(_cut(name), SIZE) for name in columns) > across - 4
    top = 8 + (max(text_width(_cut(name), SIZE) for name in columns) * 0.6 if is_slanted else LINE)
    parts = []
    for i, name in enumerate(rows):
        middle = top + (i + 0.5) * down
        parts.append(
            f'<text x="{left - 6:.1f}" y="{middle + 3.5:.1f}" text-anchor="end">{_name(name)}</text>'
        )
        for j in np.flatnonzero(shown[i]).tolist():
            text = figures[i][j] if figures else ""
            label = f"{name} ← {columns[j]}: {given[i, j]:.4g}"
            parts += _cell(
                left + j * across, top + i * down, (across, down), given[i, j], depth[i, j], text, label
            )
    parts += [
        _head(left + (j + 0.5) * across, top - 6, name, is_slanted=is_slanted)
        for j, name in enumerate(columns)
    ]
    height = top + down * len(rows) + 2
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:.1f}" role="img" '
        f'aria-label="{escaped(title)}" font-family="system-ui, sans-serif" font-size="{SIZE:g}" fill="currentColor">'
    )
    return "\n".join([head, *parts, "</svg>"])


def _cell(
    x: float, y: float, size: tuple[float, float], value: float, depth: float, text: str, title: str
) -> list[str]:
    width, height = size
    colour = GAINS if value >= 0 else LOSES
    lines = text.split("\n") if text else []
    first = y + height / 2 + 3.5 - LINE * (len(lines) - 1) / 2
    return [
        f'<g><title>{escaped(title)}</title><rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{width - 2:.1f}" '
        f'height="{height - 2:.1f}" rx="2" fill="{colour}" fill-opacity="{DARKEST * depth:.3f}"/>',
        *(
            f'<text x="{x + width / 2:.1f}" y="{first + LINE * n:.1f}" text-anchor="middle"'
            f"{'' if n == 0 else ' opacity=' + chr(34) + '0.75' + chr(34)}>{escaped(line)}</text>"
            for n, line in enumerate(lines)
        ),
        "</g>",
    ]


def _head(x: float, y: float, name: str, *, is_slanted: bool) -> str:
    if not is_slanted:
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_name(name)}</text>'
    return f'<text transform="translate({x:.1f} {y:.1f}) rotate(-35)">{_name(name)}</text>'


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _name(name: str) -> str:
    return escaped(_cut(name))
