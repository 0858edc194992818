"""A block of documents made ready for training: as `windows`, and it knows the document of every segment.

The text is cut into *streams*, each of them whole documents, so that a document's vector is moved by one stream only
and no shard needs a copy of it. Inside a stream blocks end where they may.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.learn.kernels.sampling import is_kept
from likewise.learn.sgns.windows import END, FIRST, LAST, START, _row_of
from likewise.system.compiled import CACHE

ROW = 4  # of a segment, after START, END, FIRST and LAST: its document
COLUMNS = 5


def streams(offsets: np.ndarray, n: int) -> np.ndarray:
    """(n + 1,) int64: where streams of about equal length start, each with a document; some may be empty."""
    tokens = int(offsets[-1])
    targets = tokens * np.arange(1, n) // n
    after = np.searchsorted(offsets, targets)
    before = np.maximum(after - 1, 0)
    is_nearer = targets - offsets[before] < offsets[after] - targets
    inner = np.where(is_nearer, offsets[before], offsets[after])
    return np.concatenate([[0], inner, [tokens]]).astype(np.int64)


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
    count: int,
) -> int:
    """Append the kept tokens of [start, end) to `words` (int32) and `segments` (·, 5), which has `count` already.

    Returns how many segments there are then. Up to `window` kept tokens of the same document on either side of the
    block come along as neighbours. A document with one kept token is a segment too: its vector predicts that word.
    `words` needs room for end − start + 2 · window more ids, `segments` for end − start + 1 more.
    """
    n = segments[count - 1, END] if count else np.int32(0)
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
        if centres_end > first:
            segments[count, START], segments[count, END] = begin, n
            segments[count, FIRST], segments[count, LAST] = first, centres_end
            segments[count, ROW] = row
            count += 1
        else:
            n = begin
        start = last
        row += 1
    return count
