"""What a recommendation must beat: what is popular, and what is like what the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.ranking.top_k import Scorer
from likewise.errors import OptionError

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def popularity(train: csr_array) -> Scorer:
    """The same scores for everyone: how many users chose an item."""
    counts = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float32)
    return lambda rows: np.tile(counts, (len(rows), 1))


def item_neighbours(train: csr_array, given: csr_array | None = None, *, neighbours: int = 100) -> Scorer:
    """Item-kNN: the summed cosines of an item with those the user chose, of each of which the `neighbours` most alike
    count (Deshpande and Karypis 2004, without their normalisation).

    train: (users, items) CSR the cosines are of, each choice counting alike; given: what the users asked for have
    chosen, `train` where it is None.
    """
    if isinstance(neighbours, bool) or not isinstance(neighbours, int) or neighbours < 1:
        raise OptionError(f"neighbours must be a whole number of at least 1, not {neighbours!r}")
    likeness = cosines(train, neighbours)
    chosen = _ones(train if given is None else given)
    return lambda rows: np.asarray((chosen[rows] @ likeness).toarray(), np.float32)


def cosines(train: csr_array, neighbours: int) -> csr_array:
    """(items, items) float32 CSR: of each row the largest cosines with others; ties go to the item standing first."""
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
