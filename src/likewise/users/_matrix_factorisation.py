"""A log → vectors of users and items whose products say who chose what: ALS and BPR are this one path."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from likewise.data.interactions import Interactions, Reading, read
from likewise.learn.recommend import als, bpr
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.training.fit import Saving, Training, fit
from likewise.training.plan import Plan, Report
from likewise.users._card import card
from likewise.users._fold_in import Space, Way
from likewise.users._model import Users
from likewise.users._options import call_of, users_of


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

    def model(found: Interactions, state: Any) -> Users:
        space = Space(method, options=asdict(settings))
        return users_of(found, state.users, state.items, space, call, losses=state.losses)

    training = Training(
        call=call,
        epochs=settings.epochs,
        read=lambda work: read(source, reading, report=work.watch),
        digest=lambda found: found.digest,
        plan=lambda found: _plan(learner, found, settings, threads),
        start=lambda found: learner.fresh(*found.seen.shape, settings),
        resume=learner.resumed,
        train=lambda found, state: learner.train(state, found.seen, settings, threads=threads),
        is_under_way=lambda state: state.epoch < settings.epochs,
        model=model,
        card=card,
    )
    saving = Saving(out, overwrite, resume, checkpoint_seconds)
    return fit(training, saving, drawn_seed=settings.seed if drawn else None, report=report)


def _plan(learner: Any, found: Interactions, settings: Any, threads: int) -> Plan:
    """What the training takes; `NotEnoughMemory` where that is not there."""
    u, i = found.seen.shape
    if learner is als:
        longest = int(max(found.lengths.max(), found.counts.max()))
        needed = als.needed_bytes(u, i, found.seen.nnz, longest, settings, threads)
    else:
        needed = bpr.needed_bytes(u, i, found.seen.nnz, settings)
    memory.demand(needed, f"try --dim {max(1, settings.dim // 2)}")
    disk = (u + i) * (settings.dim * 4 + 24) + found.seen.nnz * 4
    return Plan(u, found.seen.nnz, i, needed, disk, None, ("users", "interactions", "items"))
