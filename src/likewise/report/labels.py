"""On which side of its point each label can stand without covering another point or label."""

from __future__ import annotations

import unicodedata

import numpy as np

GAP = 5.0  # from a point to its label
REACH = 3.0  # half the side of the square that a point keeps free
NOWHERE, RIGHT, LEFT, ABOVE, BELOW = -1, 0, 1, 2, 3


def text_width(text: str, size: float) -> float:
    """About how wide `text` is in a sans serif: East Asian letters are square, marks take no room."""
    letters = (c for c in text if not unicodedata.combining(c))
    return size * sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.6 for c in letters)


def sides(points: np.ndarray, widths: np.ndarray, height: float, canvas: tuple[float, float]) -> np.ndarray:
    """(n,) int8: RIGHT, LEFT, ABOVE or BELOW, the first that is free, or NOWHERE; earlier points first.

    `points` (n, 2) and `widths` (n,) are in the units of `canvas`, its width and height; no label leaves it.
    """
    found = np.full(len(points), NOWHERE, np.int8)
    squares = np.concatenate([points - REACH, points + REACH], axis=1)
    labels = np.full((len(points), 4), np.nan)  # a box of NaN meets nothing
    for i, (point, width) in enumerate(zip(points, widths, strict=True)):
        for side, box in enumerate(_boxes(point, width, height)):
            covered = _meets(box, squares)
            covered[i] = False  # it may touch its own point
            if _inside(box, canvas) and not covered.any() and not _meets(box, labels[:i]).any():
                labels[i], found[i] = box, side
                break
    return found


def _boxes(point: np.ndarray, width: float, height: float) -> np.ndarray:
    """(4, 4): left, top, right and bottom of the label on each side of a point."""
    x, y = point
    left = np.array([x + GAP, x - GAP - width, x - width / 2, x - width / 2])
    top = np.array([y - height / 2, y - height / 2, y - GAP - height, y + GAP])
    return np.stack([left, top, left + width, top + height], axis=1)


def _inside(box: np.ndarray, canvas: tuple[float, float]) -> bool:
    return bool(box[0] >= 0 and box[1] >= 0 and box[2] <= canvas[0] and box[3] <= canvas[1])


def _meets(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) bool: which of the (n, 4) boxes share more than an edge with `box`."""
    across = (others[:, 0] < box[2]) & (others[:, 2] > box[0])
    return across & (others[:, 1] < box[3]) & (others[:, 3] > box[1])
