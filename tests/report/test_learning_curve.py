from __future__ import annotations

import re

import pytest

from likewise.errors import InputError
from likewise.probing import Point
from likewise.report.learning_curve import learning_curve
from likewise.report.svg_sanitise import drawing

POINTS = [
    Point("tf-idf", 10, 20, 0.6, 0.5, 0.7, None),
    Point("lsa <300>", 10, 20, 0.7, 0.6, 0.75, None),
    Point("tf-idf", None, 2000, 0.9, 0.88, 0.92, None),
    Point("tf-idf", 100, 200, 0.8, 0.75, 0.85, None),
    Point("lsa <300>", None, 2000, 0.85, 0.83, 0.87, None),
]


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_a_line_each_in_the_order_of_labels_with_its_shade() -> None:
    svg = learning_curve(POINTS, metric="accuracy", dashed=["tf-idf"])
    lines = [places(path) for path in re.findall(r'd="([^"Z]+)" fill="none"', svg)]
    shades = [places(path) for path in re.findall(r'd="([^"]+)Z"', svg)]
    assert [len(line) for line in lines] == [3, 2]
    assert [len(shade) for shade in shades] == [6, 4]
    (left, low), (middle, between), (right, high) = lines[0]
    assert middle - left == pytest.approx(right - middle, abs=0.2)  # 20, 200, 2,000 on a scale of logarithms
    assert low > between > high  # SVG counts downwards
    assert between - high == pytest.approx((low - high) / 3, abs=0.2)
    for (_, height), (_, upper) in zip(lines[0], shades[0][:3], strict=True):
        assert upper < height
    assert "lsa &lt;300&gt;" in svg
    assert svg.count("stroke-dasharray") == 2  # the line and its sample in the legend
    assert "labels learnt from" in svg
    assert "accuracy" in svg


def test_it_may_stand_in_a_page() -> None:
    assert drawing(learning_curve(POINTS, metric="accuracy")).startswith("<svg")


def test_a_single_point_is_drawn_and_none_is_refused() -> None:
    assert "tf-idf" in learning_curve(POINTS[:1], metric="accuracy")
    with pytest.raises(InputError, match="at least one"):
        learning_curve([], metric="accuracy")
