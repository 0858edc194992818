"""A convolutional network that embeds overlapping patches and pools them step by step, as its `sizes` say.

    28×28 → 28×28 patches → 14×14 → 7×7 → 4×4 → 1

The patches' filters are the whitened patches of the images themselves, levelled in contrast (Coates et al. 2011; as
first layer: Jordan 2024, arXiv 2404.00498), both signs of each, and are not learnt. Every stage halves the image by
its largest values; filters begin as the identity ("Dirac"), so that the untrained network hands on what it sees. Batch
norms use the means that they have seen when an image is encoded, so a vector never depends on its batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural import weights as stored
from likewise.neural.images.pooling import Kind, Pool
from likewise.system import seeds

Start = Literal["whitened", "dirac"]
PATCHES = 50_000  # that the whitening is taken from
NUMBERS = 1 << 22  # of pixels that the mean is taken from
RIDGE = 1e-2  # of the largest variance is added to all: what is hardly there in the images is not blown up
POOLS = ("mean", "max", "attention", "grid")
CELLS = 5  # rows and columns of a grid, at most
FAINT = 0.1  # variance of what filters see of a patch (1 on average) below which it is taken for flat
MOMENTUM = 0.1  # of what a batch norm remembers


@dataclass(frozen=True)
class Shape:
    """The size of a convolutional network, recorded with it; widths of the stages, the last one the vectors' `dim`."""

    height: int
    width: int
    channels: int
    patch: int = 3  # rows and columns of a patch
    stride: int = 1  # from a patch to the next, less than `patch`: patches overlap
    widths: tuple[int, ...] = (64, 128, 256)
    depth: int = 2  # convolutions of a stage
    pool: Kind | Literal["grid"] = (
        "mean"  # "grid": the mean of each of at most 5 · 5 parts of the image, joined
    )
    start: Start = "whitened"

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        numbers = {"height": self.height, "width": self.width, "patch": self.patch, "depth": self.depth}
        for name, value in (numbers | {f"widths[{i}]": w for i, w in enumerate(self.widths)}).items():
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 16384:
                raise OptionError(f"{name} must be a whole number from 1 to 16,384, not {value!r}")
        if self.channels not in (1, 3):
            raise OptionError(f"channels must be 1, grey, or 3, colour, not {self.channels!r}")
        if not 1 <= self.stride <= self.patch or not self.patch % 2:
            raise OptionError(f"patch must be odd and stride at most it, not {self.patch} and {self.stride}")
        if not self.widths:
            raise OptionError("widths must name one stage or more")
        if self.pool not in POOLS:
            raise OptionError(f"pool must be one of {', '.join(POOLS)} in a cnn, not {self.pool!r}")
        if self.start not in ("whitened", "dirac"):
            raise OptionError(f"start must be 'whitened' or 'dirac', not {self.start!r}")

    @property
    def dim(self) -> int:
        """How many numbers a vector has: as many as the last stage, for each cell of the grid."""
        return self.widths[-1] * self.cells[0] * self.cells[1]

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns that are left of an image in its vector."""
        rows, columns = self.sizes[-2]
        return (min(CELLS, rows), min(CELLS, columns)) if self.pool == "grid" else (1, 1)

    @property
    def filters(self) -> int:
        """Of a patch: its numbers, or as many of the foremost as leave the first stage no more than it gives."""
        return min(self.patch**2 * self.channels, max(1, self.widths[0] // 2))

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Rows and columns of the image, of its patches, after each stage, and, pooled to one, (1, 1)."""
        size = (-(-self.height // self.stride), -(-self.width // self.stride))
        found = [(self.height, self.width), size]
        for _ in self.widths:
            size = (-(-size[0] // 2), -(-size[1] // 2))
            found.append(size)
        return [*found, (1, 1)]


class Filters(nn.Module):
    """A convolution of odd `size` without bias; its weight is the matrix (out, size · size · in) that it is.

    So the optimiser of matrices takes it, and the memory of a view of it is the one that convolutions want.
    """

    def __init__(self, inward: int, outward: int, size: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.inward, self.size, self.stride = inward, size, stride
        self.weight = nn.Parameter(torch.zeros(outward, size * size * inward))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.view(-1, self.size, self.size, self.inward).permute(0, 3, 1, 2)
        return F.conv2d(x, weight, stride=self.stride, padding=self.size // 2)


class Patches(nn.Module):
    """Every patch times the filters, and times their opposites: (n, c, h, w) → (n, 2 · filters, h', w').

    What whitened filters see of a patch is divided by how much they see of it in all, but for the first of them, its
    brightness: a faint edge counts as a strong one.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("filters", torch.from_numpy(places(shape)))

    def forward(self, x: Tensor) -> Tensor:
        s = self.shape
        weight = self.filters.view(-1, s.patch, s.patch, s.channels).permute(0, 3, 1, 2)
        seen = F.conv2d(x, weight, stride=s.stride, padding=s.patch // 2)
        if s.start == "whitened" and s.filters > 1:
            seen = seen * (seen[:, 1:].square().mean(1, keepdim=True) + FAINT).rsqrt()
        return F.gelu(torch.cat([seen, -seen], 1))


class Layer(nn.Module):
    """A convolution, normed; the first of a stage halves the image, the others add to the stream."""

    def __init__(self, inward: int, outward: int, *, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.filters = Filters(inward, outward)
        self.norm = nn.BatchNorm2d(outward, momentum=MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.filters(x)
        if self.halves:
            return F.gelu(self.norm(F.max_pool2d(seen, 2, ceil_mode=True)))
        return x + F.gelu(self.norm(seen))


class Convolution(nn.Module):
    """Images → vectors, by patches that are pooled progressively."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.full((shape.channels,), 0.5))
        self.register_buffer("deviation", torch.full((shape.channels,), 0.25))
        self.patches = Patches(shape)
        widths = (2 * shape.filters, *shape.widths)
        self.layers = nn.ModuleList(
            Layer(widths[i] if first else widths[i + 1], widths[i + 1], halves=first)
            for i in range(len(shape.widths))
            for first in [True] + [False] * (shape.depth - 1)
        )
        self.pool = None if shape.pool == "grid" else Pool(shape.pool, shape.dim)

    @property
    def dim(self) -> int:
        return self.shape.dim

    def maps(self, images: Tensor) -> list[Tensor]:
        """(n, c, h, w) from 0 to 1 → (n, width, h', w') of the patches and after each stage, as `sizes` says."""
        x = (images - self.mean[:, None, None]) / self.deviation[:, None, None]
        found = [self.patches(x)]
        for layer in self.layers:
            if layer.halves:
                found.append(layer(found[-1]))
            else:
                found[-1] = layer(found[-1])
        return found

    def forward(self, images: Tensor) -> Tensor:
        """(n, c, h, w) float from 0 to 1 → (n, dim)."""
        last = self.maps(images)[-1]
        if self.pool is None:
            return F.adaptive_avg_pool2d(last, self.shape.cells).flatten(1)
        return self.pool(last.flatten(2).transpose(1, 2))


def started(shape: Shape, seed: int, pixels: np.ndarray | None = None) -> Convolution:
    """An untrained network; `pixels` (n, h, w, c) uint8 are what its patches are whitened by.

    Without them, or with start "dirac", a patch's filters are its pixels.
    """
    model = Convolution(shape)
    stored.start(model, seed)
    with torch.no_grad():
        for layer in model.layers:
            dirac(layer.filters)
        if pixels is not None:
            mean, deviation = moments(pixels)
            model.mean.copy_(torch.from_numpy(mean))
            model.deviation.copy_(torch.from_numpy(deviation))
            if shape.start == "whitened":
                filters = whitening(patches_of(pixels, shape, seed), mean, deviation)
                model.patches.filters.copy_(torch.from_numpy(filters[: shape.filters]))
    return model


def places(shape: Shape) -> np.ndarray:
    """(filters, patch² · c) float32: each hands on one number of a patch, those in the middle first."""
    rows, columns, _ = np.indices((shape.patch, shape.patch, shape.channels)) - shape.patch // 2
    order = np.argsort((rows**2 + columns**2).ravel(), kind="stable")
    return np.eye(shape.patch**2 * shape.channels, dtype=np.float32)[order[: shape.filters]]


def dirac(filters: Filters) -> None:
    """Let the first filters hand on what stands in the middle, channel by channel; further ones stay random."""
    weight = filters.weight.view(-1, filters.size, filters.size, filters.inward)
    same = min(weight.shape[0], filters.inward)
    weight[:same] = 0
    middle = filters.size // 2
    weight[torch.arange(same), middle, middle, torch.arange(same)] = 1


def moments(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (c,) float32 of the channels, in 0 … 1, over some of the images; a deviation is never 0."""
    some = max(1, NUMBERS // int(np.prod(pixels.shape[1:])))
    few = pixels[:: -(-len(pixels) // some)].reshape(-1, pixels.shape[-1])
    mean, deviation = few.mean(0, np.float64) / 255, few.std(0, dtype=np.float64) / 255
    return mean.astype(np.float32), np.maximum(deviation, 1 / 255).astype(np.float32)


def patches_of(pixels: np.ndarray, shape: Shape, seed: int) -> np.ndarray:
    """(m, patch, patch, c) uint8: patches at random places of random images; an image too small is padded by edges."""
    random, size = seeds.generator(seed, "context.patches"), shape.patch
    images = np.sort(random.integers(len(pixels), size=min(PATCHES, 64 * len(pixels))))
    rows, columns = (random.integers(max(1, side - size + 1), size=len(images)) for side in pixels.shape[1:3])
    short = [(0, max(0, size - side)) for side in pixels.shape[1:3]]
    found = np.empty((len(images), size, size, pixels.shape[-1]), np.uint8)
    for i, (image, row, column) in enumerate(zip(images, rows, columns, strict=True)):
        whole = (
            np.pad(pixels[image], [*short, (0, 0)], mode="edge") if any(map(any, short)) else pixels[image]
        )
        found[i] = whole[row : row + size, column : column + size]
    return found


def whitening(patches: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(k, k) float32 filters, k = patch² · c: principal axes of the patches, the greatest first, each scaled to about
    unit variance.
    """
    rows = ((patches / 255 - mean) / deviation).reshape(len(patches), -1)
    values, axes = np.linalg.eigh(rows.T @ rows / len(rows))
    axes = axes * np.where(
        axes[np.abs(axes).argmax(0), np.arange(len(values))] < 0, -1, 1
    )  # of two signs, one
    scaled = axes / np.sqrt(np.maximum(values, 0) + RIDGE * max(values[-1], 1e-6))
    return np.ascontiguousarray(scaled.T[::-1], np.float32)
