"""Training networks of several tasks; torch is imported inside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.system import seeds
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.system.progress import Progress
from likewise.tasks._labels import Task, copies, tasks_of
from likewise.tasks._trunks import Ground, count, ground

log = logging.getLogger(__name__)
FEWEST = 8  # items
EPOCHS = 10
Report = Callable[[Progress], None]


@dataclass(frozen=True)
class TrainingConfig:
    """How a network of tasks is trained; all of it is the same for every network that is compared.

    Parameters
    ----------
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    batch_size : int, default 128
        Items of a training step.
    learning_rate : float or None, default None
        Highest learning rate. None: by the method.
    dim : int, default 128
        Length of the vectors.
    weights : "equal" or "uncertainty", default "equal"
        How the losses of tasks are weighted (uncertainty: Kendall et al. 2018).
    held_out : float, default 0.2
        Share of the items on which the loss is measured, and which is not trained on.
    """

    epochs: int | None = None  # the budget of a network: at most one of these two; with none 10 epochs
    hours: float | None = None
    batch_size: int = 128  # items of a step
    learning_rate: float | None = (
        None  # highest learning rate; .003 for a perceptron, .02 for a cnn, .001 for fine-tuning
    )
    dim: int = 128  # width of a trunk that is made here
    weights: Literal["equal", "uncertainty"] = (
        "equal"  # of losses; "uncertainty" learns them (Kendall et al. 2018)
    )
    held_out: float = 0.2  # share of the items

    def __post_init__(self) -> None:
        if self.weights not in ("equal", "uncertainty"):
            raise OptionError(f"weights must be 'equal' or 'uncertainty', not {self.weights!r}")


USUAL = TrainingConfig()


@dataclass(frozen=True, eq=False)
class Bench:
    """Items and their tasks, ready for training."""

    ground: Ground
    inputs: Any
    tasks: tuple[Task, ...]
    training: TrainingConfig

    def work(self, names: Sequence[str], seed: int) -> Any:
        """The items of one training: held out are the same for any tasks, of those that have a label of them."""
        from likewise.neural.multitask.training import Work

        learnt, held = held_apart(self.tasks, self.training.held_out, seed)
        chosen = [self.task(name) for name in names]
        known = np.any([task.known for task in chosen], axis=0)
        return Work(self.inputs, chosen, learnt[known[learnt]], held[known[held]])

    def threads(self, threads: int | None) -> int:
        """The given number; None is all cores, or one for a trunk that is small."""
        return 1 if threads is None and self.ground.is_small else checked_threads(threads)

    def task(self, name: str) -> Task:
        """The task of that name; `InputError` where there is none."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise InputError(f"no task {name!r}, but {', '.join(repr(task.name) for task in self.tasks)}")


def bench(items: Any, labels: Mapping[str, Any], trunk: Any, training: TrainingConfig) -> Bench:
    """Items and labels made ready; raises as `likewise.tasks.affinity` says."""
    need("torch", "neural", "learning tasks together")
    tasks = tasks_of(labels, count(items))
    if count(items) < FEWEST:
        raise InputError(f"{count(items)} items: wanted {FEWEST} or more, some of them to be held out")
    for one, other in copies(tasks):
        log.warning(
            "%s and %s have the same labels: they help each other, and nothing is learnt of it", one, other
        )
    base = ground(items, trunk)
    settings(training, base, 0)  # options out of range are refused before any work
    return Bench(base, base.inputs_of(items), tasks, training)


def held_apart(tasks: Sequence[Task], share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The items learnt from and those held out, both rising, of all that have a label of any task.

    Raises `InputError` where a task has no label among the one or the other.
    """
    rows = np.flatnonzero(np.any([task.known for task in tasks], axis=0))
    order = seeds.generator(seed, "tasks.held_out").permutation(rows)
    held = min(max(1, round(share * len(rows))), max(1, len(rows) - 2))
    learnt, apart = np.sort(order[held:]), np.sort(order[:held])
    for task in tasks:
        if not task.known[learnt].any() or not task.known[apart].any():
            raise InputError(
                f"task {task.name!r} has {int(task.known.sum())} labels, too few to learn from some and hold out "
                "others: give more, or leave it out"
            )
    return learnt, apart


def settings(training: TrainingConfig, base: Ground, seed: int) -> Any:
    """As the stages have them; raises `OptionError`."""
    from likewise.neural.config import Settings

    epochs = EPOCHS if training.epochs is None and training.hours is None else training.epochs
    learning_rate = base.learning_rate if training.learning_rate is None else training.learning_rate
    return Settings(
        epochs=epochs,
        hours=training.hours,
        batch_size=training.batch_size,
        learning_rate=learning_rate,
        held_out=training.held_out,
        optimiser=base.optimiser,
        precision="float32",
        seed=seed,
    )


def trained(
    own: Bench,
    names: Sequence[str],
    seed: int,
    threads: int | None,
    report: Report | None,
    stage: str,
    *,
    probe: Any = None,
    every: int = 10,
) -> tuple[Any, Any]:
    """The state at the end of training one network on these tasks, and its work."""
    from likewise.neural.multitask.network import network
    from likewise.neural.multitask.training import train
    from likewise.neural.state import start_state

    work = own.work(names, seed)
    trunk = own.ground.begun(own.inputs, own.training.dim, seed)
    model = network(trunk, work.tasks, seed, is_weighed=own.training.weights == "uncertainty")
    chosen = settings(own.training, own.ground, seed)
    state = start_state(model, chosen)
    for progress in train(state, work, chosen, threads=own.threads(threads), probe=probe, every=every):
        if report is not None:
            report(replace(progress, stage=stage))
    return state, work


def losses_of(state: Any, names: Sequence[str]) -> dict[str, float]:
    """The held-out loss of each task at the end of a training."""
    return {name: state.history[-1][f"held_out {name}"] for name in names}
