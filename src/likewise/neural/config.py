"""The settings of a training: budget, batches, learning rate, optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from likewise.errors import OptionError
from likewise.neural.optimizer import METHODS, Method
from likewise.system import seeds


class TrainingSettings(Protocol):
    """What the trainer reads of the settings of a training."""

    @property
    def epochs(self) -> int | None: ...
    @property
    def tokens(self) -> int | None: ...
    @property
    def hours(self) -> float | None: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def clip(self) -> float | None: ...
    def learning_rate_at(self, share: float) -> float: ...


@dataclass(frozen=True)
class Settings:
    """Settings of a training; all of them change the weights, and are recorded with them.

    Budgets and batches count the units of the problem: tokens of a text, or images, texts, items.
    """

    epochs: int | None = None  # the budget is one of these three; without any it is one epoch
    tokens: int | None = None
    hours: float | None = None  # converted to units by the speed of the first second
    batch_size: int = 4096  # units of a step; of a text: positions
    learning_rate: float = 1e-3  # the highest; it rises linearly over `warmup`, then falls linearly to 0
    optimiser: Method = "muon"  # for matrices of hidden layers; or "adamw" for all weights
    warmup: float = 0.06  # share of the budget
    decay: float = 0.01  # weight decay of the matrices, a step at learning rate 1
    clip: float = 1.0  # the gradient's norm is at most this
    held_out: float = 0.01  # share of the units
    precision: str = "auto"  # "float32", "bfloat16", or "auto" for what is faster on this machine
    seed: int = 0

    def __post_init__(self) -> None:
        given = [name for name in ("epochs", "tokens", "hours") if getattr(self, name) is not None]
        if len(given) > 1:
            raise OptionError(f"{' and '.join(given)} exclude each other: give one budget")
        for name, least, most in RANGES:
            value = getattr(self, name)
            if value is not None and (not _is_number(value) or not least <= value <= most):
                raise OptionError(f"{name} must be from {least:g} to {most:g}, not {value!r}")
        for name in ("epochs", "tokens", "batch_size"):
            if isinstance(getattr(self, name), float):
                raise OptionError(f"{name} must be a whole number, not {getattr(self, name)!r}")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise OptionError(f"precision must be 'auto', 'float32' or 'bfloat16', not {self.precision!r}")
        if self.optimiser not in METHODS:
            raise OptionError(f"optimiser must be 'muon' or 'adamw', not {self.optimiser!r}")
        seeds.checked(self.seed)

    def learning_rate_at(self, share: float) -> float:
        """The learning rate when `share` of the budget is done."""
        rising = share / self.warmup if self.warmup else 1.0
        return self.learning_rate * max(0.0, min(rising, (1 - share) / (1 - self.warmup)))


RANGES = (
    ("epochs", 1, 1e6),
    ("tokens", 1, 1e15),
    ("hours", 1e-6, 1e5),
    ("batch_size", 1, 2**24),
    ("learning_rate", 1e-9, 10),
    ("warmup", 0, 0.9),
    ("decay", 0, 1),
    ("clip", 1e-6, 1e6),
    ("held_out", 1e-6, 0.5),
)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
