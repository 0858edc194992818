"""Users: a log of who chose what goes in, vectors of users and of items come out, in one space.

    log → choices → least squares in turn (als), or pairs in order (bpr)     → Users
    log → choices → a weight for each pair of items (ease), whole or short   → Users
    log → choices → histories, read as sentences → skip-gram (item2vec)      → Users
    log and features → two towers (two_tower)                               → Users

from likewise import users

model = users.als("log.csv", dim=64, seed=1)
model.recommend("u17"); model.recommend(["a", "b"]); model.similar("item:a")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from likewise.data.interactions import Interactions, Met, Reading, read
from likewise.learn.recommend import als as _als
from likewise.learn.recommend import bpr as _bpr
from likewise.learn.sgns import training as _sgns
from likewise.training.plan import Report
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.users._ease import solved
from likewise.users._item2vec import trained
from likewise.users._matrix_factorisation import fitted
from likewise.users._model import Choice, Users
from likewise.users._two_tower import taught

__all__ = [
    "Choice",
    "Interactions",
    "Met",
    "Reading",
    "Users",
    "als",
    "bpr",
    "ease",
    "item2vec",
    "read",
    "two_tower",
]

AS_IT_IS = Reading()


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
    reading: Reading = AS_IT_IS,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Alternating least squares for what people chose (Hu, Koren and Volinsky 2008; Rendle et al. 2021).

    log: whatever `read` takes, by `reading`, or `Interactions`. Every pair of a user and an item that is not in the log
    weighs `unobserved`; the penalty of a vector is `regularisation` times how often it was seen to the `exponent`;
    `block` columns are solved together. A new user is the closed form of their history. With `out` the model is also
    saved there, with checkpoints; `resume` goes on to the same bits as if never stopped.

    The same seed gives the same bits at any number of threads. Raises `InputError` for a log that cannot be used,
    `OptionError` for options, and otherwise as `likewise.words.word2vec`.
    """
    begun = recorded_seed(seed, out, resume=resume)
    settings = _als.Settings(
        dim=dim, epochs=epochs, unobserved=unobserved, regularisation=regularisation, exponent=exponent, block=block,
        seed=draw_seed_if_none(begun),
    )  # fmt: skip
    return fitted(
        "als", log, settings, drawn=begun is None, threads=threads, reading=reading, out=out,
        overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


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
    reading: Reading = AS_IT_IS,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Bayesian personalised ranking: what a user chose is to score above what not (Rendle et al. 2009).

    Each step takes the best of `candidates` items that the user did not choose (1: any one); `rate` is the first step
    size. What a choice weighs is not looked at. A new user is fitted to their history while the items stay as they are.
    Else as `als`.
    """
    begun = recorded_seed(seed, out, resume=resume)
    settings = _bpr.Settings(
        dim=dim, epochs=epochs, learning_rate=learning_rate, regularisation=regularisation, candidates=candidates,
        seed=draw_seed_if_none(begun),
    )  # fmt: skip
    return fitted(
        "bpr", log, settings, drawn=begun is None, threads=threads, reading=reading, out=out,
        overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


def ease(
    log: Any,
    *,
    dim: int | None = None,
    regularisation: float = 200.0,
    reading: Reading = AS_IT_IS,
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Users:
    """The weights by which what someone chose tells what they will choose, in closed form (Steck 2019).

    Without `dim` the matrix is whole: the vector of an item is its row, as long as there are items, and that of a user
    is the sum of their items' rows, which is their scores. With `dim` it is the best matrix of that rank for these
    users, and vectors are short. The same log gives the same bits. Raises as `als` does, and `NotEnoughMemory` where
    there are too many items for a number for each pair of them.
    """
    return solved(
        log,
        dim=dim,
        regularisation=regularisation,
        reading=reading,
        out=out,
        overwrite=overwrite,
        report=report,
    )


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
    prior: float = 0.02,
    search: bool = False,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = AS_IT_IS,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Skip-gram over histories (Barkan and Koenigstein 2016): items that the same users chose are near.

    A history has no order: it is shuffled in each epoch, so a `window` meets all of it in time. Noise is drawn by
    counts to the `exponent`; items above the share `sample` of all choices are thinned out (0: none). A user is the
    mean of their items, and a score its cosine with an item and `prior` times the logarithm of how many users chose it.
    With `search` the best of 12 pairs of `rate` and `exponent`, and of 5 priors, is taken by what they find of a fifth
    of each user's choices that are held out; it takes twelve trainings more.
    With `out` and `resume`, and raising, as `als`.
    """
    begun = recorded_seed(seed, out, resume=resume)
    settings = _sgns.Settings(
        dim=dim,
        window=window,
        negatives=negatives,
        epochs=epochs,
        sample=sample,
        exponent=exponent,
        learning_rate=learning_rate,
        dynamic_window=False,
        seed=draw_seed_if_none(begun),
    )
    return trained(
        log, settings, prior, search=search, drawn=begun is None, threads=threads, reading=reading, out=out,
        overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


def two_tower(
    log: Any,
    *,
    items: Any = None,
    users: Any = None,
    dim: int = 64,
    hidden: int = 128,
    epochs: int = 12,
    batch_size: int = 512,
    learning_rate: float = 0.002,
    forget: float = 0.3,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = AS_IT_IS,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Two towers, over histories and attributes: who and what is new has a vector, by what is known (Yi et al. 2019).

    items, users: files (CSV, TSV, JSON lines, Parquet) with a row each, or objects; the id stands in the column of the
    log's name, and every other column is an attribute: categories, parts joined by |, numbers, or text. Items and users
    that have attributes and no choice are in the model, too. Each step tells the chosen item among those of a `batch`;
    for the share `forget` of them an item is known by its attributes alone.

    Wants `pip install 'likewise[neural]'` to train, not to ask. The same seed gives the same bits at the same number of
    threads, to rounding at another. `resume` goes on to the same bits as if
    never stopped. Raises `InputError` for a log or attributes that cannot be used.
    """
    begun = recorded_seed(seed, out, resume=resume)
    options = {
        "dim": dim,
        "hidden": hidden,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "forget": forget,
        "seed": draw_seed_if_none(begun),
    }
    return taught(
        log, options, users=users, items=items, drawn=begun is None, threads=threads, reading=reading, out=out,
        overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip
