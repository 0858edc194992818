"""Curves drawn as SVG, which take the page's own colours, in light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from likewise.errors import InputError
from likewise.report.escape import escaped
from likewise.report.labels import text_width
from likewise.report.scatter import COLOURS, HALO

WIDTH, HEIGHT, SIZE = 640.0, 340.0, 11.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 596.0, 44.0, 294.0  # of the field that the curves are drawn in
SHORT = 2.5  # decades of a logarithmic axis, over which 2 and 5 have no room next to 10
QUIET = 'fill-opacity=".65"'


@dataclass(frozen=True)
class Line:
    """Points (n,) and (n,), joined in their order; a dashed line is what another is compared with.

    `low` and `high` (n,), where given, are shaded: the interval of each point.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    dashed: bool = False
    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @property
    def heights(self) -> np.ndarray:
        """Every height that the axis must hold."""
        return np.concatenate([side for side in (self.y, self.low, self.high) if side is not None])


@dataclass(frozen=True)
class Mark:
    """A point that bears its name."""

    name: str
    x: float
    y: float


def curve(
    lines: Sequence[Line],
    *,
    title: str,
    x: str,
    y: str,
    logarithmic: bool | Literal["x"] = False,
    marks: Sequence[Mark] = (),
) -> str:
    """An SVG of `lines` over axes named `x` and `y`, both logarithmic or both linear or only "x", with `marks` on them.

    Raises `InputError` where there is no point to draw, or one that is not finite (with `logarithmic`, above 0).
    """
    across = _axis(np.concatenate([line.x for line in lines]) if lines else np.empty(0), bool(logarithmic))
    heights = np.concatenate([line.heights for line in lines]) if lines else np.empty(0)
    upwards = _axis(heights, logarithmic is True)

    def place(at: float, height: float) -> tuple[float, float]:
        return LEFT + across.share(at) * (RIGHT - LEFT), BOTTOM - upwards.share(height) * (BOTTOM - TOP)

    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
            f'aria-label="{escaped(title)}" font-family="system-ui, sans-serif" font-size="{SIZE:g}" '
            'fill="currentColor">',
            *_legend(lines),
            *_frame(across, upwards, x, y),
            *(shade for i, line in enumerate(lines) for shade in _shaded(line, i, place)),
            *(_drawn(line, i, place) for i, line in enumerate(lines)),
            *(_marked(mark, place(mark.x, mark.y)) for mark in marks),
            "</svg>",
        ]
    )


@dataclass(frozen=True)
class _Axis:
    ticks: tuple[float, ...]
    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        """How far along the axis a value stands, from 0 to 1."""
        if self.logarithmic:
            value = math.log10(value)
        return (value - self.low) / (self.high - self.low)


def _axis(values: np.ndarray, logarithmic: bool) -> _Axis:
    if len(values) == 0 or not np.isfinite(values).all() or (logarithmic and values.min() <= 0):
        wanted = "finite numbers above 0" if logarithmic else "finite numbers"
        raise InputError(f"a curve is drawn through {wanted}, and at least one; look at what was given")
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        return _powers(low, high)
    step = _step(max(high - low, 1e-9) / 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(round(n * step, 12) for n in range(first, last + 1))
    return _Axis(ticks, first * step, last * step, False)


def _powers(low: float, high: float) -> _Axis:
    """From 1, 2 or 5 times a power of ten up to the largest value; each power bears its number, on a short axis all."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high) + 1e-9)
    steps = [(times, 10.0**power) for power in range(first, last + 1) for times in (1, 2, 5)]
    start = max(times * power for times, power in steps if times * power <= low * (1 + 1e-9))
    end = max(high, 10 * start)
    is_short = math.log10(end / start) < SHORT
    ticks = [
        times * power
        for times, power in steps
        if start <= times * power <= end * (1 + 1e-9) and (times == 1 or is_short)
    ]
    return _Axis(tuple(ticks), math.log10(start), math.log10(end), True)


def _step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20 …"""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def _frame(across: _Axis, upwards: _Axis, x: str, y: str) -> list[str]:
    lines = []
    for tick in upwards.ticks:
        height = BOTTOM - upwards.share(tick) * (BOTTOM - TOP)
        lines += [
            f'<line x1="{LEFT:g}" y1="{height:.1f}" x2="{RIGHT:g}" y2="{height:.1f}" stroke="currentColor" '
            'stroke-opacity=".14"/>',
            f'<text x="{LEFT - 8:g}" y="{height + 4:.1f}" text-anchor="end" {QUIET}>{tick:,.10g}</text>',
        ]
    for tick in across.ticks:
        at = LEFT + across.share(tick) * (RIGHT - LEFT)
        lines.append(
            f'<text x="{at:.1f}" y="{BOTTOM + 18:g}" text-anchor="middle" {QUIET}>{tick:,.10g}</text>'
        )
    middle = (LEFT + RIGHT) / 2
    return [
        *lines,
        f'<text x="{middle:g}" y="{BOTTOM + 38:g}" text-anchor="middle">{escaped(x)}</text>',
        f'<text transform="translate(14 {(TOP + BOTTOM) / 2:g}) rotate(-90)" text-anchor="middle">{escaped(y)}</text>',
    ]


def _style(line: Line, i: int) -> str:
    if line.dashed:
        return 'stroke="currentColor" stroke-opacity=".5" stroke-width="1.5" stroke-dasharray="5 4"'
    return f'stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2.25"'


def _shaded(line: Line, i: int, place: Callable[[float, float], tuple[float, float]]) -> list[str]:
    """From the lower end of each point's interval to the upper, where there are intervals."""
    if line.low is None or line.high is None:
        return []
    there = [place(float(at), float(height)) for at, height in zip(line.x, line.high, strict=True)]
    back = [place(float(at), float(height)) for at, height in zip(line.x, line.low, strict=True)][::-1]
    path = "L".join(f"{at:.1f} {height:.1f}" for at, height in [*there, *back])
    colour = "currentColor" if line.dashed else COLOURS[i % len(COLOURS)]
    return [f'<path d="M{path}Z" fill="{colour}" fill-opacity=".12"/>']


def _drawn(line: Line, i: int, place: Callable[[float, float], tuple[float, float]]) -> str:
    points = [place(float(at), float(height)) for at, height in zip(line.x, line.y, strict=True)]
    path = "L".join(f"{at:.1f} {height:.1f}" for at, height in points)
    return f'<path d="M{path}" fill="none" {_style(line, i)} stroke-linejoin="round" stroke-linecap="round"/>'


def _marked(mark: Mark, place: tuple[float, float]) -> str:
    """The name to the upper right of its point, or to the upper left where it would leave the figure."""
    at, height = place
    fits = at + 8 + text_width(mark.name, SIZE) < WIDTH
    anchor, aside = ("start", 7) if fits else ("end", -7)
    return (
        f'<circle cx="{at:.1f}" cy="{height:.1f}" r="3.2" fill="{COLOURS[0]}"/>'
        f'<g {HALO}><text x="{at + aside:.1f}" y="{height - 5:.1f}" text-anchor="{anchor}">{escaped(mark.name)}'
        "</text></g>"
    )


def _legend(lines: Sequence[Line]) -> list[str]:
    found, at = [], LEFT
    for i, line in enumerate(lines):
        found.append(
            f'<line x1="{at:.1f}" y1="12" x2="{at + 20:.1f}" y2="12" {_style(line, i)}/>'
            f'<text x="{at + 26:.1f}" y="16">{escaped(line.name)}</text>'
        )
        at += text_width(line.name, SIZE) + 46
    return found
