"""Triples as questions: each different (head, relation) once, with all its tails as answers.

Every triple (h, r, t) is asked both ways, (h, r, ?) and (t, r⁻¹, ?), where r⁻¹ is numbered r + number of relations. A
question costs a row of scores against all entities, whether it has one answer or a thousand: on FB15k-237 there are
149,690 questions for 544,230 triples with inverses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import InputError


@dataclass(frozen=True, eq=False)
class Queries:
    """q different questions, sorted; the answers of question i are tails[offsets[i] : offsets[i + 1]], sorted."""

    heads: np.ndarray  # (q,) int32
    relations: np.ndarray  # (q,) int32, below 2r
    offsets: np.ndarray  # (q + 1,) int64
    tails: np.ndarray  # (2m,) int32

    def __len__(self) -> int:
        return len(self.heads)

    def find(self, heads: np.ndarray, relations: np.ndarray) -> np.ndarray:
        """(b,) int64: the question of each head and relation, -1 where it was never asked."""
        if not len(self):
            return np.full(len(heads), -1)
        wide = int(max(self.relations.max(), np.max(relations, initial=0))) + 1
        keys, wanted = (
            self.heads.astype(np.int64) * wide + self.relations,
            np.asarray(heads, np.int64) * wide + relations,
        )
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[found] == wanted, found, -1)

    def answers(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Offsets (b + 1,) and tails: the answers of the chosen questions; a question of -1 has none."""
        lengths = np.where(chosen < 0, 0, np.diff(self.offsets, append=0)[chosen])
        offsets = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[chosen] - offsets[:-1], lengths)
        return offsets, self.tails[places]

    def of_triples(self) -> np.ndarray:
        """(2m,) int32: the question that each answer belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))


def checked(triples: Any, entities: int, relations: int) -> np.ndarray:
    """(m, 3) head, relation, tail, or `InputError` for another shape and for a number out of its range."""
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


def questions(triples: np.ndarray, relations: int) -> Queries:
    """The questions of triples (m, 3), both ways; a triple given again counts once."""
    h, r, t = (triples[:, column].astype(np.int64) for column in range(3))
    heads, kinds, tails = np.concatenate([h, t]), np.concatenate([r, r + relations]), np.concatenate([t, h])
    order = np.lexsort((tails, kinds, heads))
    heads, kinds, tails = heads[order], kinds[order], tails[order]
    if len(order):
        asked_again = _same(heads, kinds)
        fresh = np.concatenate([[True], ~(asked_again & (tails[1:] == tails[:-1]))])
        heads, kinds, tails = heads[fresh], kinds[fresh], tails[fresh]
    first = np.concatenate([np.ones(min(1, len(heads)), bool), ~_same(heads, kinds)])
    starts = np.flatnonzero(first)
    offsets = np.append(starts, len(tails)).astype(np.int64)
    return Queries(
        heads[starts].astype(np.int32), kinds[starts].astype(np.int32), offsets, tails.astype(np.int32)
    )


def _same(heads: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    return (heads[1:] == heads[:-1]) & (kinds[1:] == kinds[:-1])
