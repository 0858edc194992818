"""The trainer of every network in torch: batches, steps, a budget, a held-out loss, and alarms if nothing is learnt.

The same seed, data, settings and number of threads give the same bits, whether the training was stopped and resumed or
not. Another number of threads gives the same up to rounding, because torch adds in another order.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from likewise.errors import Diverged, InputError
from likewise.neural.config import Settings, TrainingSettings
from likewise.neural.diagnostics import Evaluation
from likewise.neural.distributed import SINGLE_PROCESS, DistributedContext
from likewise.neural.state import State
from likewise.neural.threads import only_threads
from likewise.system import seeds
from likewise.system.progress import Progress

log = logging.getLogger(__name__)
REPORT_SECONDS = 0.25
SPEED_SECONDS = 1.0
EVALUATIONS = 16  # times that the held-out loss is measured
MAX_HELD_OUT = 2048  # examples


class Problem(Protocol):
    """What a network is trained on and for: the batches of each epoch, their loss, and the loss on held-out examples.

    An epoch has `chunks` chunks, each a list of batches that is made at once. A batch is made of its `members` just
    before its step; it has a method `to(device)`, and `shard(rank, size)` if several processes are to share it.
    """

    @property
    def unit(self) -> str:
        """What budgets, progress and history count: "tokens", "images", ..."""

    @property
    def evaluations(self) -> int:
        """Times that the held-out loss is measured."""

    @property
    def epoch_size(self) -> int:
        """Units of an epoch."""

    @property
    def chunks(self) -> int:
        """Chunks of an epoch."""

    def batches(self, epoch: int, chunk: int) -> Sequence[Any]:
        """The members of each batch of a chunk."""

    def count(self, members: Any) -> int:
        """Units of a batch."""

    def example(self, members: Any, step: int) -> Any:
        """The batch; its random numbers depend on the seed and the step alone."""

    def loss(self, model: Any, batch: Any) -> Tensor:
        """The mean loss of a batch."""

    def evaluate(self, model: Any, share_done: float) -> Evaluation:
        """The loss on what is held out, and what is alarming when `share_done` of the budget is done."""


Probe = Callable[[State, Any], None]


def train(
    state: State,
    problem: Problem,
    settings: TrainingSettings,
    *,
    threads: int = 1,
    compiled: bool = False,
    context: DistributedContext = SINGLE_PROCESS,
    before_step: Probe | None = None,
) -> Iterator[Progress]:
    """Train `state` in place, to the end; yields a few times a second, where the state is whole and can be saved.

    `compiled` lets torch compile kernels first, which takes a minute and a C++ compiler, and pays on a GPU. The
    processes of a `context` share every batch. `before_step` is called with the state and each batch. Raises `Diverged`
    when the loss or a gradient is no longer finite, before a weight has changed.
    """
    with only_threads(threads):
        state.total = context.broadcast(
            state.total or budget(state, problem, settings, processes=context.size)
        )
        if compiled:
            state.model.compile()
        reported = time.monotonic()
        while state.done < state.total:
            before, learning_rate = state.done, settings.learning_rate_at(state.done / state.total)
            take_step(state, problem, settings, context, before_step)
            is_last, times = state.done >= state.total, problem.evaluations
            if is_last or before * times // state.total < state.done * times // state.total:
                evaluate(state, problem)
            if is_last or time.monotonic() - reported >= REPORT_SECONDS:
                yield _progress(state, problem, learning_rate)
                reported = time.monotonic()


def _progress(state: State, problem: Problem, learning_rate: float) -> Progress:
    mean = state.loss / state.steps if state.steps else state.history[-1]["loss"]
    epochs, done = -(-state.total // problem.epoch_size), min(state.done, state.total)
    epoch = min(state.epoch + 1, epochs)
    return Progress("training", done, state.total, problem.unit, mean, epoch, epochs, learning_rate)


def budget(state: State, problem: Problem, settings: TrainingSettings, *, processes: int = 1) -> int:
    """Units to train on in all; several processes are assumed to be so many times as fast."""
    if settings.tokens is not None:
        return settings.tokens
    if settings.hours is not None:
        return max(1, int(settings.hours * 3600 * processes * speed(state, problem, settings)))
    return (settings.epochs or 1) * problem.epoch_size


def speed(state: State, problem: Problem, settings: TrainingSettings) -> float:
    """Units a second, measured for about a second on a copy, so that the state stays as it is."""
    state.model.train()  # weights packed for encoding cannot be copied
    model, optimizer = copy.deepcopy((state.model, state.optimizer))
    trial = State(model, optimizer, state.precision, total=2**62)
    take_step(
        trial, problem, settings
    )  # the first step is slower: memory is allocated and kernels are chosen
    warm, start = trial.done, time.perf_counter()
    while time.perf_counter() - start < SPEED_SECONDS:
        take_step(trial, problem, settings)
    return (trial.done - warm) / (time.perf_counter() - start)


def take_step(
    state: State,
    problem: Problem,
    settings: TrainingSettings,
    context: DistributedContext = SINGLE_PROCESS,
    before_step: Probe | None = None,
) -> None:
    """Train on the next batch, and move on to the one after it."""
    batches = _chunk(state, problem)
    members = batches[state.batch]
    example = problem.example(members, state.step)
    if before_step is not None:
        before_step(state, example)
    state.loss += descend(state, example, problem, settings, context)
    state.steps, state.step = state.steps + 1, state.step + 1
    state.done += problem.count(members)
    state.batch += 1
    if state.batch == len(batches):
        state.chunk, state.batch = state.chunk + 1, 0
    if state.chunk == problem.chunks:
        state.epoch, state.chunk = state.epoch + 1, 0


def _chunk(state: State, problem: Problem) -> Sequence[Any]:
    """The batches of the current chunk, made once."""
    at = (state.epoch, state.chunk)
    if state.batches is None or state.batches[0] != at:
        state.batches = (at, problem.batches(*at))
    return state.batches[1]


def descend(
    state: State,
    batch: Any,
    problem: Problem,
    settings: TrainingSettings,
    context: DistributedContext = SINGLE_PROCESS,
) -> float:
    """One step of gradient descent on a batch; returns the loss. Raises `Diverged` before a weight has changed."""
    batch, share = context.shard(batch)
    model, device = state.model, device_of(state.model)
    model.train()
    model.zero_grad(set_to_none=True)
    with torch.autocast(device.type, torch.bfloat16, enabled=state.precision == "bfloat16"):
        loss = problem.loss(model, batch.to(device)) * share
    loss.backward()
    loss = context.all_reduce(loss, model)
    value, clip = float(loss), settings.clip
    norm = 0.0 if clip is None else float(nn.utils.clip_grad_norm_(model.parameters(), clip))
    if not np.isfinite(value) or not np.isfinite(norm):
        raise Diverged(
            f"the loss or its gradient is no longer finite at step {state.step + 1}, "
            f"{state.done / state.total:.0%} of the budget: try learning_rate {settings.learning_rate / 10:g}"
        )
    state.optimizer.step(settings.learning_rate_at(state.done / state.total))
    return value


def evaluate(state: State, problem: Problem) -> None:
    """Measure on what is held out, add it to the history, and log each alarm that was not raised the time before.

    Raises `Diverged` if a held-out loss is not finite.
    """
    measured, alarms = problem.evaluate(state.model, state.done / state.total)
    if not all(np.isfinite(value) for name, value in measured.items() if name.startswith("held_out")):
        raise Diverged(
            f"the held-out loss is no longer finite at step {state.step}: try a tenth of the learning rate"
        )
    state.history.append({problem.unit: state.done, "loss": state.loss / state.steps, **measured})
    state.loss, state.steps = 0.0, 0
    for name in sorted(alarms.keys() - state.alarms.keys()):
        log.warning("%s", alarms[name])
    state.alarms = alarms


def device_of(model: nn.Module) -> torch.device:
    """Where the weights are."""
    return next(model.parameters()).device


def split(
    n: int, settings: Settings, *, min_batch: int = 2, most: int = MAX_HELD_OUT, unit: str = "examples"
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the examples to train on and of the held-out ones, both rising.

    Held out is a share of `settings.held_out`, at least `min_batch` and at most `most`. At least 2 are trained on.
    Raises `InputError` if there are too few for both.
    """
    least = max(2, min_batch)
    if n < least + min_batch:
        raise InputError(
            f"{n} {unit}: training needs {least + min_batch} or more, {min_batch} of them to be held out"
        )
    order = seeds.generator(settings.seed, "context.held_out").permutation(n)
    held = max(min_batch, min(round(settings.held_out * n), most, n - least))
    return np.sort(order[held:]), np.sort(order[:held])


def shuffle(members: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The members in the order of an epoch."""
    return members[seeds.generator(seed, "context.order", epoch).permutation(len(members))]


def cut(members: np.ndarray, batch_size: int, min_batch: int = 2) -> list[np.ndarray]:
    """The members in about equal batches of about `batch_size`, none below `min_batch` or, for batch norms, 2."""
    n = len(members)
    count = max(1, min(round(n / batch_size), n // max(2, min_batch)))
    return [members[n * i // count : n * (i + 1) // count] for i in range(count)]
