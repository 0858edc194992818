"""A vision transformer (Dosovitskiy et al. 2021, arXiv 2010.11929): patches are tokens, and the body is that of text.

The stem is one linear layer on patches that do not overlap, or a few small convolutions, which learn faster from few
images (Xiao et al. 2021, arXiv 2106.14881).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural import transformer
from likewise.neural import weights as stored
from likewise.neural.images.convolution import Filters, moments
from likewise.neural.images.pooling import KINDS, Kind, Pool
from likewise.neural.transformer import Transformer

Stem = Literal["conv", "linear"]


@dataclass(frozen=True)
class Shape:
    """The size of a vision transformer, recorded with it."""

    height: int
    width: int
    channels: int
    patch: int = 4  # rows and columns of a patch: with stem "conv" a power of two
    dim: int = 128
    layers: int = 4
    heads: int = 4
    inner: int = 512  # width of each layer's perceptron
    pool: Kind = "class"
    stem: Stem = "conv"

    def __post_init__(self) -> None:
        for name in ("height", "width", "patch"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 16384:
                raise OptionError(f"{name} must be a whole number from 1 to 16,384, not {value!r}")
        if self.channels not in (1, 3):
            raise OptionError(f"channels must be 1, grey, or 3, colour, not {self.channels!r}")
        if self.stem not in ("conv", "linear"):
            raise OptionError(f"stem must be 'conv' or 'linear', not {self.stem!r}")
        if self.stem == "conv" and (self.patch < 2 or self.patch & (self.patch - 1)):
            raise OptionError(f"patch must be 2, 4, 8 … with stem 'conv', not {self.patch}")
        if self.pool not in KINDS:
            raise OptionError(f"pool must be one of {', '.join(KINDS)}, not {self.pool!r}")
        _ = self.body

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches; those at the lower and right edge may reach beyond the image."""
        return -(-self.height // self.patch), -(-self.width // self.patch)

    @property
    def body(self) -> transformer.Shape:
        """Of the transformer: a slot for the class token and one for each patch."""
        return transformer.Shape(
            self.layers, self.dim, self.heads, self.inner, 1 + self.grid[0] * self.grid[1]
        )


class Vision(nn.Module):
    """Images → vectors, by patches that attend to each other."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.full((shape.channels,), 0.5))
        self.register_buffer("deviation", torch.full((shape.channels,), 0.25))
        self.stem: nn.Module = ConvStem(shape) if shape.stem == "conv" else LinearStem(shape)
        self.body = Transformer(shape.body)
        self.pool = Pool(shape.pool, shape.dim, lead=1)

    @property
    def dim(self) -> int:
        return self.shape.dim

    def patches(self, images: Tensor) -> Tensor:
        """(n, c, h, w) from 0 to 1 → (n, t, dim): what the patches, row by row, are read as."""
        x = (images - self.mean[:, None, None]) / self.deviation[:, None, None]
        return self.stem(filled(x, self.shape.patch))

    def every(self, patches: Tensor, places: Tensor | None = None) -> list[Tensor]:
        """(n, t, dim) → after each layer (n, 1 + t, dim), the class token first, what goes into the first before them.

        places (n, t) int64: which patches these are, where some are left out.
        """
        n, t, _ = patches.shape
        if places is None:
            places = torch.arange(t, device=patches.device).expand(n, t)
        positions = F.pad(places + 1, (1, 0))
        sequences = torch.arange(n, device=patches.device)[:, None].expand(n, 1 + t)
        return self.body.every(F.pad(patches, (0, 0, 1, 0)), positions, sequences)

    def forward(self, images: Tensor) -> Tensor:
        """(n, c, h, w) float from 0 to 1 → (n, dim)."""
        return self.pool(self.every(self.patches(images))[-1])

    def attention(self, images: Tensor) -> Tensor:
        """(n, layers, heads, rows, columns): how much the class token reads of each patch; with its own share, 1."""
        stream = self.every(self.patches(images))
        seen = [
            layer.attention.weights(layer.attention_norm(x))[:, :, 0, 1:]
            for layer, x in zip(self.body.layers, stream, strict=False)
        ]
        return torch.stack(seen, 1).unflatten(-1, self.shape.grid)


class LinearStem(nn.Module):
    """Each patch, as it is, times a matrix."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.patch = shape.patch
        self.embed = nn.Linear(shape.channels * shape.patch**2, shape.dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.embed(parted(x, self.patch))


class ConvStem(nn.Module):
    """Convolutions that each halve the image, until a place is a patch, then a matrix."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        steps = shape.patch.bit_length() - 1
        widths = [shape.channels, *(max(8, shape.dim >> (steps - 1 - i)) for i in range(steps))]
        self.filters = nn.ModuleList(Filters(a, b, 3, 2) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(Channels(width) for width in widths[1:])
        self.embed = nn.Linear(widths[-1], shape.dim)

    def forward(self, x: Tensor) -> Tensor:
        for filters, norm in zip(self.filters, self.norms, strict=True):
            x = F.gelu(norm(filters(x)))
        return self.embed(x.flatten(2).transpose(1, 2))


class Channels(nn.Module):
    """A norm over the channels of each place, which knows of no other image."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def filled(images: Tensor, patch: int) -> Tensor:
    """With zeros below and at the right, so that both sides are multiples of `patch`."""
    below, right = (-side % patch for side in images.shape[2:])
    return F.pad(images, (0, right, 0, below)) if below or right else images


def parted(images: Tensor, patch: int) -> Tensor:
    """(n, c, h, w) → (n, t, patch · patch · c): the patches row by row; both sides are multiples of `patch`."""
    n, c, h, w = images.shape
    grid = images.reshape(n, c, h // patch, patch, w // patch, patch).permute(0, 2, 4, 3, 5, 1)
    return grid.reshape(n, -1, patch * patch * c)


def started(shape: Shape, seed: int, pixels: np.ndarray | None = None) -> Vision:
    """An untrained network; the mean and deviation that it takes away are those of `pixels` (n, h, w, c) uint8."""
    model = Vision(shape)
    stored.start(model, seed)
    if pixels is not None:
        with torch.no_grad():
            for buffer, numbers in zip((model.mean, model.deviation), moments(pixels), strict=True):
                buffer.copy_(torch.from_numpy(numbers))
    return model
