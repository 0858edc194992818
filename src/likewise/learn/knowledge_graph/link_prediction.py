"""The missing end of a triple: HEAD RELATION ?, and ? RELATION TAIL as a question for the inverse relation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from likewise.arrays.graph.queries import Queries
from likewise.arrays.linalg import top_k
from likewise.learn.knowledge_graph import scores

# scores(entities (b,), relations (b,)) -> (b, n): relation + number of relations asks for the head
Scorer = Callable[[np.ndarray, np.ndarray], np.ndarray]


def scorer(method: scores.Method, entities: np.ndarray, relations: np.ndarray) -> Scorer:
    """The scores of a trained model against all its entities (n, dim); both arrays are those of a `State`."""

    def score(heads: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        rows, signs = scores.parameters(method, relations, kinds)
        return scores.scored(
            method, scores.queries(method, entities[heads], relations[rows] * signs), entities
        )

    return score


def predict(
    score: Scorer, entity: int, relation: int, *, k: int = 10, known: Queries | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The at most k likeliest answers to (entity, relation, ?) and their scores, best first, ties by number.

    `relation` + number of relations asks (?, relation, entity). The answers in `known` are left out: they are no
    predictions.
    """
    heads, kinds = np.array([entity]), np.array([relation])
    found = np.array(score(heads, kinds))
    if known is not None:
        found[0, known.answers(known.find(heads, kinds))[1]] = -np.inf
    best = top_k(found, k)[0]
    best = best[found[0, best] > -np.inf]
    return best, found[0, best]
