"""Histories as the sentences of item2vec (Barkan and Koenigstein 2016, arXiv 1603.04259): sets without an order.

Each epoch reads them in another random order, so a window of any width meets every pair of a history in time, as a
window over the whole of it would, at a price that does not grow with its square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.learn.kernels.row_stream import Source
from likewise.system import seeds

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PART = 2**22  # ids in memory at a time, but for a history that is longer


def shuffled(seen: csr_array, seed: int = 0) -> Source:
    """Rows of item ids for `sgns.train`, those of each user in an order drawn anew each epoch.

    seen: (users, items) CSR whose stored places count, whatever their weight. The same seed gives the same orders.
    Raises `InputError` where nothing is seen.
    """
    offsets, ids = seen.indptr.astype(np.int64), seen.indices
    if not len(ids):
        raise InputError("there is nothing to learn from: no user has seen any item")
    cuts = np.unique(np.searchsorted(offsets, [*range(0, len(ids), PART), len(ids)]))
    largest = int(np.diff(offsets[cuts]).max())

    def rows(epoch: int, part: int) -> Ragged:
        own = offsets[cuts[part] : cuts[part + 1] + 1]
        found = ids[own[0] : own[-1]]
        keys = seeds.generator(seed, "histories", epoch * (len(cuts) - 1) + part).random(len(found))
        order = np.lexsort((keys, np.repeat(np.arange(len(own) - 1), np.diff(own))))
        return Ragged(found[order].astype(np.int32, copy=False), own - own[0])

    return Source(rows, len(cuts) - 1, largest)
