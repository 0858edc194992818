"""Metrics of each user from the ranks of their held-out items: expected values over all orders of tied items.

An item with `above` a and `level` t has each of the ranks a + 1 … a + t with the probability 1 / t.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def per_user(
    above: np.ndarray, level: np.ndarray, offsets: np.ndarray, ks: Sequence[int]
) -> dict[str, np.ndarray]:
    """Expected metrics of each user, whose held-out items are offsets[u] : offsets[u + 1], by name."""
    a, t = above.astype(np.int64), level.astype(np.int64)
    counts = np.diff(offsets)
    largest = max(int((a + t).max(initial=0)), max(ks)) + 1
    discounts = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(largest) + 2))])
    found = {}
    for k in ks:
        inside = np.clip(k - a, 0, t)
        hits = _sums(inside / t, offsets)
        gains = _sums((discounts[np.minimum(a + t, k)] - discounts[np.minimum(a, k)]) / t, offsets)
        found[f"nDCG@{k}"] = gains / discounts[np.minimum(counts, k)]
        found[f"Recall@{k}"] = hits / counts
        found[f"Precision@{k}"] = hits / k
        found[f"HR@{k}"] = _any(a, t, offsets, k)
    found["MRR"] = _first(a, t, offsets)
    return found


def _sums(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    return np.diff(np.concatenate([[0.0], np.cumsum(values)])[offsets])


def _firsts(a: np.ndarray, t: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each user's first group of ties with a held-out item: items above it, its size, its held-out items."""
    if len(offsets) < 2:
        return (np.zeros(0, np.int64),) * 3
    least = np.minimum.reduceat(a, offsets[:-1])
    is_first = a == np.repeat(least, np.diff(offsets))
    return (
        least,
        np.maximum.reduceat(np.where(is_first, t, 0), offsets[:-1]),
        np.add.reduceat(is_first, offsets[:-1]),
    )


def _any(a: np.ndarray, t: np.ndarray, offsets: np.ndarray, k: int) -> np.ndarray:
    """Probability that a held-out item is among the first k: 1 − that none of r of a group of n is in its first m."""
    before, sizes, held = _firsts(a, t, offsets)
    inside = np.clip(k - before, 0, sizes)
    missed = np.ones(len(before))
    for j in range(int(held.max(initial=0))):
        left = np.maximum(sizes - inside - j, 0) / np.maximum(sizes - j, 1)
        missed *= np.where(j < held, left, 1.0)
    return 1 - missed


def _first(a: np.ndarray, t: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Expected 1 / rank of the first held-out item: at rank j of its group if those before it are not held out."""
    before, sizes, held = _firsts(a, t, offsets)
    found = 1.0 / (before + 1)
    for u in np.flatnonzero(sizes > held).tolist():
        j = np.arange(sizes[u] - held[u] + 1)
        chance = held[u] / (sizes[u] - j)
        left = np.concatenate([[1.0], np.cumprod(1 - chance)[:-1]])
        found[u] = float((left * chance / (before[u] + j + 1)).sum())
    return found
