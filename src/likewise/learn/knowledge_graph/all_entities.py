"""A batch of questions against every entity: softmax cross-entropy (1-vs-all).

The loss of a question (h, r, ?) with answers A is Σ_{a ∈ A} (ln Σₑ exp s(h, r, e) − s(h, r, a)): that of each of its
triples (Lacroix et al. 2018, eq. 5), at the price of one row of scores a question.
"""

from __future__ import annotations

import numpy as np

from likewise.learn.knowledge_graph import softmax
from likewise.learn.knowledge_graph.scored_tiles import Each, Room, exponentials, slopes


def fitted(
    room: Room, asked: np.ndarray, entities: np.ndarray, offsets: np.ndarray, tails: np.ndarray, each: Each
) -> tuple[float, np.ndarray]:
    """The summed loss of questions asked (b, d) with the answers tails[offsets[i] : offsets[i + 1]], and its slopes
    by the questions (b, d); those by the entities (n, d) are left in `room.slopes`."""
    counts = np.diff(offsets)
    rows = np.repeat(np.arange(len(asked), dtype=np.int32), counts)
    values = np.empty(len(tails), np.float32)

    def read(tile: np.ndarray, start: int) -> None:
        softmax.read_answers(tile, start, rows, tails, values)

    def take(tile: np.ndarray, start: int) -> None:
        softmax.take_answers(tile, start, rows, tails)

    largest, sums = exponentials(room, asked, entities, each, read)
    normal = softmax.normalisers(largest, sums)
    factors = (counts * np.exp(largest - normal)).astype(np.float32)
    by_asked = slopes(room, asked, entities, factors, each, take)
    return float(counts @ normal - values.sum(dtype=np.float64)), by_asked
