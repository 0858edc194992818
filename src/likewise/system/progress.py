"""The progress of long work: the command line draws it, a `report` callable receives it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """One report: `done` of `total` in `unit`, in `stage`; `loss` is the mean so far, None where there is none."""

    stage: str
    done: int
    total: int
    unit: str
    loss: float | None = None
    epoch: int = 0
    epochs: int = 0
    learning_rate: float | None = None
