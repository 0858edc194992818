"""One batch of training: ids in their slots, the slots of the targets, and the answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from likewise.neural.packing import Layout


@dataclass(frozen=True)
class Example:
    """ids, positions and sequences (r, w) int64, as `packing.Layout` has them; targets and answers, pairs of (k,)
    int64: slots of r · w and the tokens that belong there: one pair for a masked model, two, ahead and behind, for a
    language model of two directions.
    """

    ids: Tensor
    positions: Tensor
    sequences: Tensor
    targets: tuple[Tensor, ...]
    answers: tuple[Tensor, ...]

    def to(self, device: torch.device) -> Example:
        """The same on another device."""
        rows = (tensor.to(device) for tensor in (self.ids, self.positions, self.sequences))
        groups = (tuple(t.to(device) for t in group) for group in (self.targets, self.answers))
        return Example(*rows, *groups)

    @property
    def n_targets(self) -> int:
        return sum(len(slots) for slots in self.targets)

    def shard(self, rank: int, size: int) -> tuple[Example, float]:
        """The rows of process `rank` of `size`, and the weight of their mean loss in the whole batch's."""
        height, width = self.ids.shape
        first, last = height * rank // size, height * (rank + 1) // size
        is_idle = first == last  # fewer rows than processes: one row is read, with weight 0
        if is_idle:
            first, last = 0, 1
        start, stop = first * width, last * width
        own = [(slots >= start) & (slots < stop) for slots in self.targets]
        ids, positions, owners = (t[first:last] for t in (self.ids, self.positions, self.sequences))
        targets = tuple(slots[mine] - start for slots, mine in zip(self.targets, own, strict=True))
        answers = tuple(answer[mine] for answer, mine in zip(self.answers, own, strict=True))
        part = Example(ids, positions, owners, targets, answers)
        return part, 0.0 if is_idle else part.n_targets / max(1, self.n_targets)


def example(
    shown: np.ndarray, layout: Layout, groups: list[tuple[np.ndarray, np.ndarray]], empty: int
) -> Example:
    """The example of tokens `shown` (t,) in `layout`; a group of targets is places (k,) and their tokens (k,)."""
    targets = tuple(torch.from_numpy(layout.slots[tokens]) for tokens, _ in groups)
    answers = tuple(torch.from_numpy(token_embedding.astype(np.int64)) for _, token_embedding in groups)
    ids = torch.from_numpy(layout.spread(shown.astype(np.int64), empty))
    return Example(
        ids, torch.from_numpy(layout.positions), torch.from_numpy(layout.sequences), targets, answers
    )


def mean_loss(scores: list[Tensor], answers: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy in nats, the mean over all targets; 0 where there is none."""
    total = torch.stack(
        [F.cross_entropy(s.float(), a, reduction="sum") for s, a in zip(scores, answers, strict=True)]
    ).sum()
    return total / max(1, sum(map(len, answers)))


def some(tokens: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """A share of the tokens, each drawn by itself; one of them where none was drawn."""
    drawn = tokens[random.random(len(tokens)) < share]
    return drawn if len(drawn) or not len(tokens) else tokens[random.integers(len(tokens), size=1)]
