"""Test triples that training gives away: those it holds, and those whose other way round it holds.

Of relations that are each other's inverse (or say the same in other words, or hold both ways) one answers the other: a
model of nothing but that scored .97 Hits@10 on FB15k (Toutanova and Chen 2015; Dettmers et al. 2018, §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

SHARE = 0.8  # of the smaller relation's pairs that the other one must hold


@dataclass(frozen=True)
class Twins:
    """Two relations with mostly the same pairs; `turned`: where one has (a, b), the other has (b, a)."""

    relation: int
    other: int
    turned: bool
    share: float  # of the pairs of `relation`, the one with fewer


@dataclass(frozen=True)
class Leaks:
    """`repeated` of the `total` test triples stand in training; `answered` follow there from a twin relation."""

    repeated: int
    answered: int
    total: int
    twins: tuple[Twins, ...] = ()


def leaks(test: np.ndarray, train: np.ndarray, entities: int, relations: int) -> Leaks:
    """What `train` (m, 3) reveals of `test` (t, 3); triples of head, relation, tail, none of them unknown."""
    repeated = np.isin(_keys(test, entities, relations), _keys(train, entities, relations))
    found = twins(train, entities, relations)
    answered = np.zeros(len(test), bool)
    trained = _keys(train, entities, relations)
    for twin in found:
        for one, other in {(twin.relation, twin.other), (twin.other, twin.relation)}:
            mine = np.flatnonzero(test[:, 1] == one)
            turned_triples = test[mine][:, [2, 1, 0]] if twin.turned else test[mine].copy()
            turned_triples[:, 1] = other
            answered[mine] |= np.isin(_keys(turned_triples, entities, relations), trained)
    return Leaks(int(repeated.sum()), int((answered & ~repeated).sum()), len(test), found)


def twins(train: np.ndarray, entities: int, relations: int) -> tuple[Twins, ...]:
    """Pairs of relations, or relations with themselves turned, that share at least `SHARE` of the smaller's pairs."""
    from scipy import sparse

    straight, turned = _pairs(train, entities, relations)
    sizes = np.asarray(straight.sum(axis=1)).ravel()
    found = []
    for is_turned, other in ((False, straight), (True, turned)):
        shared = sparse.coo_array(straight @ other.T)
        for a, b, count in zip(*shared.coords, shared.data, strict=True):
            least = min(sizes[a], sizes[b])
            smaller = (int(sizes[a]), int(a)) <= (int(sizes[b]), int(b))
            if smaller and (is_turned or a != b) and count >= SHARE * least:
                found.append(Twins(int(a), int(b), is_turned, float(count / least)))
    return tuple(sorted(found, key=lambda twin: (twin.relation, twin.other, twin.turned)))


def _pairs(train: np.ndarray, entities: int, relations: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    """(relations, different pairs) 0 or 1: which relation has which pair, and which has it turned."""
    from scipy import sparse

    h, r, t = (train[:, column].astype(np.int64) for column in range(3))
    pairs, column = np.unique(np.concatenate([h * entities + t, t * entities + h]), return_inverse=True)
    made = []
    for columns in (column[: len(train)], column[len(train) :]):
        matrix = sparse.csr_array(
            (np.ones(len(train), np.int64), (r, columns)), shape=(relations, len(pairs))
        )
        matrix.sum_duplicates()
        matrix.data[:] = 1
        made.append(matrix)
    return made[0], made[1]


def _keys(triples: np.ndarray, entities: int, relations: int) -> np.ndarray:
    h, r, t = (triples[:, column].astype(np.int64) for column in range(3))
    return (h * relations + r) * entities + t
