"""Data-parallel training by several processes, as torchrun starts them: each takes its shard of every batch.

The gradient of a batch is the sum of its rows' gradients, whoever computes them, so that any number of processes takes
the steps of one, up to rounding. All that is drawn from the seed each process draws for itself.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from likewise.system.cores import checked_threads

T = TypeVar("T")


@dataclass(frozen=True)
class DistributedContext:
    """`size` processes, of which this one has the number `rank`; the first, the main one, alone reports and writes."""

    rank: int = 0
    size: int = 1

    @property
    def is_main_process(self) -> bool:
        return self.rank == 0

    def threads(self, threads: int | None) -> int:
        """Threads of each process; with None the processes of this machine share its cores."""
        if threads is not None or self.size == 1:
            return checked_threads(threads)
        here = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        return max(1, checked_threads(None) // here)

    def broadcast(self, value: T) -> T:
        """The main process's value, for all."""
        if self.size == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values)
        return values[0]

    def shard(self, batch: Any) -> tuple[Any, float]:
        """The part of a batch that is this process's, and the weight of its mean loss in the whole."""
        return (batch, 1.0) if self.size == 1 else batch.shard(self.rank, self.size)

    def all_reduce(self, loss: Tensor, model: nn.Module) -> Tensor:
        """The loss summed over all processes; sums the gradients in the model as well."""
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


SINGLE_PROCESS = DistributedContext()


def is_torchrun() -> bool:
    """Whether torchrun started this process: other programs set WORLD_SIZE and RANK for purposes of their own."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_main_process() -> bool:
    """Whether this process is the one that reports, also after the processes have disconnected."""
    return not is_torchrun() or os.environ.get("RANK") == "0"


@contextmanager
def init_distributed() -> Iterator[DistributedContext]:
    """The processes that torchrun started together with this one; `SINGLE_PROCESS` if it was started alone."""
    size = int(os.environ.get("WORLD_SIZE", "1")) if is_torchrun() else 1
    if size == 1 or not distributed.is_available() or distributed.is_initialized():
        yield SINGLE_PROCESS
        return
    distributed.init_process_group("gloo")
    context, logger = DistributedContext(distributed.get_rank(), size), logging.getLogger("likewise")
    level = logger.level
    try:
        if not context.is_main_process:
            logger.setLevel(logging.CRITICAL)
        yield context
    finally:
        logger.setLevel(level)
        distributed.destroy_process_group()
