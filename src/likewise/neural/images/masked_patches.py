"""Masked patches: most patches of an image are masked, and predicted from those that are left.

A masked autoencoder (He et al. 2022, arXiv 2111.06377): the encoder sees only what is left, a small decoder fills in
the rest, and a patch's pixels are wanted with its own mean and deviation taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from likewise.errors import OptionError
from likewise.neural.images.augment import Augment, images, view
from likewise.neural.images.objective import TrainedNetwork, Views
from likewise.neural.images.vit import Vision, filled, parted
from likewise.neural.transformer import EPS, Layer

SEEN = Augment(crop=0.4, stretch=0.2)


class Decoder(nn.Module):
    """The vectors of the patches that are left → the pixels of all of them."""

    def __init__(self, encoder: Vision, depth: int) -> None:
        super().__init__()
        shape = encoder.shape.body
        self.positions = nn.Embedding(shape.longest, shape.dim)
        self.hidden = nn.Parameter(torch.zeros(shape.dim))
        self.read = nn.Linear(shape.dim, shape.dim)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(depth))
        self.end_norm = nn.LayerNorm(shape.dim, EPS)
        self.predict_pixels = nn.Linear(shape.dim, encoder.shape.patch**2 * encoder.shape.channels)

    def forward(self, seen: Tensor, places: Tensor, count: int) -> Tensor:
        """(n, 1 + k, dim) of the class token and of the patches `places` (n, k), of `count` → (n, count, pixels)."""
        read = self.read(seen)
        x = self.hidden.to(read.dtype).expand(len(seen), count, -1)
        x = x.scatter(1, places[..., None].expand(-1, -1, read.shape[-1]), read[:, 1:])
        x = torch.cat([read[:, :1], x], 1) + self.positions.weight[: count + 1]
        for layer in self.layers:
            x = layer(x, None)
        return self.predict_pixels(self.end_norm(x[:, 1:]))


@dataclass(frozen=True)
class MaskedPatches:
    """The objective: the pixels of the `share` of an image's `count` patches that are hidden, each of patch · patch."""

    patch: int
    count: int
    share: float = 0.6
    depth: int = 1  # layers of the decoder
    augment: Augment = SEEN
    fewest: int = field(default=1, init=False)
    baseline: str = field(default="each patch's mean", init=False)

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise OptionError(f"share must be above 0 and below 1, not {self.share!r}")
        if self.count < 2:
            raise OptionError(
                "objective 'masked' wants two patches of an image or more: give a smaller patch"
            )

    def head(self, encoder: Vision) -> nn.Module:
        """The decoder; raises `OptionError` for an encoder whose patches see what is hidden."""
        if not isinstance(encoder, Vision) or encoder.shape.stem != "linear":
            raise OptionError(
                "objective 'masked' wants a vit with stem 'linear', whose patches do not see each other"
            )
        return Decoder(encoder, self.depth)

    def example(
        self, members: np.ndarray, pixels: np.ndarray, random: np.random.Generator, *, learning: bool
    ) -> Views:
        """A view of each while learning; the answers (n, count) are the patches in the order of their hiding."""
        seen = images(pixels)
        order = random.random((len(members), self.count), np.float32).argsort(1)
        return Views((view(seen, self.augment, random) if learning else seen,), torch.from_numpy(order))

    def loss(self, model: TrainedNetwork, batch: Views) -> Tensor:
        """Mean squared error of the hidden pixels, in deviations of their patch."""
        gone, left = batch.answers.split([self.gone, self.count - self.gone], 1)
        patches = model.encoder.patches(batch.images[0])
        seen = model.encoder.every(at(patches, left), left)[-1]
        predicted = model.head(seen, left, self.count).float()
        return (at(predicted, gone) - at(self.wanted(batch), gone)).square().mean()

    @property
    def gone(self) -> int:
        """How many patches are hidden: at least one, and not all."""
        return min(self.count - 1, max(1, round(self.share * self.count)))

    def wanted(self, batch: Views) -> Tensor:
        """(n, count, pixels): what is to be predicted."""
        return levelled(parted(filled(batch.images[0], self.patch), self.patch))

    def chance(self, batches: list[Views]) -> float:
        """The loss of predicting every patch's mean."""
        squares = [float(self.wanted(batch).square().mean()) * batch.n_targets for batch in batches]
        return sum(squares) / sum(batch.n_targets for batch in batches)


def at(vectors: Tensor, places: Tensor) -> Tensor:
    """(n, t, width) and places (n, k) → (n, k, width)."""
    return vectors.gather(1, places[..., None].expand(-1, -1, vectors.shape[-1]))


def levelled(patches: Tensor) -> Tensor:
    """(n, t, pixels) with each patch's mean taken away and its deviation made 1; a flat patch becomes 0."""
    centred = patches - patches.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True).sqrt() + 1e-2)
