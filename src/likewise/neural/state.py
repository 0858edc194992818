"""The state of a training between two steps, and the same as arrays and facts for a checkpoint."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from likewise.neural import optimizer, weights
from likewise.neural.config import Settings
from likewise.neural.optimizer import Optimizer
from likewise.neural.precision import Precision, resolve_precision


@dataclass
class State:
    """A training that can be stopped and resumed: the model, its optimizer, and how far it came."""

    model: nn.Module
    optimizer: Optimizer
    precision: Precision
    total: int = 0  # units of the whole budget
    done: int = 0  # units
    step: int = 0
    epoch: int = 0
    chunk: int = 0  # of the epoch
    batch: int = 0  # of the chunk
    loss: float = 0.0  # summed over the steps since the last evaluation
    steps: int = 0  # how many those are
    batches: tuple[tuple[int, int], Sequence[Any]] | None = field(default=None, repr=False)  # of the chunk
    history: list[dict[str, float]] = field(default_factory=list)  # a row for each evaluation
    alarms: dict[str, str] = field(default_factory=dict)  # those of the last evaluation, by what is wrong

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights and both moments, float32 by name."""
        arrays = {f"weight_{name}": array for name, array in weights.to_arrays(self.model).items()}
        return arrays | optimizer.to_arrays(self.model, self.optimizer)

    def facts(self) -> dict[str, Any]:
        """The rest, as JSON values."""
        return {name: getattr(self, attribute) for name, attribute in FACTS.items()}


FACTS = {  # what a checkpoint calls them, and their attributes
    "numbers": "precision", "total": "total", "done": "done", "step": "step", "epoch": "epoch", "chunk": "chunk",
    "batch": "batch", "loss": "loss", "steps": "steps", "history": "history", "alarms": "alarms",
}  # fmt: skip


def init_state(model: nn.Module, settings: Settings, *, device: str = "cpu") -> State:
    """The start of a training from random weights, drawn from the seed."""
    weights.start(model, settings.seed)
    return start_state(model, settings, device=device)


def start_state(model: nn.Module, settings: Settings, *, device: str = "cpu") -> State:
    """The start of a training from the weights that the model has."""
    model.to(device)
    precision = resolve_precision(settings.precision, model.shape.dim, torch.device(device))
    return State(model, optimizer.make_optimizer(model, settings.optimiser, settings.decay), precision)


def restore_state(
    model: nn.Module, settings: Settings, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any], *,
    device: str = "cpu",
) -> State:  # fmt: skip
    """The state of a checkpoint; raises `InputError` if its arrays are not those of the model."""
    model.to(device)
    by = optimizer.make_optimizer(model, settings.optimiser, settings.decay)
    return restore(model, by, arrays, facts)


def restore(
    model: nn.Module, by: Optimizer, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> State:
    """The same with an optimizer that is there already."""
    weights.from_arrays(
        model, {n.removeprefix("weight_"): a for n, a in arrays.items() if n.startswith("weight_")}
    )
    state = State(model, by, **copy.deepcopy({attribute: facts[name] for name, attribute in FACTS.items()}))
    if state.step:
        optimizer.from_arrays(model, by, arrays, state.step)
    return state
