"""Rows of token ids → one vector each, in batches bounded by tokens, sequences of about one length together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from likewise.arrays.ragged import Ragged
from likewise.neural.pretrained.bert import Bert, Line, framed

SLOTS = 2048  # of a batch: what a layer holds of them stays near the processor


def pooled(model: Bert, rows: Ragged, pooling: str, *, slots: int = SLOTS) -> np.ndarray:
    """(n, width) float32: the mean, the first or the largest of the last layer's vectors of each row's slots.

    Those of the class token and the like are among them. A row without tokens has zeros. A batch has at most `slots`
    slots, or one row.
    """
    vectors = np.zeros((len(rows), model.width), np.float32)
    with torch.inference_mode():
        for members in batches(rows.lengths, model.shape.lead, slots):
            line = in_order(rows, members, model)
            vectors[members] = pool(model.along(line)[-1].float(), line.spans, pooling).cpu().numpy()
    return vectors


def batches(lengths: np.ndarray, lead: int, slots: int) -> Iterator[np.ndarray]:
    """Rows that are not empty, longest batch first; each batch sorted by length, shortest first."""
    order = np.argsort(-lengths, kind="stable")
    order = order[: np.count_nonzero(lengths)]
    ends = np.cumsum(lengths[order] + lead)
    start = 0
    while start < len(order):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + slots, side="right")))
        yield order[start:stop][::-1]
        start = stop


def in_order(rows: Ragged, members: np.ndarray, model: Bert) -> Line:
    """The rows end to end, which must stand sorted by length, with the ids before and after."""
    shape, whole = model.shape, rows.lengths[members] + model.shape.lead
    first = np.repeat(np.cumsum(whole) - whole, whole)
    place, length = np.arange(len(first)) - first, np.repeat(whole, whole)
    source = np.repeat(rows.offsets[members], whole) + place - len(shape.before)
    ids = rows.ids[np.clip(source, 0, len(rows.ids) - 1)].astype(np.int64)
    values, counts = np.unique(whole, return_counts=True)
    device = model.token_embedding.weight.device
    ids, place, length = (torch.from_numpy(array).to(device) for array in (ids, place, length))
    return Line(
        framed(ids, place, length, shape), place, list(zip(counts.tolist(), values.tolist(), strict=True))
    )


def chosen(rows: Ragged, members: np.ndarray) -> Ragged:
    """The rows of these numbers, in their order."""
    lengths = rows.lengths[members]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    places = np.repeat(rows.offsets[members] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Ragged(rows.ids[places], offsets)


def pool(vectors: Tensor, spans: list[tuple[int, int]], pooling: str) -> Tensor:
    """(t, dim) → (n, dim)."""
    parts, start = [], 0
    for count, length in spans:
        part = vectors[start : start + count * length].view(count, length, -1)
        parts.append(POOL[pooling](part))
        start += count * length
    return torch.cat(parts)


POOL = {
    "mean": lambda part: part.mean(1),
    "cls": lambda part: part[:, 0],
    "max": lambda part: part.amax(1),
}
