"""Matrix factorisation: vectors of users and items whose dot product predicts an interaction. ALS and BPR."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from likewise.data.interactions import Interactions, read
from likewise.data.interactions.options import Reading
from likewise.learn.recommend import als as _als
from likewise.learn.recommend import bpr as _bpr
from likewise.system.cores import checked_threads
from likewise.training.fit import Saving, Training, fit
from likewise.training.plan import Plan, Report
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.users._fold_in import FoldIn, Rule
from likewise.users._model import Users
from likewise.users._options import call_of, card, plan_of, users_of


def als(
    log: Any,
    *,
    dim: int = _als.Settings.dim,
    epochs: int = _als.Settings.epochs,
    unobserved: float = _als.Settings.unobserved,
    regularisation: float = _als.Settings.regularisation,
    exponent: float = _als.Settings.exponent,
    block: int = _als.Settings.block,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Train vectors of users and items by alternating least squares (ALS) for implicit feedback.

    Every pair of a user and an item that is not in the log counts as a weak negative. A new user is folded in by the
    closed form for their history. The same seed gives the same bits at any number of threads.

    Parameters
    ----------
    log : str, Path, list or Interactions
        Files with a row for each interaction, rows from Python, or what `read` returned.
    dim : int, default 64
        Dimension of the vectors, from 1.
    epochs : int, default 16
        Passes, from 1; each solves all users, then all items.
    unobserved : float, default 0.2
        Weight of a pair that is not in the log, 0 or more; a pair in the log weighs 1 unless counts say otherwise.
    regularisation : float, default 0.02
        Weight of the squared norms of the vectors, 0 or more.
    exponent : float, default 1.0
        The penalty of a vector grows with its summed weight to this power, from -10 to 10; 0 gives all the same.
    block : int, default 16
        Number of columns that are solved together, from 1; `dim` or more solves all at once.
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
    Y. Hu, Y. Koren and C. Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008.
    S. Rendle et al., Revisiting the performance of iALS on item recommendation benchmarks, 2021, arXiv:2110.14037.
    S. Rendle et al., iALS++: Speeding up matrix factorization with subspace optimization, 2021, arXiv:2110.14044.

    Examples
    --------
    >>> from likewise import users
    >>> log = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "milk"), ("cid", "nails"), ("cid", "saw")]
    >>> model = users.als(log, dim=2, seed=1)
    >>> model.encode([["tea"]]).shape
    (1, 2)
    """
    given_seed = recorded_seed(seed, out, resume=resume)
    settings = _als.Settings(
        dim=dim, epochs=epochs, unobserved=unobserved, regularisation=regularisation, exponent=exponent, block=block,
        seed=draw_seed_if_none(given_seed),
    )  # fmt: skip
    saving = Saving(out, overwrite, resume, checkpoint_seconds)
    return _fit("als", _als, log, settings, given_seed, threads, reading, saving, report)


def bpr(
    log: Any,
    *,
    dim: int = _bpr.Settings.dim,
    epochs: int = _bpr.Settings.epochs,
    learning_rate: float = _bpr.Settings.learning_rate,
    regularisation: float = _bpr.Settings.regularisation,
    candidates: int = _bpr.Settings.candidates,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Train vectors of users and items by Bayesian personalised ranking (BPR).

    A seen item is trained to score above an unseen one. The weights of the interactions are not used. A new user is
    folded in by gradient steps over their history with the items fixed. The same seed gives the same bits at any
    number of threads.

    Parameters
    ----------
    log : str, Path, list or Interactions
        Files with a row for each interaction, rows from Python, or what `read` returned.
    dim : int, default 64
        Dimension of the vectors, from 1.
    epochs : int, default 60
        Passes over all interactions, from 1.
    learning_rate : float, default 0.05
        Learning rate at the start, above 0; falls linearly to 0.
    regularisation : float, default 0.01
        Twice the weight of the squared norms of the vectors of a step, 0 or more.
    candidates : int, default 4
        Number of unseen items that are sampled in a step, from 1; the one of largest score is the negative.
        1 is plain BPR.
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
    S. Rendle et al., BPR: Bayesian personalized ranking from implicit feedback, UAI 2009, arXiv:1205.2618.
    W. Zhang et al., Optimizing top-N collaborative filtering via dynamic negative item sampling, SIGIR 2013.

    Examples
    --------
    >>> from likewise import users
    >>> log = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "milk"), ("cid", "nails"), ("cid", "saw")]
    >>> model = users.bpr(log, dim=2, epochs=5, seed=1)
    >>> model.encode([["tea"]]).shape
    (1, 2)
    """
    given_seed = recorded_seed(seed, out, resume=resume)
    settings = _bpr.Settings(
        dim=dim, epochs=epochs, learning_rate=learning_rate, regularisation=regularisation, candidates=candidates,
        seed=draw_seed_if_none(given_seed),
    )  # fmt: skip
    saving = Saving(out, overwrite, resume, checkpoint_seconds)
    return _fit("bpr", _bpr, log, settings, given_seed, threads, reading, saving, report)


def _fit(
    method: Rule, learner: Any, log: Any, settings: Any, given_seed: int | None, threads: int | None, reading: Reading,
    saving: Saving, report: Report | None,
) -> Users:  # fmt: skip
    """Train by `learner`, which is `learn.recommend.als` or `learn.recommend.bpr`."""
    threads = checked_threads(threads)
    call = call_of(method, log, reading, training=asdict(settings))

    def model(found: Interactions, state: Any) -> Users:
        fold_in = FoldIn(method, options=asdict(settings))
        return users_of(found, state.users, state.items, fold_in, call, losses=state.losses)

    training = Training(
        call=call,
        epochs=settings.epochs,
        read=lambda work: read(log, reading, report=work.watch),
        digest=lambda found: found.digest,
        plan=lambda found: _plan(method, found, settings, threads),
        start=lambda found: learner.fresh(*found.seen.shape, settings),
        resume=learner.restore,
        train=lambda found, state: learner.train(state, found.seen, settings, threads=threads),
        is_under_way=lambda state: state.epoch < settings.epochs,
        model=model,
        card=card,
    )
    return fit(training, saving, drawn_seed=settings.seed if given_seed is None else None, report=report)


def _plan(method: str, found: Interactions, settings: Any, threads: int) -> Plan:
    """What the training needs; raises `NotEnoughMemory` where there is less memory."""
    u, i = found.seen.shape
    if method == "als":
        longest = int(max(found.lengths.max(), found.counts.max()))
        needed = _als.needed_bytes(u, i, found.seen.nnz, longest, settings, threads)
    else:
        needed = _bpr.needed_bytes(u, i, found.seen.nnz, settings)
    return plan_of(found, settings.dim, needed=needed, vectors=u + i)
