"""BERT's layers (Devlin et al. 2019, arXiv 1810.04805) and their kin, over sequences laid end to end without padding.

Sequences of one length stand together, so attention is a few products of whole batches, and no slot is wasted. What a
sequence gets does not depend on the others, up to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from likewise.neural import packing
from likewise.neural.packing import Layout
from likewise.neural.pretrained.config import Shape
from likewise.neural.pretrained.packed_linear import ACT, product

SCORES = 1 << 20  # attention scores held at once: they stay in the cache
FUSED = 32  # slots of a sequence from which torch's kernel is faster, in float32
FARTHEST = 128  # MPNet puts longer distances into one bucket
Map = Callable[[Tensor], Tensor]


class Layer(nn.Module):
    """The weights of one layer; `mix_norm` and `down_norm` stand after its halves, or before them (pre-norm)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.read = nn.Linear(shape.dim, 3 * shape.dim)  # queries, keys and values
        self.mix = nn.Linear(shape.dim, shape.dim)
        self.mix_norm = nn.LayerNorm(shape.dim, shape.eps)
        self.up = nn.Linear(shape.dim, shape.inner)
        self.down = nn.Linear(shape.inner, shape.dim)
        self.down_norm = nn.LayerNorm(shape.dim, shape.eps)


@dataclass(frozen=True, eq=False)
class Products:
    """The four products of a layer, the activation in `up`."""

    read: Map
    mix: Map
    up: Map
    down: Map


@dataclass(frozen=True, eq=False)
class Line:
    """Sequences end to end, shortest first: ids and positions (t,) int64; `spans`: how many of which length."""

    ids: Tensor
    positions: Tensor
    spans: list[tuple[int, int]]


class Bert(nn.Module):
    """An encoder of the shape, its weights not yet given; `context.hidden` runs it as it does our own."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.width = shape.dim
        self.token_embedding = nn.Embedding(shape.vocabulary, shape.dim)
        self.positions = nn.Embedding(shape.longest, shape.dim)
        self.start_norm = nn.LayerNorm(shape.dim, shape.eps)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.end_norm = nn.LayerNorm(shape.dim, shape.eps) if shape.is_pre_norm else None
        self.nearness = nn.Embedding(shape.buckets, shape.heads) if shape.buckets else None
        self._laid_out: list[Products] | None = None

    def lay_out(self, numbers: torch.dtype = torch.float32) -> None:
        """Prepare for encoding fast, with products in these numbers, until the model is trained again."""
        self.eval()
        activation = self.shape.activation
        self._laid_out = [
            Products(
                product(layer.read, numbers),
                product(layer.mix, numbers),
                product(layer.up, numbers, activation),
                product(layer.down, numbers),
            )
            for layer in self.layers
        ]

    def train(self, mode: bool = True) -> Bert:
        """As torch's; what was laid out is given up before weights change."""
        if mode:
            self._laid_out = None
        return super().train(mode)

    def arrange(self, lengths: np.ndarray) -> Layout:
        """How sequences of so many tokens are laid out; those of `before` and `after` have slots of their own."""
        whole = packing.packed(np.asarray(lengths) + self.shape.lead)
        ahead = len(self.shape.before)
        column = whole.positions.ravel()[whole.slots]
        owner = whole.sequences.ravel()[whole.slots]
        inside = (column >= ahead) & (column < ahead + np.asarray(lengths)[owner])
        return Layout(whole.positions, whole.sequences, whole.slots[inside], whole.firsts)

    def every(self, ids: Tensor, positions: Tensor, sequences: Tensor) -> list[Tensor]:
        """`layers` + 1 of (r, w, dim), from the vectors that go into the first layer on; empty slots are zeros."""
        slots, line = in_line(ids, positions, sequences, self.shape)
        every = []
        for layer in self.along(line, keep=True):
            rows = layer.new_zeros(ids.numel(), layer.shape[-1])
            rows[slots] = layer
            every.append(rows.view(*ids.shape, -1))
        return every

    def along(self, line: Line, *, keep: bool = False) -> list[Tensor]:
        """(t, dim) of the last layer, in a list of one; with `keep` after all layers, the input of the first before."""
        biases = {length: self._bias(length) for _, length in line.spans} if self.nearness else {}
        x = self.start_norm(self.token_embedding(line.ids) + self.positions(line.positions))
        kept = [x]
        for layer, products in zip(self.layers, self._products(), strict=True):
            kept, x = (kept if keep else []), self._layer(layer, products, x, line.spans, biases)
            kept.append(x)
        if self.end_norm is not None:
            kept[-1] = self.end_norm(x)
        return kept

    def _layer(
        self, layer: Layer, by: Products, x: Tensor, spans: list[tuple[int, int]], biases: dict[int, Tensor]
    ) -> Tensor:
        if self.shape.is_pre_norm:
            x = x + by.mix(attended(by.read(layer.mix_norm(x)), spans, self.shape.heads, biases))
            return x + by.down(by.up(layer.down_norm(x)))
        x = layer.mix_norm(x + by.mix(attended(by.read(x), spans, self.shape.heads, biases)))
        return layer.down_norm(x + by.down(by.up(x)))

    def _products(self) -> list[Products]:
        if self._laid_out is not None and not torch.is_grad_enabled():
            return self._laid_out
        act = ACT[self.shape.activation]

        def raised(layer: Layer) -> Map:
            return lambda x: act(layer.up(x))

        return [Products(layer.read, layer.mix, raised(layer), layer.down) for layer in self.layers]

    def _bias(self, length: int) -> Tensor:
        """(heads, length, length): MPNet's bias for each distance (Raffel et al. 2020, section 2.1)."""
        assert self.nearness is not None
        places = torch.arange(length, device=self.token_embedding.weight.device)
        bucket = buckets(places[None, :] - places[:, None], self.shape.buckets)
        return self.nearness(bucket).permute(2, 0, 1)


def attended(read: Tensor, spans: list[tuple[int, int]], heads: int, biases: dict[int, Tensor]) -> Tensor:
    """(t, 3 · dim) → (t, dim): softmax(q kᵀ / √size + bias) v, each sequence by itself."""
    t, size = len(read), read.shape[1] // (3 * heads)
    parts, start = [], 0
    for count, length in spans:
        most = max(1, SCORES // (heads * length * length))
        for first in range(0, count, most):
            number = min(most, count - first)
            part = read[start : start + number * length].view(number, length, 3, heads, size)
            q, k, v = part.permute(2, 0, 3, 1, 4)
            seen = seen_by(q, k, v, biases.get(length))
            parts.append(seen.transpose(1, 2).reshape(number * length, heads * size))
            start += number * length
    return torch.cat(parts) if parts else read.new_zeros(t, heads * size)


def seen_by(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """(n, heads, length, size) thrice → the same: by torch's kernel where that is faster, or spelt out."""
    if q.dtype == torch.float32 and q.shape[2] >= FUSED and not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if bias is not None:
        scores = scores + bias
    return scores.softmax(-1, dtype=torch.float32).to(v.dtype) @ v


def buckets(distances: Tensor, count: int) -> Tensor:
    """The bucket of each distance from a query to a key: each small one its own, larger ones by their logarithm."""
    half = count // 2
    exact = half // 2
    far = distances.abs()
    scaled = torch.log(far.clamp(min=1).float() / exact) / math.log(FARTHEST / exact) * (half - exact)
    coarse = (exact + scaled.long()).clamp(max=half - 1)
    return torch.where(far < exact, far, coarse) + torch.where(distances > 0, half, 0)


def in_line(ids: Tensor, positions: Tensor, sequences: Tensor, shape: Shape) -> tuple[Tensor, Line]:
    """The slots (t,) of a layout that hold anything, sorted by their sequences' lengths, and what stands there."""
    owner, place = sequences.flatten(), positions.flatten()
    slots = torch.nonzero(owner >= 0).squeeze(1)
    lengths = torch.bincount(owner[slots]) if len(slots) else owner.new_zeros(0)
    for key in (
        place,
        owner,
        lengths[owner.clamp(min=0)] if len(slots) else owner,
    ):  # the last is the first key
        slots = slots[torch.sort(key[slots], stable=True).indices]
    place, length = place[slots], lengths[owner[slots]]
    values, counts = torch.unique_consecutive(length, return_counts=True)
    spans = [(t // n, n) for t, n in zip(counts.tolist(), values.tolist(), strict=True)]
    return slots, Line(framed(ids.flatten()[slots], place, length, shape), place, spans)


def framed(ids: Tensor, place: Tensor, length: Tensor, shape: Shape) -> Tensor:
    """The ids with those of `before` and `after` in their slots."""
    ids = ids.clone()
    for number, id in enumerate(shape.before):
        ids[place == number] = id
    for number, id in enumerate(reversed(shape.after), 1):
        ids[place == length - number] = id
    return ids
