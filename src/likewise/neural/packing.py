"""Sequences packed side by side into rows of one width, so that hardly a slot is padding.

Packing is best-fit decreasing: each row takes the longest sequence that still fits, until none does. Sequences of a row
do not attend to each other (`attention.separation`), so packing changes the time and not the vectors.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Layout:
    """The layout of n sequences, of t tokens in all, in r rows of w slots.

    positions (r, w) int64: the position of a slot within its sequence, 0 in empty slots; sequences (r, w) int64: the
    number of its sequence, -1 in empty slots; slots (t,) int64: the slot, of r · w, of each token in turn;
    firsts (n,) int64: the first slot of each sequence, its class token's if `lead` is 1.
    """

    positions: np.ndarray
    sequences: np.ndarray
    slots: np.ndarray
    firsts: np.ndarray

    def spread(self, values: np.ndarray, empty: int) -> np.ndarray:
        """(r, w): the tokens' values in their slots, `empty` in the others."""
        rows = np.full(self.positions.size, empty, values.dtype)
        rows[self.slots] = values
        return rows.reshape(self.positions.shape)


def fit(lengths: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The row (n,) and the first column (n,) of sequences of 1 … `width` slots, in few rows of `width`."""
    waiting: dict[int, list[int]] = {}
    for i in range(len(lengths) - 1, -1, -1):  # so that the first of a length is the first to be taken
        waiting.setdefault(int(lengths[i]), []).append(i)
    there = sorted(waiting)
    if there and not 1 <= there[0] <= there[-1] <= width:
        raise ValueError(f"lengths must be 1 to {width}, not {there[0]} to {there[-1]}")
    rows, starts = np.zeros((2, len(lengths)), np.int64)
    row, used = 0, 0
    while there:
        place = bisect_right(there, width - used) - 1
        if place < 0:
            row, used = row + 1, 0
            continue
        length = there[place]
        i = waiting[length].pop()
        if not waiting[length]:
            del there[place]
        rows[i], starts[i] = row, used
        used += length
    return rows, starts


def layout(lengths: np.ndarray, rows: np.ndarray, starts: np.ndarray, width: int, *, lead: int = 0) -> Layout:
    """The layout of sequences of `lengths` tokens, each after `lead` slots of its own, at `rows` and `starts`."""
    lengths = np.asarray(lengths, np.int64)
    firsts = np.asarray(rows, np.int64) * width + starts
    places, owners = _within(lengths + lead)
    height = int(rows.max()) + 1 if len(rows) else 0
    positions, sequences = np.zeros(height * width, np.int64), np.full(height * width, -1, np.int64)
    taken = firsts[owners] + places
    positions[taken], sequences[taken] = places, owners
    return Layout(
        positions.reshape(height, width), sequences.reshape(height, width), taken[places >= lead], firsts
    )


def packed(lengths: np.ndarray, *, width: int | None = None, lead: int = 0) -> Layout:
    """Sequences packed into rows of `width` slots, or of the longest sequence."""
    whole = np.asarray(lengths, np.int64) + lead
    width = width or int(whole.max(initial=1))
    return layout(lengths, *fit(whole, width), width, lead=lead)


def alone(lengths: np.ndarray) -> Layout:
    """One sequence a row, from its first slot on: what a recurrent network reads."""
    n = len(lengths)
    return layout(lengths, np.arange(n), np.zeros(n, np.int64), int(np.max(lengths, initial=1)))


def _within(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """0, 1, … of each sequence, and the number of the sequence, both (t,)."""
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths), owners


def cut(offsets: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and stops (m,) of rows cut into the fewest parts of at most `longest`, about equal; none is empty."""
    lengths = np.diff(offsets)
    parts = -(-lengths // longest)
    index, owners = _within(parts)
    base, size, count = np.asarray(offsets)[owners], lengths[owners], parts[owners]
    return base + size * index // count, base + size * (index + 1) // count


@dataclass(frozen=True)
class Group:
    """Sequences that make one batch: `members` (n,) and, of each, its row and first column; `width` of the rows."""

    members: np.ndarray
    rows: np.ndarray
    starts: np.ndarray
    width: int


def packed_groups(
    lengths: np.ndarray, slots: int, width: int, lead: int, random: np.random.Generator
) -> Iterator[Group]:
    """All sequences once, in batches of about `slots` slots, in rows packed together and then shuffled."""
    rows, starts = fit(lengths + lead, width)
    height = int(rows.max(initial=-1)) + 1
    rows = random.permutation(height)[rows]
    batches = -(-height // max(1, slots // width))
    for batch in range(batches):  # as equal as can be: a last batch of one row would be a step of mere noise
        first, last = batch * height // batches, (batch + 1) * height // batches
        members = np.flatnonzero((rows >= first) & (rows < last))
        yield Group(members, rows[members] - first, starts[members], width)


def sorted_groups(lengths: np.ndarray, slots: int, random: np.random.Generator) -> Iterator[Group]:
    """All sequences once, in batches of sequences about as long, at most `slots` with their padding, shuffled."""
    order = np.argsort(lengths, kind="stable")
    batches, first = [], 0
    for i in range(1, len(order) + 1):
        if i == len(order) or (i + 1 - first) * lengths[order[i]] > slots:
            batches.append(order[first:i])
            first = i
    for b in random.permutation(len(batches)):
        members = batches[b]
        n = len(members)
        yield Group(members, np.arange(n), np.zeros(n, np.int64), int(lengths[members].max()))
