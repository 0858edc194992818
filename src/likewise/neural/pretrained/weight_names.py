"""Whose weight is which: the names that other programs give, and ours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from likewise.errors import ArtifactError
from likewise.neural import weights as stored
from likewise.neural.pretrained.bert import Bert
from likewise.neural.pretrained.config import Shape
from likewise.neural.text.masked import MaskedModel
from likewise.neural.transformer import EPS

TOKEN_WEIGHTS = "embeddings.word_embeddings.weight"  # by which a prefix such as "bert." is found

BERT = {
    "read": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "mix": ("attention.output.dense",),
    "mix_norm": ("attention.output.LayerNorm",),
    "up": ("intermediate.dense",),
    "down": ("output.dense",),
    "down_norm": ("output.LayerNorm",),
}
LAYERS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "bert": ("encoder.layer", BERT),
    "roberta": ("encoder.layer", BERT),
    "roberta-prelayernorm": (
        "encoder.layer",
        BERT | {"mix_norm": ("attention.LayerNorm",), "down_norm": ("intermediate.LayerNorm",)},
    ),
    "mpnet": (
        "encoder.layer",
        BERT
        | {
            "read": ("attention.attn.q", "attention.attn.k", "attention.attn.v"),
            "mix": ("attention.attn.o",),
            "mix_norm": ("attention.LayerNorm",),
        },
    ),
    "distilbert": (
        "transformer.layer",
        {
            "read": ("attention.q_lin", "attention.k_lin", "attention.v_lin"),
            "mix": ("attention.out_lin",),
            "mix_norm": ("sa_layer_norm",),
            "up": ("ffn.lin1",),
            "down": ("ffn.lin2",),
            "down_norm": ("output_layer_norm",),
        },
    ),
}


def names(shape: Shape) -> dict[str, tuple[str, ...]]:
    """Our parameter → theirs, which stand in it one below the other; without positions, which are no plain copy."""
    found: dict[str, tuple[str, ...]] = {"token_embedding.weight": (TOKEN_WEIGHTS,)}
    ours_of_norms = {"start_norm": "embeddings.LayerNorm"}
    if shape.is_pre_norm:
        ours_of_norms["end_norm"] = "LayerNorm"
    for ours, norm in ours_of_norms.items():
        found |= {f"{ours}.{part}": (f"{norm}.{part}",) for part in ("weight", "bias")}
    if shape.buckets:
        found["nearness.weight"] = ("encoder.relative_attention_bias.weight",)
    folder, parts = LAYERS[shape.kind]
    for number in range(shape.layers):
        for ours, several in parts.items():
            for part in ("weight", "bias"):
                theirs = tuple(f"{folder}.{number}.{one}.{part}" for one in several)
                found[f"layers.{number}.{ours}.{part}"] = theirs
    return found


def build(shape: Shape, arrays: Mapping[str, np.ndarray], skipped: int) -> Bert:
    """The encoder whose weights are `arrays` (float32, by the names of others); `skipped` positions are unused.

    Raises `ArtifactError` where one is missing, of another shape, or not finite; before memory is taken.
    """
    prefix = _prefix(arrays)
    with torch.device("meta"):
        model = Bert(shape)
    wanted = dict(model.named_parameters())
    there = names(shape)
    for ours, theirs in there.items():
        rows = wanted[ours].shape[0] // len(theirs)
        for name in theirs:
            _check(arrays, prefix + name, (rows, *wanted[ours].shape[1:]))
    _check(arrays, f"{prefix}embeddings.position_embeddings.weight", (shape.longest + skipped, shape.dim))
    model.to_empty(device="cpu")
    with torch.no_grad():
        for ours, theirs in there.items():
            joined = np.concatenate([arrays[prefix + name] for name in theirs])
            wanted_now = model.get_parameter(ours)
            wanted_now.copy_(torch.from_numpy(joined))
        model.positions.weight.copy_(torch.from_numpy(_positions(arrays, prefix, shape, skipped)))
    model.eval()
    return model


def _positions(arrays: Mapping[str, np.ndarray], prefix: str, shape: Shape, skipped: int) -> np.ndarray:
    """The positions from the first one on, with the vector of the first kind of text, which all texts here are of."""
    positions = arrays[f"{prefix}embeddings.position_embeddings.weight"][skipped:]
    kinds = arrays.get(f"{prefix}embeddings.token_type_embeddings.weight")
    if kinds is None:
        return np.array(positions)
    if kinds.ndim != 2 or kinds.shape[1] != shape.dim or not len(kinds):
        raise ArtifactError(f"token_type_embeddings of the shape {kinds.shape}; wanted (kinds, {shape.dim})")
    return positions + kinds[0]


def _prefix(arrays: Mapping[str, np.ndarray]) -> str:
    found = [name.removesuffix(TOKEN_WEIGHTS) for name in arrays if name.endswith(TOKEN_WEIGHTS)]
    if len(found) != 1:
        raise ArtifactError(f"{len(found)} arrays are named {TOKEN_WEIGHTS}: it must be one")
    return found[0]


def _check(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> None:
    if name not in arrays:
        raise ArtifactError(f"the array {name!r} is missing")
    array = arrays[name]
    if array.shape != shape or array.dtype != np.float32:
        raise ArtifactError(f"{name!r} is {array.shape} of {array.dtype}; wanted {shape} of float32")
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        raise ArtifactError(f"{name!r} holds a number that is not finite")


def given(model: Bert, skipped: int) -> dict[str, np.ndarray]:
    """The inverse of `build`: the weights by the names of others, float32, after `skipped` positions of zeros."""
    found: dict[str, np.ndarray] = {}
    for ours, theirs in names(model.shape).items():
        parts = np.split(stored.to_array(model.get_parameter(ours)), len(theirs))
        found |= dict(zip(theirs, parts, strict=True))
    positions = stored.to_array(model.positions.weight)
    unused = np.zeros((skipped, model.width), np.float32)
    found["embeddings.position_embeddings.weight"] = np.concatenate([unused, positions])
    if model.shape.kind not in ("distilbert", "mpnet"):
        found["embeddings.token_type_embeddings.weight"] = np.zeros((1, model.width), np.float32)
    return found


def as_bert(model: MaskedModel, before: tuple[int, ...]) -> Bert:
    """Our own transformer as RoBERTa-PreLayerNorm: the class token's vector is that of the token `before`."""
    ours = model.shape
    shape = Shape(
        "roberta-prelayernorm",
        ours.layers,
        ours.dim,
        ours.heads,
        ours.inner,
        ours.longest,
        len(model.token_embedding.weight),
        EPS,
        "gelu_tanh",
        before=before,
    )
    made, body = Bert(shape), model.body
    with torch.no_grad():
        made.token_embedding.weight.copy_(model.token_embedding.weight)
        if body.first is not None:
            made.token_embedding.weight[before[0]] = body.first
        made.positions.weight.copy_(body.positions.weight)
        pairs: list[tuple[nn.Module | None, nn.Module]] = [
            (made.start_norm, body.start_norm),
            (made.end_norm, body.end_norm),
        ]
        for to, of in zip(made.layers, body.layers, strict=True):
            pairs += [
                (to.read, of.attention.read),
                (to.mix, of.attention.mix),
                (to.mix_norm, of.attention_norm),
            ]
            pairs += [(to.up, of.up), (to.down, of.down), (to.down_norm, of.inner_norm)]
        for taking, giving in pairs:
            assert taking is not None
            taking.load_state_dict(giving.state_dict())
    return made.eval()
