"""Histories read as sentences, their items as words: item2vec (Barkan and Koenigstein 2016, arXiv 1603.04259)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.data.interactions import Interactions, Reading, read
from likewise.errors import InputError
from likewise.learn.recommend import histories
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.training.fit import Saving, Training, Workspace, fit
from likewise.training.plan import Plan, Report
from likewise.users._card import card
from likewise.users._fold_in import Space
from likewise.users._histories import Histories
from likewise.users._model import Users
from likewise.users._options import call_of, users_of
from likewise.users._search import searched


def trained(
    source: Any,
    settings: sgns.Settings,
    popularity_weight: float,
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

    A score is the mean cosine similarity with the items of a history, plus `popularity_weight` times the logarithm
    of the number of users of the item.
    """
    threads = checked_threads(threads)
    call = call_of(
        "item2vec", source, reading, training=asdict(settings), prior=popularity_weight, search=search
    )
    results: dict[str, Any] = {}

    def read_log(work: Workspace) -> Interactions:
        found = read(source, reading, report=work.watch)
        if len(found.items) < 2:
            raise InputError(
                "item2vec trains on items that occur together, and the log has only one item: try als"
            )
        return found

    def plan(found: Interactions) -> Plan:
        nonlocal settings, popularity_weight
        takes = _plan(found, settings, threads)
        if search:
            settings, popularity_weight, tried = searched(found, settings, threads)
            chosen = {
                "learning_rate": settings.learning_rate, "exponent": settings.exponent, "prior": popularity_weight,
            }  # fmt: skip
            results.update(tried=tried, chosen=chosen)
        return takes

    training = Training(
        call=call,
        epochs=settings.epochs,
        read=read_log,
        digest=lambda found: found.digest,
        plan=plan,
        start=lambda found: sgns.fresh(len(found.items), settings),
        resume=sgns.resumed,
        train=lambda found, state: sgns.train(
            state, histories.shuffled(found.seen, settings.seed), found.counts, settings, threads=threads
        ),
        is_under_way=lambda state: state.epoch < settings.epochs,
        model=lambda found, state: _users(
            found, state, settings, popularity_weight, {**call, **results}, threads
        ),
        card=card,
    )
    saving = Saving(out, overwrite, resume, checkpoint_seconds)
    return fit(training, saving, drawn_seed=settings.seed if drawn else None, report=report)


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


def _plan(found: Interactions, settings: sgns.Settings, threads: int) -> Plan:
    """What the training takes; `NotEnoughMemory` where that is not there."""
    u, i = found.seen.shape
    needed = sgns.needed_bytes(i, found.seen.nnz, settings, threads)
    memory.demand(needed, f"try --dim {max(1, settings.dim // 2)}")
    disk = (u + 2 * i) * (settings.dim * 4 + 24) + found.seen.nnz * 4
    seconds = sgns.expected_seconds(found.counts, settings, threads)
    return Plan(u, found.seen.nnz, i, needed, disk, seconds, ("users", "interactions", "items"))
