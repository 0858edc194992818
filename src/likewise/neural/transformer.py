"""A transformer encoder of the pre-norm kind: token vectors in, a vector in context for each out.

Vaswani et al. 2017 (arXiv 1706.03762); norms before each half (Xiong et al. 2020, arXiv 2002.04745), which trains
without a long warm-up. Positions are learnt, not rotary: sequences here are short, a sum costs nothing on a CPU, and
the weights fit the RoBERTa-PreLayerNorm layout that other programs load.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural.attention import Attention, separation

EPS = 1e-5


@dataclass(frozen=True)
class Shape:
    """The size of an encoder, recorded with it."""

    layers: int = 4
    dim: int = 256
    heads: int = 4
    inner: int = 1024  # width of each layer's perceptron
    longest: int = 128  # positions of a sequence, the class token's included
    class_token: bool = True  # a trained vector before each sequence, which represents the whole

    def __post_init__(self) -> None:
        for name, most in (
            ("layers", 256),
            ("dim", 16384),
            ("heads", 256),
            ("inner", 65536),
            ("longest", 65536),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        if self.dim % self.heads:
            raise OptionError(f"dim must be a multiple of heads, not {self.dim} of {self.heads}")
        if self.longest <= self.lead:
            raise OptionError("longest must leave a position next to the class token: give 2 or more")

    @property
    def lead(self) -> int:
        """Positions before the first token of a sequence."""
        return int(self.class_token)


class Layer(nn.Module):
    """Attention, then a perceptron on each position; each reads a norm of the residual stream and adds to it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.dim, EPS)
        self.attention = Attention(shape.dim, shape.heads)
        self.inner_norm = nn.LayerNorm(shape.dim, EPS)
        self.up = nn.Linear(shape.dim, shape.inner)
        self.down = nn.Linear(shape.inner, shape.dim)

    def forward(self, x: Tensor, separate: Tensor | None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), separate)
        return x + self.down(F.gelu(self.up(self.inner_norm(x)), approximate="tanh"))


class Transformer(nn.Module):
    """Token vectors → vectors in context; the tokens are subword tokens or patches of an image."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.positions = nn.Embedding(shape.longest, shape.dim)
        self.first = nn.Parameter(torch.zeros(shape.dim)) if shape.class_token else None
        self.start_norm = nn.LayerNorm(shape.dim, EPS)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.end_norm = nn.LayerNorm(shape.dim, EPS)

    def forward(self, vectors: Tensor, positions: Tensor, sequences: Tensor) -> Tensor:
        """(r, w, dim) float → (r, w, dim), normed, of the last layer.

        positions, sequences (r, w) are those of a `packing.Layout`. The `vectors` of empty slots and of
        the class token are not read; the output of empty slots means nothing.
        """
        return self.every(vectors, positions, sequences)[-1]

    def every(self, vectors: Tensor, positions: Tensor, sequences: Tensor) -> list[Tensor]:
        """The same after each layer: `layers` + 1 of (r, w, dim), what goes into the first layer before them."""
        if self.first is not None:
            vectors = torch.where((positions == 0)[..., None], self.first.to(vectors.dtype), vectors)
        separate = separation(sequences)
        stream = [self.start_norm(vectors + self.positions(positions))]
        for layer in self.layers:
            stream.append(layer(stream[-1], separate))
        return [*stream[:-1], self.end_norm(stream[-1])]
