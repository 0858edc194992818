"""A log → vectors of users and items whose products say who chose what: ALS and BPR are this one path."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.data.interactions import Interactions, Reading
from likewise.learn.recommend import als, bpr
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.training.plan import Plan, Report
from likewise.training.run import driven, made_before, owned
from likewise.users._card import card
from likewise.users._fold_in import Space, Way
from likewise.users._model import Users
from likewise.users._options import call_of, opened, users_of

log = logging.getLogger(__name__)


def fitted(
    method: Way,
    source: Any,
    settings: Any,
    *,
    drawn: bool,
    threads: int | None,
    reading: Reading,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> Users:
    """Users and items as `learn.als` or `learn.bpr` fits them; `drawn` says that nobody gave the seed."""
    threads = checked_threads(threads)
    learner = {"als": als, "bpr": bpr}[method]
    call = call_of(method, source, reading, training=asdict(settings))
    with ExitStack() as stack:
        run = stack.enter_context(
            owned(out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds)
        )
        if run is not None and run.finished:
            return made_before(run, settings.epochs)
        found = opened(source, reading, run, report)
        if drawn:
            log.info("no seed was given: using seed %d", settings.seed)
        _tell(learner, found, settings, threads, report)
        saved = None if run is None else run.restore()
        state = _state(learner, found, settings, saved)
        steps = learner.train(state, found.seen, settings, threads=threads)
        driven(steps, run, report, lambda: state.epoch < settings.epochs, lambda: _checkpoint(state))
        space = Space(method, options=asdict(settings))
        users = users_of(found, state.users, state.items, space, call, losses=state.losses)
        if run is not None:
            run.finish(users, card=card(users))
    return users


def _tell(learner: Any, found: Interactions, settings: Any, threads: int, report: Report | None) -> None:
    """Tell what the training takes, and refuse it where the memory is not there."""
    u, i = found.seen.shape
    if learner is als:
        longest = int(max(found.lengths.max(), found.counts.max()))
        needed = als.needed_bytes(u, i, found.seen.nnz, longest, settings, threads)
    else:
        needed = bpr.needed_bytes(u, i, found.seen.nnz, settings)
    memory.demand(needed, f"try --dim {max(1, settings.dim // 2)}")
    if report is not None:
        disk = (u + i) * (settings.dim * 4 + 24) + found.seen.nnz * 4
        report(Plan(u, found.seen.nnz, i, needed, disk, None, ("users", "choices", "items")))


def _state(learner: Any, found: Interactions, settings: Any, saved: Contents | None) -> Any:
    """Where the training begins, or goes on."""
    if saved is None:
        return learner.fresh(*found.seen.shape, settings)
    return learner.resumed(**saved.arrays, **saved.facts)


def _checkpoint(state: Any) -> Contents:
    """A state: its arrays, and all else as facts."""
    values = {each.name: getattr(state, each.name) for each in fields(state)}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    facts = {name: value for name, value in values.items() if name not in arrays}
    return Contents("checkpoint", facts, arrays)
