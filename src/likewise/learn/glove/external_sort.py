"""Sorted runs of keys and sums that do not fit in memory: appended to two files, merged, and gone in the end."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TypeVar

import numpy as np

from likewise.errors import NotEnoughSpace
from likewise.system import files

Item = TypeVar("Item")
Result = TypeVar("Result")


class Spill:
    """Sorted runs of keys and their sums, one after the other in two files that go away in the end."""

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / "keys.uint64", folder / "sums.uint64"]
        self._lock = Lock()
        self.ends = [0]

    def __enter__(self) -> Spill:
        self._files: list[BinaryIO] = [path.open("wb") for path in self._paths]
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            for file in self._files:
                file.close()
        finally:
            for path in self._paths:
                path.unlink(missing_ok=True)

    def add(self, chunks: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        """Append one run, which may come in chunks."""
        with self._lock:
            end = self.ends[-1]
            for chunk in chunks:
                for file, array in zip(self._files, chunk, strict=True):
                    file.write(array.data)
                end += len(chunk[0])
            if end > self.ends[-1]:
                self.ends.append(end)

    def mapped(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys and all sums; nothing is added any more."""
        for file in self._files:
            file.flush()
        if self.ends[-1] == 0:
            return np.empty(0, np.uint64), np.empty(0, np.uint64)
        keys, sums = (read_only(np.memmap(path, np.uint64, "r")) for path in self._paths)
        return keys, sums


def streamed(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """`work(item)` for every item, in order, with no more than a few under way."""
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[Result]] = deque()
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) > 2 * threads:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def read_only(array: np.ndarray) -> np.ndarray:
    """A read-only view: one type for Numba, whether the array is in memory or on disk."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


@contextmanager
def room_on_disk(folder: Path) -> Iterator[None]:
    """`NotEnoughSpace`, with what is free, where the disk of `folder` is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in files.FULL:
            raise
        free = files.readable_size(shutil.disk_usage(folder).free)
        raise NotEnoughSpace(
            f"the disk of {folder} is full while pairs of words are counted, {free} are free: make room, choose "
            f"another folder, or count fewer pairs by a smaller window or a higher min_count"
        ) from error
