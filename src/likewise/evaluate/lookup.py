"""Where a set's words stand in a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from likewise.table import Table


def ids_of(table: Table, words: Iterable[str]) -> np.ndarray:
    """(n,) int64: each word's row by the table's own spelling, -1 where the table does not hold it."""
    listed = list(words)
    rows = {word: table.index(word) if word in table else -1 for word in dict.fromkeys(listed)}
    return np.array([rows[word] for word in listed], np.int64)
