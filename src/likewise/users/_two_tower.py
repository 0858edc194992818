"""A log and attributes → two towers, so that who and what is new has a vector, too. torch, by the extra `neural`."""

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
from likewise.data.interactions import Interactions, Reading
from likewise.errors import InputError, ResumeError
from likewise.learn.recommend.tower import Tower, means
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.training.plan import Report
from likewise.training.run import driven, made_before, owned
from likewise.users._card import card
from likewise.users._fold_in import Space
from likewise.users._model import Users
from likewise.users._options import call_of, opened, source_of, users_of
from likewise.users._side_features import Beside, Side

log = logging.getLogger(__name__)
Things = dict[str, attributes.Record]


def taught(
    source: Any,
    options: dict[str, Any],
    *,
    users: Any,
    items: Any,
    drawn: bool,
    threads: int | None,
    reading: Reading,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> Users:
    """Users and items as two towers see them; those that have attributes and no choice are in the model, too."""
    need("torch", "neural", "two towers")
    from likewise.neural import two_tower

    settings = two_tower.Settings(**options)
    threads = checked_threads(threads)
    given = {name: source_of(each) for name, each in (("users", users), ("items", items)) if each is not None}
    call = call_of("two_tower", source, reading, training=asdict(settings), **given)
    with owned(out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds) as run:
        if run is not None and run.finished:
            return made_before(run, settings.epochs)
        who = _things(users, reading.user, reading)
        what = _things(items, reading.item, reading)
        found = _widened(opened(source, reading, run, report), who, what)
        if drawn:
            log.info("no seed was given: using seed %d", settings.seed)
        words = [
            attributes.fitted(list(things.values()), str(key))
            for things, key in ((who, reading.user), (what, reading.item))
        ]
        rows = [
            _rows(keys, things, each)
            for keys, things, each in ((found.users, who, words[0]), (found.items, what, words[1]))
        ]
        sizes = [len(each.tokens) for each in words]
        towers = two_tower.Towers(len(found.items), sizes[0], sizes[1], settings)
        state = _state(two_tower, towers, settings, rows, None if run is None else run.restore())
        driven(
            two_tower.train(state, found.rows, rows[0], rows[1], settings, threads=threads), run, report,
            lambda: state.done < state.total,
            lambda: Contents("checkpoint", {**state.facts(), "attributes": _digest(rows)}, state.arrays()),
        )  # fmt: skip
        model = _users(found, two_tower.arrays(towers, sizes[0], sizes[1]), words, rows, call, threads)
        if run is not None:
            run.finish(model, card=card(model))
    return model


def _state(two_tower: Any, towers: Any, settings: Any, rows: list[Ragged], saved: Contents | None) -> Any:
    """The start of the training, or the state of its checkpoint; raises `ResumeError` for other attributes."""
    if saved is None:
        return two_tower.start_state(towers, settings)
    if saved.facts["attributes"] != _digest(rows):
        raise ResumeError("the run was begun with other attributes of users or items")
    return two_tower.restore_state(towers, settings, saved.arrays, saved.facts)


def _digest(rows: list[Ragged]) -> str:
    """A digest of the attribute tokens of users and items."""
    found = hashlib.sha256()
    for each in rows:
        found.update(np.ascontiguousarray(each.offsets, np.int64).tobytes())
        found.update(np.ascontiguousarray(each.ids, np.int64).tobytes())
    return found.hexdigest()


def _things(given: Any, key: Any, reading: Reading) -> Things:
    """Attributes by id; none where none are given."""
    if given is None:
        return {}
    if not isinstance(key, str):
        raise InputError("attributes are found by the name of a column: name the columns of the log, too")
    return attributes.read(given, key, encoding=reading.encoding)


def _widened(found: Interactions, users: Things, items: Things) -> Interactions:
    """The log with those, too, that have attributes and no choice, after the others."""
    from scipy.sparse import csr_array

    more_users = sorted(users.keys() - set(found.users))
    more_items = sorted(items.keys() - set(found.items))
    seen = found.seen
    offsets = np.concatenate([seen.indptr, np.full(len(more_users), seen.indptr[-1])]).astype(np.int64)
    shape = (len(found.users) + len(more_users), len(found.items) + len(more_items))
    wide = csr_array((seen.data, seen.indices, offsets), shape=shape)
    return Interactions(
        [*found.users, *more_users], [*found.items, *more_items], wide, found.times, found.met
    )


def _rows(keys: list[str], things: Things, words: Vocabulary) -> Ragged:
    return words.rows([things.get(key, {}) for key in keys])


def _users(
    found: Interactions,
    learnt: dict[str, dict[str, np.ndarray]],
    words: list[Vocabulary],
    rows: list[Ragged],
    call: dict[str, Any],
    threads: int,
) -> Users:
    """The model: vectors of all there is, and the towers for what is new."""
    user, item = Tower(**learnt["users"]), Tower(**learnt["items"])
    history = learnt["tables"]["history"]
    history[found.counts == 0] = 0  # an item that nobody chose says nothing of who will
    own = learnt["tables"]["own"] * (found.counts > 0)[:, None].astype(np.float32)
    vectors = user.top(means(found.rows, history, threads), rows[0], threads)
    space = Space("towers", history, beside=Beside(Side(user, words[0]), Side(item, words[1])))
    told = {
        "columns": {
            name: [column.name for column in each.columns]
            for name, each in zip(("users", "items"), words, strict=True)
        }
    }
    return users_of(found, vectors, item.top(own, rows[1], threads), space, call, attributes=told)
