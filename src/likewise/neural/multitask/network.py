"""One trunk that all tasks share, and a head for each: hard sharing (Caruana 1997)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural import weights as stored
from likewise.neural.multitask.batch import Kind, Task
from likewise.neural.text.masked import MaskedModel
from likewise.system import seeds


@dataclass(frozen=True)
class Shape:
    """The size of a perceptron: `width` numbers go in, `dim` come out of each of its two layers."""

    width: int
    dim: int = 128

    def __post_init__(self) -> None:
        for name in ("width", "dim"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**31:
                raise OptionError(f"{name} must be a whole number of at least 1, not {value!r}")


class Perceptron(nn.Module):
    """(n, width) → (n, dim): what makes a trunk of the vectors of any encoder.

    Columns are moved to mean 0 and scaled by one deviation for all, those that `levelled` has seen.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(shape.width))
        self.register_buffer("deviation", torch.ones(()))
        self.layers = nn.ModuleList([nn.Linear(shape.width, shape.dim), nn.Linear(shape.dim, shape.dim)])
        self.inner_norm = nn.LayerNorm(shape.dim)

    @property
    def dim(self) -> int:
        return self.shape.dim

    def forward(self, vectors: Tensor) -> Tensor:
        x = F.gelu(self.inner_norm(self.layers[0]((vectors - self.mean) / self.deviation)))
        return F.gelu(self.layers[1](x))


def perceptron(rows: Any, dim: int, seed: int) -> Perceptron:
    """A fresh one for `rows` (n, d), levelled by them where they are dense: sparse ones keep their zeros."""
    model = Perceptron(Shape(rows.shape[1], dim))
    stored.start(model, seed)
    if not hasattr(rows, "tocsr"):
        spread = float(rows.std(axis=0, dtype=np.float64).mean())
        with torch.no_grad():
            model.mean.copy_(torch.from_numpy(rows.mean(axis=0, dtype=np.float64).astype(np.float32)))
            model.deviation.fill_(spread if spread > 0 else 1.0)
    return model


class Reader(nn.Module):
    """The transformer of `masked` as a trunk: the mean of a text's tokens in context."""

    def __init__(self, model: MaskedModel) -> None:
        super().__init__()
        self.model, self.shape = model, model.shape

    @property
    def dim(self) -> int:
        return self.model.width

    def forward(
        self, ids: Tensor, positions: Tensor, sequences: Tensor, slots: Tensor, items: Tensor
    ) -> Tensor:
        """What `inputs.TokenInputs` gives → (n, dim)."""
        hidden = self.model.every(ids, positions, sequences)[-1].flatten(0, 1)[slots]
        counts = torch.bincount(items)
        total = torch.zeros(len(counts), self.dim, dtype=hidden.dtype, device=hidden.device)
        return total.index_add(0, items, hidden) / counts[:, None]


class TaskNetwork(nn.Module):
    """A trunk, any module with `dim` and `shape`, and a linear head for each task.

    `doubts` (t,) are log variances, learnt where losses are weighed by them; else None.
    """

    def __init__(self, trunk: Any, widths: Sequence[int], *, is_weighed: bool = False) -> None:
        super().__init__()
        self.trunk, self.shape = trunk, trunk.shape
        self.heads = nn.ModuleList(nn.Linear(trunk.dim, width) for width in widths)
        self.doubts = nn.Parameter(torch.zeros(len(widths))) if is_weighed else None

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        """(n, width) of each head."""
        vectors = self.trunk(*inputs)
        return [head(vectors) for head in self.heads]


def network(trunk: Any, tasks: Sequence[Task], seed: int, *, is_weighed: bool = False) -> TaskNetwork:
    """The trunk, its weights as they are, with heads started from the seed.

    Each has random numbers of its own, by its task's name, whichever other tasks there are: heads that began alike
    would make tasks seem to help each other.
    """
    model = TaskNetwork(trunk, [task.width for task in tasks], is_weighed=is_weighed)
    for head, task in zip(model.heads, tasks, strict=True):
        stored.start(head, int(seeds.generator(seed, f"context.head {task.name}").integers(2**63)))
    return model


def weighed(losses: Sequence[Tensor | None], kinds: Sequence[Kind], doubts: Tensor | None) -> Tensor:
    """The sum of the losses that there are: as they are, or by learnt doubt.

    By doubt: Kendall et al. 2018 (arXiv 1705.07115, section 3), L / σ² + log σ, of numbers L / 2σ² + log σ. A task
    without a loss adds nothing, and its σ stays as it was.
    """
    parts = [(i, loss) for i, loss in enumerate(losses) if loss is not None]
    if doubts is None:
        return torch.stack([loss for _, loss in parts]).sum()
    share = {"classes": 1.0, "numbers": 0.5, "sets": 1.0}
    return torch.stack(
        [share[kinds[i]] * loss * torch.exp(-doubts[i]) + doubts[i] / 2 for i, loss in parts]
    ).sum()
