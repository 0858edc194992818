"""Baselines of recommendation: popularity and item-kNN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.ranking import Scorer
from likewise.errors import OptionError

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def popularity(train: csr_array) -> Scorer:
    """The same scores for every user: how many users an item has.

    Parameters
    ----------
    train : csr_array of shape (users, items)
        The interactions of the training.

    Returns
    -------
    callable
        Positions of users (b,) → scores (b, items).
    """
    counts = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float32)
    return lambda rows: np.tile(counts, (len(rows), 1))


def item_neighbours(train: csr_array, given: csr_array | None = None, *, neighbours: int = 100) -> Scorer:
    """Item-kNN: the score of an item is the sum of its cosines with the items of the user.

    Parameters
    ----------
    train : csr_array of shape (users, items)
        The interactions that the cosines are computed from; all weigh the same.
    given : csr_array of shape (users, items) or None, default None
        The histories of the users to score; None: those of `train`.
    neighbours : int, default 100
        How many of the nearest items of each item count, from 1.

    Returns
    -------
    callable
        Positions of users (b,) → scores (b, items).

    References
    ----------
    M. Deshpande and G. Karypis, Item-based top-N recommendation algorithms, TOIS 2004; without their normalisation.
    """
    if isinstance(neighbours, bool) or not isinstance(neighbours, int) or neighbours < 1:
        raise OptionError(f"neighbours must be a whole number of at least 1, not {neighbours!r}")
    similarities = cosines(train, neighbours)
    chosen = _ones(train if given is None else given)
    return lambda rows: np.asarray((chosen[rows] @ similarities).toarray(), np.float32)


def cosines(train: csr_array, neighbours: int) -> csr_array:
    """(items, items) float32 CSR: the largest cosines of each item with others; ties go to the lower position."""
    from scipy import sparse

    ones = _ones(train)
    lengths = np.sqrt(np.maximum(1, np.bincount(ones.indices, minlength=ones.shape[1])))
    unit = (ones @ sparse.diags_array(1 / lengths)).tocsr()
    both = (unit.T.tocsr() @ unit).tocsr()
    both.setdiag(0)
    both.eliminate_zeros()
    both.sort_indices()
    rows = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr))
    order = np.lexsort((both.indices, -both.data, rows))
    rank = np.arange(both.nnz) - both.indptr[rows]
    kept = np.sort(order[rank < neighbours])
    offsets = np.searchsorted(rows[kept], np.arange(both.shape[0] + 1))
    return sparse.csr_array(
        (both.data[kept].astype(np.float32), both.indices[kept], offsets), shape=both.shape
    )


def _ones(seen: csr_array) -> csr_array:
    from scipy import sparse

    return sparse.csr_array((np.ones(seen.nnz, np.float32), seen.indices, seen.indptr), shape=seen.shape)
