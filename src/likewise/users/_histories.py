"""What is asked about a user: an id, or a history of items; and how it becomes a row of item numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import WrongType
from likewise.table import Table

USER, ITEM = "user:", "item:"


@dataclass(frozen=True, eq=False)
class Histories:
    """n histories: `rows` of different item numbers, each rising; `unknown` (n,) int64 items that the model has not.

    `cold` (n,) bool: of which nothing is known.
    """

    rows: Ragged
    unknown: np.ndarray

    @property
    def cold(self) -> np.ndarray:
        """(n,) bool."""
        return self.rows.lengths == 0

    def __len__(self) -> int:
        return len(self.rows)


def histories(items: Sequence[Any], table: Table) -> Histories:
    """Histories, each a list of item ids in which one that stands twice counts once; raises `WrongType` for others."""
    rows, unknown = [], np.zeros(len(items), np.int64)
    for n, item in enumerate(items):
        if isinstance(item, str | bytes) or not hasattr(item, "__iter__"):
            raise WrongType(f"a history is a list of item ids, not {item!r}: wrap it in a list")
        keys = list(item)
        for key in keys:
            if not isinstance(key, str):
                raise WrongType(f"the ids of items are strings, and {key!r} is of {type(key).__name__}")
        places = table.places([key.removeprefix(ITEM) if key not in table else key for key in keys])
        unknown[n] = np.count_nonzero(places < 0)
        rows.append(np.unique(places[places >= 0]).tolist())
    return Histories(Ragged.from_rows(rows), unknown)


def place(key: str, table: Table, prefix: str) -> int:
    """Where an id stands in a table, given with its prefix or without; -1 where it does not."""
    found = table.places([key])
    if found[0] < 0 and key.startswith(prefix):
        found = table.places([key.removeprefix(prefix)])
    return int(found[0])


def taken(rows: Ragged, chosen: np.ndarray) -> Ragged:
    """Some rows, in the order of `chosen` (n,) int64."""
    lengths = rows.lengths[chosen]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.repeat(rows.offsets[chosen] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Ragged(np.asarray(rows.ids[places]), offsets)
