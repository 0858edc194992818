"""Is anything learnt at all? The loss of a guess by frequency, and whether all vectors have become one."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from likewise.neural.text.batch import Example

CHANCE_MARGIN = 0.05  # nats
COLLAPSED = 0.99  # mean cosine of two tokens' vectors
AFTER = 0.3  # of the budget; before that trainings are near chance, or alike, and recover


def chance_loss(counts: np.ndarray, batches: list[Example]) -> float:
    """Cross-entropy in nats of the held-out answers under the frequencies (v,) of the pieces, each count one more."""
    answers = np.concatenate([answer.numpy() for batch in batches for answer in batch.answers])
    smoothed = counts + 1.0
    return float(-np.log(smoothed[answers] / smoothed.sum()).mean()) if len(answers) else 0.0


def likeness(model: nn.Module, batch: Example) -> float:
    """The mean cosine of the last layer's vectors of two tokens, 1 where all are alike."""
    with torch.no_grad():
        last = model.every(batch.ids, batch.positions, batch.sequences)[-1].float()
    return mean_cosine(last[batch.sequences >= 0])


def mean_cosine(vectors: torch.Tensor) -> float:
    """Of two of (n, dim) vectors, 0 where there are no two."""
    unit = torch.nn.functional.normalize(vectors, dim=-1)
    n = len(unit)
    return float((unit.sum(0).square().sum() - n) / (n * (n - 1))) if n > 1 else 0.0


def alarms(
    loss: float, chance: float, alike: float, share_done: float, *, of: str = "tokens", guess: str = "by frequency",
    more: str = "text",
) -> dict[str, str]:  # fmt: skip
    """What a person should know, a line each, by what is wrong: "collapse", "chance"."""
    said = {}
    if share_done >= AFTER and alike > COLLAPSED:
        said["collapse"] = (
            f"the vectors have collapsed: two {of} have a mean cosine of {alike:.3f}; try a tenth of the rate"
        )
    if share_done >= AFTER and loss > chance - CHANCE_MARGIN:
        said["chance"] = (
            f"the held-out loss, {loss:.2f}, is no better than guessing {guess}, {chance:.2f}: "
            f"train longer, with a smaller preset, or on more {more}"
        )
    return said
