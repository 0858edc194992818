"""The hidden vectors of sequences of tokens, after every layer, in batches bounded by tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.neural.text.language_model import LanguageModel
from likewise.neural.text.masked import MaskedModel


@dataclass(frozen=True)
class Hidden:
    """`layers` + 1 arrays each, the vectors of tokens before the first layer leading: tokens (t, width) float32 and
    firsts (n, width), of the slot each sequence begins with: the class token, where there is one.
    """

    tokens: list[np.ndarray]
    firsts: list[np.ndarray]


def hidden(model: MaskedModel | LanguageModel, rows: Ragged, *, slots: int = 8192) -> Hidden:
    """The hidden vectors of the tokens of `rows`, in their order.

    They do not depend on how rows are batched, but for rounding. A row without tokens has zeros for its first. Raises
    `InputError` where a row is longer than the model reads, or an id is none of its tokens.
    """
    shape, device = model.shape, model.token_embedding.weight.device
    _check(rows, model.token_embedding.num_embeddings, shape.longest - shape.lead)
    found = Hidden(*(_room(n, model) for n in (len(rows.ids), len(rows))))
    model.eval()
    for members in _batches(rows.lengths, slots):
        places = np.concatenate([np.arange(rows.offsets[i], rows.offsets[i + 1]) for i in members])
        layout = model.arrange(rows.lengths[members])
        ids = layout.spread(rows.ids[places].astype(np.int64), 0)
        inputs = (torch.from_numpy(a).to(device) for a in (ids, layout.positions, layout.sequences))
        with torch.inference_mode():
            every = [layer.flatten(0, 1).float().cpu().numpy() for layer in model.every(*inputs)]
        for layer, tokens, firsts in zip(every, found.tokens, found.firsts, strict=True):
            tokens[places], firsts[members] = layer[layout.slots], layer[layout.firsts]
    return found


def _room(n: int, model: MaskedModel | LanguageModel) -> list[np.ndarray]:
    return [np.zeros((n, model.width), np.float32) for _ in range(model.shape.layers + 1)]


def _check(rows: Ragged, vocabulary: int, longest: int) -> None:
    if len(rows.ids) and not 0 <= int(rows.ids.min()) <= int(rows.ids.max()) < vocabulary:
        raise InputError(
            f"token ids must be from 0 to {vocabulary - 1}, not {rows.ids.min()} to {rows.ids.max()}"
        )
    if len(rows) and rows.lengths.max() > longest:
        raise InputError(
            f"a row has {rows.lengths.max()} tokens, and this model reads {longest}: cut it first"
        )


def _batches(lengths: np.ndarray, slots: int) -> Iterator[np.ndarray]:
    """Rows that are not empty, longest first, so that memory peaks at once: at most `slots` with padding."""
    order = np.argsort(-lengths, kind="stable")
    order = order[: np.count_nonzero(lengths)]
    while len(order):
        count = max(1, slots // int(lengths[order[0]] + 1))
        yield order[:count]
        order = order[count:]
