"""Classification of images: by a linear layer's scores, or by nearness to a learnt vector of each class."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import InputError, OptionError
from likewise.neural.images.augment import LABELLED, Augment, images, view
from likewise.neural.images.objective import TrainedNetwork, Views, unit

SMOOTHING = 0.1  # of the labels, while learning (Szegedy et al. 2016, arXiv 1512.00567)
TEMPERATURE = 0.1  # of cosines


@dataclass(frozen=True, eq=False)
class Classify:
    """The objective: the class of an image, by a linear layer on its vector.

    answers (n,) int64: the class of each image, from 0 to `classes` - 1.
    """

    answers: np.ndarray
    classes: int
    augment: Augment = LABELLED
    smoothing: float = SMOOTHING
    fewest: int = field(default=1, init=False)
    baseline: str = field(default="by frequency", init=False)

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise InputError(f"{self.classes} class of images: wanted 2 or more; try objective 'contrast'")
        if len(self.answers) and not 0 <= self.answers.min() <= self.answers.max() < self.classes:
            raise InputError(f"a class is not from 0 to {self.classes - 1}")
        if not 0 <= self.smoothing < 1:
            raise OptionError(f"smoothing must be from 0 to below 1, not {self.smoothing!r}")

    def head(self, encoder: nn.Module) -> nn.Module:
        """(n, dim) → (n, classes): scores."""
        return nn.Linear(encoder.dim, self.classes)

    def example(
        self, members: np.ndarray, pixels: np.ndarray, random: np.random.Generator, *, learning: bool
    ) -> Views:
        """A view of each while learning, else the image itself; the answers are the classes."""
        seen = images(pixels)
        return Views(
            (view(seen, self.augment, random) if learning else seen,), torch.from_numpy(self.answers[members])
        )

    def loss(self, model: TrainedNetwork, batch: Views) -> Tensor:
        """Mean cross-entropy in nats; labels are smoothed while the model learns."""
        scores = model.head(model.encoder(batch.images[0])).float()
        return F.cross_entropy(
            scores, batch.answers, label_smoothing=self.smoothing if model.training else 0.0
        )

    def chance(self, batches: list[Views]) -> float:
        """The loss of predicting class frequencies, each counted once more."""
        counts = np.bincount(self.answers, minlength=self.classes) + 1.0
        answers = torch.cat([batch.answers for batch in batches]).numpy()
        return float(-np.log(counts[answers] / counts.sum()).mean())


class Nearness(nn.Module):
    """(n, dim) → (n, classes): cosines with a vector of each class, sharpened."""

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, dim))

    def forward(self, vectors: Tensor) -> Tensor:
        return unit(vectors) @ unit(self.weight).T / TEMPERATURE


@dataclass(frozen=True, eq=False)
class Prototypes(Classify):
    """The objective: an image is to be nearer to its class's prototype than to the others, in one space with them.

    Snell et al. 2017 (arXiv 1703.05175), with prototypes learnt, not averaged, and cosines (Gidaris and Komodakis 2018,
    arXiv 1804.09458).
    """

    def head(self, encoder: nn.Module) -> nn.Module:
        """(n, dim) → (n, classes): sharpened cosines."""
        return Nearness(encoder.dim, self.classes)
