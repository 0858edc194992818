"""How scores rise with the number of labels: what a comparison found, as one figure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

import numpy as np

from likewise.report.curve import Line, curve


class Point(Protocol):
    """The score `value`, between `low` and `high`, that `name` reached with so many `labels`."""

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> float: ...
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def learning_curve(
    points: Iterable[Point], *, metric: str, dashed: Collection[str] = (), title: str = "learning curve"
) -> str:
    """An SVG with one line a name, over the number of labels learnt from, each in the shade of its interval.

    Names in `dashed` are what the others are compared with. Raises `InputError` where there is no point.
    """
    by_name: dict[str, list[Point]] = {}
    for point in points:
        by_name.setdefault(point.name, []).append(point)
    lines = [_line(name, found, name in dashed) for name, found in by_name.items()]
    return curve(lines, title=title, x="labels learnt from", y=metric, logarithmic="x")


def _line(name: str, points: list[Point], is_dashed: bool) -> Line:
    ordered = sorted(points, key=lambda point: point.labels)
    x, y, low, high = np.array([(point.labels, point.value, point.low, point.high) for point in ordered]).T
    return Line(name, x, y, is_dashed, low, high)
