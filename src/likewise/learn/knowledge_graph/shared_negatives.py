"""The loss of triples against a sample of entities that a whole batch shares: estimated cross-entropy.

Where there are too many entities to score each, k are sampled uniformly, with replacement, for a whole batch. The
softmax of a triple is over its own tail and the k, each of which counts for n / k entities (Bengio and Senécal 2008).
Those that are known answers of its query are left out. The more likely a wrong answer is, the larger is its gradient,
as with the self-adversarial weights of Sun et al. 2019 (eq. 5).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.learn.knowledge_graph import scores, softmax
from likewise.learn.knowledge_graph.scored_tiles import ForEach, Workspace, exponentials, gradients
from likewise.system.compiled import CACHE


def loss_and_gradients(
    space: Workspace, queries: np.ndarray, tails: np.ndarray, sample: np.ndarray,
    known: tuple[np.ndarray, np.ndarray], weight: float, for_each: ForEach,
) -> tuple[float, np.ndarray, np.ndarray]:  # fmt: skip
    """The summed loss of queries (b, d) with one answer each, tails (b, d), against sampled entities (k, d), each of
    which counts `weight` times, and its gradients by the queries and by the tails.

    known: rows and columns of scores to leave out. The gradient by the sample (k, d) is left in `space.by_entities`.
    """
    own, distance = _own_scores(space.method, queries, tails)

    def hide(tile: np.ndarray, start: int) -> None:
        softmax.put(tile, start, *known, softmax.HIDDEN)

    def clear(tile: np.ndarray, start: int) -> None:
        softmax.put(tile, start, *known, np.float32(0))

    largest, sums = exponentials(space, queries, sample, for_each, hide)
    ones = np.ones((1, len(queries)), np.float32)
    normal = softmax.normalisers(
        np.vstack([largest, own[None]]), np.vstack([sums * np.float32(weight), ones])
    )
    factors = (weight * np.exp(largest - normal)).astype(np.float32)
    by_queries = gradients(space, queries, sample, factors, for_each, clear)
    by_score = ((np.exp(own - normal) - 1) / distance).astype(np.float32)[:, None]
    by_tails = by_score * queries
    by_queries += by_score * tails
    if space.method in scores.DISTANCES:
        by_tails -= by_score * tails
        by_queries -= by_score * queries
    return float(np.sum(normal - own)), by_queries, by_tails


def _own_scores(
    method: scores.Method, queries: np.ndarray, tails: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(b,) score of each query with its own answer, and its distance, or 1 where the score is a product."""
    if method not in scores.DISTANCES:
        own = np.einsum("ij,ij->i", queries, tails)
        return own, np.ones_like(own)
    difference = queries - tails
    distance = np.sqrt(
        np.maximum(np.einsum("ij,ij->i", difference, difference), np.float32(scores.LEAST_DISTANCE**2))
    )
    return -distance, distance


@njit(nogil=True, cache=CACHE, boundscheck=False)
def _first(values: np.ndarray, start: int, stop: int, value: int) -> int:
    """The first position from `start` where the sorted values reach `value`, `stop` where none does."""
    while start < stop:
        middle = (start + stop) >> 1
        if values[middle] < value:
            start = middle + 1
        else:
            stop = middle
    return start


@njit(nogil=True, cache=CACHE, boundscheck=False)
def known_answers(
    offsets: np.ndarray, tails: np.ndarray, queries: np.ndarray, sample: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns where one of the sampled entities (k,), sorted, is an answer of the row's query.

    Looks up the sample among the answers, or the answers in the sample where those are fewer: a hub costs no more.
    """
    rows, columns = [np.int32(0) for _ in range(0)], [np.int32(0) for _ in range(0)]
    for i in range(len(queries)):
        start, stop = offsets[queries[i]], offsets[queries[i] + 1]
        if stop - start < len(sample):
            for position in range(start, stop):
                column = _first(sample, 0, len(sample), tails[position])
                while column < len(sample) and sample[column] == tails[position]:
                    rows.append(np.int32(i))
                    columns.append(np.int32(column))
                    column += 1
        else:
            for column in range(len(sample)):
                position = _first(tails, start, stop, sample[column])
                if position < stop and tails[position] == sample[column]:
                    rows.append(np.int32(i))
                    columns.append(np.int32(column))
    return np.array(rows, np.int32), np.array(columns, np.int32)
