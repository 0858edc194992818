"""Tokens of an item as a multiset: which k tokens are predicted by expected counts, and how many of them are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.arrays.linalg import top_k

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def picked(predicted: np.ndarray, truth: Any, most: int) -> csr_array:
    """(n, v) CSR: of each row the multiset of as many tokens as `truth` has whose counts come nearest to `predicted`.

    predicted (n, v) are expected counts. A further copy of a token predicted as s that was taken j times changes the
    squared error
        by 1 - 2 (s - j); so the k largest s - j are taken, j from 0 to `most` - 1, ties by column and then by copy.
    """
    from scipy.sparse import csr_array

    sizes = np.asarray(truth.sum(axis=1)).reshape(-1).astype(np.int64)
    copies = np.arange(max(1, most))
    rows: list[np.ndarray] = []
    for scores, k in zip(predicted, sizes.tolist(), strict=True):
        columns = np.sort(top_k(scores[None], k)[0])
        worth = (scores[columns][:, None] - copies).ravel()
        best = np.argsort(-worth, kind="stable")[:k]
        rows.append(columns[best // len(copies)])
    ids = np.concatenate(rows) if rows else np.empty(0, np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    found = csr_array((np.ones(len(ids)), ids, offsets), shape=predicted.shape)
    found.sum_duplicates()
    return found


def overlaps(predicted: Any, truth: Any) -> tuple[np.ndarray, np.ndarray]:
    """(n,) how many tokens of each row are in both multisets, and how many there are."""
    return np.asarray(predicted.minimum(truth).sum(axis=1)).reshape(-1), np.asarray(
        truth.sum(axis=1)
    ).reshape(-1)
