"""item2vec: skip-gram with histories as sentences and items as words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.data.interactions import Interactions, read
from likewise.data.interactions.options import Reading
from likewise.errors import InputError
from likewise.learn.sgns import training as sgns
from likewise.system.cores import checked_threads
from likewise.system.options import check_float
from likewise.table import Table
from likewise.training.fit import Saving, Training, Workspace, fit
from likewise.training.plan import Plan, Report
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.users._fold_in import FoldIn
from likewise.users._histories import Histories, shuffle_histories
from likewise.users._model import Users
from likewise.users._options import call_of, card, plan_of, users_of
from likewise.users._search import search_settings


def item2vec(
    log: Any,
    *,
    dim: int = 64,
    window: int = 10,
    negatives: int = 5,
    epochs: int = 90,
    sample: float = 0.0,
    exponent: float = 0.5,
    learning_rate: float = 0.05,
    popularity_weight: float = 0.02,
    search: bool = False,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Train vectors of items by skip-gram over histories (item2vec): items of the same users get similar vectors.

    A history has no order, so it is shuffled in each epoch. The vector of a user is the mean of the unit vectors of
    their items. The score of an item is its mean cosine with the items of the history, plus a term for its popularity.
    The same seed gives the same bits at any number of threads.

    Parameters
    ----------
    log : str, Path, list or Interactions
        Files with a row for each interaction, rows from Python, or what `read` returned.
    dim : int, default 64
        Dimension of the vectors, from 1.
    window : int, default 10
        Number of items on each side in the shuffled history that an item predicts, from 1.
    negatives : int, default 5
        Negative samples for each true pair, from 1.
    epochs : int, default 90
        Passes over all histories, from 1.
    sample : float, default 0.0
        Items above this share of all interactions are subsampled; 0 keeps all.
    exponent : float, default 0.5
        Negatives are sampled by the counts of the items to this power.
    learning_rate : float, default 0.05
        Learning rate at the start, above 0; falls linearly.
    popularity_weight : float, default 0.02
        Weight of ln(number of users of an item) in its score.
    search : bool, default False
        Search for the best of 12 pairs of `learning_rate` and `exponent` and of 5 values of `popularity_weight`, by
        recall on a fifth of each user's interactions. It takes twelve more trainings.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        Columns of the log, and the rules by which its rows become interactions.
    out : str, Path or None, default None
        Folder to save the model to. Checkpoints are kept next to it during training.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Users
        The vectors of users and items, and the histories of the users.

    Raises
    ------
    InputError
        The log cannot be read, or holds too little to train on.
    OptionError
        An option is out of its range.
    Diverged
        The loss is no longer finite.
    NotEnoughMemory
        The training needs more memory than there is.
    OutputExists, ResumeError
        `out` holds something already, or nothing that can be resumed.

    References
    ----------
    O. Barkan and N. Koenigstein, Item2vec: neural item embedding for collaborative filtering, 2016, arXiv:1603.04259.

    Examples
    --------
    >>> from likewise import users
    >>> log = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "milk"), ("cid", "nails"), ("cid", "saw")]
    >>> model = users.item2vec(log, dim=2, epochs=2, seed=1)
    >>> model.encode([["tea"]]).shape
    (1, 2)
    """
    given_seed = recorded_seed(seed, out, resume=resume)
    settings = sgns.Settings(
        dim=dim,
        window=window,
        negatives=negatives,
        epochs=epochs,
        sample=sample,
        exponent=exponent,
        learning_rate=learning_rate,
        dynamic_window=False,
        seed=draw_seed_if_none(given_seed),
    )
    threads = checked_threads(threads)
    check_float("popularity_weight", popularity_weight, -1000, 1000)
    call = call_of(
        "item2vec",
        log,
        reading,
        training=asdict(settings),
        popularity_weight=popularity_weight,
        search=search,
    )
    results: dict[str, Any] = {}

    def read_log(work: Workspace) -> Interactions:
        found = read(log, reading, report=work.watch)
        if len(found.items) < 2:
            raise InputError("item2vec needs at least 2 different items; this log has 1: try als")
        return found

    def plan(found: Interactions) -> Plan:
        nonlocal settings, popularity_weight
        needs = _plan(found, settings, threads)
        if search:
            settings, popularity_weight, tried = search_settings(found, settings, threads)
            best = {
                "learning_rate": settings.learning_rate,
                "exponent": settings.exponent,
                "popularity_weight": popularity_weight,
            }
            results.update(tried=tried, chosen=best)
        return needs

    training = Training(
        call=call,
        epochs=settings.epochs,
        read=read_log,
        digest=lambda found: found.digest,
        plan=plan,
        start=lambda found: sgns.fresh(len(found.items), settings),
        resume=sgns.resumed,
        train=lambda found, state: sgns.train(
            state, shuffle_histories(found.seen, settings.seed), found.counts, settings, threads=threads
        ),
        is_under_way=lambda state: state.epoch < settings.epochs,
        model=lambda found, state: _users(
            found, state, settings, popularity_weight, {**call, **results}, threads
        ),
        card=card,
    )
    saving = Saving(out, overwrite, resume, checkpoint_seconds)
    return fit(training, saving, drawn_seed=settings.seed if given_seed is None else None, report=report)


def _plan(found: Interactions, settings: sgns.Settings, threads: int) -> Plan:
    """What the training needs; raises `NotEnoughMemory` where there is less memory."""
    u, i = found.seen.shape
    needed = sgns.needed_bytes(i, found.seen.nnz, settings, threads)
    seconds = sgns.expected_seconds(found.counts, settings, threads)
    return plan_of(found, settings.dim, needed=needed, vectors=u + 2 * i, seconds=seconds)


def _users(
    found: Interactions,
    state: sgns.State,
    settings: sgns.Settings,
    popularity_weight: float,
    call: dict[str, Any],
    threads: int,
) -> Users:
    """Items at length 1, users as the means of their items."""
    vectors = unit_rows(np.ascontiguousarray(state.inputs[:, : settings.dim]))
    fold_in = FoldIn("mean", popularity_weight=popularity_weight)
    items, rows = Table(found.items, vectors, counts=found.counts), found.rows
    means = fold_in.vectors(Histories(rows, np.zeros(len(rows), np.int64)), items, threads)
    return users_of(found, means, vectors, fold_in, call, losses=state.losses)
