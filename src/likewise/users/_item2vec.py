"""Histories read as sentences, their items as words: item2vec (Barkan and Koenigstein 2016, arXiv 1603.04259)."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.data.interactions import Interactions, Reading
from likewise.errors import InputError
from likewise.learn.recommend import histories
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.training.plan import Plan, Report
from likewise.training.run import driven, made_before, owned, skipgram_checkpoint, skipgram_resumed
from likewise.users._card import card
from likewise.users._fold_in import Space
from likewise.users._histories import Histories
from likewise.users._model import Users
from likewise.users._options import call_of, opened, users_of
from likewise.users._search import searched

log = logging.getLogger(__name__)


def trained(
    source: Any,
    settings: sgns.Settings,
    prior: float,
    *,
    search: bool,
    drawn: bool,
    threads: int | None,
    reading: Reading,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> Users:
    """Items that are near those that stand in the same histories; a user is the mean of theirs.

    A score is the mean cosine with the items of a history, and `prior` times the logarithm of how many users chose it.
    """
    threads = checked_threads(threads)
    call = call_of("item2vec", source, reading, training=asdict(settings), prior=prior, search=search)
    with ExitStack() as stack:
        run = stack.enter_context(
            owned(out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds)
        )
        if run is not None and run.finished:
            return made_before(run, settings.epochs)
        found = opened(source, reading, run, report)
        if len(found.items) < 2:
            raise InputError("item2vec learns which items stand together, and the log has but one: try als")
        if drawn:
            log.info("no seed was given: using seed %d", settings.seed)
        _tell(found, settings, threads, report)
        results: dict[str, Any] = {}
        if search:
            settings, prior, tried = searched(found, settings, threads)
            results = {
                "tried": tried,
                "chosen": {
                    "learning_rate": settings.learning_rate,
                    "exponent": settings.exponent,
                    "prior": prior,
                },
            }
        saved = None if run is None else run.restore()
        state = sgns.fresh(len(found.items), settings) if saved is None else skipgram_resumed(saved)
        rows = histories.shuffled(found.seen, settings.seed)
        steps = sgns.train(state, rows, found.counts, settings, threads=threads)
        driven(steps, run, report, lambda: state.epoch < settings.epochs, lambda: skipgram_checkpoint(state))
        users = _users(found, state, settings, prior, {**call, **results}, threads)
        if run is not None:
            run.finish(users, card=card(users))
    return users


def _users(
    found: Interactions,
    state: sgns.State,
    settings: sgns.Settings,
    prior: float,
    call: dict[str, Any],
    threads: int,
) -> Users:
    """Items at length 1, users the means of theirs."""
    vectors = unit_rows(np.ascontiguousarray(state.inputs[:, : settings.dim]))
    space, items = Space("mean", prior=prior), Table(found.items, vectors, counts=found.counts)
    rows = found.rows
    means = space.folded(Histories(rows, np.zeros(len(rows), np.int64)), items, threads)
    return users_of(found, means, vectors, space, call, losses=state.losses)


def _tell(found: Interactions, settings: sgns.Settings, threads: int, report: Report | None) -> None:
    """Tell what the training takes, and refuse it where the memory is not there."""
    u, i = found.seen.shape
    needed = sgns.needed_bytes(i, found.seen.nnz, settings, threads)
    memory.demand(needed, f"try --dim {max(1, settings.dim // 2)}")
    if report is not None:
        disk = (u + 2 * i) * (settings.dim * 4 + 24) + found.seen.nnz * 4
        seconds = sgns.expected_seconds(found.counts, settings, threads)
        report(Plan(u, found.seen.nnz, i, needed, disk, seconds, ("users", "choices", "items")))
