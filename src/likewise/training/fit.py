"""How every training goes: own the output, read, plan, restore or start, train with checkpoints, save."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from likewise.artifacts import artifact
from likewise.artifacts.artifact import Contents, Savable
from likewise.artifacts.run import NoRun, Run
from likewise.system.progress import Progress

log = logging.getLogger(__name__)

Data = TypeVar("Data")
State = TypeVar("State")
Model = TypeVar("Model", bound=Savable)


@dataclass(frozen=True)
class Saving:
    """Where a training is saved.

    Parameters
    ----------
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    """

    out: str | Path | None = None
    overwrite: bool = False
    resume: bool = False
    checkpoint_seconds: float = 300.0


@dataclass(frozen=True)
class Workspace:
    """What reading may use: a folder for the encoded data, and whom to report progress to."""

    folder: Callable[[], Path]  # made when first needed
    watch: Callable[[Progress], None]


def state_contents(state: Any) -> Contents:
    """A checkpoint of a state, which is a dataclass: arrays of types that are saved as arrays, all else as facts."""
    assert is_dataclass(state)
    arrays: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {}
    for each in fields(state):
        value = getattr(state, each.name)
        if (
            isinstance(value, np.ndarray) and value.dtype == np.float64
        ):  # of statistics: exact as JSON numbers
            facts[each.name] = value.tolist()
        elif isinstance(value, np.ndarray):
            arrays[each.name] = value
        else:
            facts[each.name] = value
    return Contents("checkpoint", facts, arrays)


@dataclass(frozen=True)
class Training(Generic[Data, State, Model]):
    """One method on one input, as `fit` carries it out.

    `call` is the function with its options, as plain JSON values. `read` gives the data, `digest` their digest, by
    which other data are refused when a run is resumed. `plan` refuses what does not fit into memory and gives what to
    report, or None. `start` gives the first state, and `resume` the one that a checkpoint holds, from its
    arrays and facts by name. `train` is a generator that changes the
    state; it yields where the state is complete. `is_under_way` says whether there is more to train. `model` makes the
    result and `card` its model card.
    """

    call: dict[str, Any]
    epochs: int
    read: Callable[[Workspace], Data]
    digest: Callable[[Data], Any]
    plan: Callable[[Data], Any]
    start: Callable[[Data], State]
    resume: Callable[..., State]
    train: Callable[[Data, State], Iterator[Progress]]
    is_under_way: Callable[[State], bool]
    model: Callable[[Data, State], Model]
    card: Callable[[Model], str]
    checkpoint: Callable[[State], Contents] = state_contents
    harmless: tuple[str, ...] = field(default=("threads",))  # options that a resumed run may change


def fit(
    training: Training[Data, State, Model],
    saving: Saving,
    *,
    drawn_seed: int | None,
    report: Callable[[Any], None] | None,
) -> Model:
    """The model that a training makes, saved where `saving` says.

    `drawn_seed` is the seed where the caller gave none; it is logged after the data were read, so that an error of the
    data comes alone. Raises what the parts raise, `OutputExists`, `ResumeError` and `Busy` as `Run` does, and `Stopped`
    after a signal.
    """
    with open_run(saving, training.call, training.harmless) as run:
        if run.finished:
            log.info("%s is already finished, %d of %d epochs", run.out, training.epochs, training.epochs)
            return artifact.load(run.out)
        data = training.read(Workspace(lambda: run.folder / "corpus", _watch(run, report)))
        run.check_data(training.digest(data))
        if drawn_seed is not None:
            log.info("no seed was given: using seed %d", drawn_seed)
        plan = training.plan(data)
        if report is not None and plan is not None:
            report(plan)
        saved = run.restore()
        state = training.start(data) if saved is None else training.resume(**saved.arrays, **saved.facts)
        for progress in training.train(data, state):
            if report is not None:
                report(progress)
            if training.is_under_way(state):
                run.reached(progress, lambda: training.checkpoint(state))
        model = training.model(data, state)
        run.finish(model, card=training.card(model))
    return model


def open_run(saving: Saving, call: dict[str, Any], harmless: tuple[str, ...] = ("threads",)) -> Run | NoRun:
    """The run that owns the output, or one that saves nothing; use it as a context manager."""
    if saving.out is None:
        return NoRun()
    return Run(
        saving.out,
        call,
        overwrite=saving.overwrite,
        resume=saving.resume,
        checkpoint_seconds=saving.checkpoint_seconds,
        harmless=harmless,
    )


def _watch(run: Run | NoRun, report: Callable[[Any], None] | None) -> Callable[[Progress], None]:
    """Reports progress before the training, and stops there after a signal."""

    def watch(progress: Progress) -> None:
        if report is not None:
            report(progress)
        run.reached(progress, None)

    return watch
