"""Is anything learnt at all? The held-out loss next to that of a baseline, and a test whether the vectors collapsed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

BASELINE_MARGIN = 0.05  # nats
COLLAPSED = 0.99  # mean cosine similarity of two vectors
AFTER = (
    0.3  # of the budget; before that trainings are near the baseline, or have similar vectors, and recover
)


class Evaluation(NamedTuple):
    """What was measured, by name, losses as "held_out ...", and the alarms by what is wrong."""

    measured: dict[str, float]
    alarms: dict[str, str]


def evaluate(
    model: nn.Module,
    batches: Sequence[Any],
    loss: Callable[[Any, Any], Tensor],
    vectors: Callable[[Any, Any], Tensor],
    baseline: float,
    share_done: float,
    *,
    unit: str,
    prediction: str = "by frequency",
    data: str | None = None,
) -> Evaluation:
    """The mean loss of held-out batches and the mean cosine similarity of the vectors of the first, with alarms.

    loss and vectors: of the model and a batch. baseline: the loss of a `prediction` that looks at no
    input. unit: what the vectors are of. data: what to train on more of; None is `unit`.
    """
    held_out = held_out_loss(model, batches, loss)
    with torch.no_grad():
        similarity = mean_cosine(vectors(model, batches[0].to(next(model.parameters()).device)))
    return Evaluation(
        {"held_out": held_out, "chance": baseline, "alike": similarity},
        alarms(
            held_out, baseline, similarity, share_done, unit=unit, prediction=prediction, data=data or unit
        ),
    )


def held_out_loss(model: nn.Module, batches: Sequence[Any], loss: Callable[[Any, Any], Tensor]) -> float:
    """Mean loss in nats over all targets of the batches, in float32."""
    model.eval()
    device, total, targets = next(model.parameters()).device, 0.0, 0
    with torch.no_grad():
        for batch in batches:
            total += float(loss(model, batch.to(device))) * batch.n_targets
            targets += batch.n_targets
    return total / max(1, targets)


def mean_cosine(vectors: Tensor) -> float:
    """The mean cosine similarity of two of (n, dim) vectors, 0 if there are not two."""
    unit = torch.nn.functional.normalize(vectors, dim=-1)
    n = len(unit)
    return float((unit.sum(0).square().sum() - n) / (n * (n - 1))) if n > 1 else 0.0


def alarms(
    loss: float,
    baseline: float,
    similarity: float,
    share_done: float,
    *,
    unit: str,
    prediction: str,
    data: str,
) -> dict[str, str]:
    """A line for each alarm, by what is wrong: "collapse", "chance"."""
    raised = {}
    if share_done >= AFTER and similarity > COLLAPSED:
        raised["collapse"] = (
            f"the vectors have collapsed: two {unit} have a mean cosine of {similarity:.3f}; "
            "try a tenth of the learning rate"
        )
    if share_done >= AFTER and loss > baseline - BASELINE_MARGIN:
        raised["chance"] = (
            f"the held-out loss, {loss:.2f}, is no better than predicting {prediction}, {baseline:.2f}: "
            f"train longer, with a smaller preset, or on more {data}"
        )
    return raised
