"""How much a step for one task helps another: inter-task affinity (Fifty et al. 2021, arXiv 2109.04617, section 3).

On one batch the trunk takes a step along task i's gradient alone, and every task's loss is measured again:

    Z(i → j) = 1 - L_j(after) / L_j(before)

The step is taken on a copy, and so are the norms' means: training goes on as if nobody had looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from likewise.errors import Diverged
from likewise.neural.multitask.batch import Batch, Kind, losses
from likewise.neural.multitask.network import TaskNetwork

LEAST = 1e-9  # a loss that there is nothing to take from: what is left of it is rounding


@dataclass
class Probes:
    """What was seen each time: `gains` (t, t) float64, of task j by a step for task i in row j and column i; and
    `measured` (t, t) bool: both had labels in the batch, and j's loss was not 0 already. Elsewhere the gain is 0.
    """

    kinds: Sequence[Kind]
    step: float
    gains: list[np.ndarray] = field(default_factory=list)
    measured: list[np.ndarray] = field(default_factory=list)

    def __call__(self, model: TaskNetwork, batch: Batch) -> None:
        """Look ahead from here."""
        gains, measured = look_ahead(model, self.kinds, batch, self.step)
        self.gains.append(gains)
        self.measured.append(measured)


def look_ahead(
    model: TaskNetwork, kinds: Sequence[Kind], batch: Batch, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """gains and measured, as `Probes` has them, of steps of size `step` on the trunk; the model stays as it is.

    Raises `Diverged` where a loss is no longer finite.
    """
    trunk = {f"trunk.{name}": p for name, p in model.trunk.named_parameters() if p.requires_grad}
    with _unseen(model, kinds, batch) as losses_with:
        before = losses_with({})
        there = [i for i, loss in enumerate(before) if loss is not None]
        start = np.array([0.0 if loss is None else float(loss.detach()) for loss in before])
        after = np.tile(start, (len(kinds), 1))
        for i in there:
            is_last = i == there[-1]
            found = torch.autograd.grad(
                before[i], list(trunk.values()), retain_graph=not is_last, allow_unused=True
            )
            with torch.no_grad():
                again = losses_with(
                    dict(zip(trunk, map(partial(_moved, step), trunk.values(), found), strict=True))
                )
            after[i, there] = [float(again[j]) for j in there]
    if not np.isfinite(after).all():
        raise Diverged(f"a look ahead of {step:g} leaves a loss that is not finite: try a tenth of it")
    measured = np.zeros((len(kinds), len(kinds)), bool)
    measured[np.ix_(there, there)] = True
    measured &= (start > LEAST)[:, None]
    gains = np.where(measured, 1 - after.T / np.where(start > LEAST, start, 1.0)[:, None], 0.0)
    return gains, measured


def _moved(step: float, weight: Tensor, gradient: Tensor | None) -> Tensor:
    return weight if gradient is None else weight - step * gradient


@contextmanager
def _unseen(
    model: TaskNetwork, kinds: Sequence[Kind], batch: Batch
) -> Iterator[Callable[[Mapping[str, Tensor]], Sequence[Any]]]:
    """Gives the function of the losses as in training, with some of the weights replaced, always by the same random
    numbers; what norms learn by it goes to copies, and torch's random state is as before.
    """
    was_training = model.training
    with torch.random.fork_rng():
        state = torch.get_rng_state()

        def losses_with(weights: Mapping[str, Tensor]) -> Sequence[Any]:
            torch.set_rng_state(state)
            replaced = dict(weights) | {name: buffer.clone() for name, buffer in model.named_buffers()}
            return losses(lambda *inputs: functional_call(model, replaced, inputs), kinds, batch)

        try:
            model.train()
            yield losses_with
        finally:
            model.train(was_training)
