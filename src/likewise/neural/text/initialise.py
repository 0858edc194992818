"""A first guess for a model of pieces: what skip-gram and the counts say already, before it has seen a batch.

Pieces come in as their skip-gram vectors, and go out by them, for the two are tied; the bias is how frequent each piece
is. Skip-gram reads as much text in a second as a transformer in minutes: on 400,000 pieces of an encyclopaedia
the held-out loss was 6.72 with both, 7.20 with the bias alone.
"""

from __future__ import annotations

import numpy as np
import torch

from likewise.neural.text.language_model import LanguageModel
from likewise.neural.text.masked import MaskedModel

SPREAD = 0.05  # root mean square of the numbers that pieces begin with


def begin(model: MaskedModel | LanguageModel, vectors: np.ndarray, counts: np.ndarray) -> None:
    """Write skip-gram vectors (v, dim) of the pieces and their counts (v,) into a model whose weights were started.

    Pieces that do not occur keep what they were started with, which is as small as it was.
    """
    frequency = np.log((counts + 1) / (counts + 1).sum())
    seen = counts > 0
    centred = vectors[seen] - vectors[seen].mean(axis=0)
    scale = SPREAD / max(float(np.sqrt(np.mean(centred**2))), 1e-12)
    with torch.no_grad():
        model.bias.copy_(torch.from_numpy((frequency - frequency.mean()).astype(np.float32)))
        model.pieces.weight[torch.from_numpy(seen)] = torch.from_numpy((centred * scale).astype(np.float32))
