"""Rows as they come from a file, gathered in one growing array, and what is done about keys that repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from likewise.errors import InputError

Duplicates = Literal["error", "first", "last", "mean"]


@dataclass(frozen=True)
class Rows:
    """n keys, which may repeat, with (n, dim) float32 vectors and (n,) int64 counts where there are any.

    Parameters
    ----------
    keys : sequence of str
        Keys.
    vectors : ndarray of shape (n, dim), float32
        Vectors.
    counts : ndarray of shape (n,), int64, or None, default None
        How often each key was seen.
    """

    keys: list[str]
    vectors: np.ndarray
    counts: np.ndarray | None = None

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return len(self.keys)


class Writable(Protocol):
    """What can be written: a `Table`, or `Rows`, whose keys may repeat."""

    @property
    def keys(self) -> list[str]: ...
    @property
    def vectors(self) -> np.ndarray: ...
    @property
    def counts(self) -> np.ndarray | None: ...
    @property
    def dim(self) -> int: ...
    def __len__(self) -> int: ...


class Gathering:
    """Rows of one width, added block by block: the vectors grow in place and are never held twice."""

    def __init__(self, dim: int) -> None:
        self.keys: list[str] = []
        self.dim = dim
        self._vectors = np.empty((0, dim), np.float32)

    def add(self, keys: list[str], vectors: np.ndarray) -> None:
        """Append len(keys) rows."""
        start, end = len(self.keys), len(self.keys) + len(keys)
        if end > len(self._vectors):
            # pages that are not yet written take no memory, so room ahead is free
            self._vectors.resize((end + end // 2, self._vectors.shape[1]), refcheck=False)
        self._vectors[start:end] = vectors
        self.keys += keys

    def finish(self, counts: np.ndarray | None = None) -> Rows:
        """All that was added; nothing may be added after."""
        self._vectors.resize((len(self.keys), self._vectors.shape[1]), refcheck=False)
        return Rows(self.keys, self._vectors, counts)


def without_duplicates(rows: Rows, rule: Duplicates, where: str) -> Rows:
    """Each key once, where it first stands: the first vector, the last, or the mean (its counts summed).

    Raises `InputError` naming the first three keys that repeat where the rule is "error".
    """
    positions: dict[str, int] = {}
    owners = np.array([positions.setdefault(key, len(positions)) for key in rows.keys], np.int64)
    n = len(positions)
    if n == len(rows.keys):
        return rows
    if rule == "error":
        raise InputError(
            f'{where}: {_repeated(rows.keys, owners, n)}; choose duplicates="first", "last" or "mean"'
        )
    if rule == "mean":
        return replace(_means(rows, owners, n), keys=list(positions))
    chosen = np.empty(n, np.int64)
    order = np.arange(len(owners))
    order = order[::-1] if rule == "first" else order
    chosen[owners[order]] = order  # of several values for one place, the last is kept
    counts = None if rows.counts is None else rows.counts[chosen]
    return Rows(list(positions), rows.vectors[chosen], counts)


def _means(rows: Rows, owners: np.ndarray, n: int) -> Rows:
    sums = np.zeros((n, rows.vectors.shape[1]))
    np.add.at(sums, owners, rows.vectors)
    means = sums / np.bincount(owners, minlength=n)[:, None]
    counts = None
    if rows.counts is not None:
        counts = np.zeros(n, np.int64)
        np.add.at(counts, owners, rows.counts)
    return Rows([], means.astype(np.float32), counts)


def _repeated(keys: list[str], owners: np.ndarray, n: int) -> str:
    seen = np.zeros(n, bool)
    found: dict[str, str] = {}
    for row, owner in enumerate(owners):
        if seen[owner] and keys[row] not in found:
            found[keys[row]] = f"{keys[row]!r} (row {row + 1})"
        seen[owner] = True
    named = ", ".join(list(found.values())[:3])
    return f"{len(found):,} keys stand more than once, such as {named}"
