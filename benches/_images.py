"""What the benches of networks of images share: MNIST as arrays, and how well a network tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import images_baselines


def mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixels (60000, 28, 28, 1) uint8 and their digits (60000,) int64 to learn from, then 10,000 of both to test."""
    learnt, tested = (images_baselines.mnist(part) for part in ("train", "t10k"))
    digits = [np.array(album.labels or (), np.int64) for album in (learnt, tested)]
    return learnt.pixels, digits[0], tested.pixels, digits[1]


def accuracy(network: Callable[[Any], Any], module: Any, pixels: np.ndarray, answers: np.ndarray) -> float:
    """Share of pictures whose largest score is that of their class."""
    import torch

    from likewise.neural.images.augment import images

    module.eval()
    with torch.no_grad():
        told = torch.cat([network(images(pixels[i : i + 500])).argmax(1) for i in range(0, len(pixels), 500)])
    return float((told.numpy() == answers).mean())
