"""The options of training a network of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingOptions:
    """The options of the caller, whichever the network; see `likewise.images.cnn`."""

    method: str
    objective: str | None = None
    labels: Any = None
    teacher: Any = None
    augment: Any = None
    epochs: int | None = None
    hours: float | None = None
    batch_size: int = 128
    learning_rate: float | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    keep: bool = True
    patch: int | None = None
