"""Rows cut into shards of equal work, and the shards worked through by threads.

Where each row is made by itself, the result depends neither on the cuts nor on the threads; where shards are summed,
cut by a number that is not the number of threads, and sum in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def equal_work(offsets: np.ndarray, shards: int) -> list[tuple[int, int]]:
    """At most `shards` ranges of rows, none of them empty, with about as many ids each."""
    goals = offsets[-1] * np.arange(1, shards) // shards
    cuts = np.unique(np.concatenate([[0], np.searchsorted(offsets, goals), [len(offsets) - 1]]))
    return list(pairwise(cuts.tolist()))


def equal_rows(rows: int, length: int) -> list[tuple[int, int]]:
    """Ranges of `length` rows, the last one shorter."""
    return [(start, min(start + length, rows)) for start in range(0, rows, length)]


def each(work: Callable[[int, int], T], ranges: Iterable[tuple[int, int]], threads: int) -> list[T]:
    """`work(start, stop)` for every range, the results in the order of the ranges."""
    ranges = list(ranges)
    if threads == 1 or len(ranges) < 2:
        return [work(start, stop) for start, stop in ranges]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda cut: work(*cut), ranges))
