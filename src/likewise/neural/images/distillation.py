"""A student that keeps what a teacher says of images: the teacher's vectors, and how alike they are.

Embedding regression (the student's vector, through a matrix, is to point where the teacher's does) and relational
similarity (of each image, how near the others of the batch are, as the teacher sees it: Fang et al. 2021, arXiv
2101.04731; Park et al. 2019, arXiv 1904.05068).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from likewise.errors import InputError
from likewise.neural.images.augment import Augment, images, view
from likewise.neural.images.objective import TrainedNetwork, Views, unit

SLIGHT = Augment(shift=0.03, crop=0.1, colour=0.1)  # the teacher's vector is that of the image itself


@dataclass(frozen=True, eq=False)
class Distil:
    """The objective: the vectors (n, d) float32 that the teacher has of the n images, and their similarities."""

    vectors: np.ndarray
    augment: Augment = SLIGHT
    temperature: float = 0.1  # of cosines, in the relational half
    fewest: int = field(default=2, init=False)
    baseline: str = field(default="the mean of the teacher's vectors", init=False)

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or not np.isfinite(self.vectors).all():
            raise InputError(f"a teacher's vectors must be (n, dim) and finite, not {self.vectors.shape}")

    def head(self, encoder: Any) -> nn.Module:
        """(n, dim) → (n, d) of the teacher."""
        return nn.Linear(encoder.dim, self.vectors.shape[1])

    def example(
        self, members: np.ndarray, pixels: np.ndarray, random: np.random.Generator, *, learning: bool
    ) -> Views:
        """A slight change of each while learning, else the image itself; the answers are the teacher's vectors."""
        seen = images(pixels)
        return Views(
            (view(seen, self.augment, random) if learning else seen,),
            torch.from_numpy(np.asarray(self.vectors[members], np.float32)),
        )

    def loss(self, model: TrainedNetwork, batch: Views) -> Tensor:
        """Mean of 1 - cosine with the teacher's vector, plus divergence of the similarities, in nats."""
        vectors = model.encoder(batch.images[0])
        wanted = unit(batch.answers)
        regression = 1 - (unit(model.head(vectors)) * wanted).sum(1).mean()
        return regression + divergence(unit(vectors), wanted, self.temperature)

    def chance(self, batches: list[Views]) -> float:
        """The loss of one vector for all images, the mean of the teacher's."""
        total = 0.0
        for batch in batches:
            wanted = unit(batch.answers)
            same = unit(
                unit(torch.from_numpy(np.asarray(self.vectors[:4096], np.float32))).mean(0, keepdim=True)
            )
            apart = divergence(same.expand(len(wanted), -1), wanted, self.temperature)
            total += float(1 - (wanted @ same.T).mean() + apart) * batch.n_targets
        return total / sum(batch.n_targets for batch in batches)


def divergence(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Mean over the images of KL(teacher | student), of the shares that each gives to the others; (n, ·) unit vectors.

    0 where there are only two images, whose shares are 1.
    """
    itself = torch.eye(len(student), dtype=torch.bool, device=student.device)
    mine, its = ((v @ v.T / temperature).masked_fill(itself, -1e4).log_softmax(1) for v in (student, teacher))
    return (its.exp() * (its - mine)).masked_fill(itself, 0).sum(1).mean()
