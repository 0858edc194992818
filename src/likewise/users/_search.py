"""The search of item2vec: learning rate, exponent and popularity weight of largest recall on held-out interactions."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.arrays.ranking import best
from likewise.data.interactions import Interactions
from likewise.errors import Diverged, InputError
from likewise.learn.sgns import training as sgns
from likewise.system import seeds
from likewise.users._histories import shuffle_histories

if TYPE_CHECKING:
    from scipy.sparse import csr_array

log = logging.getLogger(__name__)

LEARNING_RATES, EXPONENTS = (0.025, 0.05, 0.1), (0.0, 0.25, 0.5, 0.75)
POPULARITY_WEIGHTS = (0.0, 0.01, 0.02, 0.05, 0.1)  # these need no training
HELD, K = 0.2, 10


def search_settings(
    found: Interactions, settings: sgns.Settings, threads: int
) -> tuple[sgns.Settings, float, list[dict[str, Any]]]:
    """The best settings and popularity weight, and all trials with their recall at 10.

    A fifth of each user's interactions is held out at random, by the seed; each learning rate and exponent is trained
    once on the rest. Raises `InputError` where no user has two interactions.
    """
    train, held = split(found, settings.seed)
    trials: list[dict[str, Any]] = []
    for learning_rate, exponent in product(LEARNING_RATES, EXPONENTS):
        own = replace(settings, learning_rate=learning_rate, exponent=exponent)
        vectors = _vectors(train, own, threads)
        if vectors is None:
            continue
        for weight in POPULARITY_WEIGHTS:
            share = recall(train, held, vectors, weight, threads)
            trials.append(
                {
                    "learning_rate": learning_rate,
                    "exponent": exponent,
                    "popularity_weight": weight,
                    "recall": round(share, 4),
                }
            )
    if not trials:
        raise InputError(
            "item2vec diverged at every learning rate of the search: give a smaller one, without search"
        )
    chosen = max(trials, key=lambda one: one["recall"])
    log.info("the best of %d settings is %s", len(trials), chosen)
    return (
        replace(settings, learning_rate=chosen["learning_rate"], exponent=chosen["exponent"]),
        chosen["popularity_weight"],
        trials,
    )


def split(found: Interactions, seed: int) -> tuple[Interactions, csr_array]:
    """The log without a fifth of each user's interactions, and those of the fifth whose user and item are still in it,
    as a matrix of the same shape."""
    rows = np.repeat(np.arange(len(found)), found.lengths)
    order = np.lexsort((seeds.generator(seed, "item2vec.search").random(len(rows)), rows))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(found.lengths) - found.lengths, found.lengths)
    kept = np.ones(len(rows), bool)
    kept[order] = place >= np.floor(HELD * found.lengths[rows] + 0.5)
    train = found.only(kept)
    places = {key: n for n, key in enumerate(train.items)}
    users = {key: n for n, key in enumerate(train.users)}
    pairs = [
        (users[found.users[u]], places[found.items[i]])
        for u, i in zip(rows[~kept].tolist(), found.seen.indices[~kept].tolist(), strict=True)
        if found.items[i] in places and found.users[u] in users
    ]
    if not pairs:
        raise InputError(
            "nothing can be held out for the search: no user has two interactions that others share"
        )
    sides = np.array(sorted(pairs)).T
    offsets = np.concatenate([[0], np.cumsum(np.bincount(sides[0], minlength=len(train)))])
    return train, Ragged(sides[1].astype(np.int32), offsets).counts(len(train.items))


def recall(
    train: Interactions, held: csr_array, vectors: np.ndarray, popularity_weight: float, threads: int
) -> float:
    """The mean share of a user's held-out items among the first ten, of ten or of all where they are fewer."""
    users = np.flatnonzero(np.diff(held.indptr))
    rows = train.seen.copy()
    rows.data = np.ones_like(rows.data)
    means = (rows @ vectors) / np.maximum(train.lengths, 1)[:, None].astype(np.float32)
    popularity = np.float32(popularity_weight) * np.log(train.counts).astype(np.float32)
    lists, _ = best(
        lambda batch: means[batch] @ vectors.T + popularity,
        users,
        train.seen,
        len(vectors),
        K,
        threads=threads,
    )
    hits = np.zeros(len(users))
    for n, user in enumerate(users.tolist()):
        own = held.indices[held.indptr[user] : held.indptr[user + 1]]
        hits[n] = np.isin(own, lists[n]).sum() / min(K, len(own))
    return float(hits.mean())


def _vectors(train: Interactions, settings: sgns.Settings, threads: int) -> np.ndarray | None:
    """Items at length 1, or None where the training diverged."""
    state = sgns.fresh(len(train.items), settings)
    rows = shuffle_histories(train.seen, settings.seed)
    try:
        for _ in sgns.train(state, rows, train.counts, settings, threads=threads):
            pass
    except Diverged:
        return None
    return unit_rows(np.ascontiguousarray(state.inputs[:, : settings.dim]))
