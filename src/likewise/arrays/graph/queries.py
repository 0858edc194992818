"""Triples as queries: each different (head, relation) once, with all its tails as answers.

Every triple (h, r, t) gives two queries, (h, r, ?) and (t, r⁻¹, ?), where r⁻¹ has the number r + number of relations. A
query costs one row of scores against all entities, with one answer or a thousand: FB15k-237 has 149,690 queries for
544,230 triples with inverses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import InputError


@dataclass(frozen=True, eq=False)
class Queries:
    """q different queries, sorted; the answers of query i are tails[offsets[i] : offsets[i + 1]], sorted."""

    heads: np.ndarray  # (q,) int32
    relations: np.ndarray  # (q,) int32, below 2r
    offsets: np.ndarray  # (q + 1,) int64
    tails: np.ndarray  # (2m,) int32

    def __len__(self) -> int:
        return len(self.heads)

    def find(self, heads: np.ndarray, relations: np.ndarray) -> np.ndarray:
        """(b,) int64: the number of the query with each head and relation, -1 where there is none."""
        if not len(self):
            return np.full(len(heads), -1)
        width = int(max(self.relations.max(), np.max(relations, initial=0))) + 1
        keys = self.heads.astype(np.int64) * width + self.relations
        wanted = np.asarray(heads, np.int64) * width + relations
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[found] == wanted, found, -1)

    def answers(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Offsets (b + 1,) and tails: the answers of the queries with these numbers; -1 has none."""
        lengths = np.where(numbers < 0, 0, np.diff(self.offsets, append=0)[numbers])
        offsets = np.zeros(len(numbers) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        positions = np.arange(offsets[-1]) + np.repeat(self.offsets[numbers] - offsets[:-1], lengths)
        return offsets, self.tails[positions]

    def of_triples(self) -> np.ndarray:
        """(2m,) int32: the number of the query that each answer belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))


def check_triples(triples: Any, entities: int, relations: int) -> np.ndarray:
    """(m, 3) head, relation, tail; `InputError` for another shape and for a number out of its range."""
    found = np.asarray(triples)
    if found.ndim != 2 or found.shape[1] != 3 or found.dtype.kind not in "iu":
        raise InputError(
            f"triples of shape {found.shape} and type {found.dtype}; wanted (m, 3) whole numbers"
        )
    for column, (what, most) in enumerate((("head", entities), ("relation", relations), ("tail", entities))):
        wrong = np.flatnonzero((found[:, column] < 0) | (found[:, column] >= most))
        if len(wrong):
            i = int(wrong[0])
            raise InputError(f"triple {i}: {what} {found[i, column]}; wanted a number from 0 to {most - 1}")
    return found


def queries_of(triples: np.ndarray, relations: int) -> Queries:
    """The queries of triples (m, 3), in both directions; a repeated triple counts once."""
    h, r, t = (triples[:, column].astype(np.int64) for column in range(3))
    heads, kinds, tails = np.concatenate([h, t]), np.concatenate([r, r + relations]), np.concatenate([t, h])
    order = np.lexsort((tails, kinds, heads))
    heads, kinds, tails = heads[order], kinds[order], tails[order]
    if len(order):
        is_new = np.concatenate([[True], ~(_is_same(heads, kinds) & (tails[1:] == tails[:-1]))])
        heads, kinds, tails = heads[is_new], kinds[is_new], tails[is_new]
    is_first = np.concatenate([np.ones(min(1, len(heads)), bool), ~_is_same(heads, kinds)])
    starts = np.flatnonzero(is_first)
    offsets = np.append(starts, len(tails)).astype(np.int64)
    return Queries(
        heads[starts].astype(np.int32), kinds[starts].astype(np.int32), offsets, tails.astype(np.int32)
    )


def _is_same(heads: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    return (heads[1:] == heads[:-1]) & (kinds[1:] == kinds[:-1])
