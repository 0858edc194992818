"""Language modelling in both directions: each token from all before it, and from all after it.

Peters et al. 2018 (arXiv 1802.05365), whose softmax over all tokens is the most expensive part; here it is taken at a
share of the places, drawn anew for each batch, which leaves the expected gradient as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural import packing
from likewise.neural.packing import Group, Layout
from likewise.neural.text.batch import Example, example, mean_loss, some
from likewise.neural.text.recurrent import Recurrent, Shape


class LanguageModel(nn.Module):
    """Two stacks of LSTMs over token vectors; both directions are scored by these vectors again."""

    def __init__(self, vocabulary: int, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.width = 2 * shape.dim
        self.token_embedding = nn.Embedding(vocabulary, shape.dim)
        self.body = Recurrent(shape)
        self.end_norm = nn.LayerNorm(shape.dim)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def arrange(self, lengths: np.ndarray) -> Layout:
        """How sequences of such lengths are laid out to be encoded."""
        return packing.alone(lengths)

    def every(self, ids: Tensor, positions: Tensor, sequences: Tensor) -> list[Tensor]:
        """`layers` + 1 of (r, w, 2 · dim), forwards and backwards joined."""
        return self.body.every(self.token_embedding(ids), positions, sequences)

    def forward(
        self, ids: Tensor, positions: Tensor, sequences: Tensor, targets: tuple[Tensor, ...]
    ) -> list[Tensor]:
        """Scores (k, v) of the token after each of the first target slots, and before each of the second."""
        last = self.every(ids, positions, sequences)[-1].flatten(0, 1).chunk(2, -1)
        return [
            F.linear(self.end_norm(direction[slots]), self.token_embedding.weight, self.bias)
            for direction, slots in zip(last, targets, strict=True)
        ]


@dataclass(frozen=True)
class Language:
    """The objective: the next token, and the one before, at a `share` of the places."""

    vocabulary: int
    share: float = 0.25

    def __post_init__(self) -> None:
        if self.vocabulary < 2:
            raise OptionError(f"{self.vocabulary} tokens: none is left to predict")
        if not 0 < self.share <= 1:
            raise OptionError(f"share must be above 0 and at most 1, not {self.share!r}")

    def groups(
        self, lengths: np.ndarray, slots: int, shape: Shape, random: np.random.Generator
    ) -> Iterator[Group]:
        """All sequences in batches of about as long ones, one a row."""
        return packing.sorted_groups(lengths, slots, random)

    def example(self, ids: np.ndarray, layout: Layout, random: np.random.Generator) -> Example:
        """The batch of ids (t,) in `layout`, with some targets in each direction."""
        owners = layout.sequences.ravel()[layout.slots]
        followed = np.flatnonzero(owners[:-1] == owners[1:])
        ahead, behind = (some(tokens, self.share, random) for tokens in (followed, followed + 1))
        return example(ids, layout, [(ahead, ids[ahead + 1]), (behind, ids[behind - 1])], 0)

    def loss(self, model: nn.Module, batch: Example) -> Tensor:
        """Mean cross-entropy in nats a token."""
        return mean_loss(model(batch.ids, batch.positions, batch.sequences, batch.targets), batch.answers)
