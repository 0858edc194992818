"""Training of TransE, DistMult, ComplEx and RotatE: vectors of entities and relations from triples.

Each triple gives two queries, (h, r, ?) and (t, r⁻¹, ?), and the right answer should score above every other entity:
softmax cross-entropy over all entities, or over a sample where there are very many. The scores are those of
`scores.py`, the penalty is the third power of the vectors' absolute values (N3, Lacroix et al. 2018), the optimizer is
AdaGrad.

The result has the same bits at any number of threads: see `scored_tiles.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from likewise.arrays.graph.queries import Queries, check_triples, queries_of
from likewise.errors import Diverged, InputError
from likewise.learn.kernels.gemm import one_blas_thread
from likewise.learn.knowledge_graph import batches, scores
from likewise.learn.knowledge_graph.scored_tiles import workspace_bytes
from likewise.learn.knowledge_graph.scores import DISTANCES
from likewise.learn.knowledge_graph.state import Settings, State
from likewise.system import seeds
from likewise.system.progress import Progress

REPORT_SECONDS = 0.25
FLOAT_BYTES = 4


def needed_bytes(entities: int, relations: int, triples: int, settings: Settings) -> int:
    """Memory of the state, of the queries while they are sorted, and of one batch."""
    rows, columns = scores.relation_shape(settings.method, relations, settings.dim)
    state = 2 * FLOAT_BYTES * (entities * settings.dim + 2 * rows * columns)
    against = entities if settings.negatives is None else settings.negatives
    work = workspace_bytes(settings.method, against, settings.dim, settings.batch_size)
    if settings.negatives is not None:  # the rows of a batch, their squares and gradients
        work += 6 * FLOAT_BYTES * (2 * settings.batch_size + settings.negatives) * settings.dim
    return state + work + 100 * triples


def relations_of(state: State, settings: Settings) -> int:
    """r, the number of relations."""
    return len(state.relations) if settings.method in DISTANCES else len(state.relations) // 2


def train(state: State, triples: Any, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Fit `state` in place to triples (m, 3) of head, relation, tail; a repeated triple counts once.

    Yields a few times a second, when the state is consistent and may be saved. The loss is the mean over triples, in
    both directions, each before its step and without the penalty. The bits depend on `settings` and `triples` alone,
    not on `threads` or on when the generator is resumed. Raises `InputError` where there are no triples or one has an
    entity or a relation that the state does not have, `Diverged` when a vector is no longer finite.
    """
    relations = relations_of(state, settings)
    queries = queries_of(check_triples(triples, len(state.entities), relations), relations)
    if not len(queries):
        raise InputError("there are no triples to train on")
    with ExitStack() as stack:
        stack.enter_context(one_blas_thread())
        step = batches.train_step(stack, state, queries, settings, threads)
        units = len(queries) if settings.negatives is None else len(queries.tails)
        last = -(-units // settings.batch_size)
        while state.epoch < settings.epochs:
            order = seeds.generator(settings.seed, "triples.order", state.epoch).permutation(units)
            reported = time.monotonic()
            while state.batch < last:
                learning_rate = _learning_rate(state.epoch + state.batch / last, settings)
                batch = order[state.batch * settings.batch_size : (state.batch + 1) * settings.batch_size]
                loss, seen = step(batch, learning_rate)
                state.loss, state.seen, state.batch = state.loss + loss, state.seen + seen, state.batch + 1
                if not np.isfinite(loss):
                    raise _divergence(state, settings)
                if state.batch < last and time.monotonic() - reported >= REPORT_SECONDS:
                    reported = time.monotonic()
                    yield _progress(state, queries, settings, state.loss / state.seen)
            mean = state.loss / state.seen
            state.losses.append(mean)
            state.epoch, state.batch, state.loss, state.seen = state.epoch + 1, 0, 0.0, 0
            yield _progress(state, queries, settings, mean)


def _progress(state: State, queries: Queries, settings: Settings, mean: float) -> Progress:
    # Every gradient goes into the squares, which only grow; an infinite one may not have reached a loss yet.
    if not np.isfinite(
        state.entity_squares.sum(dtype=np.float64) + state.relation_squares.sum(dtype=np.float64)
    ):
        raise _divergence(state, settings)
    m = len(queries.tails)
    share = state.seen / m  # of the current epoch
    return Progress(
        "training", state.epoch * m + state.seen, settings.epochs * m, "triples", mean,
        min(state.epoch + 1, settings.epochs), settings.epochs, _learning_rate(state.epoch + share, settings),
    )  # fmt: skip


def _divergence(state: State, settings: Settings) -> Diverged:
    return Diverged(
        f"the vectors are no longer finite at epoch {min(state.epoch + 1, settings.epochs)} of {settings.epochs}, "
        f"learning rate {settings.learning_rate:g}: try learning rate {settings.learning_rate / 10:g}"
    )


def _learning_rate(epochs: float, settings: Settings) -> float:
    """The learning rate after so many epochs: it falls linearly to 0, on top of AdaGrad."""
    return settings.learning_rate * (1 - epochs / settings.epochs)
