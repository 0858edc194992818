"""Training of a network on several tasks at once, as a problem of the trainer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from likewise.neural import trainer
from likewise.neural.config import Settings
from likewise.neural.diagnostics import Evaluation
from likewise.neural.multitask.batch import Batch, Kind, Task, batch, losses
from likewise.neural.multitask.inputs import Inputs
from likewise.neural.multitask.network import TaskNetwork, weighed
from likewise.neural.state import State
from likewise.system import seeds
from likewise.system.progress import Progress

EVALUATIONS = 4  # times that the held-out losses are measured
Probe = Callable[[TaskNetwork, Batch], None]


@dataclass(frozen=True, eq=False)
class Work:
    """Items with their tasks; the numbers of the items to train on and of the `held` out ones, both rising; each item
    has a label of some task.
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

    def loss(self, model: TaskNetwork, batch: Batch) -> Tensor:
        """The total loss of the tasks on a batch."""
        return weighed(losses(model, self.kinds, batch), self.kinds, model.doubts)


@dataclass(frozen=True, eq=False)
class MultitaskProblem:
    """The work of a training, in batches of two items or more."""

    work: Work
    settings: Settings
    unit: str = "items"
    evaluations: int = EVALUATIONS
    chunks: int = 1

    @property
    def epoch_size(self) -> int:
        """Items of an epoch."""
        return len(self.work.learnt)

    def batches(self, epoch: int, chunk: int) -> list[np.ndarray]:
        """The numbers of the items of each batch of an epoch."""
        order = trainer.shuffle(self.work.learnt, self.settings.seed, epoch)
        return trainer.cut(order, self.settings.batch_size)

    def count(self, members: np.ndarray) -> int:
        """Items of a batch."""
        return len(members)

    def example(self, members: np.ndarray, step: int) -> Batch:
        """The batch, augmented by random numbers of the step."""
        return self.work.example(np.sort(members), seeds.generator(self.settings.seed, "context.views", step))

    def loss(self, model: TaskNetwork, batch: Batch) -> Tensor:
        """The total loss of the tasks on a batch."""
        return self.work.loss(model, batch)

    def evaluate(self, model: TaskNetwork, share_done: float) -> Evaluation:
        """The held-out loss of each task."""
        found = held_out_losses(model, self.work, self.settings.batch_size)
        return Evaluation({f"held_out {name}": loss for name, loss in found.items()}, {})


def train(
    state: State, work: Work, settings: Settings, *, threads: int = 1, probe: Probe | None = None, every: int = 10
) -> Iterator[Progress]:  # fmt: skip
    """Train `state`, whose model is a `TaskNetwork`, in place, to the end; see `trainer.train`.

    `probe` is called with the model and the batch before every `every`-th step. `state.history` has the held-out loss
    of each task by its name.
    """

    def before_step(state: State, batch: Batch) -> None:
        if probe is not None and state.step % every == 0:
            probe(state.model, batch)

    problem = MultitaskProblem(work, settings)
    return trainer.train(state, problem, settings, threads=threads, before_step=before_step)


def held_out_losses(model: TaskNetwork, work: Work, batch_size: int) -> dict[str, float]:
    """The mean loss of each task, by its name, over the held-out items that have its label, in float32."""
    model.eval()
    device = trainer.device_of(model)
    total, count = np.zeros(len(work.tasks)), np.zeros(len(work.tasks))
    with torch.no_grad():
        for start in range(0, len(work.held), batch_size):
            found = work.example(work.held[start : start + batch_size], None).to(device)
            for i, loss in enumerate(losses(model, work.kinds, found)):
                if loss is not None:
                    total[i] += float(loss) * len(found.places[i])
                    count[i] += len(found.places[i])
    return {task.name: float(total[i] / max(1, count[i])) for i, task in enumerate(work.tasks)}
