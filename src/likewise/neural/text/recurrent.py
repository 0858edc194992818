"""A bidirectional LSTM language model, ELMo's kind (Peters et al. 2018, arXiv 1802.05365).

One stack of LSTMs reads forwards and another backwards, from the same token vectors; from the second layer on,
what a layer reads is added to what it gives. The vectors of a place join both directions: all before and all after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from likewise.errors import OptionError


@dataclass(frozen=True)
class Shape:
    """The size of a recurrent encoder, recorded with it; its vectors have 2 · dim numbers."""

    layers: int = 2
    dim: int = 256  # of the tokens, and of each direction
    longest: int = 128  # tokens of a sequence

    def __post_init__(self) -> None:
        for name, most in (("layers", 64), ("dim", 16384), ("longest", 65536)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")

    @property
    def lead(self) -> int:
        """Slots before the first token of a sequence."""
        return 0


class Recurrent(nn.Module):
    """Token vectors → vectors in context, one sequence a row."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.start_norm = nn.LayerNorm(shape.dim)
        self.forwards, self.backwards = (
            nn.ModuleList(nn.LSTM(shape.dim, shape.dim, batch_first=True) for _ in range(shape.layers))
            for _ in range(2)
        )

    def every(self, vectors: Tensor, positions: Tensor, sequences: Tensor) -> list[Tensor]:
        """(r, w, dim) float → `layers` + 1 of (r, w, 2 · dim): forwards and backwards joined, the input before them.

        sequences (r, w) are those of `packing.alone`: a row begins with its one sequence, and -1 fills it up.
        """
        turn = turned(sequences)[..., None].expand_as(vectors)
        x = self.start_norm(vectors)
        ahead, behind = [x], [x.gather(1, turn)]
        for forwards, backwards in zip(self.forwards, self.backwards, strict=True):
            ahead.append(read(forwards, ahead))
            behind.append(read(backwards, behind))
        return [torch.cat([a, b.gather(1, turn)], -1) for a, b in zip(ahead, behind, strict=True)]


def read(layer: nn.LSTM, stream: list[Tensor]) -> Tensor:
    """The next of the stream. The first layer adds nothing of the token itself, which is hardly ever the answer."""
    given = layer(stream[-1])[0]
    return given + stream[-1] if len(stream) > 1 else given


def turned(sequences: Tensor) -> Tensor:
    """(r, w): the column of each column when the sequence is read backwards; empty slots stay where they are.

    They stay behind it, so that what stands there never comes into the sequence in either direction.
    """
    there = sequences >= 0
    columns = torch.arange(sequences.shape[1], device=sequences.device).expand_as(sequences)
    return torch.where(there, there.sum(1, keepdim=True) - 1 - columns, columns)
