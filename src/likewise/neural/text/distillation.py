"""A smaller encoder of texts learns to give a larger one's vectors (Reimers and Gurevych 2020, arXiv 2004.09813)."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.neural.pretrained import fine_tuning
from likewise.neural.pretrained.bert import Bert
from likewise.neural.pretrained.encoding import chosen
from likewise.neural.pretrained.fine_tuning import Batch


@dataclass(frozen=True, eq=False)
class Student:
    """The objective: the teacher's vectors (n, width) float32 of the rows, by their directions."""

    rows: Ragged
    vectors: np.ndarray
    pooling: str = "mean"
    baseline: str = field(default="the mean of the teacher's vectors", init=False)

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.vectors) or not np.isfinite(self.vectors).all():
            raise InputError(f"{len(self.vectors)} vectors of a teacher for {len(self.rows)} texts")

    def __len__(self) -> int:
        return len(self.rows)

    def example(self, model: Bert, members: np.ndarray) -> Batch:
        """The texts of these numbers, with the teacher's vectors of them."""
        return fine_tuning.batch(
            model, chosen(self.rows, members), torch.from_numpy(self.vectors[members]), len(members)
        )

    def loss(self, model: Bert, batch: Batch) -> Tensor:
        """The mean of 1 - cosine."""
        found = fine_tuning.vectors(model, batch, self.pooling)
        return (1 - F.cosine_similarity(found, batch.targets, dim=-1)).mean()

    def baseline_loss(self, batches: list[Batch]) -> float:
        """The loss of giving the mean direction for all."""
        unit = F.normalize(torch.cat([batch.targets for batch in batches]), dim=-1)
        return float((1 - F.cosine_similarity(unit, unit.mean(0)[None])).mean())


def thinned(teacher: Bert, layers: int) -> Bert:
    """A model of fewer layers, evenly from the teacher's, the last among them (Sanh et al. 2019, arXiv 1910.01108)."""
    if type(layers) is not int or not 1 <= layers < teacher.shape.layers:
        raise OptionError(f"a student has from 1 to {teacher.shape.layers - 1} layers, not {layers!r}")
    kept = np.round(np.linspace(0, teacher.shape.layers - 1, layers + 1)[1:]).astype(int)
    student = Bert(replace(teacher.shape, layers=layers))
    student.layers = nn.ModuleList(copy.deepcopy(teacher.layers[i]) for i in kept)
    for name in ("token_embedding", "positions", "start_norm", "end_norm", "nearness"):
        setattr(student, name, copy.deepcopy(getattr(teacher, name)))
    return student
