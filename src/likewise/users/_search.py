"""A small search for item2vec: which rate, exponent and prior find most of what was held out of the log itself."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.arrays.ranking.top_k import best
from likewise.data.interactions import Interactions
from likewise.errors import Diverged, InputError
from likewise.learn.recommend import histories
from likewise.learn.sgns import training as sgns
from likewise.system import seeds

if TYPE_CHECKING:
    from scipy.sparse import csr_array

log = logging.getLogger(__name__)

RATES, EXPONENTS = (0.025, 0.05, 0.1), (0.0, 0.25, 0.5, 0.75)
PRIORS = (0.0, 0.01, 0.02, 0.05, 0.1)  # these cost no training
HELD, K = 0.2, 10


def searched(
    found: Interactions, settings: sgns.Settings, threads: int
) -> tuple[sgns.Settings, float, list[dict[str, Any]]]:
    """The settings and the prior that are best, and all that was tried, with the share found among the first ten.

    A fifth of each user's choices is held out, drawn by the seed; each rate and exponent is trained once on the rest.
    Raises `InputError` where no user has two choices.
    """
    learnt, held = parted(found, settings.seed)
    tried: list[dict[str, Any]] = []
    for learning_rate, exponent in product(RATES, EXPONENTS):
        own = replace(settings, learning_rate=learning_rate, exponent=exponent)
        vectors = _vectors(learnt, own, threads)
        if vectors is None:
            continue
        for prior in PRIORS:
            share = recall(learnt, held, vectors, prior, threads)
            tried.append(
                {
                    "learning_rate": learning_rate,
                    "exponent": exponent,
                    "prior": prior,
                    "recall": round(share, 4),
                }
            )
    if not tried:
        raise InputError(
            "item2vec ran away with every rate that was tried: give a smaller one, and no search"
        )
    chosen = max(tried, key=lambda one: one["recall"])
    log.info("of %d settings the best finds %s", len(tried), chosen)
    return (
        replace(settings, learning_rate=chosen["learning_rate"], exponent=chosen["exponent"]),
        chosen["prior"],
        tried,
    )


def parted(found: Interactions, seed: int) -> tuple[Interactions, csr_array]:
    """The log without a fifth of each user's choices, and those of them that it still knows, in its own numbers."""
    rows = np.repeat(np.arange(len(found)), found.lengths)
    order = np.lexsort((seeds.generator(seed, "item2vec.search").random(len(rows)), rows))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(found.lengths) - found.lengths, found.lengths)
    kept = np.ones(len(rows), bool)
    kept[order] = place >= np.floor(HELD * found.lengths[rows] + 0.5)
    learnt = found.only(kept)
    places = {key: n for n, key in enumerate(learnt.items)}
    users = {key: n for n, key in enumerate(learnt.users)}
    pairs = [
        (users[found.users[u]], places[found.items[i]])
        for u, i in zip(rows[~kept].tolist(), found.seen.indices[~kept].tolist(), strict=True)
        if found.items[i] in places and found.users[u] in users
    ]
    if not pairs:
        raise InputError("nothing can be held out to search with: no user has two choices that others share")
    sides = np.array(sorted(pairs)).T
    offsets = np.concatenate([[0], np.cumsum(np.bincount(sides[0], minlength=len(learnt)))])
    return learnt, Ragged(sides[1].astype(np.int32), offsets).counts(len(learnt.items))


def recall(learnt: Interactions, held: csr_array, vectors: np.ndarray, prior: float, threads: int) -> float:
    """The mean share of a user's held items among the first ten, of ten or of all where they are fewer."""
    users = np.flatnonzero(np.diff(held.indptr))
    rows = learnt.seen.copy()
    rows.data = np.ones_like(rows.data)
    means = (rows @ vectors) / np.maximum(learnt.lengths, 1)[:, None].astype(np.float32)
    popular = np.float32(prior) * np.log(learnt.counts).astype(np.float32)
    lists, _ = best(
        lambda asked: means[asked] @ vectors.T + popular, users, learnt.seen, len(vectors), K, threads=threads
    )
    hits = np.zeros(len(users))
    for n, user in enumerate(users.tolist()):
        own = held.indices[held.indptr[user] : held.indptr[user + 1]]
        hits[n] = np.isin(own, lists[n]).sum() / min(K, len(own))
    return float(hits.mean())


def _vectors(learnt: Interactions, settings: sgns.Settings, threads: int) -> np.ndarray | None:
    """Items at length 1, or None where the rate was too high."""
    state = sgns.fresh(len(learnt.items), settings)
    rows = histories.shuffled(learnt.seen, settings.seed)
    try:
        for _ in sgns.train(state, rows, learnt.counts, settings, threads=threads):
            pass
    except Diverged:
        return None
    return unit_rows(np.ascontiguousarray(state.inputs[:, : settings.dim]))
