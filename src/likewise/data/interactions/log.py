"""A log that was read: users and items by their own ids, and who chose what."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.ragged import Ragged

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Met:
    """What was met in a log, and what the rules took out of it."""

    rows: int = 0
    late: int = 0  # rows after `until`
    repeated: int = 0  # rows of a pair that stood there already
    zero: int = 0  # pairs counted 0 times
    below: int = 0  # pairs rated lower than `at_least`
    capped: int = 0  # pairs beyond the `most` of a user,
    capped_users: int = 0  # and how many users had so many
    few_items: int = 0  # users with too few items
    few_users: int = 0  # items with too few users

    def __str__(self) -> str:
        names = {
            "late": "after the time given", "repeated": "repeated", "zero": "counted 0", "below": "rated lower",
            "capped": "beyond the most of a user", "capped_users": "users with more than that",
            "few_items": "users with too few items", "few_users": "items with too few users",
        }  # fmt: skip
        counts = [f"{asdict(self)[name]:,} {said}" for name, said in names.items() if asdict(self)[name]]
        return ", ".join([f"{self.rows:,} rows", *counts])


@dataclass(frozen=True, eq=False)
class Interactions:
    """`seen` (users, items) float32 CSR: what each choice weighs; `times` (choices,) float64 beside its data, or None.

    Users stand in the order of their ids, items by how many users chose them, then in the order of their ids. So all
    is the same whatever the order of the rows in the log was.
    """

    users: list[str]
    items: list[str]
    seen: csr_array
    times: np.ndarray | None = None
    met: Met = field(default_factory=Met)

    @cached_property
    def counts(self) -> np.ndarray:
        """(items,) int64: how many users chose each."""
        return np.bincount(self.seen.indices, minlength=len(self.items))

    @cached_property
    def lengths(self) -> np.ndarray:
        """(users,) int64: how many items each chose."""
        return np.diff(self.seen.indptr).astype(np.int64)

    @property
    def rows(self) -> Ragged:
        """The items of each user, rising."""
        return Ragged(np.asarray(self.seen.indices, np.int32), self.seen.indptr.astype(np.int64))

    @cached_property
    def histories(self) -> Ragged:
        """The items of each user: by time, then (and where there are no times) the most chosen first."""
        found = self.rows
        if self.times is None:
            return found
        owners = np.repeat(np.arange(len(self.users)), self.lengths)
        return Ragged(found.ids[np.lexsort((found.ids, self.times, owners))], found.offsets)

    def only(self, kept: np.ndarray) -> Interactions:
        """The choices where `kept` (choices,) is True; who and what is in none of them is left out."""
        from scipy.sparse import csr_array

        rows, ids = np.repeat(np.arange(len(self.users)), self.lengths)[kept], self.seen.indices[kept]
        lengths = np.bincount(rows, minlength=len(self.users))
        counts = np.bincount(ids, minlength=len(self.items))
        by_key = sorted(np.flatnonzero(counts).tolist(), key=lambda item: (-counts[item], self.items[item]))
        rank = np.zeros(len(self.items), np.int32)
        rank[by_key] = np.arange(len(by_key), dtype=np.int32)
        order = np.lexsort((rank[ids], rows))
        users = np.flatnonzero(lengths)
        offsets = np.concatenate([[0], np.cumsum(lengths[users])]).astype(np.int64)
        seen = csr_array(
            (self.seen.data[kept][order], rank[ids][order], offsets), shape=(len(users), len(by_key))
        )
        times = None if self.times is None else self.times[kept][order]
        return Interactions(
            [self.users[user] for user in users], [self.items[item] for item in by_key], seen, times, self.met
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of users, items and choices."""
        found = hashlib.sha256("\n".join([*self.users, "", *self.items]).encode("utf-8", "surrogatepass"))
        ids, offsets = self.seen.indices.astype(np.int32), self.seen.indptr.astype(np.int64)
        for array in (ids, offsets, self.seen.data, self.times):
            if array is not None:
                found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()

    def __len__(self) -> int:
        return len(self.users)

    def __repr__(self) -> str:
        size = f"{len(self.users):,} users × {len(self.items):,} items"
        return f"Interactions({size}, {self.seen.nnz:,} choices)"
