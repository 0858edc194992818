"""Which tasks are to share a network: the best groups for at most k networks, found exactly.

The selection of Fifty et al. 2021 (arXiv 2109.04617, section 3.2): in a group a task scores the mean of what the others
give it; a task is served by the group in which it scores most; the mean over tasks is to be largest. Groups may
overlap, for a task may help where it is not served itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.probing.task_grouping_search import best_blocks

MOST = 20  # tasks; more would take hours


@dataclass(frozen=True)
class Grouping:
    """`groups`, of two tasks or more, smaller ones first; `served[t]` is the group of task t, and `scores[t]` the mean
    affinity of that group's others onto it; `score` is the mean over tasks.

    Parameters
    ----------
    tasks : tuple of str
        Names of the tasks.
    groups : tuple of tuple of str
        Tasks of each group.
    served : tuple of int
        Group of each task.
    scores : tuple of float
        Mean affinity of the group of each task onto it.
    score : float
        Mean over tasks.
    """

    tasks: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    served: tuple[int, ...]
    scores: tuple[float, ...]
    score: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        lines = []
        for number, group in enumerate(self.groups):
            helpers = [task for task in group if self.served[self.tasks.index(task)] != number]
            only = f" ({', '.join(helpers)} only to help)" if helpers else ""
            lines.append(f"network {number + 1}: {', '.join(group)}{only}")
        return "\n".join([*lines, f"mean affinity onto a task {self.score:.3g}"])


def group(matrix: np.ndarray, tasks: Sequence[str], k: int) -> Grouping:
    """The groups of tasks for at most k networks whose score is largest, exactly, by branch and bound.

    matrix (t, t): what task i gives to task j in row j and column i; the diagonal is not looked at. Of groups that are
    equal to the last bit or so, the first found, always the same. Raises `InputError` for a matrix that does not fit or
    is not finite, and for fewer than two tasks; `OptionError` for a k that is not from 1 to t.

    Parameters
    ----------
    matrix : ndarray of shape (t, t), float64
        Affinity: what task j gives task i stands in row i and column j.
    tasks : sequence of str
        Names of the tasks, in the order of the matrix.
    k : int
        Largest number of groups.
    """
    names = tuple(tasks)
    given = _checked(matrix, names)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise OptionError(f"k is a number of networks from 1 on, not {k!r}")
    if k > len(names):
        raise OptionError(f"k is {k}, more networks than the {len(names)} tasks: give {len(names)} or fewer")
    n = len(names)
    found = {tuple(t for t in range(n) if block >> t & 1) for block in best_blocks(given, int(k))}
    return scored(given, names, sorted(found, key=lambda members: (len(members), members)))


def scored(matrix: np.ndarray, tasks: Sequence[str], groups: Sequence[Sequence[int]]) -> Grouping:
    """The score of groups given as numbers of tasks: each task by the group that serves it best."""
    names = tuple(tasks)
    table = np.full((len(groups), len(names)), -np.inf)
    for row, members in enumerate(groups):
        for task in members:
            table[row, task] = sum(matrix[task, other] for other in members if other != task) / (
                len(members) - 1
            )
    served, scores = table.argmax(axis=0), table.max(axis=0)
    used = sorted(set(served.tolist()))
    return Grouping(
        names,
        tuple(tuple(names[task] for task in groups[row]) for row in used),
        tuple(used.index(row) for row in served.tolist()),
        tuple(scores.tolist()),
        sum(float(scores[task]) for task in dict.fromkeys(chain.from_iterable(groups))) / len(names),
    )


def _checked(matrix: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    given = np.array(matrix, np.float64)
    n = len(names)
    if n < 2:
        raise InputError(f"{n} task: wanted two or more to group")
    if n > MOST:
        raise InputError(f"{n} tasks: the best groups are found for at most {MOST}; leave some out")
    if len(set(names)) < n:
        raise InputError(f"two tasks have the same name, of {', '.join(map(repr, names))}: name them apart")
    if given.shape != (n, n):
        raise InputError(f"affinities of shape {given.shape} for {n} tasks, wanted ({n}, {n})")
    np.fill_diagonal(given, 0.0)
    if not np.isfinite(given).all():
        raise InputError("an affinity is not finite (NaN or Inf): look at how it was measured")
    return given
