"""Private copies of rows, as in `replicas`, for shards that know their noise words before they start.

There a shard must draw noise that is nobody else's, which is right as long as blocks are short. Where documents alone
predict words, blocks are long, most frequent words stand in some shard's block, and noise would be of rare words only.
So here the noise of a block is drawn before the shards look at each other's words, and a noise row that others use too
is contended like any row: the noise has its distribution exactly.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, njit

from likewise.learn.kernels.register_tiles import FLAGS, FLOAT_BYTES, prefetch_row, spread_change
from likewise.learn.sgns.replicas import is_anywhere, summing_scale


@njit(**FLAGS)
def assign_replicas(
    words: np.ndarray,
    n: int,
    n_frequent: int,
    marks: np.ndarray,
    shard: int,
    stamp: int,
    replica_indices: np.ndarray,
    contended: np.ndarray,
    before: int,
) -> int:
    """Give each contended word of words[: n] a copy: `replica_indices` (v, R) int32 holds its index (0: none).

    Indices are given in the order of `words`; `contended` lists their words, `before` of them from the block before,
    whose indices are freed first. Returns how many are contended now.
    """
    marks_at, stride, count = int64(marks.ctypes.data), int64(8 * marks.shape[1]), 0
    for i in range(before):
        replica_indices[contended[i], shard] = 0
    for i in range(n):
        word = int64(words[i])
        if word < n_frequent or replica_indices[word, shard]:
            continue
        if is_anywhere(marks_at + stride * word, marks.shape[1], stamp, shard):
            contended[count] = word
            replica_indices[word, shard] = n_frequent + count
            count += 1
    return count


@njit(**FLAGS)
def place(
    words: np.ndarray,
    n: int,
    n_frequent: int,
    replica_indices: np.ndarray,
    shard: int,
    shared: np.ndarray,
    own: np.ndarray,
    contended: np.ndarray,
    count: int,
    addresses: np.ndarray,
) -> int:
    """The address of the row of each of words[: n], whose first `count` contended words are copied to `own` now.

    Returns the first index that no copy of these words has.
    """
    width, ahead = int64(shared.shape[1] * FLOAT_BYTES), 8
    shared_at, own_at = int64(shared.ctypes.data), int64(own.ctypes.data)
    last = n_frequent
    for i in range(n):
        word = int64(words[i])
        index = word if word < n_frequent else int64(replica_indices[word, shard])
        addresses[i] = own_at + index * width if index or word < n_frequent else shared_at + word * width
        last = max(last, index + 1)
    for i in range(min(last - n_frequent, count)):
        if i + ahead < count:
            prefetch_row(shared_at + width * contended[i + ahead], width)
        for d in range(shared.shape[1]):
            own[n_frequent + i, d] = shared[contended[i], d]
    return last


@njit(**FLAGS)
def merge(
    shared: np.ndarray,
    own: np.ndarray,
    share: np.ndarray,
    learning_rate: float,
    replica_indices: np.ndarray,
    limits: np.ndarray,
    n_frequent: int,
    contended: np.ndarray,
    shard: int,
    changes: np.ndarray,
) -> None:
    """The contended rows that this shard lists and no shard before it: shared += scale · Σ (own − shared), in order.

    A shard has copies at the indices below its limit; `share` and the scale are those of `replicas`.
    """
    columns, shards = shared.shape[1], replica_indices.shape[1]
    width, shared_at, own_at = int64(columns * FLOAT_BYTES), int64(shared.ctypes.data), int64(own.ctypes.data)
    target = np.empty(1, np.int64)
    target[0] = changes.ctypes.data
    target_at, size = int64(target.ctypes.data), int64(own.shape[1]) * width
    for i in range(limits[shard] - n_frequent):
        row = contended[i]
        is_first = True
        for other in range(shard):
            if replica_indices[row, other] and replica_indices[row, other] < limits[other]:
                is_first = False
        if not is_first:
            continue
        for d in range(columns):
            changes[d] = 0
        base, copies = shared_at + row * width, 0
        for other in range(shard, shards):
            index = int64(replica_indices[row, other])
            if index and index < limits[other]:
                copies += 1
                spread_change(target_at, 1, width, own_at + other * size + index * width, base)
        scale = float32(summing_scale(share[row] * learning_rate, copies))
        for d in range(columns):
            shared[row, d] += scale * changes[d]
    target[0] = 0  # by address alone it might be freed before
