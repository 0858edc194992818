"""Histograms of oriented gradients: where edges are and how they run, which light and contrast hardly change.

Dalal & Triggs (2005), Histograms of Oriented Gradients for Human Detection, with their best settings: no smoothing, the
differences of the two neighbours, the channel where they are greatest, 9 directions without a sign over 180°, votes by
magnitude shared between the two nearest directions and the four nearest cells, and blocks of 2 × 2 cells, each
normalised by itself (L2, clipped at .2, L2 again).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.errors import OptionError
from likewise.features.pixels import checked
from likewise.system.compiled import CACHE
from likewise.system.cores import checked_threads
from likewise.system.shards import each, equal_rows

CLIP = 0.2
EPSILON = 1e-2  # of a norm in grey levels: an even area, where there is only noise, stays near zero
SHARD = 64  # images at a time


def hog(
    images: np.ndarray, *, cell: int = 8, block: int = 2, bins: int = 9, threads: int | None = None
) -> np.ndarray:
    """(n, h, w, c) uint8 → (n, blocks · block · block · bins) float32; blocks row by row, in each its cells.

    Cells of `cell`² pixels lie in the middle of the image; what is left over at its edges votes for the nearest. An
    image of fewer than `block` cells either way has one smaller block there. The numbers do not depend on `threads`.
    Raises `OptionError` where not one cell fits.
    """
    n, height, width, _ = checked(images)
    if min(cell, block, bins) < 1:
        raise OptionError(f"cell, block and bins are at least 1, not {cell}, {block}, {bins}")
    rows, columns = height // cell, width // cell
    if rows < 1 or columns < 1:
        raise OptionError(f"no cell of {cell} pixels fits {height} × {width}: give a smaller cell=")
    tall, wide = min(block, rows), min(block, columns)
    out = np.empty((n, (rows - tall + 1) * (columns - wide + 1) * tall * wide * bins), np.float32)

    def work(start: int, stop: int) -> None:
        cells = np.zeros((rows, columns, bins), np.float32)
        for i in range(start, stop):
            _vote(np.ascontiguousarray(images[i]), cell, cells)
            _normalise(cells, tall, wide, out[i])

    each(work, equal_rows(n, SHARD), checked_threads(threads))
    return out


@njit(nogil=True, cache=CACHE)
def _vote(image: np.ndarray, cell: int, cells: np.ndarray) -> None:
    """cells[r, c, b] = the sum of gradients of one image that run in direction b near the cell."""
    height, width, channels = image.shape
    rows, columns, bins = cells.shape
    top, left = (height - rows * cell) // 2, (width - columns * cell) // 2
    for r in range(rows):
        for c in range(columns):
            for b in range(bins):
                cells[r, c, b] = 0.0
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        place_y = (y - top + 0.5) / cell - 0.5
        first_y = int(np.floor(place_y))
        for x in range(width):
            before, after = max(x - 1, 0), min(x + 1, width - 1)
            best, dy, dx = -1.0, 0.0, 0.0
            for k in range(channels):
                down = float(image[below, x, k]) - float(image[above, x, k])
                across = float(image[y, after, k]) - float(image[y, before, k])
                square = down * down + across * across
                if square > best:
                    best, dy, dx = square, down, across
            if best <= 0.0:
                continue
            magnitude = np.sqrt(best)
            turn = np.arctan2(dy, dx) / np.pi
            place_b = (turn - np.floor(turn)) * bins - 0.5
            first_b = int(np.floor(place_b))
            place_x = (x - left + 0.5) / cell - 0.5
            first_x = int(np.floor(place_x))
            for r in range(first_y, first_y + 2):
                if r < 0 or r >= rows:
                    continue
                share_y = 1.0 - abs(place_y - r)
                for c in range(first_x, first_x + 2):
                    if c < 0 or c >= columns:
                        continue
                    share = magnitude * share_y * (1.0 - abs(place_x - c))
                    for b in range(first_b, first_b + 2):
                        cells[r, c, (b + bins) % bins] += share * (1.0 - abs(place_b - b))


@njit(nogil=True, cache=CACHE)
def _normalise(cells: np.ndarray, tall: int, wide: int, out: np.ndarray) -> None:
    """Write each block of tall × wide cells: L2, clipped, L2 again."""
    rows, columns, bins = cells.shape
    length = tall * wide * bins
    start = 0
    for r in range(rows - tall + 1):
        for c in range(columns - wide + 1):
            place, squares = start, 0.0
            for y in range(r, r + tall):
                for x in range(c, c + wide):
                    for b in range(bins):
                        out[place] = cells[y, x, b]
                        squares += cells[y, x, b] ** 2
                        place += 1
            norm = np.sqrt(squares + EPSILON**2)
            squares = 0.0
            for i in range(start, start + length):
                out[i] = min(out[i] / norm, CLIP)
                squares += out[i] ** 2
            norm = np.sqrt(squares + EPSILON**2)
            for i in range(start, start + length):
                out[i] /= norm
            start += length
