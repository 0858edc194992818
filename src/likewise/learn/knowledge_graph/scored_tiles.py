"""Scores of all questions of a batch against many entities, and the slopes that come back, by tiles of entities.

Threads share the tiles out; what the tiles say of a question is summed in their order, so the bits do not depend on the
threads. Each tile costs three matrix products, (b, d) by (d, c), (b, c) by (c, d) and (c, b) by (b, d), which are
nearly all of the work of a training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from likewise.learn.knowledge_graph import scores, softmax
from likewise.system import shards

TILE = 1024  # entities: with 500 questions 2 MB of scores, which a second-level cache holds a good part of

Each = Callable[[Callable[[int, int], None], list[tuple[int, int]]], object]
Touch = Callable[[np.ndarray, int], None]  # a tile of scores (b, c), and the entity of its first column


@dataclass(frozen=True, eq=False)
class Room:
    """Arrays that every batch uses again: `tiles` of scores (b, c), for distances `kept` too."""

    method: scores.Method
    cuts: list[tuple[int, int]]
    tiles: list[np.ndarray]
    kept: list[np.ndarray]
    parts: np.ndarray  # (tiles, b, d): what each tile adds to the slopes by the questions
    slopes: np.ndarray  # (n, d) by the entities


def room(method: scores.Method, entities: int, dim: int, batch_size: int) -> Room:
    """Room for batches of at most `batch` questions."""
    cuts = shards.equal_rows(entities, TILE)
    tables = 2 if method in scores.DISTANCES else 1
    made = [[np.empty((batch_size, stop - start), np.float32) for start, stop in cuts] for _ in range(tables)]
    parts, slopes = np.empty((len(cuts), batch_size, dim), np.float32), np.empty((entities, dim), np.float32)
    return Room(method, cuts, made[0], made[1] if tables == 2 else [], parts, slopes)


def room_bytes(method: scores.Method, entities: int, dim: int, batch_size: int) -> int:
    """Memory that `room` takes."""
    tiles, tables = -(-entities // TILE), 2 if method in scores.DISTANCES else 1
    return 4 * (batch_size * entities * tables + tiles * batch_size * dim + entities * dim)


def exponentials(
    room: Room, asked: np.ndarray, nodes: np.ndarray, each: Each, touch: Touch
) -> tuple[np.ndarray, np.ndarray]:
    """Fill the room with e^(score − largest of its row and tile) of questions asked (b, d) against nodes (n, d).

    Returns those largest and the sums of each row, both (tiles, b). `touch` sees, and may change, the scores before.
    """
    b = len(asked)
    largest, sums = np.empty((2, len(room.cuts), b), np.float32)
    squares = np.einsum("ij,ij->i", asked, asked)

    def look(start: int, stop: int) -> None:
        tile, part = start // TILE, nodes[start:stop]
        found = room.tiles[tile][:b]
        np.matmul(asked, part.T, out=found)
        if room.kept:
            lengths = np.einsum("ij,ij->i", part, part)
            softmax.distances(found, room.kept[tile][:b], squares, lengths, scores.NEAREST)
        touch(found, start)
        np.max(found, axis=1, out=largest[tile])
        softmax.exponentiate(found, largest[tile], sums[tile])

    each(look, room.cuts)
    return largest, sums


def slopes(
    room: Room, asked: np.ndarray, nodes: np.ndarray, factors: np.ndarray, each: Each, touch: Touch
) -> np.ndarray:
    """(b, d) slopes of the loss by the questions; those by the nodes are left in `room.slopes`.

    The slope by a score is its exponential times factors (tiles, b), and what `touch` makes of that.
    """
    b = len(asked)

    def learn(start: int, stop: int) -> None:
        tile, part = start // TILE, nodes[start:stop]
        found = room.tiles[tile][:b]
        found *= factors[tile][:, None]
        touch(found, start)
        if room.kept:
            np.divide(found, room.kept[tile][:b], out=found)
        np.matmul(found, part, out=room.parts[tile, :b])
        np.matmul(found.T, asked, out=room.slopes[start:stop])
        if room.kept:  # −‖q − t‖ has the slope −(q − t) / ‖q − t‖ by q
            room.parts[tile, :b] -= found.sum(axis=1)[:, None] * asked
            room.slopes[start:stop] -= found.sum(axis=0)[:, None] * part

    each(learn, room.cuts)
    total = room.parts[0, :b].copy()
    for part in room.parts[1:, :b]:
        total += part
    return total
