"""Other views of the same images, made a batch at a time on arrays: no loader processes, and no seed but the one given.

One resampling does the crop, shift, turn and flip of an image together; then its colours change, and a square of it may
be cut out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from likewise.errors import OptionError

GREY = torch.tensor([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Augment:
    """How far a view may be from its image; all 0 leaves it as it is."""

    shift: float = 0.0  # of the height and width, at most, to each side
    crop: float = 0.0  # at most this share of the area is left out; what is left fills the image
    stretch: float = 0.0  # a side may grow or shrink by this share, against the other
    turn: float = 0.0  # degrees, at most, to each side
    flip: bool = False  # every second view is the mirror image
    colour: float = 0.0  # brightness, contrast and, in colour, saturation change by at most this share
    grey: float = 0.0  # this share of the views loses its colours
    cutout: float = 0.0  # side of the square that is cut out, as a share of the shorter side

    def __post_init__(self) -> None:
        for name, most in (("shift", 0.5), ("crop", 0.95), ("stretch", 0.9), ("turn", 180.0), ("colour", 1.0),
                           ("grey", 1.0), ("cutout", 1.0)):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise OptionError(f"{name} must be from 0 to {most:g}, not {value!r}")

    @property
    def moves(self) -> bool:
        """Whether the image is resampled."""
        return bool(self.shift or self.crop or self.stretch or self.turn or self.flip)


NOTHING = Augment()
# Digits, letters and most things that a person has sorted: a mirror image may be another thing.
LABELLED = Augment(shift=0.07, crop=0.15, stretch=0.1, turn=8.0)
# For views that are to have one vector: all that does not change what is shown.
VIEWS = Augment(crop=0.5, stretch=0.2, flip=True, colour=0.4, grey=0.2)


def images(pixels: np.ndarray) -> Tensor:
    """(n, h, w, c) uint8 → (n, c, h, w) float32 from 0 to 1, in channels-last memory, as convolutions like it."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float().div_(255)


def view(images: Tensor, how: Augment, random: np.random.Generator) -> Tensor:
    """One view of each of (n, c, h, w) from 0 to 1, drawn from `random` alone."""
    if how.moves:
        images = resampled(images, maps(how, len(images), images.shape[2] / images.shape[3], random))
    if how.colour or how.grey:
        images = recoloured(images, how, random)
    return cut(images, how.cutout, random) if how.cutout else images


def maps(how: Augment, n: int, ratio: float, random: np.random.Generator) -> Tensor:
    """(n, 2, 3): from a view's coordinates, -1 … 1 in both directions, to those of its image; `ratio` is h / w."""
    drawn = random.random((7, n), np.float32)
    side = np.sqrt(1 - how.crop * drawn[0])
    odd = np.exp((2 * drawn[1] - 1) * np.log1p(how.stretch) / 2)
    across, down = np.minimum(side * odd, 1 + how.stretch), np.minimum(side / odd, 1 + how.stretch)
    angle = np.deg2rad(how.turn) * (2 * drawn[2] - 1)
    mirrored = np.where(drawn[3] < 0.5, -1.0, 1.0) if how.flip else np.ones(n)
    room = [np.maximum(0, 1 - extent) + 2 * how.shift for extent in (across, down)]
    rows = np.empty((n, 2, 3), np.float32)
    cosine, sine = np.cos(angle), np.sin(angle)
    rows[:, 0] = np.stack([across * cosine * mirrored, -down * sine * ratio, (2 * drawn[4] - 1) * room[0]], 1)
    rows[:, 1] = np.stack([across * sine * mirrored / ratio, down * cosine, (2 * drawn[5] - 1) * room[1]], 1)
    return torch.from_numpy(rows)


def resampled(images: Tensor, maps: Tensor) -> Tensor:
    """The images under the maps, linearly between pixels; beyond its border an image goes on as at the border."""
    grid = F.affine_grid(maps.to(images.device), list(images.shape), align_corners=False)
    seen = F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return seen.contiguous(memory_format=torch.channels_last)


def recoloured(images: Tensor, how: Augment, random: np.random.Generator) -> Tensor:
    """Brightness, contrast and saturation changed, some of the views grey."""
    n, channels = images.shape[:2]
    drawn = random.random((4, n), np.float32)
    bright, contrast, vivid = torch.from_numpy(1 + how.colour * (2 * drawn[:3] - 1))[
        ..., None, None, None
    ].to(images.device)
    images = images * bright
    if channels == 3:
        grey = (images * GREY.to(images.device)[:, None, None]).sum(1, keepdim=True)
        pale = torch.from_numpy(drawn[3] < how.grey)[:, None, None, None].to(images.device)
        images = grey + (images - grey) * torch.where(pale, 0.0, vivid)
    mean = images.mean((1, 2, 3), keepdim=True)
    return (mean + (images - mean) * contrast).clamp_(0, 1)


def cut(images: Tensor, share: float, random: np.random.Generator) -> Tensor:
    """A square of each replaced by the image's mean (DeVries and Taylor 2017, arXiv 1708.04552)."""
    n, _, h, w = images.shape
    side = max(1, round(share * min(h, w)))
    top, left = (torch.from_numpy(random.integers(1 - side, size, n))[:, None] for size in (h, w))
    rows, columns = torch.arange(h)[None], torch.arange(w)[None]
    inside = ((rows >= top) & (rows < top + side))[:, :, None] & (
        (columns >= left) & (columns < left + side)
    )[:, None]
    mean = images.mean((2, 3), keepdim=True)
    return torch.where(inside[:, None].to(images.device), mean, images)
