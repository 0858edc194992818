"""Small pictures with a known answer: a bright bar on a noisy ground, lying or standing, at any place."""

from __future__ import annotations

import numpy as np

from likewise.neural.config import Settings
from likewise.system.seeds import generator


def bars(n: int, *, side: int = 8, channels: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(n, side, side, channels) uint8, and (n,) int64: 0 where the bar lies, 1 where it stands."""
    random = generator(seed, "test.bars")
    pixels = random.integers(0, 100, (n, side, side, channels)).astype(np.uint8)
    answers, places = random.integers(2, size=n), random.integers(side, size=n)
    for i in range(n):
        if answers[i]:
            pixels[i, :, places[i]] = 220
        else:
            pixels[i, places[i]] = 220
    return pixels, answers.astype(np.int64)


def waves(n: int, *, side: int = 8) -> np.ndarray:
    """(n, side, side, 1) uint8: a wave across and one down, from any place on: a part tells the whole."""
    begins = generator(0, "test.waves").random((2, n, 1)) * 2 * np.pi
    across, down = np.sin(begins + np.arange(side) * np.pi / 4)
    return (127 + 60 * across[:, None, :, None] + 60 * down[:, :, None, None]).astype(np.uint8)


def quick(**options: object) -> Settings:
    return Settings(
        **{
            "epochs": 1,
            "batch_size": 32,
            "learning_rate": 0.02,
            "held_out": 0.1,
            "precision": "float32",
            **options,
        }
    )  # type: ignore[arg-type]
