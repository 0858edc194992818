"""Whether groups of tasks do what affinity promised: each way to share, trained over seeds, with all losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.probing.grouping import Grouping
from likewise.probing.paired_bootstrap import Difference
from likewise.system import seeds as randomness

Train = Callable[
    [tuple[str, ...], int], Mapping[str, float]
]  # tasks of one network, seed → held-out loss of each
LEAST = 1e-12  # a loss of 0 has no logarithm
ALONE, TOGETHER, RANDOM = "each alone", "all together", "groups at random"


@dataclass(frozen=True)
class Way:
    """One way to share: `groups` a network each, task t served by `served[t]`; `losses[s][t]` held out, by seed."""

    name: str
    groups: tuple[tuple[str, ...], ...]
    served: tuple[int, ...]
    losses: tuple[tuple[float, ...], ...]

    @property
    def means(self) -> np.ndarray:
        """(t,): the mean loss of each task over seeds."""
        return np.array(self.losses).mean(axis=0)


@dataclass(frozen=True)
class Confirmation:
    """`ways` trained with the same seeds and held-out items; the first is each task alone, the second all together.

    Parameters
    ----------
    tasks : tuple of str
        Names of the tasks.
    ways : tuple of Way
        Ways to share, with the losses of each.
    seeds : tuple of int
        Seeds of the trainings.
    """

    tasks: tuple[str, ...]
    ways: tuple[Way, ...]
    seeds: tuple[int, ...]

    def over(self, way: str, other: str) -> Difference:
        """By what share the loss of one way is above that of another, in the mean over tasks; negative is better.

        The geometric mean, so that no task counts more for its unit; 95 % by Student's t over seeds, which are paired.

        Parameters
        ----------
        way : str
            Name of a way.
        other : str
            Name of the way to compare with.
        """
        from scipy.stats import t

        one, two = (np.log(np.maximum(self.way(name).losses, LEAST)).mean(axis=1) for name in (way, other))
        apart = one - two
        half = t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
        low, value, high = np.expm1(apart.mean() + np.array([-half, 0.0, half])).tolist()
        return Difference(value, low, high)

    def way(self, name: str) -> Way:
        """The way of that name.

        Parameters
        ----------
        name : str
            Name.
        """
        return next(way for way in self.ways if way.name == name)

    @property
    def verdict(self) -> str:
        """One line: the way to take, the simplest of those that are no worse beyond doubt."""
        return advice(self)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, differences to all together among them."""
        ways = [
            {**asdict(way), "over_together": None if way.name == TOGETHER else asdict(self.over(way.name, TOGETHER))}
            for way in self.ways
        ]  # fmt: skip
        return {"tasks": self.tasks, "seeds": self.seeds, "ways": ways, "verdict": self.verdict}

    def __str__(self) -> str:
        width = max(len(name) for name in (*self.tasks, "over all together"))
        lines = [" " * width + "".join(f"  {way.name:>16}" for way in self.ways)]
        for i, task in enumerate(self.tasks):
            lines.append(task.ljust(width) + "".join(f"  {way.means[i]:>16.4f}" for way in self.ways))
        over = [
            "" if way.name == TOGETHER else f"{self.over(way.name, TOGETHER).value:+.1%}" for way in self.ways
        ]
        lines.append("over all together".ljust(width) + "".join(f"  {predicted:>16}" for predicted in over))
        lines.append("networks".ljust(width) + "".join(f"  {len(way.groups):>16}" for way in self.ways))
        return "\n".join([*lines, self.verdict])


def confirm(
    groupings: Mapping[str, Grouping], train: Train, *, seeds: int = 3, seed: int = 0, is_random: bool = True
) -> Confirmation:
    """Train each way to share over so many seeds: each task alone, all together, the groupings, and groups at random.

    train: (tasks, seed) → the held-out loss of each of these tasks, trained together in one network, such as
    `likewise.tasks.trainer` gives; a set of tasks that several ways have in common is trained once a seed. Groups at
    random, as many as the first grouping has, are what a grouping must beat. Raises `InputError` for no grouping or
    groupings of different tasks, `OptionError` for seeds below 2, and what `train` raises.

    Parameters
    ----------
    groupings : dict
        Name to grouping.
    train : callable
        Takes tasks and a seed, gives the held-out loss of each task.
    seeds : int, default 3
        Number of trainings of each way, at least 2.
    seed : int, default 0
        Seed of all random numbers.
    is_random : bool, default True
        Also train random groups.
    """
    if not groupings:
        raise InputError("no grouping to confirm: give one or more, by name")
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 2:
        raise OptionError(
            f"seeds is how many, 2 or more, for one shows no difference from chance, not {seeds!r}"
        )
    first = next(iter(groupings.values()))
    tasks = first.tasks
    if any(grouping.tasks != tasks for grouping in groupings.values()):
        raise InputError("the groupings are of different tasks: confirm each by itself")
    plans = _plans(groupings, tasks, randomness.checked(seed), is_random)
    numbers = tuple(range(seed, seed + seeds))
    trained: dict[tuple[tuple[str, ...], int], Mapping[str, float]] = {}
    for number in numbers:
        for own in dict.fromkeys(own for groups, _ in plans.values() for own in groups):
            trained[own, number] = train(own, number)
    ways = []
    for name, (groups, served) in plans.items():
        losses = tuple(
            tuple(
                float(trained[groups[row], number][task]) for task, row in zip(tasks, served, strict=True)
            )
            for number in numbers
        )  # fmt: skip
        ways.append(Way(name, groups, served, losses))
    return Confirmation(tasks, tuple(ways), numbers)


def _plans(
    groupings: Mapping[str, Grouping], tasks: tuple[str, ...], seed: int, is_random: bool
) -> dict[str, tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]]:
    """The groups of each way, and which of them serves each task."""
    plans = {
        ALONE: (tuple((task,) for task in tasks), tuple(range(len(tasks)))),
        TOGETHER: ((tasks,), (0,) * len(tasks)),
    }
    plans |= {name: (grouping.groups, grouping.served) for name, grouping in groupings.items()}
    count = len(next(iter(groupings.values())).groups)
    if is_random and 1 < count < len(tasks):
        served = at_random(len(tasks), count, seed)
        groups = groups_of(served, tasks)
        plans[RANDOM] = groups, served
    return plans


def at_random(n: int, count: int, seed: int) -> tuple[int, ...]:
    """The group, of `count` about as large as each other, of each of n tasks."""
    order = randomness.generator(seed, "reuse.random_groups").permutation(n)
    served = np.empty(n, np.int64)
    served[order] = np.arange(n) % count
    return tuple(served.tolist())


def advice(found: Confirmation) -> str:
    """All together, unless another way has less loss beyond doubt; and what the grouping is worth against chance."""
    others = [way for way in found.ways if way.name not in (TOGETHER, RANDOM)]
    better = [way for way in others if found.over(way.name, TOGETHER).high < 0]
    if not better:
        nearest = min(others, key=lambda way: found.over(way.name, TOGETHER).value)
        over = found.over(nearest.name, TOGETHER)
        return (
            f"one network for all: {nearest.name} has {_share(over)} loss, which does not show beyond doubt"
        )
    best = min(better, key=lambda way: found.over(way.name, TOGETHER).value)
    enough = next(
        way
        for way in sorted(better, key=lambda way: len(way.groups))
        if found.over(way.name, best.name).low <= 0
    )
    less = _share(found.over(enough.name, TOGETHER))
    text = f"{enough.name}, {len(enough.groups)} networks: {less} loss than all together"
    chance = [way for way in found.ways if way.name == RANDOM]
    if chance and enough.name != ALONE and found.over(enough.name, RANDOM).high >= 0:
        text += f"; but groups at random do about as well ({_share(found.over(RANDOM, TOGETHER))})"
    return text


def _share(over: Difference) -> str:
    text = (
        f"{abs(over.value):.1%} {'less' if over.value <= 0 else 'more'} ({over.low:+.1%} … {over.high:+.1%})"
    )
    return text.replace("-", "−")


def groups_of(served: Sequence[int], tasks: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The tasks of each group by which group each task is in."""
    return tuple(
        tuple(task for task, row in zip(tasks, served, strict=True) if row == g) for g in sorted(set(served))
    )
