"""Gradient steps of Bayesian personalised ranking: a seen item is to score above an unseen one.

A negative is sampled uniformly from some items until one is found that the user has not seen. Of several `candidates`
the one of largest score is used, whose gradient is largest (Zhang et al. 2013).
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, int64, njit, uint64

from likewise.learn.kernels.sampling import advance, block_state, random_bits
from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "boundscheck": False}
# The order of a sum may change, so that it is taken in vectors; NaN and Inf keep their meaning.
LOOSE = {"reassoc", "contract", "nsz", "arcp"}
TRIES = 16  # draws for one negative; after them the user has seen nearly all items, and the pair is skipped


@njit(fastmath=LOOSE, **FLAGS)
def score(user: np.ndarray, item: np.ndarray) -> float:
    """Their dot product."""
    total = float32(0.0)
    for c in range(len(user)):
        total += user[c] * item[c]
    return total


@njit(**FLAGS)
def has_seen(seen: np.ndarray, item: int) -> bool:
    """Whether an ascending array of ids holds this one."""
    low, high = 0, len(seen)
    while low < high:
        middle = (low + high) >> 1
        if seen[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low < len(seen) and seen[low] == item


@njit(**FLAGS)
def draw_negative(
    user: np.ndarray, items: np.ndarray, pool: np.ndarray, seen: np.ndarray, candidates: int, state: int
) -> tuple[int, int]:
    """An item of `pool` not in `seen`, the best of several draws, or -1 where none is found; and the next state."""
    found, best, state = int64(-1), float32(-np.inf), uint64(state)
    for _ in range(candidates):
        item = int64(-1)
        for _ in range(TRIES):
            state = advance(state)
            place = int64(((random_bits(state) >> uint64(32)) * uint64(len(pool))) >> uint64(32))
            if not has_seen(seen, pool[place]):
                item = int64(pool[place])
                break
        if item >= 0:
            value = score(user, items[item]) if candidates > 1 else float32(0.0)
            if found < 0 or value > best:
                found, best = item, value
    return found, state


@njit(fastmath=LOOSE, **FLAGS)
def step(
    user: np.ndarray,
    liked: np.ndarray,
    other: np.ndarray,
    learning_rate: float,
    penalty: float,
    are_items_moved: bool,
) -> float:
    """A step down the gradient of −ln σ(user · (liked − other)) + penalty / 2 · |all three|²; the loss before."""
    margin = float32(0.0)
    for c in range(len(user)):
        margin += user[c] * (liked[c] - other[c])
    error = float32(1.0) / (float32(1.0) + math.exp(margin))
    learning_rate, penalty = float32(learning_rate), float32(penalty)
    if are_items_moved:
        for c in range(len(user)):
            x, y, z = user[c], liked[c], other[c]
            user[c] += learning_rate * (error * (y - z) - penalty * x)
            liked[c] += learning_rate * (error * x - penalty * y)
            other[c] -= learning_rate * (error * x + penalty * z)
    else:
        for c in range(len(user)):
            user[c] += learning_rate * (error * (liked[c] - other[c]) - penalty * user[c])
    return max(-margin, float32(0.0)) + math.log1p(math.exp(-abs(margin)))


@njit(**FLAGS)
def fit(
    pairs_user: np.ndarray, pairs_item: np.ndarray, users: np.ndarray, items: np.ndarray, offsets: np.ndarray,
    ids: np.ndarray, pool: np.ndarray, candidates: int, learning_rate: float, penalty: float, state: int,
) -> tuple[float, int]:  # fmt: skip
    """A step for each pair, in random order, with negatives from `pool`; the summed loss, and how many steps.

    Shuffles the pairs in place (Durstenfeld 1964).
    """
    loss, steps, state = 0.0, 0, uint64(state)
    for k in range(len(pairs_user) - 1, 0, -1):
        state = advance(state)
        other = int64(((random_bits(state) >> uint64(32)) * uint64(k + 1)) >> uint64(32))
        pairs_user[k], pairs_user[other] = pairs_user[other], pairs_user[k]
        pairs_item[k], pairs_item[other] = pairs_item[other], pairs_item[k]
    for k in range(len(pairs_user)):
        u = pairs_user[k]
        negative, state = draw_negative(
            users[u], items, pool, ids[offsets[u] : offsets[u + 1]], candidates, state
        )
        if negative >= 0:
            loss += step(users[u], items[pairs_item[k]], items[negative], learning_rate, penalty, True)
            steps += 1
    return loss, steps


@njit(**FLAGS)
def fold(
    first: int, last: int, users: np.ndarray, items: np.ndarray, offsets: np.ndarray, ids: np.ndarray,
    pool: np.ndarray, candidates: int, learning_rate: float, penalty: float, passes: int, seed: int,
) -> None:  # fmt: skip
    """Users [first, last) from zeros, by passes over their items, which are fixed. Each has the same random numbers."""
    for u in range(first, last):
        seen, state = ids[offsets[u] : offsets[u + 1]], uint64(block_state(seed, 0, 0, 0))
        for pass_number in range(passes):
            slower = learning_rate * (1.0 - pass_number / passes)
            for k in range(len(seen)):
                negative, state = draw_negative(users[u], items, pool, seen, candidates, state)
                if negative >= 0:
                    step(users[u], items[seen[k]], items[negative], slower, penalty, False)


@njit(**FLAGS)
def partition_pairs(
    offsets: np.ndarray, ids: np.ndarray, user_shard: np.ndarray, item_shard: np.ndarray, shards: int,
    starts: np.ndarray, pairs_user: np.ndarray, pairs_item: np.ndarray,
) -> None:  # fmt: skip
    """Pairs by block, user shard · shards + item shard: block b is [starts[b], starts[b + 1]) of both arrays."""
    for b in range(len(starts)):
        starts[b] = 0
    for u in range(len(offsets) - 1):
        for j in range(offsets[u], offsets[u + 1]):
            starts[user_shard[u] * shards + item_shard[ids[j]] + 1] += 1
    for b in range(1, len(starts)):
        starts[b] += starts[b - 1]
    places = starts.copy()
    for u in range(len(offsets) - 1):
        for j in range(offsets[u], offsets[u + 1]):
            b = user_shard[u] * shards + item_shard[ids[j]]
            pairs_user[places[b]], pairs_item[places[b]] = u, ids[j]
            places[b] += 1
