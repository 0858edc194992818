"""What every objective of image networks shares: views of a batch, a head on the encoder, a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Views:
    """One batch: images, (n, c, h, w) from 0 to 1 for each view of it; answers (n, …), what each is to give."""

    images: tuple[Tensor, ...]
    answers: Tensor

    def to(self, device: torch.device) -> Views:
        """The same on another device."""
        return Views(tuple(p.to(device) for p in self.images), self.answers.to(device))

    @property
    def n_targets(self) -> int:
        return len(self.answers)


class TrainedNetwork(nn.Module):
    """An encoder, and the head that an objective wants on it; only the encoder makes the vectors."""

    def __init__(self, encoder: Any, head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        self.shape = encoder.shape


class Objective(Protocol):
    """An objective: `labelled.Classify`, `labelled.Prototypes`, `contrast.Contrast`, `distil.Distil` and
    `patches.MaskedPatches`.
    """

    fewest: int  # images in a batch
    baseline: str  # whose loss `chance` gives

    def head(self, encoder: Any) -> nn.Module: ...

    def example(
        self, members: np.ndarray, pixels: np.ndarray, random: np.random.Generator, *, learning: bool
    ) -> Views:
        """The batch of images `members` (n,), their `pixels` (n, h, w, c) uint8; the random numbers are its own."""

    def loss(self, model: TrainedNetwork, batch: Views) -> Tensor: ...

    def chance(self, batches: list[Views]) -> float: ...


class Projector(nn.Module):
    """dim → hidden → out, with a norm between: what a loss is taken on, so that the vectors need not forget for it."""

    def __init__(self, dim: int, hidden: int, out: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, hidden), nn.Linear(hidden, out)])
        self.norm = nn.LayerNorm(hidden)

    def forward(self, vectors: Tensor) -> Tensor:
        return self.layers[1](F.gelu(self.norm(self.layers[0](vectors))))


def unit(vectors: Tensor) -> Tensor:
    """(n, d) in float32, of length 1."""
    return F.normalize(vectors.float(), dim=-1)
