"""How good predictions are, with an interval: the rows that were tested, drawn again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from likewise.system import seeds
from likewise.system.options import check_int

Measure = Callable[[np.ndarray], float]  # of rows, by their positions among those tested


@dataclass(frozen=True)
class Score:
    """`value` over all rows tested; `interval` its middle 95 % when they are drawn again; `per_fold` in order.

    The interval is for the test rows, not for the training rows: with other training rows it would be wider.

    Parameters
    ----------
    metric : str
        Name of the metric.
    value : float
        Value of the metric.
    interval : tuple of float or None
        95 % interval.
    per_fold : tuple of float
        Value of each fold.
    """

    metric: str
    value: float
    interval: tuple[float, float] | None
    per_fold: tuple[float, ...]


def score(metric: str, measure: Measure, folds: np.ndarray, *, resamples: int, seed: int) -> Score:
    """`measure` over all rows tested, over those of each fold, and its interval (None without resamples)."""
    n = len(folds)
    per_fold = tuple(measure(np.flatnonzero(folds == fold)) for fold in np.unique(folds))
    interval = None
    if check_int("resamples", resamples, 0, 1_000_000) > 0:
        again = [measure(drawn) for drawn in redrawn(n, resamples, seed)]
        low, high = np.percentile(again, [2.5, 97.5])
        interval = (float(low), float(high))
    return Score(metric, measure(np.arange(n)), interval, per_fold)


def redrawn(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """n rows drawn with replacement, `resamples` times (the bootstrap of Efron 1979); the same for the same seed."""
    generator = seeds.generator(seed, "probe bootstrap")
    return (generator.integers(n, size=n, dtype=np.int32) for _ in range(resamples))


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> Measure:
    """The share of rows predicted right."""
    right = (truth == predicted).astype(np.float64)
    return lambda rows: float(right[rows].mean())


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> Measure:
    """The mean over classes of 2 hits / (rows of it + rows predicted as it); classes neither there nor predicted are
    left out."""
    classes = int(max(truth.max(), predicted.max())) + 1

    def measure(rows: np.ndarray) -> float:
        true, answers = truth[rows], predicted[rows]
        hits = np.bincount(true[true == answers], minlength=classes)
        both = np.bincount(true, minlength=classes) + np.bincount(answers, minlength=classes)
        return float((2 * hits[both > 0] / both[both > 0]).mean())

    return measure


def r2(truth: np.ndarray, predicted: np.ndarray) -> Measure:
    """1 - the sum of squared errors over that of the mean; 0 where the rows do not vary."""

    def measure(rows: np.ndarray) -> float:
        spread = float(((truth[rows] - truth[rows].mean()) ** 2).sum())
        return 1 - float(((truth[rows] - predicted[rows]) ** 2).sum()) / spread if spread > 0 else 0.0

    return measure


def mean_error(truth: np.ndarray, predicted: np.ndarray) -> Measure:
    """The mean absolute error, in the unit of the targets."""
    error = np.abs(truth - predicted)
    return lambda rows: float(error[rows].mean())


def set_f1(truth: np.ndarray, predicted: np.ndarray, *, by_label: bool) -> Measure:
    """F1 of (n, c) bool: over all cells ("micro"), or the mean over labels that are there or predicted ("macro")."""
    hit, each = truth & predicted, truth.astype(np.int64) + predicted

    def measure(rows: np.ndarray) -> float:
        hits, both = hit[rows].sum(axis=0), each[rows].sum(axis=0)
        if not by_label:
            hits, both = hits.sum(keepdims=True), both.sum(keepdims=True)
        return float((2 * hits[both > 0] / both[both > 0]).mean()) if (both > 0).any() else 0.0

    return measure
