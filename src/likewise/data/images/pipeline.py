"""Images decoded by threads, in their order, and written one after the other into a file that is then mapped."""

from __future__ import annotations

import errno
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

import numpy as np

from likewise.errors import InputError, NotEnoughSpace

AHEAD = 8  # tasks under way for each thread: enough to keep it busy, few enough to stay small
FULL = (errno.ENOSPC, errno.EDQUOT)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Decoded:
    """One image's pixels with what was done to it, or the reason why there are none."""

    name: str
    pixels: np.ndarray | None
    notes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Kept:
    """The pixels of all that could be used, the numbers they had among all, and what became of the rest."""

    pixels: np.ndarray
    rows: list[int]
    skipped: list[tuple[str, str]]
    notes: Counter[str]


def in_order(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """`work` of each item, in the order of the items, few of them at a time in memory."""
    if threads == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def kept(images: Iterable[Decoded], shape: tuple[int, int, int], folder: Path | None, strict: bool) -> Kept:
    """All images' pixels in one array; with `strict` the first that cannot be used raises `InputError`.

    The file has no name, so that it goes with the array, and after a crash too. It is filled before it is mapped, so
    that a full disk is an error, `NotEnoughSpace`, and no signal.
    """
    rows: list[int] = []
    skipped: list[tuple[str, str]] = []
    notes: Counter[str] = Counter()
    try:
        with TemporaryFile(dir=folder, prefix="likewise-") as file:
            for number, image in enumerate(images):
                if image.pixels is None:
                    if strict:
                        raise InputError(f"{image.name}: {image.reason}")
                    skipped.append((image.name, image.reason))
                    continue
                file.write(np.ascontiguousarray(image.pixels).data)
                rows.append(number)
                notes.update(image.notes)
            file.flush()
            return Kept(_mapped(file, (len(rows), *shape)), rows, skipped, notes)
    except OSError as error:
        if error.errno in FULL:
            raise NotEnoughSpace(
                f"the disk is full after {len(rows):,} images: free some, or give folder= on another disk"
            ) from error
        raise


def _mapped(file: Any, shape: tuple[int, ...]) -> np.ndarray:
    if 0 in shape:
        return np.empty(shape, np.uint8)
    return np.memmap(file, np.uint8, "r", shape=shape)
