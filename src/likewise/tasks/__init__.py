"""Multi-task learning: several tasks on the same items in one network, and which of them should be learnt together.

found = likewise.tasks.affinity(vectors, {"topic": topics, "stars": stars, "author": authors}, seed=1)
groups = likewise.probing.group(found.matrix, found.tasks, k=2)
likewise.probing.confirm({"groups": groups}, likewise.tasks.trainer(vectors, labels))

Items are vectors of any encoder, images, or whatever a `trunk` encodes. Labels may be missing: None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from likewise.errors import InputError
from likewise.system import seeds as randomness
from likewise.system.options import check_float, check_int
from likewise.tasks._affinity import RANKS, Affinity, summarised
from likewise.tasks._labels import Head
from likewise.tasks._model import TaskModel
from likewise.tasks._training import USUAL, Report, TrainingConfig, bench, losses_of, trained
from likewise.training.seeds import draw_seed_if_none

__all__ = ["RANKS", "Affinity", "Head", "TaskModel", "TrainingConfig", "affinity", "learn", "trainer"]


def learn(
    items: Any,
    labels: Mapping[str, Any],
    *,
    trunk: Any = None,
    training: TrainingConfig = USUAL,
    seed: int | None = None,
    threads: int | None = None,
    report: Report | None = None,
) -> TaskModel:
    """One network for all tasks: a shared trunk with a linear head for each (Caruana 1997).

    items: vectors (n, d), dense or CSR, through a perceptron; images (n, h, w, c) uint8, or an `ImageDataset`, through
    a convolutional network; or anything with a `trunk`: a contextual or image model is fine-tuned, of any
    other encoder the vectors are taken as they are. labels: for each task a label an item, None where it is missing;
    floating-point numbers are numbers, lists are sets of labels, all else is classes. A task without labels in a batch
    adds nothing to its step.

    The same seed and number of threads (without a wish one for a perceptron, else all cores) give the same bits. Raises
    `InputError` for labels that cannot be learnt (no labels, one class, numbers that do not vary or are not finite) or
    too few items, `WrongType`, `OptionError`, `Diverged`, and `MissingExtra` without torch.

    Parameters
    ----------
    items : ndarray, sparse matrix, ImageDataset or sequence
        Vectors of shape (n, d), dense or CSR; images of shape (n, h, w, c), uint8; or whatever `trunk`
        encodes.
    labels : dict
        Name of a task to its labels, one for each item; None is a missing label.
    trunk : Encoder or None, default None
        Encoder that the tasks share: a contextual or image model is fine-tuned, of any other the vectors
        are used.
    training : TrainingConfig, default TrainingConfig()
        Budget and options of each training.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    own, drawn = bench(items, labels, trunk, training), draw_seed_if_none(seed)
    names = [task.name for task in own.tasks]
    state, work = trained(own, names, drawn, threads, report, "learning")
    facts = {
        "function": "likewise.tasks.learn",
        "seed": drawn,
        "training": asdict(training),
        "history": state.history,
    }
    baselines = {task.name: task.baseline_loss(work.learnt, work.held) for task in own.tasks}
    encoder = own.ground.encoder_of(state.model.trunk)
    return TaskModel(
        state.model, encoder, [task.head for task in own.tasks], losses_of(state, names), baselines, facts
    )


def affinity(
    items: Any,
    labels: Mapping[str, Any],
    *,
    trunk: Any = None,
    every: int = 10,
    step: float = 0.01,
    seeds: int = 3,
    training: TrainingConfig = USUAL,
    seed: int | None = None,
    threads: int | None = None,
    report: Report | None = None,
) -> Affinity:
    """How much a step for one task helps the others: inter-task affinity (Fifty et al. 2021, arXiv 2109.04617).

    All tasks are learnt together, as `learn` does, once for each of so many `seeds`. At every so-many-th step, on the
    same batch, the trunk takes a step of size `step` along each task's gradient alone, and the share by which each
    other loss falls is kept; training goes on as if nobody had looked. `step` is small, so that gains grow with it in
    proportion and their ranks stay. The gradient is that of the task's own loss, whatever the weights of losses. Raises
    as `learn`, and for fewer than two tasks.

    Parameters
    ----------
    items : ndarray, sparse matrix, ImageDataset or sequence
        Vectors of shape (n, d), dense or CSR; images of shape (n, h, w, c), uint8; or whatever `trunk`
        encodes.
    labels : dict
        Name of a task to its labels, one for each item; None is a missing label.
    trunk : Encoder or None, default None
        Encoder that the tasks share: a contextual or image model is fine-tuned, of any other the vectors
        are used.
    every : int, default 10
        Measure at every so many steps.
    step : float, default 0.01
        Size of the step whose effect is measured.
    seeds : int, default 3
        Number of trainings, at least 1.
    training : TrainingConfig, default TrainingConfig()
        Budget and options of each training.
    seed : int or None, default None
        Seed of all random numbers.
    threads : int or None, default None
        Number of threads. None: all cores.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    from likewise.neural.multitask.affinity import Probes

    check_int("every", every, 1, 1 << 31)
    check_int("seeds", seeds, 1, 1000)
    check_float("step", step, 0, 10, above=True)
    own, drawn = bench(items, labels, trunk, training), draw_seed_if_none(seed)
    names = [task.name for task in own.tasks]
    if len(names) < 2:
        raise InputError(f"one task, {names[0]!r}: affinity is between two or more")
    runs, numbers = [], range(drawn, drawn + seeds)
    for place, number in enumerate(numbers, 1):
        probes = Probes([task.kind for task in own.tasks], step)
        stage = f"affinity, {place} of {seeds}"
        trained(own, names, number, threads, report, stage, probe=probes, every=every)
        runs.append((np.array(probes.gains), np.array(probes.measured)))
    return summarised(names, runs, list(numbers), step)


def trainer(
    items: Any,
    labels: Mapping[str, Any],
    *,
    trunk: Any = None,
    training: TrainingConfig = USUAL,
    threads: int | None = None,
    report: Report | None = None,
) -> Callable[[tuple[str, ...], int], dict[str, float]]:
    """What `likewise.probing.confirm` trains with: (tasks, seed) → held-out loss of each, learnt in one network.

    Which items are held out depends on the seed alone, not on the tasks. Raises as `learn` does.

    Parameters
    ----------
    items : ndarray, sparse matrix, ImageDataset or sequence
        Vectors of shape (n, d), dense or CSR; images of shape (n, h, w, c), uint8; or whatever `trunk`
        encodes.
    labels : dict
        Name of a task to its labels, one for each item; None is a missing label.
    trunk : Encoder or None, default None
        Encoder that the tasks share: a contextual or image model is fine-tuned, of any other the vectors
        are used.
    training : TrainingConfig, default TrainingConfig()
        Budget and options of each training.
    threads : int or None, default None
        Number of threads. None: all cores.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    own = bench(items, labels, trunk, training)

    def train(tasks: tuple[str, ...], seed: int) -> dict[str, float]:
        stage = f"{' + '.join(tasks)[:40]}, seed {seed}"
        state, _ = trained(own, tasks, randomness.checked(seed), threads, report, stage)
        return losses_of(state, tasks)

    return train
