"""Teaching a network of several tasks: batches, steps, a budget, and the held-out loss of each task.

What holds: the same seed, items, labels, settings and number of threads give the same bits, probed or not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from likewise.errors import Diverged
from likewise.neural import trainer as loop
from likewise.neural.config import Settings
from likewise.neural.images import training as picturing
from likewise.neural.multitask.batch import Batch, Kind, Task, batch, losses
from likewise.neural.multitask.inputs import Inputs
from likewise.neural.multitask.network import TaskNetwork, weighed
from likewise.neural.state import State
from likewise.system import seeds
from likewise.system.progress import Progress

FEWEST = 2  # items of a batch: of one, a norm over the batch knows no spread
LOOKS = 4  # times that the held-out losses are measured
Probe = Callable[[TaskNetwork, Batch], None]


@dataclass(frozen=True, eq=False)
class Work:
    """What is learnt from: items with their tasks, the numbers of those `learnt` from, rising, and of those `held` out;
    each of them has a label of some task.
    """

    inputs: Inputs
    tasks: Sequence[Task]
    learnt: np.ndarray
    held: np.ndarray

    @property
    def kinds(self) -> list[Kind]:
        return [task.kind for task in self.tasks]

    def example(self, members: np.ndarray, random: np.random.Generator | None) -> Batch:
        """A batch of the items `members`; with random numbers while learning."""
        return batch(self.inputs.batch(members, random), self.tasks, members)

    def loss(self, model: TaskNetwork, asked: Batch) -> Tensor:
        """What `loop.descend` goes down."""
        return weighed(losses(model, self.kinds, asked), self.kinds, model.doubts)


def train(
    state: State, work: Work, settings: Settings, *, threads: int = 1, probe: Probe | None = None, every: int = 10
) -> Iterator[Progress]:  # fmt: skip
    """Train `state`, whose model is a `TaskNetwork`, in place, to the end; yields a few times a second.

    Settings count items where they count slots and tokens. `probe` is shown the model and the batch before every
    so-many-th step. `state.history` has the held-out loss of each task by its name. Raises `Diverged` as
    `loop.descend` does.
    """
    with loop.only_threads(threads):
        state.total = state.total or budget(state, work, settings)
        reported = time.monotonic()
        while state.done < state.total:
            before, learning_rate = state.done, settings.learning_rate_at(state.done / state.total)
            take_step(state, work, settings, probe if state.step % every == 0 else None)
            ends = state.done >= state.total
            if ends or before * LOOKS // state.total < state.done * LOOKS // state.total:
                look(state, work, settings)
            if ends or time.monotonic() - reported >= loop.REPORT_SECONDS:
                yield _progress(state, work, learning_rate)
                reported = time.monotonic()


def budget(state: State, work: Work, settings: Settings) -> int:
    """How many items are to be learnt from in all."""
    if settings.tokens is not None:
        return settings.tokens
    if settings.hours is not None:
        a_second = loop.pace(state, settings, lambda trial: take_step(trial, work, settings, None))
        return max(1, int(settings.hours * 3600 * a_second))
    return (settings.epochs or 1) * len(work.learnt)


def take_step(state: State, work: Work, settings: Settings, probe: Probe | None) -> None:
    """Learn from the next batch, and say where the one after it stands."""
    count = picturing.batches(len(work.learnt), settings.batch_size, FEWEST)
    order = picturing.order_of(settings.seed, state.epoch, len(work.learnt))
    first, last = len(order) * state.batch // count, len(order) * (state.batch + 1) // count
    members = np.sort(work.learnt[order[first:last]])
    example = work.example(members, seeds.generator(settings.seed, "context.views", state.step))
    if probe is not None:
        probe(state.model, example)
    state.loss += loop.descend(state, example, work, settings)
    state.steps, state.step = state.steps + 1, state.step + 1
    state.done += len(members)
    state.batch += 1
    if state.batch == count:
        state.epoch, state.batch = state.epoch + 1, 0


def look(state: State, work: Work, settings: Settings) -> None:
    """Measure each task on what is held out, and record it."""
    found = held_losses(state.model, work, settings.batch_size)
    if not all(np.isfinite(loss) for loss in found.values()):
        raise Diverged(f"a held-out loss is no longer finite at step {state.step}: try a tenth of the rate")
    row = {"items": float(state.done), "loss": state.loss / state.steps}
    state.history.append(row | {f"held_out {name}": loss for name, loss in found.items()})
    state.loss, state.steps = 0.0, 0


def held_losses(model: TaskNetwork, work: Work, size: int) -> dict[str, float]:
    """The mean loss of each task, by its name, over the items held out that have its label, in float32."""
    model.eval()
    total, count = np.zeros(len(work.tasks)), np.zeros(len(work.tasks))
    with torch.no_grad():
        for start in range(0, len(work.held), size):
            asked = work.example(work.held[start : start + size], None)
            for i, loss in enumerate(losses(model, work.kinds, asked)):
                if loss is not None:
                    total[i] += float(loss) * len(asked.places[i])
                    count[i] += len(asked.places[i])
    return {task.name: float(total[i] / max(1, count[i])) for i, task in enumerate(work.tasks)}


def _progress(state: State, work: Work, learning_rate: float) -> Progress:
    mean = state.loss / state.steps if state.steps else state.history[-1]["loss"]
    epochs = -(-state.total // len(work.learnt))
    done = min(state.done, state.total)
    return Progress(
        "training", done, state.total, "items", mean, min(state.epoch + 1, epochs), epochs, learning_rate
    )
