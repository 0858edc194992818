"""Rows in any order → different pairs of user and item, less what the rules leave out. Nothing depends on the order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likewise.arrays.graph.csr import sorted_by
from likewise.data.interactions.log import Interactions, Met
from likewise.data.interactions.options import Reading
from likewise.errors import InputError

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Rows:
    """m rows or pairs: `users` and `items` (m,) int32, and what else was read of them, (m,) float64 or None."""

    users: np.ndarray
    items: np.ndarray
    ratings: np.ndarray | None = None
    counts: np.ndarray | None = None
    times: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, chosen: np.ndarray) -> Rows:
        return Rows(*(None if part is None else part[chosen] for part in self.parts))  # type: ignore[arg-type]

    @property
    def parts(self) -> tuple[np.ndarray | None, ...]:
        """The columns, in their order."""
        return self.users, self.items, self.ratings, self.counts, self.times


def ruled(
    rows: Rows, users: list[str], items: list[str], reading: Reading, until: float | None
) -> Interactions:
    """The log by the rules of `reading`, in their order. Users and items stand in the order of their ids.

    Raises `InputError` where a rule leaves nothing.
    """
    met = Met(rows=len(rows))
    if until is not None and rows.times is not None:
        early = rows.times <= until
        rows, met = rows[early], replace(met, late=int((~early).sum()))
        _refuse_none(rows, f"all {met.rows:,} rows are later than {reading.until}")
    pairs = merged(rows, len(users), len(items))
    met = replace(met, repeated=len(rows) - len(pairs))
    del rows
    if pairs.counts is not None:
        some = pairs.counts > 0
        pairs, met = pairs[some], replace(met, zero=int((~some).sum()))
        _refuse_none(pairs, "every count is 0")
    if reading.at_least is not None and pairs.ratings is not None:
        highest, chosen = pairs.ratings.max(), pairs.ratings >= reading.at_least
        pairs, met = pairs[chosen], replace(met, below=int((~chosen).sum()))
        _refuse_none(pairs, f"no rating is {reading.at_least:g} or more; the highest is {highest:g}")
    if reading.most is not None:
        within, met = _latest(pairs, len(items), reading.most, met)
        pairs = pairs[within]
    pairs, met = _cored(pairs, users, items, reading, met)
    return _finished(pairs, users, items, reading, met)


def merged(rows: Rows, users: int, items: int) -> Rows:
    """Different pairs, sorted by user, then item: the sum of the counts, the last time, and the rating given then.

    Among ratings of one time the highest is taken.
    """
    order = np.arange(len(rows), dtype=np.int32 if len(rows) < 2**31 else np.int64)
    given = [part for part in (rows.counts, rows.ratings, rows.times) if part is not None]
    if given:
        order = np.lexsort(given).astype(order.dtype)
    order = sorted_by(rows.users, sorted_by(rows.items, order, items), users)
    u, i = rows.users[order], rows.items[order]
    is_last = np.ones(len(order), bool)
    np.logical_or(u[1:] != u[:-1], i[1:] != i[:-1], out=is_last[:-1])
    last = np.flatnonzero(is_last)
    counts = None
    if rows.counts is not None and len(last):
        first = np.concatenate([[0], last[:-1] + 1])
        counts = np.add.reduceat(rows.counts[order], first)
    ratings, times = (None if part is None else part[order[last]] for part in (rows.ratings, rows.times))
    return Rows(u[last], i[last], ratings, counts, times)


def _latest(pairs: Rows, items: int, most: int, met: Met) -> tuple[np.ndarray, Met]:
    """(m,) bool: the `most` pairs of each user that stay: the latest, or without times some drawn by their ids."""
    lengths = np.bincount(pairs.users)
    within = np.ones(len(pairs), bool)
    long = np.flatnonzero(lengths[pairs.users] > most)
    if pairs.times is not None:
        rank = -pairs.times[long]
    else:
        mixed = (
            pairs.users[long].astype(np.uint64) * np.uint64(items) + pairs.items[long].astype(np.uint64)
        ) * GOLDEN
        rank = ((mixed ^ (mixed >> np.uint64(29))) * GOLDEN >> np.uint64(11)).astype(np.float64)
    owners = pairs.users[long]
    order = np.lexsort((pairs.items[long], rank, owners))
    _, starts, sizes = np.unique(owners, return_index=True, return_counts=True)
    place = np.arange(len(long)) - np.repeat(starts, sizes)
    within[long[order[place >= most]]] = False
    return within, replace(met, capped=int((~within).sum()), capped_users=int((lengths > most).sum()))


def _cored(pairs: Rows, users: list[str], items: list[str], reading: Reading, met: Met) -> tuple[Rows, Met]:
    """The largest part in which every user has `min_items` and every item `min_users`: the core of a graph."""
    began = len(np.unique(pairs.users)), len(np.unique(pairs.items))
    names = (
        (items, reading.min_users, "item", "user", pairs.items),
        (users, reading.min_items, "user", "item", pairs.users),
    )
    while True:
        lengths = np.bincount(pairs.users, minlength=len(users))
        counts = np.bincount(pairs.items, minlength=len(items))
        stays = (lengths[pairs.users] >= reading.min_items) & (counts[pairs.items] >= reading.min_users)
        if stays.all():
            break
        pairs = pairs[stays]
    if not len(pairs):
        raise InputError(_emptied(names, began))
    left = len(np.unique(pairs.users)), len(np.unique(pairs.items))
    return pairs, replace(met, few_items=began[0] - left[0], few_users=began[1] - left[1])


def _emptied(names: Any, began: tuple[int, int]) -> str:
    """What to say of a core with nobody in it."""
    parts = []
    for keys, least, what, other, ids in names:
        if least > 1:
            counts = np.bincount(ids, minlength=len(keys))
            best = int(counts.argmax())
            has = f"the {what} with most {other}s, {keys[best]!r}, has {counts[best]:,}"
            parts.append(f"{has}: try min_{other}s= {counts[best]} or less")
    return f"nothing of {began[0]:,} users and {began[1]:,} items is left: {'; '.join(parts)}"


def _finished(pairs: Rows, users: list[str], items: list[str], reading: Reading, met: Met) -> Interactions:
    """What is left: users by id, items by how many chose them, then by id; weights as they are asked for."""
    from scipy.sparse import csr_array

    lengths = np.bincount(pairs.users, minlength=len(users))
    counts = np.bincount(pairs.items, minlength=len(items))
    kept_users = np.flatnonzero(lengths)
    kept_items = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    rank = np.empty(len(items), np.int32)
    rank[kept_items] = np.arange(len(kept_items), dtype=np.int32)
    ids = rank[pairs.items]
    order = np.arange(len(ids), dtype=np.int32 if len(ids) < 2**31 else np.int64)
    order = sorted_by(pairs.users, sorted_by(ids, order, len(kept_items)), len(users))
    weights = np.ones(len(ids), np.float32)
    if pairs.counts is not None and reading.weigh != "one":
        c = pairs.counts[order]
        logged = 1 + np.log(np.maximum(c, 1))
        weights = (np.where(c < 1, c, logged) if reading.weigh == "log" else c).astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(lengths[kept_users])]).astype(np.int64)
    shape = (len(kept_users), len(kept_items))
    seen = csr_array((weights, ids[order], offsets), shape=shape)
    return Interactions(
        [users[user] for user in kept_users], [items[item] for item in kept_items], seen,
        None if pairs.times is None else pairs.times[order], met,
    )  # fmt: skip


def _refuse_none(rows: Rows, why: str) -> None:
    if not len(rows):
        raise InputError(f"nothing is left of the log: {why}")
