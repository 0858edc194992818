"""A training of an encoder as it stands between two steps, and the same as arrays and facts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from likewise.neural import optimizer as optimiser
from likewise.neural import precision
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.optimizer import Optimiser
from likewise.neural.packing import Layout
from likewise.neural.precision import Precision
from likewise.neural.text.sampling import Sequences


@dataclass
class State:
    """A training that can be stopped and gone on with: the model, its optimiser, and how far it came."""

    model: nn.Module
    optimiser: Optimiser
    numbers: Precision
    total: int = 0  # tokens of the whole budget
    done: int = 0  # tokens
    step: int = 0
    epoch: int = 0
    chunk: int = 0
    batch: int = 0  # of the chunk under way
    loss: float = 0.0  # summed over the steps since the last look at what is held out
    steps: int = 0  # how many those are
    laid: tuple[tuple[int, int], list[tuple[Sequences, Layout]]] | None = field(default=None, repr=False)
    history: list[dict[str, float]] = field(default_factory=list)  # a row each look
    alarms: dict[str, str] = field(default_factory=dict)  # those of the last look, by what is wrong

    def arrays(self) -> dict[str, np.ndarray]:
        """All that is made of numbers, float32 by name: the weights and both moments."""
        weights = {f"weight_{name}": array for name, array in stored.to_arrays(self.model).items()}
        return weights | optimiser.to_arrays(self.model, self.optimiser)

    def facts(self) -> dict[str, Any]:
        """The rest, as JSON values."""
        return {name: getattr(self, name) for name in FACTS}


FACTS = (
    "numbers", "total", "done", "step", "epoch", "chunk", "batch", "loss", "steps", "history", "alarms",
)  # fmt: skip


def fresh(model: nn.Module, settings: Settings, *, device: str = "cpu") -> State:
    """A training from first weights drawn from the seed."""
    stored.start(model, settings.seed)
    return continued(model, settings, device=device)


def continued(model: nn.Module, settings: Settings, *, device: str = "cpu") -> State:
    """A training that begins with the weights that the model has."""
    model.to(device)
    numbers = precision.chosen(settings.precision, model.shape.dim, torch.device(device))
    return State(model, optimiser.optimiser(model, settings.optimiser, settings.decay), numbers)


def resumed(
    model: nn.Module, settings: Settings, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any], *,
    device: str = "cpu",
) -> State:  # fmt: skip
    """The state that a checkpoint holds; raises `InputError` where its arrays are not those of the model."""
    weights = {n.removeprefix("weight_"): a for n, a in arrays.items() if n.startswith("weight_")}
    stored.from_arrays(model, weights)
    model.to(device)
    state = State(
        model,
        optimiser.optimiser(model, settings.optimiser, settings.decay),
        **copy.deepcopy({n: facts[n] for n in FACTS}),
    )
    if state.step:
        optimiser.from_arrays(model, state.optimiser, arrays, state.step)
    return state
