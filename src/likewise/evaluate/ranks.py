"""The rank of a right answer among all others: full, filtered, fair to ties, in bounded memory.

A question is an entity and a relation; relation + number of relations asks for the head. Other answers that are known
to be right are left out (*filtered*, Bordes et al. 2013, §4.2). Among entities of equal score the place is luck: the
rank is the mean of the best and the worst place (*realistic*, Berrendorf et al. 2020), so a constant score has that of
chance, not the first one.
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
    """What the ranks of `count` answers come to; with none of them all is 0."""

    mrr: float  # mean of 1 / rank
    hits: dict[int, float]  # k: the share with a rank of at most k
    mean_rank: float
    count: int

    @classmethod
    def of(cls, ranks: np.ndarray, ks: tuple[int, ...]) -> Tally:
        """Of ranks (count,) float64, 1 and more."""
        if len(ranks) == 0:
            return cls(0.0, dict.fromkeys(ks, 0.0), 0.0, 0)
        hits = {k: float(np.mean(ranks <= k)) for k in ks}
        return cls(float(np.mean(1 / ranks)), hits, float(np.mean(ranks)), len(ranks))


def both_ways(triples: np.ndarray, relations: int) -> np.ndarray:
    """(2m, 3) entity, relation, answer: first each triple's question for the tail, then each one's for the head."""
    turned = np.stack([triples[:, 2], triples[:, 1] + relations, triples[:, 0]], axis=1)
    return np.concatenate([triples, turned])


def ranked(
    score: Scorer,
    asked: np.ndarray,
    known: Queries,
    entities: int,
    *,
    candidates: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """(m,) float64: the rank of each answer of `asked` (m, 3) entity, relation, answer, all below `entities`.

    With `candidates` the rank is only among so many entities, drawn evenly for each block of questions: quicker, and
    comparable with nothing but itself. Raises `InputError` for scores of another shape, or that are not numbers.
    """
    ranks = np.empty(len(asked))
    order = np.lexsort((asked[:, 1], asked[:, 0]))  # equal questions stand together, and are scored once
    step = max(1, BLOCK // entities)
    for block, start in enumerate(range(0, len(asked), step)):
        places = order[start : start + step]
        random = None if candidates is None else seeds.generator(seed, "links.candidates", block)
        drawn = None if random is None else random.integers(entities, size=candidates)
        ranks[places] = _block(score, asked[places], known, entities, drawn)
    return ranks


def _block(
    score: Scorer, asked: np.ndarray, known: Queries, entities: int, drawn: np.ndarray | None
) -> np.ndarray:
    questions, row = np.unique(asked[:, :2], axis=0, return_inverse=True)
    row = row.reshape(-1)
    found = np.array(score(questions[:, 0], questions[:, 1]))
    if found.shape != (len(questions), entities):
        raise InputError(f"scores of shape {found.shape}, wanted {(len(questions), entities)}: one an entity")
    if np.isnan(found).any():
        raise InputError("a score is not a number; wanted numbers, larger where a link is likelier")
    own = found[row, asked[:, 2]]
    offsets, answers = known.answers(known.find(questions[:, 0], questions[:, 1]))
    others = np.ones(found.shape, bool)
    others[np.repeat(np.arange(len(questions)), np.diff(offsets)), answers] = False
    ranks = np.empty(len(asked))
    for i, (own_score, at, answer) in enumerate(zip(own, row, asked[:, 2], strict=True)):
        against, counted = found[at], others[at]
        if drawn is not None:
            against, counted = against[drawn], counted[drawn] & (drawn != answer)
        above = np.count_nonzero((against > own_score) & counted)
        level = np.count_nonzero((against == own_score) & counted)
        if drawn is None and counted[answer]:  # an answer that is not among the known ones ties with itself
            level -= 1
        ranks[i] = 1 + above + level / 2
    return ranks
