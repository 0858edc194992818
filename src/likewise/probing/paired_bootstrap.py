"""Several predictions of the same rows, set side by side: what they differ by, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from likewise.probing.scores import Measure, redrawn

Metric = Callable[[np.ndarray, np.ndarray], Measure]  # of truth and predictions


@dataclass(frozen=True)
class Difference:
    """How much higher the one scored than the other, on the same rows; `low` to `high` is its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.value:+.1f} ({100 * self.low:+.1f} … {100 * self.high:+.1f})".replace("-", "−")


@dataclass(frozen=True)
class SideBySide:
    """r predictions: `values` (r,), the same on rows drawn `again` (resamples, r), and on each of `units` (u, r).

    A unit is what one head predicted: a fold, or a draw of few labels. Where `is_spread`, intervals hold the spread
    over units too, as each learnt from other rows.
    """

    names: tuple[str, ...]
    values: np.ndarray
    again: np.ndarray
    units: np.ndarray
    is_spread: bool

    def value(self, name: str) -> Difference:
        """The score of one and its 95 % interval."""
        at = self.names.index(name)
        return self._sure(self.values[at], self.again[:, at], self.units[:, at], 0.95)

    def over(self, name: str, other: str, level: float = 0.95) -> Difference:
        """By how much `name` is above `other`, with the interval of that level: a paired bootstrap."""
        a, b = self.names.index(name), self.names.index(other)
        return self._sure(
            self.values[a] - self.values[b],
            self.again[:, a] - self.again[:, b],
            self.units[:, a] - self.units[:, b],
            level,
        )

    def _sure(self, value: float, again: np.ndarray, units: np.ndarray, level: float) -> Difference:
        """Percentiles of the bootstrap; with the spread over units (Student's t) the two add up as squares do."""
        low, high = np.quantile(again, [(1 - level) / 2, (1 + level) / 2])
        if self.is_spread and len(units) > 1:
            from scipy.stats import t

            half = t.ppf((1 + level) / 2, len(units) - 1) * units.std(ddof=1) / np.sqrt(len(units))
            low, high = value - np.hypot(value - low, half), value + np.hypot(high - value, half)
        return Difference(float(value), float(low), float(high))


def side_by_side(
    truth: np.ndarray,
    folds: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    metric: Metric,
    *,
    resamples: int,
    seed: int,
    is_spread: bool = False,
) -> SideBySide:
    """`predictions` (repeats, m) of each name for the same m rows, tested in `folds` (m,), scored by `metric`.

    With several repeats the score is their mean. All names are scored on the same rows drawn again.
    """
    singles = [[metric(truth, predicted) for predicted in repeats] for repeats in predictions.values()]
    measures = [_mean_of(single) for single in singles]
    everyone = np.arange(len(truth))
    again = [[measure(rows) for measure in measures] for rows in redrawn(len(truth), resamples, seed)]
    rows_of = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    units = [[one(rows) for rows in rows_of for one in single] for single in singles]
    values = np.array([measure(everyone) for measure in measures])
    return SideBySide(tuple(predictions), values, np.array(again), np.array(units).T, is_spread)


def _mean_of(measures: list[Measure]) -> Measure:
    return lambda rows: sum(measure(rows) for measure in measures) / len(measures)
