"""Training of an image network on pixels, as a problem of the trainer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch

from likewise.neural import diagnostics, trainer
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.diagnostics import Evaluation
from likewise.neural.images.objective import Objective, TrainedNetwork, Views
from likewise.neural.state import State
from likewise.system import seeds
from likewise.system.progress import Progress

MAX_HELD_OUT_VALUES = 2**23  # values of the held-out images, which are kept as float32


class ImageProblem:
    """Images and an objective; raises `InputError` if the images are too few.

    pixels: (n, h, w, c) uint8, which can be memory-mapped. Held out are at most 2,048 images and 32 MB.
    """

    unit = "images"
    evaluations = trainer.EVALUATIONS
    chunks = 1

    def __init__(self, pixels: np.ndarray, objective: Objective, settings: Settings) -> None:
        self.pixels, self.objective, self.settings = pixels, objective, settings
        most = min(trainer.MAX_HELD_OUT, MAX_HELD_OUT_VALUES // int(np.prod(pixels.shape[1:])))
        self.training, self.held_out = trainer.split(
            len(pixels), settings, min_batch=objective.fewest, most=most, unit="images"
        )
        self.epoch_size = len(self.training)

    def batches(self, epoch: int, chunk: int) -> list[np.ndarray]:
        """The numbers of the images of each batch of an epoch."""
        order = trainer.shuffle(self.training, self.settings.seed, epoch)
        return trainer.cut(order, self.settings.batch_size, self.objective.fewest)

    def count(self, members: np.ndarray) -> int:
        """Images of a batch."""
        return len(members)

    def example(self, members: np.ndarray, step: int) -> Views:
        """The batch, augmented by random numbers of the step."""
        return self._views(np.sort(members), "context.views", step, learning=True)

    def loss(self, model: Any, batch: Views) -> torch.Tensor:
        """The mean loss of a batch."""
        return self.objective.loss(model, batch)

    @cached_property
    def held_out_batches(self) -> list[Views]:
        """The held-out images, with the same views at every evaluation."""
        parts = trainer.cut(self.held_out, self.settings.batch_size, self.objective.fewest)
        return [self._views(part, "context.held_views", i, learning=False) for i, part in enumerate(parts)]

    @cached_property
    def baseline(self) -> float:
        """The held-out loss of a prediction that looks at no image."""
        return self.objective.chance(self.held_out_batches)

    def evaluate(self, model: Any, share_done: float) -> Evaluation:
        """The held-out loss, next to the baseline, and the cosine similarity of the images' vectors."""
        return diagnostics.evaluate(
            model, self.held_out_batches, self.loss, _vectors, self.baseline, share_done, unit="images",
            prediction=self.objective.baseline,
        )  # fmt: skip

    def _views(self, members: np.ndarray, stream: str, number: int, *, learning: bool) -> Views:
        random = seeds.generator(self.settings.seed, stream, number)
        return self.objective.example(members, np.asarray(self.pixels[members]), random, learning=learning)


def _vectors(model: TrainedNetwork, batch: Views) -> torch.Tensor:
    return model.encoder(batch.images[0]).float()


def train(
    state: State, pixels: np.ndarray, objective: Objective, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train `state`, whose model is that of `add_head`, in place, to the end; see `ImageProblem`, `trainer.train`."""
    return trainer.train(state, ImageProblem(pixels, objective, settings), settings, threads=threads)


def add_head(encoder: torch.nn.Module, objective: Objective, seed: int) -> TrainedNetwork:
    """The encoder, its weights as they are, with the objective's head, its weights drawn from the seed."""
    head = objective.head(encoder)
    stored.start(head, seed)
    return TrainedNetwork(encoder, head)
