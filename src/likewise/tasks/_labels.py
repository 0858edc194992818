"""What is predicted for items: labels as given, made into targets of a head."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from likewise.errors import InputError, WrongType

Kind = Literal["classes", "numbers", "sets"]
MISSING = (None, "")


@dataclass(frozen=True)
class Head:
    """What a head predicts: the class of `classes`; a number, scaled by `deviation` and moved by `mean`; or a set.

    Parameters
    ----------
    name : str
        Name.
    kind : str
        "classes", "numbers" or "sets".
    classes : tuple, default ()
        Classes.
    mean : float, default 0.0
        Mean of the numbers.
    deviation : float, default 1.0
        Standard deviation of the numbers.
    """

    name: str
    kind: Kind
    classes: tuple[Any, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def width(self) -> int:
        """How many numbers it gives."""
        return max(1, len(self.classes))

    def read(self, scores: np.ndarray) -> list[Any]:
        """Scores (m, width) as labels: the likeliest class, the number, or the classes of more than even chance.

        Parameters
        ----------
        scores : ndarray of shape (m, width)
            Output of the head.
        """
        if self.kind == "classes":
            return [self.classes[code] for code in scores.argmax(axis=1).tolist()]
        if self.kind == "numbers":
            return (scores[:, 0].astype(np.float64) * self.deviation + self.mean).tolist()
        return [[self.classes[code] for code in np.flatnonzero(row > 0).tolist()] for row in scores]


@dataclass(frozen=True, eq=False)
class Task:
    """Labels of n items as `head` learns them.

    `targets` (n,) int64 codes of classes; (n,) float32 numbers, of mean 0 and deviation 1; or (n, classes) float32 of
    0 and 1. Where `known` (n,) is false, they say nothing.
    """

    head: Head
    targets: np.ndarray
    known: np.ndarray

    @property
    def name(self) -> str:
        return self.head.name

    @property
    def kind(self) -> Kind:
        return self.head.kind

    @property
    def width(self) -> int:
        return self.head.width

    def baseline_loss(self, learnt: np.ndarray, held: np.ndarray) -> float:
        """The mean loss over items `held` of predicting the label frequencies of the `learnt` items, or their mean."""
        own, held_targets = self.targets[learnt[self.known[learnt]]], self.targets[held[self.known[held]]]
        if self.kind == "classes":
            counts = np.bincount(own, minlength=self.width) + 1.0
            return float(-np.log(counts[held_targets] / counts.sum()).mean())
        if self.kind == "numbers":
            return float(((held_targets - own.mean()) ** 2).mean())
        share = (own.sum(axis=0) + 1) / (len(own) + 2)
        return float(-(held_targets * np.log(share) + (1 - held_targets) * np.log(1 - share)).mean())


def tasks_of(labels: Mapping[str, Any], n: int) -> tuple[Task, ...]:
    """A task for each name, with a label an item or None (or "") where it is missing.

    Floating-point numbers are numbers, lists and sets of labels are sets, all else is a class. Raises `InputError` for
    no tasks, another number of labels than items, no labels at all, one class, numbers that do not vary or are not
    finite, and `WrongType` for labels that are one string, or neither texts nor numbers.
    """
    if not isinstance(labels, Mapping):
        raise WrongType(f"labels are a list an item for each task by its name, not {type(labels).__name__}")
    if not labels:
        raise InputError("there are no tasks: give labels for one or more, by name")
    return tuple(task_of(str(name), given, n) for name, given in labels.items())


def task_of(name: str, given: Any, n: int) -> Task:
    """One task; raises as `tasks_of` does."""
    if isinstance(given, str | bytes):
        raise WrongType(
            f"task {name!r} has one {type(given).__name__} for labels: give a list, one for each item"
        )
    is_matrix = isinstance(given, np.ndarray) and given.ndim == 2
    listed = [np.flatnonzero(row).tolist() for row in given] if is_matrix else _listed(given)
    if len(listed) != n:
        raise InputError(
            f"task {name!r} has {len(listed):,} labels for {n:,} items: give one for each, or None"
        )
    known = np.array([not _is_missing(label) for label in listed], bool)
    there = [label for label in listed if not _is_missing(label)]
    if not there:
        raise InputError(f"task {name!r} has no labels: leave it out")
    if all(isinstance(label, list | tuple | set | frozenset) for label in there):
        return _sets(name, there, known)
    if any(isinstance(label, list | tuple | set | frozenset) for label in there):
        raise WrongType(f"task {name!r} mixes sets of labels with single ones: make all of them lists")
    if any(isinstance(label, float) for label in there):
        return _numbers(name, listed, known)
    return _classes(name, there, known)


def copies(tasks: Sequence[Task]) -> list[tuple[str, str]]:
    """Pairs of tasks that part the items alike: the one is the other."""
    seen = [(task.name, task.kind, _fingerprint(task)) for task in tasks]
    return [(a[0], b[0]) for a, b in combinations(seen, 2) if a[1:] == b[1:]]


def _fingerprint(task: Task) -> bytes:
    """The same for labels that are the same but for their names."""
    if task.kind != "classes":
        return np.where(task.known, task.targets.T, 0).tobytes() + task.known.tobytes()
    codes = np.where(task.known, task.targets, -1)
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return first[inverse].tobytes() + task.known.tobytes()


def _listed(given: Iterable[Any]) -> list[Any]:
    return given.tolist() if isinstance(given, np.ndarray) else list(given)


def _is_missing(label: Any) -> bool:
    return label is None or (isinstance(label, str) and label == "")


def _sorted(name: str, labels: list[Any]) -> list[Any]:
    """The different ones, numbers before texts."""
    odd = next((label for label in labels if not isinstance(label, str | int | float)), None)
    if odd is not None:
        raise WrongType(
            f"task {name!r} has the label {odd!r}: classes are texts or whole numbers; give its name"
        )
    return sorted(set(labels), key=lambda label: (isinstance(label, str), label))


def _classes(name: str, there: list[Any], known: np.ndarray) -> Task:
    names = _sorted(name, there)
    if len(names) < 2:
        raise InputError(f"task {name!r} has one class, {names[0]!r}: two or more are wanted; leave it out")
    code = {label: i for i, label in enumerate(names)}
    targets = np.zeros(len(known), np.int64)
    targets[known] = [code[label] for label in there]
    return Task(Head(name, "classes", tuple(names)), targets, known)


def _numbers(name: str, listed: list[Any], known: np.ndarray) -> Task:
    for row, label in enumerate(listed):
        if known[row] and (not isinstance(label, int | float) or not math.isfinite(label)):
            raise InputError(
                f"task {name!r}, item {row}, is {label!r}: wanted a number, or None where there is none"
            )
    numbers = np.array([float(label) for label, is_known in zip(listed, known, strict=True) if is_known])
    mean, deviation = float(numbers.mean()), float(numbers.std())
    if not deviation > 1e-12 * abs(mean):
        raise InputError(f"task {name!r} is always {numbers[0]:g}: there is nothing to predict; leave it out")
    targets = np.zeros(len(known), np.float32)
    targets[known] = (numbers - mean) / deviation
    return Task(Head(name, "numbers", mean=mean, deviation=deviation), targets, known)


def _sets(name: str, there: list[Any], known: np.ndarray) -> Task:
    names = _sorted(name, [each for row in there for each in row])
    code = {label: i for i, label in enumerate(names)}
    targets = np.zeros((len(known), max(1, len(names))), np.float32)
    for row, own in zip(np.flatnonzero(known).tolist(), there, strict=True):
        targets[row, [code[label] for label in own]] = 1
    if not names or (targets[known] == targets[known][0]).all():
        raise InputError(
            f"task {name!r} has the same labels everywhere: there is nothing to predict; leave it out"
        )
    return Task(Head(name, "sets", tuple(names)), targets, known)
