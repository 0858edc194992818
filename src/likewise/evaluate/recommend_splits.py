"""Choices parted into those to learn from and those held out, by four rules.

seen: (users, items) CSR whose stored places are what each user chose. Both parts of a split have its shape, so that
rows and columns mean the same. A user with a single choice keeps it for learning.
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
    """`train` is learnt from, `held` is to be found; both (users, items) CSR. `rule` says how they were parted.

    Under strong generalisation `given` has, for users that `train` knows nothing of, what they are encoded from; in
    other splits it is `train` itself.
    """

    train: csr_array
    held: csr_array
    given: csr_array
    rule: str


def at_random(seen: csr_array, *, share: float = 0.8, seed: int = 0) -> Split:
    """`share` of each user's choices, rounded, at least one, drawn at random, to learn from; the rest held out."""
    _check_share(share)
    kept = _first_of_each(seen, _drawn(seen, seed), np.maximum(1, np.round(share * np.diff(seen.indptr))))
    return _parted(seen, kept, f"{share:.0%} of each user's choices at random, seed {seed}")


def last_out(seen: csr_array, times: np.ndarray, *, seed: int = 0) -> Split:
    """The latest choice of each user held out; of several at the same time one drawn at random.

    times: (nnz,) of any kind that sorts, in the order of `seen.data`. A rule that looks at the ids of what ties would
    hold out what is popular, or what is rare: on MovieLens-100K the same model then has an nDCG@10 of .04 or of .10.
    """
    _check_times(seen, times)
    keys = seeds.generator(seed, "recommend.last").random(seen.nnz)
    order, counts = np.lexsort((keys, times, _rows(seen))), np.maximum(1, np.diff(seen.indptr) - 1)
    return _parted(seen, _first_of_each(seen, order, counts), f"the last choice of each user, seed {seed}")


def by_time(seen: csr_array, times: np.ndarray, *, share: float = 0.8) -> Split:
    """All choices up to one moment to learn from, those after it held out: the moment when about `share` were made.

    Left out of what is held: users without choices before it, and items that nobody had chosen, as nothing is known of
    them yet.
    """
    _check_share(share)
    _check_times(seen, times)
    if seen.nnz == 0:
        return _parted(seen, np.zeros(0, bool), "in time")
    moment = np.sort(times)[min(seen.nnz - 1, int(share * seen.nnz))]
    split = _parted(seen, times < moment, f"before and from {moment}")
    known_users, known_items = (
        np.diff(split.train.indptr) > 0,
        np.bincount(split.train.indices, minlength=seen.shape[1]),
    )
    rows = _rows(split.held)
    kept = known_users[rows] & (known_items[split.held.indices] > 0)
    held = _only(split.held, kept)
    return Split(split.train, held, split.train, split.rule)


def strong(seen: csr_array, *, users: float = 0.1, share: float = 0.8, seed: int = 0) -> Split:
    """`users` of the users held out whole: nothing of them is learnt; they are encoded from `share` of their choices,
    drawn at random, and the rest is to be found (Marlin 2004, strong generalisation)."""
    _check_share(share)
    _check_share(users)
    n = seen.shape[0]
    chosen = seeds.generator(seed, "recommend.users").permutation(n)[: max(1, round(users * n))]
    is_held = np.zeros(n, bool)
    is_held[chosen] = True
    inside = is_held[_rows(seen)]
    parted = at_random(_only(seen, inside), share=share, seed=seed)
    rule = f"{users:.0%} of the users unseen, encoded from {share:.0%} of their choices, seed {seed}"
    return Split(_only(seen, ~inside), parted.held, parted.train, rule)


def _parted(seen: csr_array, kept: np.ndarray, rule: str) -> Split:
    train = _only(seen, kept)
    return Split(train, _only(seen, ~kept), train, rule)


def _only(seen: csr_array, kept: np.ndarray) -> csr_array:
    """The stored places where `kept` (nnz,) is True."""
    from scipy import sparse

    offsets = np.concatenate([[0], np.cumsum(kept)])[seen.indptr]
    return sparse.csr_array((seen.data[kept], seen.indices[kept], offsets), shape=seen.shape)


def _rows(seen: Any) -> np.ndarray:
    return np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))


def _drawn(seen: csr_array, seed: int) -> np.ndarray:
    """Places of `seen.data` by user, and in random order within each."""
    keys = seeds.generator(seed, "recommend.split").random(seen.nnz)
    return np.lexsort((keys, _rows(seen)))


def _first_of_each(seen: csr_array, order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(nnz,) bool: the first counts[u] places of each user in `order`."""
    rank = np.arange(seen.nnz) - np.repeat(seen.indptr[:-1], np.diff(seen.indptr))
    kept = np.zeros(seen.nnz, bool)
    kept[order] = rank < counts[_rows(seen)]
    return kept


def _check_share(share: float) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float | np.number) or not 0 < share < 1:
        raise OptionError(f"a share is a number between 0 and 1, not {share!r}")


def _check_times(seen: csr_array, times: np.ndarray) -> None:
    if np.shape(times) != (seen.nnz,):
        raise InputError(f"times have the shape {np.shape(times)}, wanted {(seen.nnz,)}: one for each choice")
    if np.asarray(times).dtype.kind == "f" and not np.isfinite(times).all():
        raise InputError("a time is not a finite number")
