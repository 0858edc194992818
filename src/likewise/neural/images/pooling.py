"""Many vectors of one image, one for each patch or place, made one: by class token, mean, largest, or attention."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from likewise.errors import OptionError

Kind = Literal["class", "mean", "max", "attention"]
KINDS = ("class", "mean", "max", "attention")


class Pool(nn.Module):
    """(n, t, width) → (n, width). "class" takes the first of the t, "mean" and "max" leave a class token out.

    "attention" is the mean weighed by a softmax of each vector's product with one learnt query; where that is zero, as
    at first, it is the mean.
    """

    def __init__(self, kind: Kind, width: int, *, lead: int = 0) -> None:
        super().__init__()
        if kind not in KINDS:
            raise OptionError(f"pool must be one of {', '.join(KINDS)}, not {kind!r}")
        if kind == "class" and not lead:
            raise OptionError(
                "pool 'class' wants a class token, which only a vision transformer has: give 'mean'"
            )
        self.kind, self.lead = kind, lead
        self.query = nn.Parameter(torch.zeros(width)) if kind == "attention" else None

    def forward(self, vectors: Tensor) -> Tensor:
        places = vectors[:, self.lead :]
        if self.kind == "class":
            return vectors[:, 0]
        if self.kind == "max":
            return places.amax(1)
        if self.query is None:
            return places.mean(1)
        scores = places @ self.query
        weights = scores.softmax(1, dtype=torch.promote_types(scores.dtype, torch.float32))
        return (weights[..., None] * places).sum(1)
