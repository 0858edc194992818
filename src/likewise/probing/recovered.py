"""What was recovered of the input: the share, item by item, compared with answers that know nothing of the item."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from likewise.probing.scores import redrawn


@dataclass(frozen=True)
class Recovered:
    """Of each item tested what was `got` (m,) of what was `there` (m,): tokens, or squared distance from the mean.

    `shuffled` is the value of a decoder of vectors that belong to other items, `mean` that of the mean answer. `tested`
    (m,) int64 are the rows tested, `answers` the predictions for them, `penalty` that of the ridge for each row.

    Parameters
    ----------
    metric : str
        Name of the metric.
    got : ndarray of shape (m,)
        What was recovered of each item.
    there : ndarray of shape (m,)
        What there was to recover of each item.
    shuffled : float
        Value of a decoder of other items' vectors.
    mean : float
        Value of the mean answer.
    dim : int
        Length of the vectors.
    penalty : float or None
        Penalty of the ridge.
    learnt : int
        Number of training pairs or items.
    tested : ndarray of shape (m,), int64
        Test rows.
    answers : ndarray or sparse matrix
        Predictions for the test items.
    seed : int
        Seed of all random numbers.
    resamples : int
        Number of bootstrap samples of the interval.
    notes : tuple of str, default ()
        Remarks for a person.
    """

    metric: str
    got: np.ndarray
    there: np.ndarray
    shuffled: float
    mean: float
    dim: int
    penalty: float
    learnt: int
    tested: np.ndarray
    answers: Any
    seed: int
    resamples: int
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The share of all that was there: recall over all tokens, or R²."""
        return float(self.got.sum() / self.there.sum())

    @property
    def by_item(self) -> np.ndarray:
        """(m,) float64: the share of each item; 0 of one of which nothing was there."""
        return np.divide(self.got, self.there, out=np.zeros(len(self.got)), where=self.there > 0)

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """The middle 95 % of `value` when the items tested are drawn again; None without resamples."""
        drawn = (rows for rows in redrawn(len(self.got), self.resamples, self.seed))
        again = [self.got[rows].sum() / self.there[rows].sum() for rows in drawn if self.there[rows].any()]
        if not again:
            return None
        low, high = np.percentile(again, [2.5, 97.5])
        return float(low), float(high)

    def to_json(self) -> dict[str, Any]:
        """All but the answers and the single items, as JSON values."""
        low, high = self.interval or (None, None)
        return {
            "metric": self.metric, "value": self.value, "low": low, "high": high,
            "by_item": float(self.by_item.mean()), "shuffled": self.shuffled, "mean": self.mean, "dim": self.dim,
            "penalty": self.penalty, "learnt": self.learnt, "tested": len(self.tested), "notes": list(self.notes),
        }  # fmt: skip

    def __str__(self) -> str:
        return str(Layers((("", self),)))


@dataclass(frozen=True)
class Layers:
    """`rows`: what was got back from each layer, by name, in order."""

    rows: tuple[tuple[str, Recovered], ...]

    def __getitem__(self, name: str) -> Recovered:
        return dict(self.rows)[name]

    def to_json(self) -> dict[str, Any]:
        """A row for each layer, in order."""
        return {"rows": [{"name": name, **found.to_json()} for name, found in self.rows]}

    def __str__(self) -> str:
        first = self.rows[0][1]
        cells = [["", "dim", first.metric, "", "by item", "wrong vectors", "mean answer"]]
        for name, found in self.rows:
            low, high = found.interval or (found.value, found.value)
            predicted = f"{found.value:.3f}", f"{low:.3f} to {high:.3f}", f"{found.by_item.mean():.3f}"
            cells.append([name, f"{found.dim:,}", *predicted, *map(_near, (found.shuffled, found.mean))])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
            )
            for row in cells
        ]
        notes = dict.fromkeys(note for _, found in self.rows for note in found.notes)
        counted = f"{first.learnt:,} items learnt from, {len(first.tested):,} tested"
        return "\n".join([line.rstrip() for line in lines] + [counted, *notes])


def _near(value: float) -> str:
    """Three decimals, 0 without a sign."""
    return f"{round(value, 3) + 0.0:.3f}"
