"""Rows → distinct pairs of user and item, without those that the rules leave out, whatever the order of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likewise.arrays.graph.csr import sorted_by
from likewise.data.interactions.log import Interactions, ReadStats
from likewise.data.interactions.options import Reading
from likewise.errors import InputError

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Rows:
    """m rows or pairs: `users` and `items` (m,) int32, and their ratings, counts and times, (m,) float64 or None."""

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


def apply_rules(
    rows: Rows, users: list[str], items: list[str], reading: Reading, until: float | None
) -> Interactions:
    """Apply the rules of `reading`, in their order. Users and items are sorted by their ids.

    Raises `InputError` where a rule leaves nothing.
    """
    stats = ReadStats(rows=len(rows))
    if until is not None and rows.times is not None:
        early = rows.times <= until
        rows, stats = rows[early], replace(stats, late=int((~early).sum()))
        _refuse_none(rows, f"all {stats.rows:,} rows are later than {reading.until}")
    pairs = merge_pairs(rows, len(users), len(items))
    stats = replace(stats, repeated=len(rows) - len(pairs))
    del rows
    if pairs.counts is not None:
        some = pairs.counts > 0
        pairs, stats = pairs[some], replace(stats, zero=int((~some).sum()))
        _refuse_none(pairs, "every count is 0")
    if reading.at_least is not None and pairs.ratings is not None:
        highest, chosen = pairs.ratings.max(), pairs.ratings >= reading.at_least
        pairs, stats = pairs[chosen], replace(stats, below=int((~chosen).sum()))
        _refuse_none(pairs, f"no rating is {reading.at_least:g} or more; the highest is {highest:g}")
    if reading.most is not None:
        within, stats = _keep_latest(pairs, len(items), reading.most, stats)
        pairs = pairs[within]
    pairs, stats = _core(pairs, users, items, reading, stats)
    return _interactions(pairs, users, items, reading, stats)


def merge_pairs(rows: Rows, users: int, items: int) -> Rows:
    """Distinct pairs, sorted by user, then item: the sum of the counts, the last time, and the rating at that time.

    Among ratings of the same time the highest counts.
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


def _keep_latest(pairs: Rows, items: int, most: int, stats: ReadStats) -> tuple[np.ndarray, ReadStats]:
    """(m,) bool: the `most` pairs of each user that are kept: the latest, or without times a sample by their ids."""
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
    return within, replace(stats, capped=int((~within).sum()), capped_users=int((lengths > most).sum()))


def _core(
    pairs: Rows, users: list[str], items: list[str], reading: Reading, stats: ReadStats
) -> tuple[Rows, ReadStats]:
    """The largest subset in which every user has `min_items` and every item `min_users`: the k-core of the graph."""
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
        raise InputError(_empty_core(names, began))
    left = len(np.unique(pairs.users)), len(np.unique(pairs.items))
    return pairs, replace(stats, few_items=began[0] - left[0], few_users=began[1] - left[1])


def _empty_core(names: Any, began: tuple[int, int]) -> str:
    """The message for an empty core."""
    parts = []
    for keys, least, what, other, ids in names:
        if least > 1:
            counts = np.bincount(ids, minlength=len(keys))
            best = int(counts.argmax())
            has = f"the {what} with most {other}s, {keys[best]!r}, has {counts[best]:,}"
            parts.append(f"{has}: try min_{other}s= {counts[best]} or less")
    return f"nothing of {began[0]:,} users and {began[1]:,} items is left: {'; '.join(parts)}"


def _interactions(
    pairs: Rows, users: list[str], items: list[str], reading: Reading, stats: ReadStats
) -> Interactions:
    """The kept pairs: users by id, items by their number of users, then by id; weights by `weigh`."""
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
        None if pairs.times is None else pairs.times[order], stats,
    )  # fmt: skip


def _refuse_none(rows: Rows, why: str) -> None:
    if not len(rows):
        raise InputError(f"nothing is left of the log: {why}")
