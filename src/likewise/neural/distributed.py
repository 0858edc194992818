"""Several processes on one training, as torchrun starts them: each takes its share of every batch, and they agree.

The gradient of a batch is the sum of its rows', whoever reads them, so that any number of processes takes the steps of
one, but for rounding. All else, drawn from the seed, each does for itself.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from likewise.neural.text.batch import Example
from likewise.system.cores import checked_threads

T = TypeVar("T")


@dataclass(frozen=True)
class Crew:
    """`size` processes of which this one has the number `rank`; the first leads: it alone tells and writes."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def threads(self, threads: int | None) -> int:
        """As many as asked for each process; without a wish the cores are shared by those of this machine."""
        if threads is not None or self.size == 1:
            return checked_threads(threads)
        here = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        return max(1, checked_threads(None) // here)

    def agreed(self, value: T) -> T:
        """What the leader has, for all."""
        if self.size == 1:
            return value
        held = [value]
        distributed.broadcast_object_list(held)
        return held[0]

    def part(self, example: Example) -> tuple[Example, float]:
        """The rows of a batch that are this one's, and how much their mean loss counts."""
        if self.size == 1:
            return example, 1.0
        height, width = example.ids.shape
        first, last = height * self.rank // self.size, height * (self.rank + 1) // self.size
        is_idle = first == last  # fewer rows than processes: a row is read, and counts nothing
        if is_idle:
            first, last = 0, 1
        start, stop = first * width, last * width
        own = [(slots >= start) & (slots < stop) for slots in example.asked]
        ids, places, owners = (t[first:last] for t in (example.ids, example.positions, example.sequences))
        asked = tuple(slots[mine] - start for slots, mine in zip(example.asked, own, strict=True))
        answers = tuple(pieces[mine] for pieces, mine in zip(example.answers, own, strict=True))
        part = Example(ids, places, owners, asked, answers)
        return part, 0.0 if is_idle else part.questions / max(1, example.questions)

    def summed(self, loss: Tensor, model: nn.Module) -> Tensor:
        """The loss of all, with the gradients of all in the model."""
        loss = loss.detach()
        if self.size == 1:
            return loss
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        joined = torch.cat([loss.reshape(1).float(), *(g.flatten() for g in gradients)])
        distributed.all_reduce(joined)
        parts = torch.split(joined[1:], [g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return joined[0]


ALONE = Crew()


def is_started_together() -> bool:
    """Whether torchrun started this process: other programs set WORLD_SIZE and RANK, too, and mean others."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def leads() -> bool:
    """Whether this process is the one that tells, also after the crew has parted."""
    return not is_started_together() or os.environ.get("RANK") == "0"


@contextmanager
def gathered() -> Iterator[Crew]:
    """The processes that torchrun started together with this one; `ALONE` where it was started by itself."""
    size = int(os.environ.get("WORLD_SIZE", "1")) if is_started_together() else 1
    if size == 1 or not distributed.is_available() or distributed.is_initialized():
        yield ALONE
        return
    distributed.init_process_group("gloo")
    crew, ours = Crew(distributed.get_rank(), size), logging.getLogger("likewise")
    level = ours.level
    try:
        if not crew.leads:
            ours.setLevel(logging.CRITICAL)
        yield crew
    finally:
        ours.setLevel(level)
        distributed.destroy_process_group()
