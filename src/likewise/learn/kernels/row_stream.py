"""Rows of ids that are made when the trainer needs them, a part of an epoch at a time, and never stored.

Random walks are such rows: there are as many as one likes, and making them again costs less than keeping them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError


@dataclass(frozen=True)
class Source:
    """`rows(epoch, part)` gives part 0 … parts − 1 of an epoch: the same rows at every call, because a resumed
    training calls it again. No part holds more than `tokens` ids; those of one part are in memory at a time.
    """

    rows: Callable[[int, int], Ragged]
    parts: int
    tokens: int

    def part(self, epoch: int, part: int) -> Ragged:
        """The rows of one part; `InputError` where there are more of them than was said."""
        rows = self.rows(epoch, part)
        if len(rows.ids) > self.tokens:  # kernels write into room for that many
            raise InputError(
                f"part {part} of epoch {epoch} holds {len(rows.ids):,} ids: at most {self.tokens:,} were said"
            )
        return rows


def stream_of(ids: Ragged) -> Source:
    """Rows that are there already: every epoch is one part, and always the same."""
    return Source(lambda epoch, part: ids, 1, len(ids.ids))


def count_ids(source: Source, width: int) -> np.ndarray:
    """(width,) int64: how often each id below `width` stands in the first epoch, and 1 for those that never do.

    Other epochs are drawn from the same walks, so the counts of one estimate those of all.
    """
    counts = np.zeros(width, np.int64)
    for part in range(source.parts):
        counts += np.bincount(source.part(0, part).ids, minlength=width)
    return np.maximum(counts, 1)


def sort_by_frequency(source: Source, counts: np.ndarray) -> tuple[Source, np.ndarray, np.ndarray]:
    """The same rows with ids by falling count, as `sgns.train` needs them, those counts, and the old id of each.

    counts (v,) int64. Returns (source, counts, order): id i of the new source is order[i] (v,) int64 of the old one, so
    that `vectors[order] = state.inputs` puts each vector in its old place.
    """
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts), np.int32)
    rank[order] = np.arange(len(counts), dtype=np.int32)

    def rows(epoch: int, part: int) -> Ragged:
        old = source.rows(epoch, part)
        return Ragged(rank[old.ids], old.offsets)

    return Source(rows, source.parts, source.tokens), counts[order], order
