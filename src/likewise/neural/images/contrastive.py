"""Contrast: two views of one image are to be nearer to each other than to all others of the batch.

NT-Xent of SimCLR (Chen et al. 2020, arXiv 2002.05709), on a projection of the vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural.images.augment import VIEWS, Augment, images, view
from likewise.neural.images.objective import Projector, TrainedNetwork, Views, unit

HIDDEN = 512  # width of the projection


@dataclass(frozen=True, eq=False)
class Contrast:
    """The objective: which of the 2n - 1 other views of a batch of n images shows the same image."""

    augment: Augment = VIEWS
    temperature: float = 0.2
    projected: int = 128  # numbers of the projection
    fewest: int = field(default=2, init=False)
    baseline: str = field(default="among the batch", init=False)

    def __post_init__(self) -> None:
        if not 0.001 <= self.temperature <= 10:
            raise OptionError(f"temperature must be from 0.001 to 10, not {self.temperature!r}")

    def head(self, encoder: nn.Module) -> nn.Module:
        """The projection."""
        return Projector(encoder.dim, HIDDEN, self.projected)

    def example(
        self, members: np.ndarray, pixels: np.ndarray, random: np.random.Generator, *, learning: bool
    ) -> Views:
        """Two views of each, when held out too."""
        seen = images(pixels)
        return Views(
            (view(seen, self.augment, random), view(seen, self.augment, random)), torch.from_numpy(members)
        )

    def loss(self, model: TrainedNetwork, batch: Views) -> Tensor:
        """Mean cross-entropy in nats of finding the other view."""
        one = unit(model.head(model.encoder(torch.cat(batch.images))))
        return nt_xent(one, self.temperature)

    def chance(self, batches: list[Views]) -> float:
        """The loss of a uniform prediction."""
        sizes = np.array([batch.n_targets for batch in batches])
        return float((sizes * np.log(2 * sizes - 1)).sum() / sizes.sum())


def nt_xent(views: Tensor, temperature: float) -> Tensor:
    """Of (2n, d) float32 unit vectors, of which i and n + i are views of one image."""
    n = len(views) // 2
    scores = (views @ views.T / temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, torch.arange(2 * n, device=views.device).roll(n))
