"""How an encoder is taught: the budget, the steps and their sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.errors import OptionError
from likewise.neural.optimizer import METHODS, Method
from likewise.system import seeds


@dataclass(frozen=True)
class Settings:
    """How an encoder is taught; everything here changes the weights, and is recorded with them."""

    epochs: int | None = None  # the budget: at most one of these three is given; with none it is one epoch
    tokens: int | None = None
    hours: float | None = None  # made into tokens by the speed of the first second, and recorded so
    batch_size: int = 4096  # slots of a step
    learning_rate: float = (
        1e-3  # highest step size; rises evenly over `warmup` of the budget, then falls evenly to 0
    )
    optimiser: Method = "muon"  # or "adamw", for all of it; a recurrent encoder has it anyway
    warmup: float = 0.06
    decay: float = 0.01  # of the matrices, a step at rate 1
    clip: float = 1.0  # the gradient's norm is at most this
    held_out: float = 0.01  # share of the tokens
    precision: str = "auto"  # "float32", "bfloat16", or what is faster here
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
        """The step size when `share` of the budget is done."""
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
