"""Scores of all queries of a batch against many entities, and their gradients, by tiles of entities.

The tiles are distributed over threads. The sums over tiles are taken in the order of the tiles, so the bits do not
depend on the threads. Each tile costs three matrix products, (b, d) by (d, c), (b, c) by (c, d) and (c, b) by (b, d),
which are nearly all of the work of a training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from likewise.learn.knowledge_graph import scores, softmax
from likewise.system import shards

TILE = 1024  # entities: with 500 queries 2 MB of scores, a good part of which fits a second-level cache

ForEach = Callable[[Callable[[int, int], None], list[tuple[int, int]]], object]
OnTile = Callable[[np.ndarray, int], None]  # a tile of scores (b, c), and the entity of its first column


class Workspace(NamedTuple):
    """Arrays that all batches use: `tiles` of scores (b, c), and of `distances` where scores are distances."""

    method: scores.Method
    ranges: list[tuple[int, int]]
    tiles: list[np.ndarray]
    distances: list[np.ndarray]
    by_queries: np.ndarray  # (tiles, b, d): the part of each tile in the gradient by the queries
    by_entities: np.ndarray  # (n, d): the gradient by the entities


def workspace(method: scores.Method, entities: int, dim: int, batch_size: int) -> Workspace:
    """A workspace for batches of at most `batch_size` queries."""
    ranges = shards.equal_rows(entities, TILE)
    tables = 2 if method in scores.DISTANCES else 1
    made = [
        [np.empty((batch_size, stop - start), np.float32) for start, stop in ranges] for _ in range(tables)
    ]
    by_queries = np.empty((len(ranges), batch_size, dim), np.float32)
    by_entities = np.empty((entities, dim), np.float32)
    return Workspace(method, ranges, made[0], made[1] if tables == 2 else [], by_queries, by_entities)


def workspace_bytes(method: scores.Method, entities: int, dim: int, batch_size: int) -> int:
    """Memory that `workspace` takes."""
    tiles, tables = -(-entities // TILE), 2 if method in scores.DISTANCES else 1
    return 4 * (batch_size * entities * tables + tiles * batch_size * dim + entities * dim)


def exponentials(
    space: Workspace, queries: np.ndarray, entities: np.ndarray, for_each: ForEach, on_tile: OnTile
) -> tuple[np.ndarray, np.ndarray]:
    """Fill the tiles with e^(score − largest of its row and tile) of queries (b, d) against entities (n, d).

    Returns those largest and the sums of each row, both (tiles, b). `on_tile` may read and change the scores before.
    """
    b = len(queries)
    largest, sums = np.empty((2, len(space.ranges), b), np.float32)
    squares = np.einsum("ij,ij->i", queries, queries)

    def forward(start: int, stop: int) -> None:
        tile, part = start // TILE, entities[start:stop]
        found = space.tiles[tile][:b]
        np.matmul(queries, part.T, out=found)
        if space.distances:
            lengths = np.einsum("ij,ij->i", part, part)
            softmax.distances(found, space.distances[tile][:b], squares, lengths, scores.LEAST_DISTANCE)
        on_tile(found, start)
        np.max(found, axis=1, out=largest[tile])
        softmax.exponentiate(found, largest[tile], sums[tile])

    for_each(forward, space.ranges)
    return largest, sums


def gradients(
    space: Workspace,
    queries: np.ndarray,
    entities: np.ndarray,
    factors: np.ndarray,
    for_each: ForEach,
    on_tile: OnTile,
) -> np.ndarray:
    """The gradient of the loss by the queries (b, d); that by the entities is left in `space.by_entities`.

    The gradient by a score is its exponential times factors (tiles, b), as `on_tile` changes it.
    """
    b = len(queries)

    def backward(start: int, stop: int) -> None:
        tile, part = start // TILE, entities[start:stop]
        found = space.tiles[tile][:b]
        found *= factors[tile][:, None]
        on_tile(found, start)
        if space.distances:
            np.divide(found, space.distances[tile][:b], out=found)
        np.matmul(found, part, out=space.by_queries[tile, :b])
        np.matmul(found.T, queries, out=space.by_entities[start:stop])
        if space.distances:  # the gradient of −‖q − t‖ by q is −(q − t) / ‖q − t‖
            space.by_queries[tile, :b] -= found.sum(axis=1)[:, None] * queries
            space.by_entities[start:stop] -= found.sum(axis=0)[:, None] * part

    for_each(backward, space.ranges)
    total = space.by_queries[0, :b].copy()
    for part in space.by_queries[1:, :b]:
        total += part
    return total
