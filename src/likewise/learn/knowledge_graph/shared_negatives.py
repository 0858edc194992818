"""A batch of triples against a sample of entities that all of them share: cross-entropy, estimated.

Where there are too many entities to score each, k are drawn evenly, with replacement, for a whole batch. A triple's
softmax runs over its own tail and the k, each of which stands for n / k entities (Bengio and Senécal 2008); those that
are known answers of its question are left out. A wrong answer is pulled down as strongly as it is likely, as by the
self-adversarial weights of Sun et al. 2019 (eq. 5).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from likewise.learn.knowledge_graph import scores, softmax
from likewise.learn.knowledge_graph.scored_tiles import Each, Room, exponentials, slopes
from likewise.system.compiled import CACHE


def fitted(
    room: Room, asked: np.ndarray, tails: np.ndarray, nodes: np.ndarray, known: tuple[np.ndarray, np.ndarray],
    weight: float, each: Each,
) -> tuple[float, np.ndarray, np.ndarray]:  # fmt: skip
    """The summed loss of questions asked (b, d) with one answer each, tails (b, d), against the sampled nodes (k, d),
    of which each counts `weight` times, and its slopes by the questions and by the tails.

    known: rows and columns of scores to leave out. The slopes by the nodes (k, d) are left in `room.slopes`.
    """
    own, far = _own_scores(room.method, asked, tails)

    def hide(tile: np.ndarray, start: int) -> None:
        softmax.put(tile, start, *known, softmax.HIDDEN)

    def clear(tile: np.ndarray, start: int) -> None:
        softmax.put(tile, start, *known, np.float32(0))

    largest, sums = exponentials(room, asked, nodes, each, hide)
    ones = np.ones((1, len(asked)), np.float32)
    normal = softmax.normalisers(
        np.vstack([largest, own[None]]), np.vstack([sums * np.float32(weight), ones])
    )
    factors = (weight * np.exp(largest - normal)).astype(np.float32)
    by_asked = slopes(room, asked, nodes, factors, each, clear)
    slope = ((np.exp(own - normal) - 1) / far).astype(np.float32)[:, None]
    by_tails = slope * asked
    by_asked += slope * tails
    if room.method in scores.DISTANCES:
        by_tails -= slope * tails
        by_asked -= slope * asked
    return float(np.sum(normal - own)), by_asked, by_tails


def _own_scores(method: scores.Method, asked: np.ndarray, tails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(b,) score of each question with its own answer, and its distance, or 1 where a score is none."""
    if method not in scores.DISTANCES:
        own = np.einsum("ij,ij->i", asked, tails)
        return own, np.ones_like(own)
    apart = asked - tails
    far = np.sqrt(np.maximum(np.einsum("ij,ij->i", apart, apart), np.float32(scores.NEAREST**2)))
    return -far, far


@njit(nogil=True, cache=CACHE, boundscheck=False)
def _first(values: np.ndarray, start: int, stop: int, wanted: int) -> int:
    """The first place from `start` where the sorted values reach `wanted`, `stop` where none does."""
    while start < stop:
        middle = (start + stop) >> 1
        if values[middle] < wanted:
            start = middle + 1
        else:
            stop = middle
    return start


@njit(nogil=True, cache=CACHE, boundscheck=False)
def known(
    offsets: np.ndarray, tails: np.ndarray, questions: np.ndarray, drawn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns where one of the drawn entities (k,), sorted, is an answer of the row's question.

    Looks up the drawn ones among the answers, or the other way where those are fewer: a hub costs no more.
    """
    rows, columns = [np.int32(0) for _ in range(0)], [np.int32(0) for _ in range(0)]
    for i in range(len(questions)):
        start, stop = offsets[questions[i]], offsets[questions[i] + 1]
        if stop - start < len(drawn):
            for place in range(start, stop):
                column = _first(drawn, 0, len(drawn), tails[place])
                while column < len(drawn) and drawn[column] == tails[place]:
                    rows.append(np.int32(i))
                    columns.append(np.int32(column))
                    column += 1
        else:
            for column in range(len(drawn)):
                place = _first(tails, start, stop, drawn[column])
                if place < stop and tails[place] == drawn[column]:
                    rows.append(np.int32(i))
                    columns.append(np.int32(column))
    return np.array(rows, np.int32), np.array(columns, np.int32)
