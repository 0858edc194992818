"""A network that has learnt several tasks: vectors of items, and what it tells of them."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from likewise.cores import checked_threads
from likewise.families.tasks.labels import Task
from likewise.families.tasks.trunks import Ground

BATCH = 256  # items that go through the network together


@final
class TaskModel:
    """An `Encoder` of what it was taught with: its vectors are those that all heads read.

    `losses` are the held-out losses by task, beside `guesses`, those of telling labels by how frequent they are.
    """

    def __init__(
        self, network: Any, ground: Ground, tasks: tuple[Task, ...], losses: dict[str, float],
        guesses: dict[str, float], facts: dict[str, Any],
    ) -> None:  # fmt: skip
        self.network, self.ground, self.tasks = network.eval(), ground, tasks
        self.losses, self.guesses, self.facts = losses, guesses, facts

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self.network.trunk.dim)

    def encode(self, items: Any, *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32."""
        return self._through(items, threads, self.network.trunk)[0]

    def predict(self, items: Any, *, threads: int | None = None) -> dict[str, list[Any]]:
        """What each task's head tells of each item: a class, a number, or a list of classes."""
        scores = self._through(items, threads, self.network)
        return {task.name: task.read(own) for task, own in zip(self.tasks, scores, strict=True)}

    def _through(self, items: Any, threads: int | None, module: Any) -> list[np.ndarray]:
        import torch

        from likewise.context.threads import only_threads

        widths = [self.dim] if module is self.network.trunk else [task.width for task in self.tasks]
        found = [[np.zeros((0, width), np.float32)] for width in widths]
        inputs = self.ground.inputs_of(items)
        with only_threads(checked_threads(threads)), torch.inference_mode():
            for start in range(0, len(inputs), BATCH):
                told = module(*inputs.batch(np.arange(start, min(start + BATCH, len(inputs))), None))
                for parts, part in zip(found, told if isinstance(told, list) else [told], strict=True):
                    parts.append(part.float().numpy())
        return [np.concatenate(parts) for parts in found]
