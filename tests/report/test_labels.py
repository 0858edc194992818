from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from likewise.report.labels import ABOVE, BELOW, LEFT, NOWHERE, RIGHT, _boxes, sides, text_width

CANVAS = (200.0, 100.0)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 100), st.integers(1, 60)), max_size=25))
def test_no_label_covers_a_point_or_a_label_or_leaves_the_canvas(rows: list[tuple[int, int, int]]) -> None:
    points = np.array([(x, y) for x, y, _ in rows], float).reshape(-1, 2)
    widths = np.array([width for *_, width in rows], float)
    found = sides(points, widths, 10.0, CANVAS)
    boxes = {i: _boxes(points[i], widths[i], 10.0)[side] for i, side in enumerate(found) if side != NOWHERE}
    for i, (left, top, right, bottom) in boxes.items():
        assert min(left, top) >= 0
        assert right <= CANVAS[0]
        assert bottom <= CANVAS[1]
        for j, (x, y) in enumerate(points):
            assert i == j or not (left < x < right and top < y < bottom)
        for j, other in boxes.items():
            apart = other[2] <= left or other[0] >= right or other[3] <= top or other[1] >= bottom
            assert i == j or apart


def test_a_lone_label_stands_at_the_right_and_turns_where_there_is_no_room() -> None:
    middle, edge = np.array([[100.0, 50.0]]), np.array([[195.0, 50.0]])
    assert sides(middle, np.array([30.0]), 10.0, CANVAS).tolist() == [RIGHT]
    assert sides(edge, np.array([30.0]), 10.0, CANVAS).tolist() == [LEFT]
    blocked = np.array([[100.0, 50.0], [112.0, 50.0], [88.0, 50.0]])
    assert sides(blocked, np.array([30.0, 1.0, 1.0]), 10.0, CANVAS)[0] == ABOVE
    assert sides(middle, np.array([500.0]), 10.0, CANVAS).tolist() == [NOWHERE]
    assert sides(np.zeros((0, 2)), np.zeros(0), 10.0, CANVAS).shape == (0,)


def test_equal_points_share_the_sides_out_in_their_order() -> None:
    found = sides(np.full((6, 2), 50.0), np.full(6, 20.0), 10.0, CANVAS)
    assert found.tolist() == [RIGHT, LEFT, ABOVE, BELOW, NOWHERE, NOWHERE]


def test_wide_letters_are_wide_and_marks_take_no_room() -> None:
    assert text_width("東京", 10) == 20
    assert text_width("e\u0301", 10) == text_width("e", 10) == 6
    assert text_width("", 10) == 0
