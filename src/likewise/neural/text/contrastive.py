"""Contrastive fine-tuning on pairs: of all texts of a batch, which one belongs to this one?

Henderson et al. 2017 (arXiv 1705.00652, section 4), InfoNCE of van den Oord et al. 2018 (arXiv 1807.03748), both ways.
With `dims` the first numbers of a vector learn to do without the others (Kusupati et al. 2022, arXiv 2205.13147).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.neural.pretrained import fine_tuning
from likewise.neural.pretrained.bert import Bert
from likewise.neural.pretrained.encoding import chosen
from likewise.neural.pretrained.fine_tuning import Batch


@dataclass(frozen=True, eq=False)
class Contrastive:
    """The objective: rows of token ids, `left[i]` and `right[i]` a pair, none of them empty.

    Texts that are the same, letter for letter, do not count against each other.
    """

    left: Ragged
    right: Ragged
    pooling: str = "mean"
    temperature: float = 0.05  # by which cosines are divided
    dims: tuple[int, ...] = ()  # widths that are trained as well as the whole
    baseline: str = field(default="any text of the batch", init=False)

    def __post_init__(self) -> None:
        if len(self.left) != len(self.right):
            raise InputError(f"{len(self.left)} texts and {len(self.right)}: pairs are wanted")
        if not 0.001 <= self.temperature <= 10:
            raise OptionError(f"temperature must be from 0.001 to 10, not {self.temperature!r}")
        if not all(len(side.ids) and side.lengths.all() for side in (self.left, self.right)):
            raise InputError("a text of a pair has no tokens: leave the pair out")
        numbers = _numbered([*list(self.left), *list(self.right)])
        object.__setattr__(self, "_same", numbers.reshape(2, -1))

    def __len__(self) -> int:
        return len(self.left)

    def example(self, model: Bert, members: np.ndarray) -> Batch:
        """The pairs of these numbers: first all of the left, then all of the right."""
        widths = [*self.dims, model.width]
        if not all(type(width) is int and 1 <= width <= model.width for width in widths):
            raise OptionError(f"dims must be from 1 to {model.width}, not {self.dims}")
        rows = joined(chosen(self.left, members), chosen(self.right, members))
        one, other = (side[members] for side in self._same)  # type: ignore[attr-defined]
        same = (one[:, None] == one) | (other[:, None] == other)
        same |= (one[:, None] == other) | (other[:, None] == one)
        np.fill_diagonal(same, False)
        return fine_tuning.batch(model, rows, torch.from_numpy(same), len(members))

    def loss(self, model: Bert, batch: Batch) -> Tensor:
        """Mean cross-entropy in nats of finding the other text of a pair, over both ways and all widths."""
        one, other = fine_tuning.vectors(model, batch, self.pooling).chunk(2)
        widths = [*self.dims, model.width]
        losses = [info_nce(one[:, :d], other[:, :d], batch.targets, self.temperature) for d in widths]
        return torch.stack(losses).mean()

    def baseline_loss(self, batches: list[Batch]) -> float:
        """The loss of predicting all texts of a batch with the same probability."""
        sizes = np.array([batch.n_targets for batch in batches])
        return float((sizes * np.log(sizes)).sum() / sizes.sum())


def info_nce(one: Tensor, other: Tensor, same: Tensor, temperature: float) -> Tensor:
    """Of (n, d) twice, rows i a pair; `same` (n, n) bool: pairs that do not count as negatives."""
    cosines = F.normalize(one, dim=-1) @ F.normalize(other, dim=-1).T
    scores = (cosines.float() / temperature).masked_fill(same, -torch.inf)
    wanted = torch.arange(len(one), device=one.device)
    return (F.cross_entropy(scores, wanted) + F.cross_entropy(scores.T, wanted)) / 2


def joined(one: Ragged, other: Ragged) -> Ragged:
    """The rows of one, then those of the other."""
    return Ragged(
        np.concatenate([one.ids, other.ids]),
        np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]]),
    )


def _numbered(rows: list[np.ndarray]) -> np.ndarray:
    """(n,) int64: equal rows have one number."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows], np.int64)
