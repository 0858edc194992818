"""The rank of a correct answer among all entities: full, filtered, fair to ties, in bounded memory.

A query is an entity and a relation; relation + number of relations queries the head. Other answers that are known to be
correct are left out (*filtered*, Bordes et al. 2013, §4.2). Among entities of equal score the rank is the mean of the
best and the worst (*realistic*, Berrendorf et al. 2020), so a constant score has the rank of chance, not the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from likewise.arrays.graph.queries import Queries
from likewise.errors import InputError
from likewise.system import seeds

BLOCK = 2**22  # scores held at once
Scorer = Callable[
    [np.ndarray, np.ndarray], np.ndarray
]  # (b,) entities, (b,) relations → (b, n), larger is likelier


@dataclass(frozen=True)
class Tally:
    """Metrics of the ranks of `count` answers; all are 0 without answers.

    Parameters
    ----------
    mrr : float
        Mean of 1 / rank.
    hits : dict of int to float
        For each k, the share of ranks of at most k.
    mean_rank : float
        Mean rank.
    count : int
        How many answers were ranked.
    """

    mrr: float
    hits: dict[int, float]
    mean_rank: float
    count: int

    @classmethod
    def of(cls, ranks: np.ndarray, ks: tuple[int, ...]) -> Tally:
        """The metrics of ranks.

        Parameters
        ----------
        ranks : ndarray of shape (count,), float64
            Ranks, from 1.
        ks : tuple of int
            The k of `hits`.

        Returns
        -------
        Tally
        """
        if len(ranks) == 0:
            return cls(0.0, dict.fromkeys(ks, 0.0), 0.0, 0)
        hits = {k: float(np.mean(ranks <= k)) for k in ks}
        return cls(float(np.mean(1 / ranks)), hits, float(np.mean(ranks)), len(ranks))


def both_ways(triples: np.ndarray, relations: int) -> np.ndarray:
    """(2m, 3) entity, relation, answer: first the query of each triple for its tail, then that for its head."""
    turned = np.stack([triples[:, 2], triples[:, 1] + relations, triples[:, 0]], axis=1)
    return np.concatenate([triples, turned])


def rank_answers(
    score: Scorer,
    queries: np.ndarray,
    known: Queries,
    entities: int,
    *,
    candidates: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """(m,) float64: the rank of each answer of `queries` (m, 3) entity, relation, answer, all below `entities`.

    With `candidates` the rank is only among so many entities, sampled uniformly for each block of queries: faster, and
    comparable only with itself. Raises `InputError` for scores of another shape, or that are NaN.
    """
    ranks = np.empty(len(queries))
    order = np.lexsort((queries[:, 1], queries[:, 0]))  # equal queries are adjacent, and are scored once
    step = max(1, BLOCK // entities)
    for block, start in enumerate(range(0, len(queries), step)):
        places = order[start : start + step]
        random = None if candidates is None else seeds.generator(seed, "links.candidates", block)
        sampled = None if random is None else random.integers(entities, size=candidates)
        ranks[places] = _block(score, queries[places], known, entities, sampled)
    return ranks


def _block(
    score: Scorer, queries: np.ndarray, known: Queries, entities: int, sampled: np.ndarray | None
) -> np.ndarray:
    pairs, row = np.unique(queries[:, :2], axis=0, return_inverse=True)
    row = row.reshape(-1)
    found = np.array(score(pairs[:, 0], pairs[:, 1]))
    if found.shape != (len(pairs), entities):
        raise InputError(
            f"scores of shape {found.shape}, expected {(len(pairs), entities)}: one for each entity"
        )
    if np.isnan(found).any():
        raise InputError("a score is NaN; scores must be numbers, larger where a link is likelier")
    own = found[row, queries[:, 2]]
    offsets, correct = known.answers(known.find(pairs[:, 0], pairs[:, 1]))
    others = np.ones(found.shape, bool)
    others[np.repeat(np.arange(len(pairs)), np.diff(offsets)), correct] = False
    ranks = np.empty(len(queries))
    for i, (own_score, at, answer) in enumerate(zip(own, row, queries[:, 2], strict=True)):
        against, counted = found[at], others[at]
        if sampled is not None:
            against, counted = against[sampled], counted[sampled] & (sampled != answer)
        above = np.count_nonzero((against > own_score) & counted)
        level = np.count_nonzero((against == own_score) & counted)
        if sampled is None and counted[answer]:  # an answer that is not among the known ones ties with itself
            level -= 1
        ranks[i] = 1 + above + level / 2
    return ranks
