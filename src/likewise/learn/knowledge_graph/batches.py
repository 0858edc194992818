"""One training step: the queries or triples of a batch, their loss and gradients, and a step of AdaGrad.

Without negatives a batch of queries is scored against every entity (1-vs-all). The loss of a query (h, r, ?) with
answers A is Σ_{a ∈ A} (ln Σₑ exp s(h, r, e) − s(h, r, a)): the sum over its triples (Lacroix et al. 2018, eq. 5), for
the cost of one row of scores per query. With negatives see `shared_negatives`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from likewise.arrays.graph.queries import Queries
from likewise.learn.knowledge_graph import scores, shared_negatives, softmax
from likewise.learn.knowledge_graph.scored_tiles import (
    ForEach,
    Workspace,
    exponentials,
    gradients,
    workspace,
)
from likewise.learn.knowledge_graph.state import Settings, State
from likewise.system import seeds

TrainStep = Callable[[np.ndarray, float], tuple[float, int]]


def train_step(
    stack: ExitStack, state: State, queries: Queries, settings: Settings, threads: int
) -> TrainStep:
    """A function that fits `state` in place to a batch: numbers of queries, or of answers where there are negatives.

    It returns the summed loss of the batch's triples before the step, and how many triples there are.
    """
    for_each = _for_each(stack, threads)
    if settings.negatives is None:
        return _against_all(state, queries, settings, for_each)
    return _against_sample(state, queries, settings, for_each)


def _for_each(stack: ExitStack, threads: int) -> ForEach:
    """A function that calls another for each range, on several threads."""
    run = map if threads == 1 else stack.enter_context(ThreadPoolExecutor(threads)).map
    return lambda work, ranges: list(run(lambda span: work(*span), ranges))


class StepSize(NamedTuple):
    """What the gradient is multiplied by before AdaGrad, the weight of the penalty, and the learning rate."""

    scale: float
    penalty: float
    learning_rate: float


def _against_all(state: State, queries: Queries, settings: Settings, for_each: ForEach) -> TrainStep:
    n, dim = state.entities.shape
    space = workspace(settings.method, n, dim, min(settings.batch_size, len(queries)))
    # 1 / the mean number of triples of a batch
    scale = -(-len(queries) // settings.batch_size) / len(queries.tails)

    def step(batch: np.ndarray, learning_rate: float) -> tuple[float, int]:
        size = StepSize(scale, 3 * settings.n3_weight * scale, learning_rate)
        heads, relations = queries.heads[batch], queries.relations[batch]
        offsets, tails = queries.answers(batch)
        rows, backward = _forward(state, settings, heads, relations)
        loss, by_queries = _loss_against_all(space, rows, state.entities, offsets, tails, for_each)
        found = backward(by_queries)
        softmax.add_rows(space.by_entities, heads, found.by_heads)
        weights = np.diff(offsets).astype(np.float32)
        counts = np.bincount(heads, weights, n) + np.bincount(tails, minlength=n)
        _update_entities(state, settings, space, counts.astype(np.float32), size, for_each)
        _update_relations(state, settings, found, weights, size)
        return loss, len(tails)

    return step


def _loss_against_all(
    space: Workspace, queries: np.ndarray, entities: np.ndarray, offsets: np.ndarray, tails: np.ndarray,
    for_each: ForEach,
) -> tuple[float, np.ndarray]:  # fmt: skip
    """The summed loss of queries (b, d) with the answers tails[offsets[i] : offsets[i + 1]], and its gradient by the
    queries (b, d); that by the entities (n, d) is left in `space.by_entities`."""
    counts = np.diff(offsets)
    rows = np.repeat(np.arange(len(queries), dtype=np.int32), counts)
    values = np.empty(len(tails), np.float32)

    def read(tile: np.ndarray, start: int) -> None:
        softmax.read_answers(tile, start, rows, tails, values)

    def subtract(tile: np.ndarray, start: int) -> None:
        softmax.subtract_answers(tile, start, rows, tails)

    largest, sums = exponentials(space, queries, entities, for_each, read)
    normal = softmax.normalisers(largest, sums)
    factors = (counts * np.exp(largest - normal)).astype(np.float32)
    by_queries = gradients(space, queries, entities, factors, for_each, subtract)
    return float(counts @ normal - values.sum(dtype=np.float64)), by_queries


def _against_sample(state: State, queries: Queries, settings: Settings, for_each: ForEach) -> TrainStep:
    n, dim = state.entities.shape
    k = settings.negatives or 0
    space = workspace(settings.method, k, dim, min(settings.batch_size, len(queries.tails)))
    query_of = queries.of_triples()
    scale = 1 / min(settings.batch_size, len(queries.tails))

    def step(batch: np.ndarray, learning_rate: float) -> tuple[float, int]:
        size = StepSize(scale, 3 * settings.n3_weight * scale, learning_rate)
        random = seeds.generator(settings.seed, "triples.negatives", state.epoch * 2**32 + state.batch)
        sample = np.sort(random.integers(n, size=k)).astype(np.int32)
        numbers = query_of[batch]
        heads, relations, tails = queries.heads[numbers], queries.relations[numbers], queries.tails[batch]
        rows, backward = _forward(state, settings, heads, relations)
        known = shared_negatives.known_answers(queries.offsets, queries.tails, numbers, sample)
        loss, by_queries, by_tails = shared_negatives.loss_and_gradients(
            space, rows, state.entities[tails], state.entities[sample], known, n / k, for_each
        )
        found = backward(by_queries)
        positions = np.concatenate([heads, tails, sample])
        used, positions = np.unique(positions, return_inverse=True)
        gradient = np.zeros((len(used), dim), np.float32)
        softmax.add_rows(gradient, positions, np.concatenate([found.by_heads, by_tails, space.by_entities]))
        counts = np.bincount(positions[: 2 * len(heads)], minlength=len(used)).astype(np.float32)
        entities, squares = state.entities[used], state.entity_squares[used]
        _adagrad(settings)(entities, squares, gradient, counts, *size)
        state.entities[used], state.entity_squares[used] = entities, squares
        _update_relations(state, settings, found, np.ones(len(found.rows), np.float32), size)
        return loss, len(tails)

    return step


class Gradients(NamedTuple):
    """The gradients of a batch by its heads (b, d) and by the relations' `rows` (b,) of parameters."""

    by_heads: np.ndarray
    by_relations: np.ndarray
    rows: np.ndarray


def _forward(
    state: State, settings: Settings, heads: np.ndarray, relations: np.ndarray
) -> tuple[np.ndarray, Callable[[np.ndarray], Gradients]]:
    """The queries (b, d), and a function from the gradient by them to `Gradients`."""
    rows, signs = scores.parameters(settings.method, state.relations, relations)
    head_rows, signed = state.entities[heads], state.relations[rows] * signs

    def backward(by_queries: np.ndarray) -> Gradients:
        by_heads, by_relations = scores.backward(settings.method, head_rows, signed, by_queries)
        return Gradients(by_heads, by_relations * signs, rows)

    return scores.queries(settings.method, head_rows, signed), backward


def _adagrad(settings: Settings) -> Callable[..., None]:
    step: Callable[..., None] = softmax.complex_step if settings.method in scores.COMPLEX else softmax.step
    return step


def _update_entities(
    state: State, settings: Settings, space: Workspace, counts: np.ndarray, size: StepSize, for_each: ForEach
) -> None:
    step = _adagrad(settings)

    def update(start: int, stop: int) -> None:
        part = slice(start, stop)
        step(
            state.entities[part], state.entity_squares[part], space.by_entities[part], counts[part], *size
        )  # fmt: skip

    for_each(update, space.ranges)


def _update_relations(
    state: State, settings: Settings, found: Gradients, weights: np.ndarray, size: StepSize
) -> None:
    """Only the relations of the batch; the penalty is not for angles."""
    used, positions = np.unique(found.rows, return_inverse=True)
    gradient = np.zeros((len(used), found.by_relations.shape[1]), np.float32)
    softmax.add_rows(gradient, positions, found.by_relations)
    counts = np.bincount(positions, weights, len(used)).astype(np.float32)
    relations, squares = state.relations[used], state.relation_squares[used]
    is_angle = settings.method == "rotate"
    step = softmax.step if is_angle else _adagrad(settings)
    step(relations, squares, gradient, counts, *(size._replace(penalty=0.0) if is_angle else size))
    state.relations[used], state.relation_squares[used] = relations, squares
