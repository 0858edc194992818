"""Masked language modelling (Devlin et al. 2019, arXiv 1810.04805): masked tokens are predicted from their context."""

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
from likewise.neural.text.batch import Example, example, mean_loss
from likewise.neural.transformer import EPS, Shape, Transformer


class MaskedModel(nn.Module):
    """A transformer over token vectors, with a head that predicts the token of a place.

    The head scores by the input vectors of the tokens (Press and Wolf 2017, arXiv 1608.05859).
    """

    def __init__(self, vocabulary: int, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.width = shape.dim
        self.token_embedding = nn.Embedding(vocabulary, shape.dim)
        self.body = Transformer(shape)
        self.mix = nn.Linear(shape.dim, shape.dim)
        self.mix_norm = nn.LayerNorm(shape.dim, EPS)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def arrange(self, lengths: np.ndarray) -> Layout:
        """How sequences of such lengths are best laid out to be encoded."""
        return packing.packed(lengths, lead=self.shape.lead)

    def every(self, ids: Tensor, positions: Tensor, sequences: Tensor) -> list[Tensor]:
        """`layers` + 1 of (r, w, dim); the last one normed, as it is meant to be used."""
        return self.body.every(self.token_embedding(ids), positions, sequences)

    def forward(
        self, ids: Tensor, positions: Tensor, sequences: Tensor, targets: tuple[Tensor, ...]
    ) -> list[Tensor]:
        """Scores (k, v) of every token at each of the k target slots, and at no others."""
        last = self.body(self.token_embedding(ids), positions, sequences).flatten(0, 1)
        return [self.scores(last[slots]) for slots in targets]

    def scores(self, vectors: Tensor) -> Tensor:
        """(k, dim) of the last layer → (k, v)."""
        mixed = self.mix_norm(F.gelu(self.mix(vectors), approximate="tanh"))
        return F.linear(mixed, self.token_embedding.weight, self.bias)


@dataclass(frozen=True, eq=False)
class Masked:
    """The objective: 15 % of the tokens are predicted: 80 % of these masked, 10 % another token, 10 % unchanged."""

    vocabulary: int
    mask: int  # the id of the mask token
    special: tuple[int, ...] = ()  # ids never predicted, nor put in another's place; the mask is one of them
    share: float = 0.15
    # (v,) bool: tokens that continue a word. If given, all tokens of a word are predicted, or none: harder, and better
    # for rare words, which else are predicted from their own other half.
    continues: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not all(0 <= i < self.vocabulary for i in (self.mask, *self.special)):
            raise OptionError(f"special ids must be below {self.vocabulary}, the number of tokens")
        if not 0 < self.share < 1:
            raise OptionError(f"share must be above 0 and below 1, not {self.share!r}")
        if len(self.plain) < 2:
            raise OptionError(
                f"{self.vocabulary} tokens with {len(self.special)} special ones: none is left to predict"
            )
        if self.continues is not None and self.continues.shape != (self.vocabulary,):
            raise OptionError(
                f"continues must be given for {self.vocabulary} tokens, not {self.continues.shape}"
            )

    @property
    def plain(self) -> np.ndarray:
        """The ids that may be predicted, rising."""
        return np.setdiff1d(np.arange(self.vocabulary), (self.mask, *self.special))

    def groups(
        self, lengths: np.ndarray, slots: int, shape: Shape, random: np.random.Generator
    ) -> Iterator[Group]:
        """All sequences in batches, packed."""
        return packing.packed_groups(lengths, slots, shape.longest, shape.lead, random)

    def example(self, ids: np.ndarray, layout: Layout, random: np.random.Generator) -> Example:
        """The batch of ids (t,) in `layout` with some of them hidden."""
        chosen = self.chosen(ids, layout, random)
        shown = ids.copy()
        fate = random.random(len(chosen))
        shown[chosen[fate < 0.8]] = self.mask
        others = chosen[fate >= 0.9]
        shown[others] = self.plain[random.integers(len(self.plain), size=len(others))]
        return example(shown, layout, [(chosen, ids[chosen])], self.mask)

    def chosen(self, ids: np.ndarray, layout: Layout, random: np.random.Generator) -> np.ndarray:
        """(k,): the places to predict, rising; at least one where there is one."""
        is_plain = np.ones(self.vocabulary, bool)
        is_plain[[self.mask, *self.special]] = False
        words = (
            np.arange(len(ids)) if self.continues is None else _words(ids, layout, self.continues, is_plain)
        )
        drawn = (random.random(len(ids)) < self.share)[words] & is_plain[ids]
        if not drawn.any() and is_plain[ids].any():
            drawn = is_plain[ids] & (words == random.choice(words[is_plain[ids]]))
        return np.flatnonzero(drawn)

    def loss(self, model: nn.Module, batch: Example) -> Tensor:
        """Mean cross-entropy in nats a masked token."""
        return mean_loss(model(batch.ids, batch.positions, batch.sequences, batch.targets), batch.answers)


def _words(ids: np.ndarray, layout: Layout, continues: np.ndarray, is_plain: np.ndarray) -> np.ndarray:
    """(t,): the number of each token's word; a sequence, or a special id, ends the word before it."""
    owners = layout.sequences.ravel()[layout.slots]
    begins = ~continues[ids] | ~is_plain[ids]
    begins[1:] |= (owners[1:] != owners[:-1]) | ~is_plain[ids[:-1]]
    return np.cumsum(begins) - begins[:1].astype(np.int64)
