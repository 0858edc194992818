"""What any score must beat: vectors drawn at random, and the letters of the words alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from likewise.evaluate.lookup import ids_of
from likewise.system import seeds

if TYPE_CHECKING:
    from likewise.table import Table


def random_tables(table: Table, words: Sequence[str], n: int, seed: int) -> list[Table]:
    """n tables of normally distributed vectors, as wide as `table`, for those of `words` that it holds."""
    keys = _known_keys(table, words)
    draws = (seeds.generator(seed, "random table", shard) for shard in range(n))
    return [_like(table, keys, draw.standard_normal((len(keys), table.dim), np.float32)) for draw in draws]


def spelling_table(table: Table, words: Sequence[str]) -> Table:
    """For those of `words` that `table` holds, which groups of three letters each has, its ends marked.

    The cosine of two such vectors is the count of shared trigrams over the geometric mean of their numbers:
    near the Dice coefficient, which has the arithmetic mean.
    """
    keys = _known_keys(table, words)
    trigrams = [_trigrams(key.lower()) for key in keys]
    column = {trigram: i for i, trigram in enumerate(sorted(set().union(*trigrams)))}
    vectors = np.zeros((len(keys), max(1, len(column))), np.float32)
    for row, found in enumerate(trigrams):
        vectors[row, [column[trigram] for trigram in found]] = 1
    return _like(table, keys, vectors)


def _trigrams(word: str) -> set[str]:
    marked = f"<{word}>"
    return {marked[i : i + 3] for i in range(max(1, len(marked) - 2))}


def _known_keys(table: Table, words: Sequence[str]) -> list[str]:
    rows = ids_of(table, words)
    return [table.keys[row] for row in np.unique(rows[rows >= 0])]


def _like(table: Table, keys: list[str], vectors: np.ndarray) -> Table:
    """Another table with the same spelling."""
    return type(table)(keys, vectors, spelling=table.spelling)
