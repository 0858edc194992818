"""A batch of triples against a sample of entities that all of them share: cross-entropy, estimated.

Where there are too many entities to score each, k are drawn evenly, with replacement, for a whole batch. A triple's
softmax runs over its own tail and the k, each of which stands for n / k entities (Bengio and Senécal 2008); those that
are known answers of its question are left out. A wrong answer is pulled down as strongly as it is likely, as by the
self-adversarial weights of Sun et al. 2019 (eq. 5).
"""

from __future__ import annotations

import numpy as np

from likewise.learn import scores, softmax
from likewise.learn.scored_tiles import Each, Room, exponentials, slopes


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
