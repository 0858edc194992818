"""One step of learning: questions or triples of a batch, their loss, its slopes, and AdaGrad's move."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.graph.queries import Queries
from likewise.learn.knowledge_graph import all_entities, scores, shared_negatives, softmax
from likewise.learn.knowledge_graph.scored_tiles import Each, room
from likewise.system import seeds

if TYPE_CHECKING:
    from likewise.learn.knowledge_graph.training import Settings, State

Fit = Callable[[np.ndarray, float], tuple[float, int]]


def fitter(stack: ExitStack, state: State, asked: Queries, settings: Settings, threads: int) -> Fit:
    """What fits `state` in place to chosen questions (or answers, where there are negatives).

    It returns the summed loss of their triples, before the step, and how many those are.
    """
    each = _runner(stack, threads)
    if settings.negatives is None:
        return _against_all(state, asked, settings, each)
    return _against_some(state, asked, settings, each)


def _runner(stack: ExitStack, threads: int) -> Each:
    """Work on each range, on threads where there are some to be used."""
    run = map if threads == 1 else stack.enter_context(ThreadPoolExecutor(threads)).map
    return lambda work, ranges: list(run(lambda cut: work(*cut), ranges))


def _against_all(state: State, asked: Queries, settings: Settings, each: Each) -> Fit:
    n, dim = state.entities.shape
    space = room(settings.method, n, dim, min(settings.batch_size, len(asked)))
    scale = -(-len(asked) // settings.batch_size) / len(asked.tails)  # 1 / the triples of a batch, on average

    def fit(chosen: np.ndarray, learning_rate: float) -> tuple[float, int]:
        heads, kinds = asked.heads[chosen], asked.relations[chosen]
        offsets, tails = asked.answers(chosen)
        query, pull = _asked(state, settings, heads, kinds)
        loss, by_query = all_entities.fitted(space, query, state.entities, offsets, tails, each)
        by_heads, by_kinds, rows = pull(by_query)
        softmax.add_rows(space.slopes, heads, by_heads)
        weights = np.diff(offsets).astype(np.float32)
        counts = np.bincount(heads, weights, n) + np.bincount(tails, minlength=n)
        _move_entities(
            state, settings, space.slopes, counts.astype(np.float32), scale, learning_rate, each, space.cuts
        )
        _move_relations(state, settings, rows, by_kinds, weights, scale, learning_rate)
        return loss, len(tails)

    return fit


def _against_some(state: State, asked: Queries, settings: Settings, each: Each) -> Fit:
    n, dim = state.entities.shape
    k = settings.negatives or 0
    space = room(settings.method, k, dim, min(settings.batch_size, len(asked.tails)))
    of_answers = asked.of_triples()
    scale = 1 / min(settings.batch_size, len(asked.tails))

    def fit(chosen: np.ndarray, learning_rate: float) -> tuple[float, int]:
        random = seeds.generator(settings.seed, "triples.negatives", state.epoch * 2**32 + state.batch)
        drawn = np.sort(random.integers(n, size=k)).astype(np.int32)
        questions = of_answers[chosen]
        heads, kinds, tails = asked.heads[questions], asked.relations[questions], asked.tails[chosen]
        query, pull = _asked(state, settings, heads, kinds)
        known = shared_negatives.known(asked.offsets, asked.tails, questions, drawn)
        loss, by_query, by_tails = shared_negatives.fitted(
            space, query, state.entities[tails], state.entities[drawn], known, n / k, each
        )  # fmt: skip
        by_heads, by_kinds, rows = pull(by_query)
        places = np.concatenate([heads, tails, drawn])
        touched, places = np.unique(places, return_inverse=True)
        slopes = np.zeros((len(touched), dim), np.float32)
        softmax.add_rows(slopes, places, np.concatenate([by_heads, by_tails, space.slopes]))
        counts = np.bincount(places[: 2 * len(heads)], minlength=len(touched)).astype(np.float32)
        entities, squares = state.entities[touched], state.entity_squares[touched]
        _step(settings)(entities, squares, slopes, counts, scale, 3 * settings.cubed * scale, learning_rate)
        state.entities[touched], state.entity_squares[touched] = entities, squares
        _move_relations(state, settings, rows, by_kinds, np.ones(len(rows), np.float32), scale, learning_rate)
        return loss, len(tails)

    return fit


Pull = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


def _asked(state: State, settings: Settings, heads: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, Pull]:
    """The queries (b, d); and what makes of slopes by them those by heads, by relations, and the relations' rows."""
    rows, signs = scores.parameters(settings.method, state.relations, kinds)
    own, signed = state.entities[heads], state.relations[rows] * signs

    def pull(by_query: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        by_heads, by_kinds = scores.pulled(settings.method, own, signed, by_query)
        return by_heads, by_kinds * signs, rows

    return scores.queries(settings.method, own, signed), pull


def _step(settings: Settings) -> Callable[..., None]:
    step: Callable[..., None] = softmax.complex_step if settings.method in scores.COMPLEX else softmax.step
    return step


def _move_entities(
    state: State, settings: Settings, slopes: np.ndarray, counts: np.ndarray, scale: float, learning_rate: float,
    each: Each,
    cuts: list[tuple[int, int]],
) -> None:  # fmt: skip
    step = _step(settings)

    def move(start: int, stop: int) -> None:
        part = slice(start, stop)
        step(
            state.entities[part], state.entity_squares[part], slopes[part], counts[part], scale,
            3 * settings.cubed * scale, learning_rate,
        )  # fmt: skip

    each(move, cuts)


def _move_relations(
    state: State,
    settings: Settings,
    rows: np.ndarray,
    by_kinds: np.ndarray,
    weights: np.ndarray,
    scale: float,
    learning_rate: float,
) -> None:
    """Only the relations that were asked for; an angle has no size to be kept small."""
    touched, places = np.unique(rows, return_inverse=True)
    slopes = np.zeros((len(touched), by_kinds.shape[1]), np.float32)
    softmax.add_rows(slopes, places, by_kinds)
    counts = np.bincount(places, weights, len(touched)).astype(np.float32)
    kinds, squares = state.relations[touched], state.relation_squares[touched]
    is_angle = settings.method == "rotate"
    step = softmax.step if is_angle else _step(settings)
    step(
        kinds, squares, slopes, counts, scale, 0.0 if is_angle else 3 * settings.cubed * scale, learning_rate
    )
    state.relations[touched], state.relation_squares[touched] = kinds, squares
