"""Fine-tuning of a pretrained text encoder on examples, as a problem of the trainer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from likewise.arrays.ragged import Ragged
from likewise.neural import diagnostics, trainer
from likewise.neural.config import Settings
from likewise.neural.diagnostics import Evaluation
from likewise.neural.pretrained.bert import Bert, Line
from likewise.neural.pretrained.encoding import in_order, pool
from likewise.neural.state import State
from likewise.system.progress import Progress


@dataclass(frozen=True, eq=False)
class Batch:
    """Texts end to end in `line`; `back` (n,) their positions in it; the targets, as the objective has them."""

    line: Line
    back: Tensor
    targets: Tensor
    n_targets: int

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        line = Line(self.line.ids.to(device), self.line.positions.to(device), self.line.spans)
        return Batch(line, self.back.to(device), self.targets.to(device), self.n_targets)


class Objective(Protocol):
    """What the encoder is trained for: `contrastive.Contrastive`, `distillation.Student`."""

    @property
    def baseline(self) -> str: ...

    def __len__(self) -> int: ...

    def example(self, model: Bert, members: np.ndarray) -> Batch: ...

    def loss(self, model: nn.Module, batch: Batch) -> Tensor: ...

    def baseline_loss(self, batches: list[Batch]) -> float: ...


def batch(model: Bert, rows: Ragged, targets: Tensor, n_targets: int) -> Batch:
    """The rows, none of them empty, laid end to end."""
    order = np.argsort(rows.lengths, kind="stable")
    back = torch.from_numpy(np.argsort(order, kind="stable"))
    return Batch(in_order(rows, order, model), back, targets, n_targets)


def vectors(model: Bert, given: Batch, pooling: str) -> Tensor:
    """(n, width) float32: a vector for each text, in the order the texts were given."""
    return pool(model.along(given.line)[-1].float(), given.line.spans, pooling)[given.back]


class FineTuningProblem:
    """Numbered examples of an objective, for a `Bert`; raises `InputError` if the examples are too few."""

    unit = "texts"
    evaluations = trainer.EVALUATIONS
    chunks = 1

    def __init__(self, model: Bert, objective: Objective, settings: Settings) -> None:
        self.model, self.objective, self.settings = model, objective, settings
        self.training, self.held_out = trainer.split(len(objective), settings)
        self.epoch_size = len(self.training)

    def batches(self, epoch: int, chunk: int) -> list[np.ndarray]:
        """The numbers of the examples of each batch of an epoch."""
        return trainer.cut(
            trainer.shuffle(self.training, self.settings.seed, epoch), self.settings.batch_size
        )

    def count(self, members: np.ndarray) -> int:
        """Examples of a batch."""
        return len(members)

    def example(self, members: np.ndarray, step: int) -> Batch:
        """The batch."""
        return self.objective.example(self.model, members)

    def loss(self, model: Any, batch: Batch) -> Tensor:
        """The mean loss of a batch."""
        return self.objective.loss(model, batch)

    @cached_property
    def held_out_batches(self) -> list[Batch]:
        """The held-out examples."""
        return [self.example(part, 0) for part in trainer.cut(self.held_out, self.settings.batch_size)]

    @cached_property
    def baseline(self) -> float:
        """The held-out loss of a prediction that reads no text."""
        return self.objective.baseline_loss(self.held_out_batches)

    def evaluate(self, model: Any, share_done: float) -> Evaluation:
        """The held-out loss, next to the baseline, and the cosine similarity of the texts' vectors."""
        return diagnostics.evaluate(
            model, self.held_out_batches, self.loss, _mean_vectors, self.baseline, share_done, unit="texts",
            prediction=self.objective.baseline,
        )  # fmt: skip


def _mean_vectors(model: Bert, batch: Batch) -> Tensor:
    return vectors(model, batch, "mean")


def train(state: State, objective: Objective, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Train `state`, whose model is a `Bert`, in place, to the end; see `FineTuningProblem` and `trainer.train`."""
    problem = FineTuningProblem(state.model, objective, settings)
    return trainer.train(state, problem, settings, threads=threads)
