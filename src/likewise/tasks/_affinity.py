"""How much tasks help each other, measured over a training and over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RANKS = (
    "Compare within a row, not between rows: how far a loss can fall differs from task to task. "
    "Affinity is a screen and no verdict: groups are to be confirmed by training."
)


@dataclass(frozen=True, eq=False)
class Affinity:
    """What a step for one task gives another: the share by which its loss falls, in the mean over a training.

    `matrix` (t, t) float64: what task i gives task j stands in row j and column i, as do `low` and `high`, the ends of
    its 95 % interval, and `counts`, how often it was measured; where that is 0, so are the others. The diagonal is what
    a task gives itself. `seeds` are those of the trainings.

    Parameters
    ----------
    tasks : tuple of str
        Names of the tasks.
    matrix : ndarray of shape (t, t), float64
        Affinity: what task j gives task i stands in row i and column j.
    low : ndarray of shape (t, t), float64
        End of the 95 % interval.
    high : ndarray of shape (t, t), float64
        End of the 95 % interval.
    counts : ndarray of shape (t, t), int64
        How often each entry was measured.
    seeds : tuple of int
        Seeds of the trainings.
    step : float
        Size of the step whose effect is measured.
    notes : tuple of str, default ()
        Remarks for a person.
    """

    tasks: tuple[str, ...]
    matrix: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray
    seeds: tuple[int, ...]
    step: float
    notes: tuple[str, ...] = ()

    @property
    def ranks(self) -> np.ndarray:
        """(t, t) int64: 1 for whoever gives the most to the task of the row, then 2, …; 0 on the diagonal."""
        others = np.where(np.eye(len(self.tasks), dtype=bool), -np.inf, self.matrix)
        found = np.empty(others.shape, np.int64)
        np.put_along_axis(
            found,
            np.argsort(-others, axis=1, kind="stable"),
            np.arange(1, len(others) + 1)[None].repeat(len(others), 0),
            1,
        )
        np.fill_diagonal(found, 0)
        return found

    def to_json(self) -> dict[str, Any]:
        """As JSON values: a row for each task, of what every other gives it, and how to read it."""
        ranks = self.ranks
        rows = []
        for j, task in enumerate(self.tasks):
            given = {
                giver: {
                    "value": float(self.matrix[j, i]), "low": float(self.low[j, i]), "high": float(self.high[j, i]),
                    "rank": int(ranks[j, i]), "probes": int(self.counts[j, i]),
                }
                for i, giver in enumerate(self.tasks)
            }  # fmt: skip
            rows.append({"task": task, "from": given})
        return {
            "tasks": list(self.tasks), "rows": rows, "seeds": list(self.seeds), "step": self.step,
            "notes": [*self.notes, RANKS],
        }  # fmt: skip

    def __str__(self) -> str:
        scale = _scale(self.matrix)
        width = max(len(task) for task in self.tasks)
        head = " " * width + "".join(f"  {task[:14]:>14}" for task in self.tasks)
        lines = [head]
        for j, task in enumerate(self.tasks):
            cells = [
                ""
                if i == j
                else f"{self.matrix[j, i] / scale:.2f} ±{(self.high - self.low)[j, i] / 2 / scale:.2f}"
                for i in range(len(self.tasks))
            ]
            lines.append(task.ljust(width) + "".join(f"  {cell:>14}" for cell in cells))
        legend = f"what the task of a column gives that of a row, in units of {scale:g} of its loss"
        return "\n".join([*lines, legend, *self.notes, RANKS]).replace("-", "−")


def summarised(
    tasks: Sequence[str],
    runs: Sequence[tuple[np.ndarray, np.ndarray]],
    seeds: Sequence[int],
    step: float,
    notes: Sequence[str] = (),
) -> Affinity:
    """The mean of gains and its interval, from the probes of a run for each seed.

    runs: gains (p, t, t) float64 and measured (p, t, t) bool, in the order of steps. With several seeds an interval is
    Student's t over the means of runs, which differ by their steps' noise too. With one seed it is that of its steps:
    their noise is taken from successive differences (von Neumann 1941), so that the trend of a training is no doubt.
    """
    counts = np.array([measured.sum(axis=0) for _, measured in runs])
    means = np.array([np.where(m, g, 0.0).sum(axis=0) for g, m in runs]) / np.maximum(counts, 1)
    there = counts > 0
    several = there.sum(axis=0)
    matrix = (means * there).sum(axis=0) / np.maximum(several, 1)
    half = _between_steps(*runs[0]) if len(runs) == 1 else _between_runs(means, there, matrix)
    half = np.where(several > 0, half, 0.0)
    names = tuple(tasks)
    never = [
        f"{names[i]} and {names[j]} were never labelled in one batch: nothing is known of them"
        for i in range(len(names))
        for j in range(i)
        if several[i, j] == 0
    ]
    units = counts[0] if len(runs) == 1 else several
    if (units == 1).any():
        of = "at one step" if len(runs) == 1 else "in one training"
        never.append(
            f"some affinities were measured {of} only, and their intervals are not known: train longer"
        )
    return Affinity(
        names, matrix, matrix - half, matrix + half, counts.sum(axis=0), tuple(seeds), step, (*notes, *never)
    )


def _between_runs(means: np.ndarray, there: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    from scipy.stats import t

    n = np.maximum(there.sum(axis=0), 2)
    variance = (((means - matrix) ** 2) * there).sum(axis=0) / (n - 1)
    return t.ppf(0.975, n - 1) * np.sqrt(variance / n)


def _between_steps(gains: np.ndarray, measured: np.ndarray) -> np.ndarray:
    half = np.zeros(gains.shape[1:])
    for place in np.ndindex(*half.shape):
        own = gains[(slice(None), *place)][measured[(slice(None), *place)]]
        if len(own) > 1:
            half[place] = 1.96 * np.sqrt((np.diff(own) ** 2).mean() / 2 / len(own))
    return half


def _scale(matrix: np.ndarray) -> float:
    """A power of ten near the largest entry off the diagonal."""
    others = np.abs(matrix[~np.eye(len(matrix), dtype=bool)])
    most = float(others.max(initial=0.0))
    return 10.0 ** np.floor(np.log10(most)) if most > 0 else 1.0
