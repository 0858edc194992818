"""Private copies of rows, as in `replicas`, for shards that know their noise words before they start.

There a shard must draw noise that is nobody else's, which is right as long as blocks are short. Where documents alone
predict words, blocks are long, most frequent words stand in some shard's block, and noise would be of rare words only.
So here the noise of a block is drawn before the shards look at each other's words, and a noise row that others use too
is contested like any row: the noise has its distribution exactly.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, njit

from likewise.learn.kernels.register_tiles import FLAGS, FLOAT_BYTES, prefetch_row, spread_change
from likewise.learn.sgns.replicas import is_anywhere, summing_scale


@njit(**FLAGS)
def settle(
    words: np.ndarray,
    n: int,
    hot: int,
    marks: np.ndarray,
    shard: int,
    stamp: int,
    slots: np.ndarray,
    contested: np.ndarray,
    before: int,
) -> int:
    """Give each contested word of words[: n] a slot: `slots` (v, R) int32 where its copy stands (0: nowhere).

    Slots are given in the order of `words`; `contested` lists their words, `before` of them from the block before,
    whose slots are given back first. Returns how many are contested now.
    """
    marks_at, stride, count = int64(marks.ctypes.data), int64(8 * marks.shape[1]), 0
    for i in range(before):
        slots[contested[i], shard] = 0
    for i in range(n):
        word = int64(words[i])
        if word < hot or slots[word, shard]:
            continue
        if is_anywhere(marks_at + stride * word, marks.shape[1], stamp, shard):
            contested[count] = word
            slots[word, shard] = hot + count
            count += 1
    return count


@njit(**FLAGS)
def place(
    words: np.ndarray,
    n: int,
    hot: int,
    slots: np.ndarray,
    shard: int,
    shared: np.ndarray,
    own: np.ndarray,
    contested: np.ndarray,
    count: int,
    addresses: np.ndarray,
) -> int:
    """The address of the row of each of words[: n], whose first `count` contested words are copied to `own` now.

    Returns the first slot that no copy of these words has.
    """
    width, ahead = int64(shared.shape[1] * FLOAT_BYTES), 8
    shared_at, own_at = int64(shared.ctypes.data), int64(own.ctypes.data)
    last = hot
    for i in range(n):
        word = int64(words[i])
        slot = word if word < hot else int64(slots[word, shard])
        addresses[i] = own_at + slot * width if slot or word < hot else shared_at + word * width
        last = max(last, slot + 1)
    for i in range(min(last - hot, count)):
        if i + ahead < count:
            prefetch_row(shared_at + width * contested[i + ahead], width)
        for d in range(shared.shape[1]):
            own[hot + i, d] = shared[contested[i], d]
    return last


@njit(**FLAGS)
def merge(
    shared: np.ndarray,
    own: np.ndarray,
    share: np.ndarray,
    learning_rate: float,
    slots: np.ndarray,
    limits: np.ndarray,
    hot: int,
    contested: np.ndarray,
    shard: int,
    changes: np.ndarray,
) -> None:
    """The contested rows that this shard lists and no shard before it: shared += scale · Σ (own − shared), in order.

    A shard has copies in the slots below its limit; `share` and the scale are those of `replicas`.
    """
    columns, shards = shared.shape[1], slots.shape[1]
    width, shared_at, own_at = int64(columns * FLOAT_BYTES), int64(shared.ctypes.data), int64(own.ctypes.data)
    target = np.empty(1, np.int64)
    target[0] = changes.ctypes.data
    target_at, size = int64(target.ctypes.data), int64(own.shape[1]) * width
    for i in range(limits[shard] - hot):
        row = contested[i]
        is_first = True
        for other in range(shard):
            if slots[row, other] and slots[row, other] < limits[other]:
                is_first = False
        if not is_first:
            continue
        for d in range(columns):
            changes[d] = 0
        base, copies = shared_at + row * width, 0
        for other in range(shard, shards):
            slot = int64(slots[row, other])
            if slot and slot < limits[other]:
                copies += 1
                spread_change(target_at, 1, width, own_at + other * size + slot * width, base)
        scale = float32(summing_scale(share[row] * learning_rate, copies))
        for d in range(columns):
            shared[row, d] += scale * changes[d]
    target[0] = 0  # by address alone it might be freed before
