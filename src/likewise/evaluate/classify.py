"""Can a linear head predict the classes? Accuracy and macro-F1 on a given split, or over folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.evaluate.rows import Row
from likewise.probing.folds import Folds, given_split
from likewise.probing.probe import Probe
from likewise.probing.probe import classify as probe


@dataclass(frozen=True)
class ClassifyScore:
    """What `probe` found; `commonest` is the accuracy of always predicting the most frequent class of the test rows."""

    probe: Probe
    commonest: float

    @property
    def accuracy(self) -> float:
        """The share of test rows that were predicted right."""
        return self.probe.scores[0].value

    @property
    def macro_f1(self) -> float:
        """The mean of the classes' F1."""
        return self.probe.scores[1].value

    def rows(self, name: str) -> list[Row]:
        """The numbers as rows of a report on the set `name`."""
        n, note = len(self.probe.tested), "; ".join(self.probe.notes)
        accuracy, macro = self.probe.scores
        baseline = {"commonest": self.commonest}
        return [
            Row(
                name, "accuracy", accuracy.value, n, n, accuracy.interval,
                baselines=baseline, bar=self.commonest, note=note,
            ),
            Row(name, "macro-F1", macro.value, n, n, macro.interval, note=note),
        ]  # fmt: skip


def evaluate(
    features: Any,
    labels: Sequence[Any],
    *,
    is_test: np.ndarray | None = None,
    folds: Folds = 5,
    seed: int = 0,
    resamples: int = 1000,
) -> ClassifyScore:
    """Logistic regression on frozen vectors (n, d), dense or CSR: on the rows of `is_test` (n,) bool, else over folds.

    Options and errors are those of `likewise.probing.classify`.
    """
    chosen = folds if is_test is None else given_split(is_test)
    found = probe(features, labels, folds=chosen, seed=seed, resamples=resamples)
    commonest = np.bincount(found.truth).max() / len(found.truth)
    return ClassifyScore(found, float(commonest))
