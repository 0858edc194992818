"""AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), one pass over the weights a step, and its state as arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from likewise.context import stored

BETAS = (0.9, 0.98)
EPS = 1e-6
MOMENTS = {"first": "exp_avg", "second": "exp_avg_sq"}  # what a checkpoint calls them, and what torch does


def adamw(model: nn.Module, decay: float) -> torch.optim.Optimizer:
    """Weights decay in matrices only, not in norms and biases."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=BETAS, eps=EPS, fused=True)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


def to_arrays(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Both moments of every parameter, float32, as `first_NAME` and `second_NAME`; zeros before the first step."""
    arrays = {}
    for name, parameter in stored.parameters(model).items():
        state = optimiser.state.get(parameter, {})
        for ours, theirs in MOMENTS.items():
            arrays[f"{ours}_{name}"] = stored.copied(state.get(theirs, torch.zeros_like(parameter)))
    return arrays


def from_arrays(
    model: nn.Module, optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray], step: int
) -> None:
    """Put the moments back as they were after `step` steps; raises `InputError` for other names or shapes."""
    for name, parameter in stored.parameters(model).items():
        state = {"step": torch.tensor(float(step), device=parameter.device)}
        for ours, theirs in MOMENTS.items():
            state[theirs] = torch.empty_like(parameter, memory_format=torch.preserve_format)
            stored.write(state[theirs], f"{ours}_{name}", arrays[f"{ours}_{name}"])
        optimiser.state[parameter] = state
