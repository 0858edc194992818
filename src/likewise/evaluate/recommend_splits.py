"""Splits of interactions into a training part and a held-out part, by four rules.

seen: (users, items) CSR whose stored entries are the interactions. Both parts of a split have its shape, so that rows
and columns mean the same. The only interaction of a user stays in the training part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.system import seeds

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Split:
    """A training part and a held-out part.

    Parameters
    ----------
    train : csr_array of shape (users, items)
        The interactions to train on.
    held : csr_array of shape (users, items)
        The held-out interactions.
    given : csr_array of shape (users, items)
        What users are encoded from. It is `train`, except under strong generalisation.
    rule : str
        How the parts were made.
    """

    train: csr_array
    held: csr_array
    given: csr_array
    rule: str


def at_random(seen: csr_array, *, share: float = 0.8, seed: int = 0) -> Split:
    """Hold out interactions of each user at random.

    Parameters
    ----------
    seen : csr_array of shape (users, items)
        All interactions.
    share : float, default 0.8
        Share of each user's interactions in the training part, between 0 and 1; rounded, at least one.
    seed : int, default 0
        Seed of the random numbers.

    Returns
    -------
    Split
    """
    _check_share(share)
    kept = _first_of_each(
        seen, _random_order(seen, seed), np.maximum(1, np.round(share * np.diff(seen.indptr)))
    )
    return _split(seen, kept, f"{share:.0%} of each user's interactions at random, seed {seed}")


def last_out(seen: csr_array, times: np.ndarray, *, seed: int = 0) -> Split:
    """Hold out the latest interaction of each user; of several at the same time a random one.

    A rule that breaks ties by the ids of items would hold out popular items, or rare ones: on MovieLens-100K the same
    model then has an nDCG@10 of .04 or of .10.

    Parameters
    ----------
    seen : csr_array of shape (users, items)
        All interactions.
    times : ndarray of shape (interactions,)
        The time of each interaction, of any dtype that sorts, in the order of `seen.data`.
    seed : int, default 0
        Seed of the random numbers.

    Returns
    -------
    Split
    """
    _check_times(seen, times)
    keys = seeds.generator(seed, "recommend.last").random(seen.nnz)
    order, counts = np.lexsort((keys, times, _rows(seen))), np.maximum(1, np.diff(seen.indptr) - 1)
    return _split(
        seen, _first_of_each(seen, order, counts), f"the last interaction of each user, seed {seed}"
    )


def by_time(seen: csr_array, times: np.ndarray, *, share: float = 0.8) -> Split:
    """Train on all interactions before one moment, and hold out those after it.

    Users without interactions before the moment, and items without users before it, are left out of the held-out part,
    as nothing is known of them yet.

    Parameters
    ----------
    seen : csr_array of shape (users, items)
        All interactions.
    times : ndarray of shape (interactions,)
        The time of each interaction, of any dtype that sorts, in the order of `seen.data`.
    share : float, default 0.8
        The moment is when about this share of all interactions had happened, between 0 and 1.

    Returns
    -------
    Split
    """
    _check_share(share)
    _check_times(seen, times)
    if seen.nnz == 0:
        return _split(seen, np.zeros(0, bool), "in time")
    moment = np.sort(times)[min(seen.nnz - 1, int(share * seen.nnz))]
    split = _split(seen, times < moment, f"before and from {moment}")
    known_users, known_items = (
        np.diff(split.train.indptr) > 0,
        np.bincount(split.train.indices, minlength=seen.shape[1]),
    )
    rows = _rows(split.held)
    kept = known_users[rows] & (known_items[split.held.indices] > 0)
    held = _only(split.held, kept)
    return Split(split.train, held, split.train, split.rule)


def strong(seen: csr_array, *, users: float = 0.1, share: float = 0.8, seed: int = 0) -> Split:
    """Hold out users: they are not trained on, are encoded from some of their interactions, and the rest is held out.

    Parameters
    ----------
    seen : csr_array of shape (users, items)
        All interactions.
    users : float, default 0.1
        Share of the users to hold out, between 0 and 1.
    share : float, default 0.8
        Share of the interactions of a held-out user to encode them from, between 0 and 1.
    seed : int, default 0
        Seed of the random numbers.

    Returns
    -------
    Split

    References
    ----------
    B. Marlin, Collaborative filtering: a machine learning perspective, 2004 (strong generalisation).
    """
    _check_share(share)
    _check_share(users)
    n = seen.shape[0]
    chosen = seeds.generator(seed, "recommend.users").permutation(n)[: max(1, round(users * n))]
    is_held = np.zeros(n, bool)
    is_held[chosen] = True
    inside = is_held[_rows(seen)]
    split = at_random(_only(seen, inside), share=share, seed=seed)
    rule = f"{users:.0%} of the users unseen, encoded from {share:.0%} of their interactions, seed {seed}"
    return Split(_only(seen, ~inside), split.held, split.train, rule)


def _split(seen: csr_array, kept: np.ndarray, rule: str) -> Split:
    train = _only(seen, kept)
    return Split(train, _only(seen, ~kept), train, rule)


def _only(seen: csr_array, kept: np.ndarray) -> csr_array:
    """The stored entries where `kept` (nnz,) is True."""
    from scipy import sparse

    offsets = np.concatenate([[0], np.cumsum(kept)])[seen.indptr]
    return sparse.csr_array((seen.data[kept], seen.indices[kept], offsets), shape=seen.shape)


def _rows(seen: Any) -> np.ndarray:
    return np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))


def _random_order(seen: csr_array, seed: int) -> np.ndarray:
    """Positions in `seen.data` by user, in random order within each."""
    keys = seeds.generator(seed, "recommend.split").random(seen.nnz)
    return np.lexsort((keys, _rows(seen)))


def _first_of_each(seen: csr_array, order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(nnz,) bool: the first counts[u] positions of each user in `order`."""
    rank = np.arange(seen.nnz) - np.repeat(seen.indptr[:-1], np.diff(seen.indptr))
    kept = np.zeros(seen.nnz, bool)
    kept[order] = rank < counts[_rows(seen)]
    return kept


def _check_share(share: float) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float | np.number) or not 0 < share < 1:
        raise OptionError(f"a share must be a number between 0 and 1, not {share!r}")


def _check_times(seen: csr_array, times: np.ndarray) -> None:
    if np.shape(times) != (seen.nnz,):
        raise InputError(
            f"times have the shape {np.shape(times)}, expected {(seen.nnz,)}: one for each interaction"
        )
    if np.asarray(times).dtype.kind == "f" and not np.isfinite(times).all():
        raise InputError("a time is not a finite number")
