"""Teaching a trained encoder on: examples by their numbers, each epoch in an order of its own, by steps of `loop`.

What holds: the same seed, examples, settings and number of threads give the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.neural import diagnostics as watch
from likewise.neural import trainer as loop
from likewise.neural.config import Settings
from likewise.neural.pretrained.bert import Bert, Line
from likewise.neural.pretrained.encoding import in_order, pool
from likewise.neural.state import State
from likewise.neural.threads import only_threads
from likewise.system import seeds
from likewise.system.progress import Progress

MOST_HELD = 2048  # examples
FEWEST = 2  # of a batch


@dataclass(frozen=True, eq=False)
class Batch:
    """Texts end to end in `line`; `back` (n,) their places in it; what is wanted of them, as the objective has it."""

    line: Line
    back: Tensor
    wanted: Tensor
    questions: int

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        line = Line(self.line.ids.to(device), self.line.positions.to(device), self.line.spans)
        return Batch(line, self.back.to(device), self.wanted.to(device), self.questions)


class Objective(Protocol):
    """What is taught: `contrastive.Contrastive`, `student.Student`."""

    @property
    def guess(self) -> str: ...

    def __len__(self) -> int: ...

    def example(self, model: Bert, members: np.ndarray) -> Batch: ...

    def loss(self, model: nn.Module, batch: Batch) -> Tensor: ...

    def chance(self, batches: list[Batch]) -> float: ...


def batch(model: Bert, rows: Ragged, wanted: Tensor, questions: int) -> Batch:
    """The rows, none of them empty, laid end to end."""
    order = np.argsort(rows.lengths, kind="stable")
    back = torch.from_numpy(np.argsort(order, kind="stable"))
    return Batch(in_order(rows, order, model), back, wanted, questions)


def vectors(model: Bert, given: Batch, pooling: str) -> Tensor:
    """(n, width) float32: a vector for each text, in the order the texts were given."""
    return pool(model.along(given.line)[-1].float(), given.line.spans, pooling)[given.back]


def train(state: State, objective: Objective, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Train `state`, whose model is a `Bert`, in place, to the end; yields where it is whole.

    Settings count examples where they count slots and tokens. Raises `Diverged` as `loop.descend` does, and
    `InputError` where the examples are too few.
    """
    with only_threads(threads):
        learnt, held = held_apart(len(objective), settings)
        state.total = state.total or budget(state, learnt, objective, settings)
        looks = [objective.example(state.model, part) for part in parts(held, settings.batch_size)]
        chance = objective.chance(looks)
        reported = time.monotonic()
        while state.done < state.total:
            before, learning_rate = state.done, settings.learning_rate_at(state.done / state.total)
            take_step(state, learnt, objective, settings)
            ends = state.done >= state.total
            if before * loop.LOOKS // state.total < state.done * loop.LOOKS // state.total or ends:
                look(state, looks, objective, chance)
            if time.monotonic() - reported >= loop.REPORT_SECONDS or ends:
                yield _progress(state, len(learnt), learning_rate)
                reported = time.monotonic()


def _progress(state: State, learnt: int, learning_rate: float) -> Progress:
    mean = state.loss / state.steps if state.steps else state.history[-1]["loss"]
    epochs = -(-state.total // learnt)
    done = min(state.done, state.total)
    return Progress(
        "training", done, state.total, "texts", mean, min(state.epoch + 1, epochs), epochs, learning_rate
    )


def held_apart(n: int, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of those learnt from, and of those held out: a share, at least 2, at most `MOST_HELD`."""
    if n < 2 * FEWEST:
        raise InputError(f"{n} examples: wanted {2 * FEWEST} or more, {FEWEST} of them to be held out")
    order = seeds.generator(settings.seed, "context.held_out").permutation(n)
    held = max(FEWEST, min(round(settings.held_out * n), MOST_HELD))
    return np.sort(order[held:]), np.sort(order[:held])


def budget(state: State, learnt: np.ndarray, objective: Objective, settings: Settings) -> int:
    """How many examples are to be learnt from in all."""
    if settings.tokens is not None:
        return settings.tokens
    if settings.hours is not None:
        state.model.train()  # what is laid out for encoding cannot be copied
        pace = loop.pace(state, settings, lambda trial: take_step(trial, learnt, objective, settings))
        return max(1, int(settings.hours * 3600 * pace))
    return (settings.epochs or 1) * len(learnt)


def parts(members: np.ndarray, size: int) -> list[np.ndarray]:
    """About equal parts of about `size`, none below `FEWEST`."""
    count = max(1, min(round(len(members) / size), len(members) // FEWEST))
    return [members[len(members) * i // count : len(members) * (i + 1) // count] for i in range(count)]


def take_step(state: State, learnt: np.ndarray, objective: Objective, settings: Settings) -> None:
    """Learn from the next batch, and say where the one after it stands."""
    order = seeds.generator(settings.seed, "context.order", state.epoch).permutation(learnt)
    batches = parts(order, settings.batch_size)
    members = batches[state.batch]
    state.loss += loop.descend(state, objective.example(state.model, members), objective, settings)
    state.steps, state.step = state.steps + 1, state.step + 1
    state.done += len(members)
    state.batch += 1
    if state.batch == len(batches):
        state.epoch, state.batch = state.epoch + 1, 0


def look(state: State, looks: list[Batch], objective: Objective, chance: float) -> None:
    """Measure on what is held out, record it, and say what is alarming."""
    loss = loop.held_loss(state.model, looks, objective)
    with torch.no_grad():
        first = looks[0].to(next(state.model.parameters()).device)
        alike = watch.mean_cosine(vectors(state.model, first, "mean"))
    loop.note(state, {"texts": state.done}, loss, chance, alike)
    share = state.done / state.total
    raised = watch.alarms(loss, chance, alike, share, of="texts", guess=objective.guess, more="texts")
    loop.raise_alarms(state, raised)
