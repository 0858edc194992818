"""Curves: every point where it belongs, and what cannot be drawn is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from likewise.errors import InputError
from likewise.report.curve import BOTTOM, LEFT, RIGHT, TOP, Line, Mark, curve
from likewise.report.svg_sanitise import drawing


def drawn(*args: object, **options: object) -> str:
    return curve(*args, **{"title": "t", "x": "across", "y": "up", **options})  # type: ignore[arg-type]


def points(svg: str) -> list[list[float]]:
    paths = re.findall(r'<path d="M([^"]+)"', svg)
    return [[float(number) for number in re.split("[L ]", path)] for path in paths]


def test_linear_points_stand_in_proportion_and_higher_is_up() -> None:
    svg = drawn([Line("a", np.array([0.0, 5, 10]), np.array([0.0, 5, 10]))])
    x0, y0, x1, y1, x2, y2 = points(svg)[0]
    assert (x0, y0, x2, y2) == (LEFT, BOTTOM, RIGHT, TOP)
    assert (x1, y1) == ((LEFT + RIGHT) / 2, (BOTTOM + TOP) / 2)


def test_one_over_the_rank_is_straight_on_logarithmic_axes() -> None:
    ranks = np.array([1.0, 10, 100, 1000])
    x0, y0, x1, y1, x2, y2, x3, y3 = points(drawn([Line("a", ranks, 1000 / ranks)], logarithmic=True))[0]
    assert np.allclose(np.diff([x0, x1, x2, x3]), x1 - x0, atol=0.1)
    assert np.allclose(np.diff([y0, y1, y2, y3]), y1 - y0, atol=0.1)


def test_ticks_are_round_numbers() -> None:
    svg = drawn([Line("a", np.array([1, 30]), np.array([1.65, 4.16]))])
    texts = re.findall(r">([^<>]+)</text>", svg)
    assert {"0", "10", "20", "30", "1", "2", "3", "4", "5", "across", "up", "a"} <= set(texts)


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0, 2.0], [0.0]])
def test_a_single_point_and_a_flat_line_are_drawn(values: list[float]) -> None:
    for path in points(drawn([Line("a", np.arange(len(values)), np.array(values))])):
        assert np.isfinite(path).all()


def test_names_of_any_characters_stay_text_and_the_page_takes_it() -> None:
    name = '<b>&"\x1b'
    svg = drawn([Line(name, np.array([1, 2]), np.array([1, 2]))], marks=[Mark(name, 1, 1)], title=name)
    assert "<b>" not in svg
    assert "\x1b" not in svg
    assert drawing(svg)


@pytest.mark.parametrize(
    ("line", "logarithmic"),
    [
        (Line("a", np.empty(0), np.empty(0)), False),
        (Line("a", np.array([1.0]), np.array([np.nan])), False),
        (Line("a", np.array([0.0]), np.array([1.0])), True),
    ],
)
def test_what_cannot_be_drawn_is_refused(line: Line, logarithmic: bool) -> None:
    with pytest.raises(InputError, match="a curve is drawn through finite numbers"):
        drawn([line], logarithmic=logarithmic)
    with pytest.raises(InputError, match="at least one"):
        drawn([])
