"""A log that was read: users and items by the ids of the log, and their interactions."""

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
class ReadStats:
    """How many rows a log has, and how many of them each rule of `Reading` left out.

    Parameters
    ----------
    rows : int, default 0
        Rows of the log.
    late : int, default 0
        Rows after `until`.
    repeated : int, default 0
        Rows of a pair of user and item that is in the log already.
    zero : int, default 0
        Pairs with a count of 0.
    below : int, default 0
        Pairs rated lower than `at_least`.
    capped : int, default 0
        Pairs beyond the `most` of a user.
    capped_users : int, default 0
        Users with more than `most` pairs.
    few_items : int, default 0
        Users with fewer than `min_items` items.
    few_users : int, default 0
        Items with fewer than `min_users` users.
    """

    rows: int = 0
    late: int = 0
    repeated: int = 0
    zero: int = 0
    below: int = 0
    capped: int = 0
    capped_users: int = 0
    few_items: int = 0
    few_users: int = 0

    def __str__(self) -> str:
        names = {
            "late": "after the time given", "repeated": "repeated", "zero": "counted 0", "below": "rated lower",
            "capped": "beyond the most of a user", "capped_users": "users with more than that",
            "few_items": "users with too few items", "few_users": "items with too few users",
        }  # fmt: skip
        counts = [f"{asdict(self)[name]:,} {label}" for name, label in names.items() if asdict(self)[name]]
        return ", ".join([f"{self.rows:,} rows", *counts])


@dataclass(frozen=True, eq=False)
class Interactions:
    """The interactions of a log. `read` returns it.

    Users are sorted by id, items by their number of users, then by id, so the order of the rows in the log makes no
    difference.

    Parameters
    ----------
    users : list of str
        The ids of the users.
    items : list of str
        The ids of the items.
    seen : csr_array of shape (users, items), float32
        The weight of each interaction.
    times : ndarray of shape (interactions,), float64, or None, default None
        The time of each interaction, in the order of `seen.data`.
    stats : ReadStats, default ReadStats()
        What was read, and what the rules left out.
    """

    users: list[str]
    items: list[str]
    seen: csr_array
    times: np.ndarray | None = None
    stats: ReadStats = field(default_factory=ReadStats)

    @cached_property
    def counts(self) -> np.ndarray:
        """(items,) int64: how many users each item has."""
        return np.bincount(self.seen.indices, minlength=len(self.items))

    @cached_property
    def lengths(self) -> np.ndarray:
        """(users,) int64: how many items each user has."""
        return np.diff(self.seen.indptr).astype(np.int64)

    @property
    def rows(self) -> Ragged:
        """The items of each user, ascending."""
        return Ragged(np.asarray(self.seen.indices, np.int32), self.seen.indptr.astype(np.int64))

    @cached_property
    def histories(self) -> Ragged:
        """The items of each user: by time, then (and where there are no times) the most popular first."""
        found = self.rows
        if self.times is None:
            return found
        owners = np.repeat(np.arange(len(self.users)), self.lengths)
        return Ragged(found.ids[np.lexsort((found.ids, self.times, owners))], found.offsets)

    def only(self, kept: np.ndarray) -> Interactions:
        """Some of the interactions; users and items that have none of them are left out.

        Parameters
        ----------
        kept : ndarray of shape (interactions,), bool
            Which interactions to keep, in the order of `seen.data`.

        Returns
        -------
        Interactions
        """
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
            [self.users[user] for user in users],
            [self.items[item] for item in by_key],
            seen,
            times,
            self.stats,
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of users, items and interactions."""
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
        return f"Interactions({size}, {self.seen.nnz:,} interactions)"
