"""Histories: the items of each user as rows of item ids, and in random order as the sentences of item2vec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import id_text
from likewise.errors import InputError, WrongType
from likewise.learn.kernels.row_stream import Source
from likewise.system import seeds
from likewise.table import Table

if TYPE_CHECKING:
    from scipy.sparse import csr_array

USER, ITEM = "user:", "item:"
CHUNK = 2**22  # ids in memory at a time, except for a history that is longer


@dataclass(frozen=True, eq=False)
class Histories:
    """n histories as rows of item positions.

    Attributes
    ----------
    rows : Ragged
        The different items of each history, as ascending positions in the table of items.
    unknown : ndarray of shape (n,), int64
        How many items of each history the model does not know.
    """

    rows: Ragged
    unknown: np.ndarray

    @property
    def cold(self) -> np.ndarray:
        """(n,) bool: whether no item of the history is known."""
        return self.rows.lengths == 0

    def __len__(self) -> int:
        return len(self.rows)


def histories(items: Sequence[Any], table: Table) -> Histories:
    """Histories of lists of item ids; an item that occurs twice counts once. Raises `WrongType` for other inputs."""
    rows, unknown = [], np.zeros(len(items), np.int64)
    for n, item in enumerate(items):
        if isinstance(item, str | bytes) or not hasattr(item, "__iter__"):
            raise WrongType(f"a history is a list of item ids, not {item!r}: wrap it in a list")
        keys = [id_text(key) for key in item]
        for key in keys:
            if not isinstance(key, str):
                raise WrongType(f"the ids of items are strings, and {key!r} is of {type(key).__name__}")
        places = table.places([key.removeprefix(ITEM) if key not in table else key for key in keys])
        unknown[n] = np.count_nonzero(places < 0)
        rows.append(np.unique(places[places >= 0]).tolist())
    return Histories(Ragged.from_rows(rows), unknown)


def place(key: str, table: Table, prefix: str) -> int:
    """The position of an id in a table, with or without its prefix; -1 where it is not there."""
    found = table.places([key])
    if found[0] < 0 and key.startswith(prefix):
        found = table.places([key.removeprefix(prefix)])
    return int(found[0])


def select(rows: Ragged, chosen: np.ndarray) -> Ragged:
    """Some rows, in the order of `chosen` (n,) int64."""
    lengths = rows.lengths[chosen]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.repeat(rows.offsets[chosen] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Ragged(np.asarray(rows.ids[places]), offsets)


def shuffle_histories(seen: csr_array, seed: int = 0) -> Source:
    """Rows of item ids for `sgns.train`, those of each user in a new random order in each epoch.

    A history is a set without an order. With a new order in each epoch a window of any width covers every pair of a
    history in time, as a window over the whole history would, at a cost that does not grow with its square.

    seen: (users, items) CSR whose stored entries count, whatever their weight. The same seed gives the same orders.
    Raises `InputError` where nothing is seen.
    """
    offsets, ids = seen.indptr.astype(np.int64), seen.indices
    if not len(ids):
        raise InputError("there is nothing to learn from: no user has seen any item")
    cuts = np.unique(np.searchsorted(offsets, [*range(0, len(ids), CHUNK), len(ids)]))
    largest = int(np.diff(offsets[cuts]).max())

    def rows(epoch: int, part: int) -> Ragged:
        own = offsets[cuts[part] : cuts[part + 1] + 1]
        found = ids[own[0] : own[-1]]
        keys = seeds.generator(seed, "histories", epoch * (len(cuts) - 1) + part).random(len(found))
        order = np.lexsort((keys, np.repeat(np.arange(len(own) - 1), np.diff(own))))
        return Ragged(found[order].astype(np.int32, copy=False), own - own[0])

    return Source(rows, len(cuts) - 1, largest)
