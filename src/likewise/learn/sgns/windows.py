"""A block of text made ready for training: the tokens kept in it, its rows, and the neighbours beyond its edges.

A block is any stretch of tokens, cut without regard to rows. Its centre words are its own kept tokens; their context
words may be in the neighbouring blocks, so up to `window` kept tokens of the same row are gathered on either side.
Nothing is cut: which pairs are trained does not depend on where blocks end.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.learn.kernels.sampling import is_kept
from likewise.system.compiled import CACHE

START, END, FIRST, LAST = range(
    4
)  # of a segment: its tokens, and its centres, as positions in the gathered words


@njit(nogil=True, inline="always")
def _row_of(position: int, offsets: np.ndarray) -> int:
    """The last row that starts at or before a token; halving by hand, for NumPy's search takes a second to compile."""
    low, high = 0, len(offsets)
    while high - low > 1:
        middle = (low + high) // 2
        if offsets[middle] <= position:
            low = middle
        else:
            high = middle
    return low


@njit(nogil=True, cache=CACHE)
def gather(
    ids: np.ndarray,
    offsets: np.ndarray,
    start: int,
    end: int,
    window: int,
    keep: np.ndarray,
    seed: int,
    words: np.ndarray,
    segments: np.ndarray,
) -> int:
    """Fill `words` (int32) and `segments` (·, 4) for tokens [start, end); returns how many segments there are.

    A segment is the part of one row that the block sees. Rows with fewer than two kept tokens have no pairs and are
    left out. `words` needs room for end − start + 2 · window ids, `segments` for end − start + 1.
    """
    n = segment = 0
    row = _row_of(start, offsets)
    while start < end:
        row_start, row_end = offsets[row], offsets[row + 1]
        last = min(end, row_end)
        begin = n
        position = start - 1
        while position >= row_start and n - begin < window:
            if is_kept(seed, position, keep[ids[position]]):
                words[n] = ids[position]
                n += 1
            position -= 1
        for i in range((n - begin) // 2):
            words[begin + i], words[n - 1 - i] = words[n - 1 - i], words[begin + i]
        first = n
        for position in range(start, last):
            if is_kept(seed, position, keep[ids[position]]):
                words[n] = ids[position]
                n += 1
        centres_end = n
        position = last
        while position < row_end and n - centres_end < window:
            if is_kept(seed, position, keep[ids[position]]):
                words[n] = ids[position]
                n += 1
            position += 1
        if n - begin > 1 and centres_end > first:
            segments[segment, START], segments[segment, END] = begin, n
            segments[segment, FIRST], segments[segment, LAST] = first, centres_end
            segment += 1
        else:
            n = begin
        start = last
        row += 1
    return segment
