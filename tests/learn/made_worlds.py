"""Texts of which the right answer is known."""

from __future__ import annotations

import numpy as np

from likewise.arrays.ragged import Ragged


def zipf(vocabulary: int, rows: int, longest: int, seed: int = 0) -> tuple[Ragged, np.ndarray]:
    """Rows of 0 … longest ids, the first the most frequent, each at least once; and their counts."""
    random = np.random.default_rng(seed)
    share = 1 / np.arange(1, vocabulary + 1)
    lines = [
        random.choice(vocabulary, random.integers(0, longest + 1), p=share / share.sum()) for _ in range(rows)
    ]
    ids = Ragged.from_rows([*lines, random.permutation(vocabulary)])
    return ordered(ids, vocabulary)


def ordered(ids: Ragged, vocabulary: int) -> tuple[Ragged, np.ndarray]:
    """The same rows with ids by falling count."""
    counts = np.bincount(ids.ids, minlength=vocabulary)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(vocabulary, np.int32)
    rank[order] = np.arange(vocabulary)
    return Ragged(rank[ids.ids], ids.offsets), counts[order]


def synonyms(pairs: int, rows: int, seed: int) -> tuple[Ragged, np.ndarray, np.ndarray]:
    """Pairs of words that stand between the same four words, and never together; also whose partner is who.

    Each pair has eight context words of its own. Row: two context words, either word of the pair, two context words.
    partner[i] is the id of word i's synonym, −1 for a context word.
    """
    random = np.random.default_rng(seed)
    chosen = random.integers(pairs, size=rows)
    middle = 2 * chosen + random.integers(2, size=rows)
    context = 2 * pairs + 8 * chosen[:, None] + random.integers(8, size=(rows, 4))
    text = np.insert(context, 2, middle, axis=1).astype(np.int32)
    vocabulary = 10 * pairs
    ids = Ragged(text.ravel(), np.arange(rows + 1) * 5)
    counts = np.bincount(ids.ids, minlength=vocabulary)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(vocabulary, np.int64)
    rank[order] = np.arange(vocabulary)
    partner = np.full(vocabulary, -1)
    words = np.arange(2 * pairs)
    partner[rank[words]] = rank[words ^ 1]
    return Ragged(rank[ids.ids].astype(np.int32), ids.offsets), counts[order], partner


def topics(words: int, rows: int, seed: int) -> tuple[Ragged, np.ndarray, np.ndarray]:
    """Two topics of `words` words each that never meet in a row; also the topic of each id."""
    random = np.random.default_rng(seed)
    topic = random.integers(2, size=rows)
    lines = topic[:, None] * words + random.integers(words, size=(rows, 8))
    ids, counts = Ragged(lines.ravel().astype(np.int32), np.arange(rows + 1) * 8), None
    counts = np.bincount(ids.ids, minlength=2 * words)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(2 * words, np.int64)
    rank[order] = np.arange(2 * words)
    return Ragged(rank[ids.ids].astype(np.int32), ids.offsets), counts[order], order // words
