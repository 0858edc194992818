"""One batch of items with the labels that are known, and the loss of each task on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Kind = Literal["classes", "numbers", "sets"]


class Task(Protocol):
    """What a head is to predict of n items.

    `targets` are codes (n,) int64 from 0 to `width` - 1 of "classes", (n,) float32
    of "numbers", about of mean 0 and variance 1, or (n, width) float32 of 0 and 1 of "sets"; only those that are
    `known` (n,) bool are looked at.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def targets(self) -> np.ndarray: ...
    @property
    def known(self) -> np.ndarray: ...
    @property
    def width(self) -> int: ...


@dataclass(frozen=True)
class Batch:
    """n items: `inputs` as the trunk takes them; for each task the items that have a label, `places` (m,), and these
    labels, `answers` (m, …).
    """

    inputs: tuple[Tensor, ...]
    places: tuple[Tensor, ...]
    answers: tuple[Tensor, ...]

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        moved = (tuple(t.to(device) for t in group) for group in (self.inputs, self.places, self.answers))
        return Batch(*moved)


def batch(inputs: tuple[Tensor, ...], tasks: Sequence[Task], members: np.ndarray) -> Batch:
    """The items `members` (n,), whose `inputs` are there already."""
    places = [np.flatnonzero(task.known[members]) for task in tasks]
    answers = [task.targets[members[own]] for task, own in zip(tasks, places, strict=True)]
    return Batch(inputs, tuple(map(torch.from_numpy, places)), tuple(map(torch.from_numpy, answers)))


def losses(model: Callable[..., list[Tensor]], kinds: Sequence[Kind], batch: Batch) -> list[Tensor | None]:
    """Each task's mean loss over the items with its label, None where there is none.

    Of classes the cross-entropy in nats, of numbers the squared error in variances, of sets the cross-entropy in nats
    a label.
    """
    scores = model(*batch.inputs)
    return [
        LOSSES[kind](predicted[places].float(), answers) if len(places) else None
        for kind, predicted, places, answers in zip(kinds, scores, batch.places, batch.answers, strict=True)
    ]


LOSSES = {
    "classes": F.cross_entropy,
    "numbers": lambda predicted, wanted: F.mse_loss(predicted[:, 0], wanted),
    "sets": F.binary_cross_entropy_with_logits,
}
