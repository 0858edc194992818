from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.stats import chisquare

from likewise.learn.kernels import sampling as draws

MASK = 2**64 - 1

many = settings(max_examples=100, deadline=None)
weights_of = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=40).map(np.array)


@njit
def hashes(x: np.ndarray) -> np.ndarray:
    out = np.empty(len(x), np.uint64)
    for i in range(len(x)):
        out[i] = draws.mixed(x[i])
    return out


@njit
def chain(state: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """n states after this one, and the number that each gives."""
    states, numbers = np.empty(n, np.uint64), np.empty(n, np.uint64)
    state = np.uint64(state)
    for i in range(n):
        state = draws.advance(state)
        states[i], numbers[i] = state, draws.random_bits(state)
    return states, numbers


@njit
def first_states(seed: int, epochs: int, blocks: int, shards: int) -> np.ndarray:
    out = np.empty((epochs, blocks + 1, shards), np.uint64)
    for epoch in range(epochs):
        for block in range(-1, blocks):
            for shard in range(shards):
                out[epoch, block + 1, shard] = draws.block_state(seed, epoch, block, shard)
    return out


@njit
def many_drawn(state: int, n: int, threshold: np.ndarray, alias: np.ndarray) -> np.ndarray:
    out = np.empty(n, np.int64)
    state = np.uint64(state)
    for i in range(n):
        state = draws.advance(state)
        out[i] = draws.sample_alias(draws.random_bits(state), threshold, alias)
    return out


@njit
def kept(seed: int, first: int, last: int, threshold: int) -> np.ndarray:
    out = np.empty(last - first, np.bool_)
    for position in range(first, last):
        out[position - first] = draws.is_kept(seed, position, threshold)
    return out


def slow_mixed(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def test_the_hash_is_splitmix64s() -> None:
    """The first outputs of SplitMix64 from 1234567, as its publication's tests give them."""
    gamma = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + gamma * i) & MASK for i in (1, 2, 3)], np.uint64)
    assert hashes(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    some = np.random.default_rng(0).integers(2**64, size=100, dtype=np.uint64)
    assert hashes(some).tolist() == [slow_mixed(int(x)) for x in some]


def test_one_changed_bit_changes_about_half_of_the_hash() -> None:
    x = np.arange(1, 2001, dtype=np.uint64)
    for bit in (0, 1, 31, 32, 63):
        changed = np.bitwise_count(hashes(x) ^ hashes(x ^ np.uint64(1 << bit)))
        assert 31 < changed.mean() < 33
        assert changed.min() > 8


def test_the_generator_is_xorshift64_star() -> None:
    states, numbers = chain(np.uint64(88172645463325253), 50)
    x = 88172645463325253
    for state, number in zip(states.tolist(), numbers.tolist(), strict=True):
        x ^= x >> 12
        x ^= x << 25 & MASK
        x ^= x >> 27
        assert state == x
        assert number == x * 0x2545F4914F6CDD1D & MASK


def test_every_block_of_every_shard_and_epoch_starts_elsewhere() -> None:
    for seed in (1, 2**62 + 1, 2**64 - 1):
        states = first_states(np.uint64(seed), 5, 200, 8)
        assert len(np.unique(states)) == states.size
        assert (states != 0).all(), "xorshift stays at 0 for ever"
    assert not np.intersect1d(first_states(np.uint64(1), 5, 50, 8), first_states(np.uint64(3), 5, 50, 8)).size


def probabilities(threshold: np.ndarray, alias: np.ndarray) -> np.ndarray:
    """What an alias table gives each id: its own side of its column, and the other sides that name it."""
    own = np.where(threshold == draws.ALWAYS, 1.0, threshold / 2.0**32)
    given = own.copy()
    np.add.at(given, alias, 1 - own)
    return given / len(threshold)


@given(weights_of)
@many
def test_an_alias_table_gives_each_id_its_weight(weights: np.ndarray) -> None:
    threshold, alias = draws.alias_table(weights)
    assert threshold.dtype == np.uint32
    assert alias.dtype == np.int32
    np.testing.assert_allclose(probabilities(threshold, alias), weights / weights.sum(), atol=1e-8)


def test_an_alias_table_leaves_the_weights_alone_and_takes_integers() -> None:
    counts = np.array([5, 3, 1])
    np.testing.assert_allclose(probabilities(*draws.alias_table(counts)), np.array([5, 3, 1]) / 9, atol=1e-9)
    assert counts.tolist() == [5, 3, 1]


def test_ids_are_drawn_by_their_weights() -> None:
    weights = np.arange(1, 51, dtype=float) ** -1.1
    found = np.bincount(many_drawn(np.uint64(9), 400_000, *draws.alias_table(weights)), minlength=50)
    assert chisquare(found, weights / weights.sum() * 400_000).pvalue > 1e-3


def test_one_id_and_ids_of_weight_zero() -> None:
    assert not many_drawn(np.uint64(1), 1000, *draws.alias_table(np.array([3.0]))).any()
    found = many_drawn(np.uint64(1), 100_000, *draws.alias_table(np.array([1.0, 0.0, 1.0, 0.0])))
    assert set(found.tolist()) == {0, 2}


def test_successive_draws_do_not_depend_on_each_other() -> None:
    found = many_drawn(np.uint64(5), 200_000, *draws.alias_table(np.ones(4)))
    pairs = np.bincount(found[:-1] * 4 + found[1:], minlength=16)
    assert chisquare(pairs).pvalue > 1e-3


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30), st.floats(1e-7, 1))
@many
def test_keep_probability_is_word2vecs(counts: list[int], sample: float) -> None:
    found = draws.keep_probability(np.array(counts), sample)
    for count, probability in zip(counts, found, strict=True):
        share = count / sum(counts)
        assert np.isclose(probability, min(1.0, ((share / sample) ** 0.5 + 1) * sample / share))


def test_no_sampling_keeps_all() -> None:
    threshold = draws.thresholds(draws.keep_probability(np.array([10**12, 1]), 0.0))
    assert threshold.tolist() == [2**32 - 1] * 2
    assert kept(np.uint64(3), 0, 100_000, threshold[0]).all()


def test_tokens_are_kept_as_often_as_they_should() -> None:
    for probability in (0.001, 0.1, 0.5, 0.999):
        threshold = draws.thresholds(np.array([probability]))[0]
        found = kept(np.uint64(77), 0, 1_000_000, threshold).mean()
        assert abs(found - probability) < 4 * (probability * (1 - probability) / 1e6) ** 0.5


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**40), st.integers(1, 50))
@many
def test_whether_a_token_is_kept_depends_on_its_place_alone(seed: int, first: int, length: int) -> None:
    whole = kept(np.uint64(seed), first, first + length, np.uint32(2**31))
    for at in range(length):
        assert kept(np.uint64(seed), first + at, first + at + 1, np.uint32(2**31))[0] == whole[at]


def test_another_epoch_keeps_other_tokens() -> None:
    one, two = (kept(np.uint64(seed), 0, 10_000, np.uint32(2**31)) for seed in (1, 2))
    assert 0.47 < (one == two).mean() < 0.53


@pytest.mark.parametrize("place", [0, 2**31 - 5, 2**32 - 5, 2**40])
def test_places_beyond_32_bits_are_places_too(place: int) -> None:
    found = kept(np.uint64(1), place, place + 10_000, np.uint32(2**31))
    assert 0.47 < found.mean() < 0.53
    assert place == 0 or not np.array_equal(found, kept(np.uint64(1), 0, 10_000, np.uint32(2**31)))
