"""Random decisions inside kernels: which tokens are kept, how wide a window is, which words are noise.

Whether a token is kept depends on (seed, epoch, position) alone, so a token that two blocks of text look at is kept or
dropped in both. Everything else is drawn from a small generator (xorshift64*) that each block starts afresh.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit, uint32, uint64

from likewise.system.compiled import CACHE, FLAGS, GAMMA, mixed

ALWAYS = np.uint32(2**32 - 1)


@njit(**FLAGS)
def block_state(seed: int, epoch: int, block: int, shard: int) -> int:
    """The generator's first state for one block of one shard; never 0."""
    x = mixed(uint64(seed) + uint64(epoch) * uint64(GAMMA))
    x = mixed(x + uint64(block) * uint64(GAMMA))
    return mixed(x + uint64(shard) * uint64(GAMMA)) | uint64(1)


@njit(**FLAGS)
def advance(state: int) -> int:
    """The next state (xorshift64, Marsaglia 2003)."""
    state ^= state >> uint64(12)
    state ^= state << uint64(25)
    state ^= state >> uint64(27)
    return state


@njit(**FLAGS)
def random_bits(state: int) -> int:
    """64 random bits of a state (the multiplier of Vigna 2016)."""
    return state * uint64(0x2545F4914F6CDD1D)


@njit(**FLAGS)
def is_kept(seed: int, position: int, threshold: int) -> bool:
    """True with probability threshold / (2³² − 1), the same for the same seed and position."""
    return uint32(mixed(uint64(seed) ^ (uint64(position) * uint64(GAMMA))) >> uint64(32)) <= threshold


@njit(**FLAGS)
def sample_alias(bits: int, threshold: np.ndarray, alias: np.ndarray) -> int:
    """One id by the alias method (Walker 1977): the high half chooses a column, the low half a side of it."""
    column = int64(((bits >> uint64(32)) * uint64(len(threshold))) >> uint64(32))
    return column if uint32(bits & uint64(0xFFFFFFFF)) <= threshold[column] else int64(alias[column])


def alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns for `drawn`: thresholds (v,) uint32 and aliases (v,) int32, for weights (v,)."""
    share = weights.astype(np.float64) * (len(weights) / weights.sum(dtype=np.float64))
    threshold, alias = _paired(share)
    return np.minimum(threshold * 2.0**32, float(ALWAYS)).astype(np.uint32), alias


@njit(cache=CACHE)
def _paired(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vose's pairing (1991): every column below 1 is filled up by one above 1."""
    v = len(share)
    threshold, alias = np.ones(v), np.arange(v).astype(np.int32)
    small, large = np.empty(v, np.int64), np.empty(v, np.int64)
    smalls = larges = 0
    for i in range(v):
        if share[i] < 1.0:
            small[smalls] = i
            smalls += 1
        else:
            large[larges] = i
            larges += 1
    while smalls and larges:
        smalls -= 1
        s, t = small[smalls], large[larges - 1]
        threshold[s], alias[s] = share[s], t
        share[t] -= 1.0 - share[s]
        if share[t] < 1.0:
            larges -= 1
            small[smalls] = t
            smalls += 1
    return threshold, alias


def keep_probability(counts: np.ndarray, sample: float) -> np.ndarray:
    """(v,) float64: how likely an occurrence of each word is kept (word2vec.c's rule; Mikolov et al. 2013 §2.3, eq. 5).

    `sample` is the share of the text above which a word is thinned out; 0 keeps everything.
    """
    if sample <= 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum(dtype=np.float64) / np.maximum(counts, 1)  # a token may never occur
    return np.minimum(np.sqrt(ratio) + ratio, 1.0)


def thresholds(probability: np.ndarray) -> np.ndarray:
    """Probabilities as the uint32 that `is_kept` compares with."""
    return np.minimum(probability * 2.0**32, float(ALWAYS)).astype(np.uint32)
