"""Vectors of a knowledge graph's entities and relations, from its triples: TransE, DistMult, ComplEx, RotatE.

Each triple is asked both ways, (h, r, ?) and (t, r⁻¹, ?), and the right answer is to score above every other entity:
softmax cross-entropy over all of them, or over a drawn sample where there are very many. The scores are those of
`scores.py`; the penalty is the third power of the vectors' sizes (N3, Lacroix et al. 2018); the steps are AdaGrad's.

The same bits come out at any number of threads: see `all_entities.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likewise.arrays.graph.queries import Queries, checked, questions
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.kernels.gemm import one_blas_thread
from likewise.learn.knowledge_graph import batches, scores
from likewise.learn.knowledge_graph.scored_tiles import room_bytes
from likewise.learn.knowledge_graph.scores import COMPLEX, DISTANCES, METHODS, Method
from likewise.system import seeds
from likewise.system.progress import Progress

REPORT_SECONDS = 0.25
FLOAT_BYTES = 4
START = {
    "transe": 0.1,
    "distmult": 1e-3,
    "complex": 1e-3,
    "rotate": 0.1,
}  # standard deviation of the first vectors


@dataclass(frozen=True)
class Settings:
    """What is learnt and how; everything here changes the vectors, and is recorded with them."""

    method: Method = "complex"
    dim: int = 200  # numbers of an entity's vector; `complex` and `rotate` make dim / 2 complex ones of them (the rank)
    epochs: int = 30
    learning_rate: float = 0.1  # of AdaGrad: the longest a coordinate moves at once; it falls evenly to 0
    # The weight of N3, Σ |x|³ over head, relation and tail of a triple. The one setting to try several of: sparse
    # graphs want more (WN18RR 0.1), small and dense ones less. None: 0.05 for `distmult` and `complex`, else 0.
    regularisation: float | None = None
    batch_size: int = 500  # questions, or triples where there are negatives, that one step is made of
    negatives: int | None = (
        None  # entities drawn for a batch to score against; None: all, which learns more a step
    )
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise OptionError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}")
        for name, most in (
            ("dim", 65536),
            ("epochs", 1_000_000),
            ("batch_size", 2**20),
            ("negatives", 2**20),
        ):
            value = getattr(self, name)
            if name == "negatives" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        if self.method in COMPLEX and self.dim % 2:
            raise OptionError(
                f"dim must be even for {self.method}, whose numbers are complex, not {self.dim}"
            )
        if not _is_number(self.learning_rate) or not 0 < self.learning_rate < np.inf:
            raise OptionError(f"rate must be a number above 0, not {self.learning_rate!r}")
        if not _is_number(self.cubed) or not 0 <= self.cubed < np.inf:
            raise OptionError(f"regularisation must be a number, 0 or more, not {self.regularisation!r}")
        seeds.checked(self.seed)

    @property
    def cubed(self) -> float:
        """The weight of the third powers that is meant."""
        if self.regularisation is not None:
            return self.regularisation
        return 0.0 if self.method in DISTANCES else 0.05


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass
class State:
    """A training that can be stopped and gone on with: entities (n, dim) float32 and how far it came.

    `relations` are the parameters of `scores.relation_shape`: (2r, dim) for `distmult` and `complex`, the
    inverses last; (r, dim) for `transe`; (r, dim / 2) angles for `rotate`. The squares are AdaGrad's sums of squared
    gradients.
    """

    entities: np.ndarray
    relations: np.ndarray
    entity_squares: np.ndarray
    relation_squares: np.ndarray
    epoch: int = 0
    batch: int = 0  # of the epoch under way
    loss: float = 0.0  # summed over the triples of these batches
    seen: int = 0  # how many those are
    losses: list[float] = field(default_factory=list)  # mean loss a triple, one for each finished epoch


def fresh(entities: int, relations: int, settings: Settings) -> State:
    """Small normally distributed vectors; rotations by angles uniform in ±π."""
    if entities < 1 or relations < 1:
        raise InputError(f"{entities} entities and {relations} relations; wanted at least one of each")
    random, size = seeds.generator(settings.seed, "triples.start"), np.float32(START[settings.method])
    shape = scores.relation_shape(settings.method, relations, settings.dim)
    nodes = random.standard_normal((entities, settings.dim), np.float32) * size
    if settings.method == "rotate":
        kinds = (random.random(shape, np.float32) * 2 - 1) * np.float32(np.pi)
    else:
        kinds = random.standard_normal(shape, np.float32) * size
    return State(nodes, kinds, np.zeros_like(nodes), np.zeros_like(kinds))


def resumed(
    entities: np.ndarray, relations: np.ndarray, entity_squares: np.ndarray, relation_squares: np.ndarray,
    epoch: int, batch: int, loss: float, seen: int, losses: list[float],
) -> State:  # fmt: skip
    """The state that a checkpoint holds; the rows are copied, for they may be a map that must not be written."""
    rows = [np.array(part, np.float32) for part in (entities, relations, entity_squares, relation_squares)]
    return State(rows[0], rows[1], rows[2], rows[3], epoch, batch, loss, seen, list(losses))


def needed_bytes(entities: int, relations: int, triples: int, settings: Settings) -> int:
    """Memory of the state, of the questions while they are sorted, and of a batch at work."""
    rows, columns = scores.relation_shape(settings.method, relations, settings.dim)
    state = 2 * FLOAT_BYTES * (entities * settings.dim + 2 * rows * columns)
    against = entities if settings.negatives is None else settings.negatives
    work = room_bytes(settings.method, against, settings.dim, settings.batch_size)
    if settings.negatives is not None:  # the rows of a batch, their squares and slopes
        work += 6 * FLOAT_BYTES * (2 * settings.batch_size + settings.negatives) * settings.dim
    return state + work + 100 * triples


def relations_of(state: State, settings: Settings) -> int:
    """r, the number of relations."""
    return len(state.relations) if settings.method in DISTANCES else len(state.relations) // 2


def train(state: State, triples: Any, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Fit `state` in place to triples (m, 3) of head, relation, tail; a triple given again counts once.

    Yields a few times a second, where the state is whole and may be stored. The loss is the mean over triples, asked
    both ways, each before its step and without the penalty. The bits depend on `settings` and `triples` alone, not on
    `threads` or on when the generator is asked to go on. Raises `InputError` where there are no triples or one names
    what the state has not, `Diverged` when a number is no longer finite.
    """
    relations = relations_of(state, settings)
    asked = questions(checked(triples, len(state.entities), relations), relations)
    if not len(asked):
        raise InputError("there are no triples to learn from")
    with ExitStack() as stack:
        stack.enter_context(one_blas_thread())
        fit = batches.fitter(stack, state, asked, settings, threads)
        units = len(asked) if settings.negatives is None else len(asked.tails)
        last = -(-units // settings.batch_size)
        while state.epoch < settings.epochs:
            order = seeds.generator(settings.seed, "triples.order", state.epoch).permutation(units)
            reported = time.monotonic()
            while state.batch < last:
                learning_rate = _rate(state.epoch + state.batch / last, settings)
                chosen = order[state.batch * settings.batch_size : (state.batch + 1) * settings.batch_size]
                loss, seen = fit(chosen, learning_rate)
                state.loss, state.seen, state.batch = state.loss + loss, state.seen + seen, state.batch + 1
                if not np.isfinite(loss):
                    raise _diverged(state, settings)
                if state.batch < last and time.monotonic() - reported >= REPORT_SECONDS:
                    reported = time.monotonic()
                    yield _report(state, asked, settings, state.loss / state.seen)
            mean = state.loss / state.seen
            state.losses.append(mean)
            state.epoch, state.batch, state.loss, state.seen = state.epoch + 1, 0, 0.0, 0
            yield _report(state, asked, settings, mean)


def _report(state: State, asked: Queries, settings: Settings, mean: float) -> Progress:
    # Every slope goes into the squares, which only grow; what is no longer finite there may not have reached a loss.
    if not np.isfinite(
        state.entity_squares.sum(dtype=np.float64) + state.relation_squares.sum(dtype=np.float64)
    ):
        raise _diverged(state, settings)
    m = len(asked.tails)
    share = state.seen / m  # of the epoch under way
    return Progress(
        "training", state.epoch * m + state.seen, settings.epochs * m, "triples", mean,
        min(state.epoch + 1, settings.epochs), settings.epochs, _rate(state.epoch + share, settings),
    )  # fmt: skip


def _diverged(state: State, settings: Settings) -> Diverged:
    return Diverged(
        f"the numbers are no longer finite at epoch {min(state.epoch + 1, settings.epochs)} of {settings.epochs}, rate "
        f"{settings.learning_rate:g}: try rate {settings.learning_rate / 10:g}"
    )


def _rate(epochs: float, settings: Settings) -> float:
    """The rate after so many epochs: it falls evenly to 0, beside what AdaGrad makes of it."""
    return settings.learning_rate * (1 - epochs / settings.epochs)
