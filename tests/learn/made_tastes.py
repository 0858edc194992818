"""A made world: each user chooses from the items of one taste, and now and then from others."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def tastes(
    users: int = 90, items: int = 60, kinds: int = 3, each: int = 8, stray: float = 0.1, seed: int = 0
):  # type: ignore[no-untyped-def]
    """(seen, kind of each user, kind of each item): CSR (users, items) of float32 ones, `each` of them a user."""
    random = np.random.default_rng(seed)
    of_user, of_item = np.arange(users) % kinds, np.arange(items) % kinds
    chosen = np.zeros((users, items), np.float32)
    for u in range(users):
        chance = np.where(of_item == of_user[u], 1.0, stray)
        chosen[u, random.choice(items, each, replace=False, p=chance / chance.sum())] = 1
    return sparse.csr_array(chosen), of_user, of_item


def own_kind_first(scores: np.ndarray, seen, of_user: np.ndarray, of_item: np.ndarray, k: int = 5) -> float:  # type: ignore[no-untyped-def]
    """The share of the first k unseen items of each user that are of the user's kind; by chance 1 / kinds."""
    left = np.where(seen.toarray() > 0, -np.inf, scores)
    first = np.argsort(-left, axis=1, kind="stable")[:, :k]
    return float((of_item[first] == of_user[:, None]).mean())
