"""Two towers: small networks over histories and attributes, so that new users and items have vectors too."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.artifacts.artifact import Contents
from likewise.data import attributes
from likewise.data.attributes import Vocabulary
from likewise.data.interactions import Interactions
from likewise.data.interactions.options import Reading
from likewise.errors import InputError, ResumeError
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.training.plan import Report
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.users._fold_in import FoldIn
from likewise.users._model import Users
from likewise.users._options import call_of, card, read_log, source_of, users_of
from likewise.users._side_features import Side, SideFeatures, Tower, means

logger = logging.getLogger(__name__)
Things = dict[str, attributes.Record]


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
    feature_dropout: float = 0.3,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Users:
    """Train two towers over histories and attributes: new users and new items have vectors by their attributes.

    Each step predicts the item of each interaction among the items of the batch, by a softmax that is corrected for
    popularity. Items and users that have attributes and no interaction are in the model, too. The training needs
    `pip install 'likewise[neural]'`; the model does not. The same seed gives the same bits at the same number of
    threads.

    Parameters
    ----------
    log : str, Path, list or Interactions
        Files with a row for each interaction, rows from Python, or what `read` returned.
    items : str, Path, iterable of dict or None, default None
        Attributes of items: a file (CSV, TSV, JSON lines, Parquet) with a row for each item, or objects. The id is in
        the column that has the same name in the log; every other column is an attribute.
    users : str, Path, iterable of dict or None, default None
        Attributes of users, as `items`.
    dim : int, default 64
        Dimension of the vectors, from 1.
    hidden : int, default 128
        Width of the hidden layer, from 1.
    epochs : int, default 12
        Passes over all interactions, from 1.
    batch_size : int, default 512
        Interactions of a step, from 2.
    learning_rate : float, default 0.002
        Learning rate of Adam, above 0.
    feature_dropout : float, default 0.3
        Share of the items of a step that are represented by their attributes alone, from 0 and below 1.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it, to rounding.
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
    MissingExtra
        torch is not installed.
    OutputExists, ResumeError
        `out` holds something already, or nothing that can be resumed.

    References
    ----------
    X. Yi et al., Sampling-bias-corrected neural modeling for large corpus item recommendations, RecSys 2019.
    M. Volkovs, G. Yu and T. Poutanen, DropoutNet: addressing cold start in recommender systems, NIPS 2017.

    Examples
    --------
    >>> from likewise import users
    >>> log = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "milk"), ("cid", "nails"), ("cid", "saw")]
    >>> kinds = [{"item": "tea", "kind": "drink"}, {"item": "milk", "kind": "drink"}, {"item": "saw", "kind": "tool"}]
    >>> model = users.two_tower(log, items=kinds, dim=4, epochs=1, seed=1, threads=1)
    >>> model.new_items([{"kind": "drink"}]).shape
    (1, 4)
    """
    need("torch", "neural", "two towers")
    from likewise.neural import two_tower as _two_tower

    given_seed = recorded_seed(seed, out, resume=resume)
    settings = _two_tower.Settings(
        dim=dim, hidden=hidden, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
        feature_dropout=feature_dropout, seed=draw_seed_if_none(given_seed),
    )  # fmt: skip
    threads = checked_threads(threads)
    given = {name: source_of(each) for name, each in (("users", users), ("items", items)) if each is not None}
    call = call_of("two_tower", log, reading, training=asdict(settings), **given)
    with owned(out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds) as run:
        if run is not None and run.finished:
            return made_before(run, settings.epochs)
        user_things = _read_attributes(users, reading.user, reading)
        item_things = _read_attributes(items, reading.item, reading)
        found = _widen(read_log(log, reading, run, report), user_things, item_things)
        if given_seed is None:
            logger.info("no seed was given: using seed %d", settings.seed)
        vocabularies = [
            attributes.fit_vocabulary(list(things.values()), str(key))
            for things, key in ((user_things, reading.user), (item_things, reading.item))
        ]
        rows = [
            vocabulary.rows([things.get(key, {}) for key in keys])
            for keys, things, vocabulary in (
                (found.users, user_things, vocabularies[0]),
                (found.items, item_things, vocabularies[1]),
            )
        ]
        sizes = [len(each.tokens) for each in vocabularies]
        towers = _two_tower.Towers(len(found.items), sizes[0], sizes[1], settings)
        state = _state(_two_tower, towers, settings, rows, None if run is None else run.restore())
        driven(
            _two_tower.train(state, found.rows, rows[0], rows[1], settings, threads=threads), run, report,
            lambda: state.done < state.total,
            lambda: Contents("checkpoint", {**state.facts(), "attributes": _digest(rows)}, state.arrays()),
        )  # fmt: skip
        weights = _two_tower.arrays(towers, sizes[0], sizes[1])
        model = _users(found, weights, vocabularies, rows, call, threads)
        if run is not None:
            run.finish(model, card=card(model))
    return model


def _state(two_tower: Any, towers: Any, settings: Any, rows: list[Ragged], saved: Contents | None) -> Any:
    """The first state of the training, or that of a checkpoint; raises `ResumeError` for other attributes."""
    if saved is None:
        return two_tower.start_state(towers, settings)
    if saved.facts["attributes"] != _digest(rows):
        raise ResumeError("the run was started with other attributes of users or items")
    return two_tower.restore_state(towers, settings, saved.arrays, saved.facts)


def _digest(rows: list[Ragged]) -> str:
    """The SHA-256 of the attribute tokens of users and items."""
    found = hashlib.sha256()
    for each in rows:
        found.update(np.ascontiguousarray(each.offsets, np.int64).tobytes())
        found.update(np.ascontiguousarray(each.ids, np.int64).tobytes())
    return found.hexdigest()


def _read_attributes(given: Any, key: Any, reading: Reading) -> Things:
    """Attributes by id; none where none are given."""
    if given is None:
        return {}
    if not isinstance(key, str):
        raise InputError("attributes are found by the name of a column: name the columns of the log, too")
    return attributes.read(given, key, encoding=reading.encoding)


def _widen(found: Interactions, users: Things, items: Things) -> Interactions:
    """The log, and after it those that have attributes and no interaction."""
    from scipy.sparse import csr_array

    more_users = sorted(users.keys() - set(found.users))
    more_items = sorted(items.keys() - set(found.items))
    seen = found.seen
    offsets = np.concatenate([seen.indptr, np.full(len(more_users), seen.indptr[-1])]).astype(np.int64)
    shape = (len(found.users) + len(more_users), len(found.items) + len(more_items))
    wide = csr_array((seen.data, seen.indices, offsets), shape=shape)
    return Interactions(
        [*found.users, *more_users], [*found.items, *more_items], wide, found.times, found.stats
    )


def _users(
    found: Interactions,
    weights: dict[str, dict[str, np.ndarray]],
    vocabularies: list[Vocabulary],
    rows: list[Ragged],
    call: dict[str, Any],
    threads: int,
) -> Users:
    """The model: vectors of all users and items, and the towers for new ones."""
    user, item = Tower(**weights["users"]), Tower(**weights["items"])
    history = weights["tables"]["history"]
    history[found.counts == 0] = 0  # an item without interactions predicts nothing
    own = weights["tables"]["own"] * (found.counts > 0)[:, None].astype(np.float32)
    vectors = user.forward(means(found.rows, history, threads), rows[0], threads)
    sides = SideFeatures(Side(user, vocabularies[0]), Side(item, vocabularies[1]))
    columns = {
        name: [column.name for column in each.columns]
        for name, each in zip(("users", "items"), vocabularies, strict=True)
    }
    return users_of(
        found, vectors, item.forward(own, rows[1], threads), FoldIn("towers", history, side_features=sides), call,
        attributes={"columns": columns},
    )  # fmt: skip
