"""The laws that make shards at once right: nobody writes another's row, noise is as frequent as it should, sums fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.stats import chisquare

from likewise.arrays.linalg import aligned_zeros
from likewise.learn.kernels import sampling as draws
from likewise.learn.sgns import replicas

COLUMNS = 16
WIDTH = COLUMNS * 4
NEGATIVES = 5
WINDOW = 3


@dataclass
class World:
    """R shards on one pair of matrices, as `sweep` holds them, and where each of them writes in a block."""

    vocabulary: int
    shards: int
    n_frequent: int
    room: int = 40
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        v, r = self.vocabulary, self.shards
        random = np.random.default_rng(0)
        self.counts = (1e6 / np.arange(1, v + 1)).astype(np.int64) + 1
        self.inputs, self.outputs = (aligned_zeros((v, COLUMNS)) for _ in range(2))
        for rows in (self.inputs, self.outputs):
            rows[:] = random.normal(size=rows.shape)
        copies = self.n_frequent + min(self.room, v)
        self.own_inputs, self.own_outputs = (np.zeros((r, copies, COLUMNS), np.float32) for _ in range(2))
        self.own_inputs[:, : self.n_frequent] = self.inputs[: self.n_frequent]
        self.own_outputs[:, : self.n_frequent] = self.outputs[: self.n_frequent]
        self.seen = np.zeros((v, -(-r // 8) * 8), np.uint8)
        self.replica_indices = np.zeros((v, r), np.int32)
        self.contended = np.zeros((r, self.room), np.int64)
        self.n_contended = np.zeros(r, np.int64)
        noise = self.counts.astype(float) ** 0.75
        self.alias = draws.alias_table(noise)

    def block(self, words: list[np.ndarray], number: int, negatives: int = NEGATIVES) -> list[Placed]:
        """Where every shard's words and noise stand in this block."""
        stamp = number % replicas.STAMPS + 1
        marks = self.seen.view(np.uint64)
        for k in range(self.shards):
            replicas.mark(words[k], len(words[k]), self.n_frequent, self.seen, k, stamp)
        placed = []
        for k in range(self.shards):
            n = len(words[k])
            into, out = np.zeros(n, np.int64), np.zeros(n, np.int64)
            self.n_contended[k] = replicas.assign_replicas(
                words[k],
                n,
                self.n_frequent,
                marks,
                k,
                stamp,
                self.replica_indices,
                self.contended[k],
                self.n_contended[k],
                self.inputs,
                self.outputs,
                self.own_inputs[k],
                self.own_outputs[k],
                into,
                out,
            )
            noise = np.zeros(n * negatives, np.int64)
            segments = np.array([[0, n, 0, n]], np.int32)
            drawn = replicas.draw_noise(
                words[k],
                segments,
                min(n, 1),
                negatives,
                *self.alias,
                draws_state(number, k),
                self.n_frequent,
                marks,
                k,
                stamp,
                (k + number) % self.shards,
                self.replica_indices,
                self.outputs.ctypes.data,
                self.own_outputs[k].ctypes.data,
                WIDTH,
                noise,
            )
            assert drawn == n * negatives
            placed.append(Placed(into, out, noise))
        return placed

    def words_of(self, noise: np.ndarray, shard: int) -> np.ndarray:
        """The words whose output rows these addresses are."""
        shared = (noise - self.outputs.ctypes.data) // WIDTH
        own = (noise - self.own_outputs[shard].ctypes.data) // WIDTH
        copied = self.contended[shard, np.clip(own - self.n_frequent, 0, self.room - 1)]
        is_own = (own >= 0) & (own < self.own_outputs.shape[1])
        return np.where(is_own, np.where(own < self.n_frequent, own, copied), shared)

    def place(self, address: int, shard: int, own: np.ndarray, shared: np.ndarray) -> tuple[bool, int]:
        """(whether it is the shard's own copy, which word) of an address; it must be the first byte of such a row."""
        for is_own, rows in ((True, own[shard]), (False, shared)):
            row, rest = divmod(address - rows.ctypes.data, WIDTH)
            if 0 <= row < len(rows):
                assert rest == 0
                if is_own and row >= self.n_frequent:
                    assert row - self.n_frequent < self.n_contended[shard]
                    return True, int(self.contended[shard, row - self.n_frequent])
                return is_own, int(row)
        raise AssertionError(f"shard {shard} would write outside its rows")


@dataclass(frozen=True)
class Placed:
    inputs: np.ndarray
    outputs: np.ndarray
    noise: np.ndarray


def draws_state(block: int, shard: int) -> np.uint64:
    return np.uint64(int(np.random.default_rng([block, shard]).integers(2**62)) * 2 + 1)


def zipf_words(world: World, seed: int, n: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    share = world.counts**0.5 / (world.counts**0.5).sum()
    return [random.choice(world.vocabulary, size=n, p=share).astype(np.int32) for _ in range(world.shards)]


worlds = st.sampled_from(
    [(2, 1, 2), (2, 16, 2), (3, 4, 2), (40, 4, 8), (200, 3, 8), (200, 8, 16), (300, 9, 4), (300, 64, 4)]
)


@given(worlds, st.integers(0, 10**6), st.integers(0, 40))
@settings(max_examples=30, deadline=None)
def test_no_shared_row_is_written_by_two_shards(shape: tuple[int, int, int], seed: int, n: int) -> None:
    world = World(*shape)
    for number in (seed, seed + 1, seed + 2):
        words = zipf_words(world, number, n)
        placed = world.block(words, number)
        writers_in: dict[int, int] = {}
        writers_out: dict[int, int] = {}
        for k, here in enumerate(placed):
            for word, into, out in zip(words[k].tolist(), here.inputs, here.outputs, strict=True):
                is_own, found = world.place(into, k, world.own_inputs, world.inputs)
                assert found == word
                assert (is_own, word) == world.place(out, k, world.own_outputs, world.outputs)
                stands_elsewhere = any(word in other for j, other in enumerate(words) if j != k)
                assert is_own == (word < world.n_frequent or stands_elsewhere)
                if not is_own:
                    assert writers_in.setdefault(word, k) == k
                    assert writers_out.setdefault(word, k) == k
            for at, address in enumerate(here.noise.tolist()):
                is_own, found = world.place(address, k, world.own_outputs, world.outputs)
                assert found != words[k][at // NEGATIVES], "a centre was drawn as its own noise"
                if not is_own:
                    assert writers_out.setdefault(found, k) == k
                    assert not any(found in other for j, other in enumerate(words) if j != k)
                else:
                    assert found < world.n_frequent or found in words[k]


def test_marks_of_a_block_long_past_are_not_taken_for_new_ones() -> None:
    """Stamps come round after 255 blocks; a row seen then and never since is nobody's now."""
    world = World(50, 2, 4)
    one, other = np.array([10, 11], np.int32), np.array([20, 21], np.int32)
    world.block([one, other], 3)
    for number in range(4, 3 + replicas.STAMPS):
        world.block([np.array([30], np.int32), np.array([31], np.int32)], number)
    placed = world.block([np.array([20], np.int32), np.array([40], np.int32)], 3 + replicas.STAMPS)
    assert world.place(placed[0].inputs[0], 0, world.own_inputs, world.inputs) == (False, 20)


@njit
def anywhere(row: int, marks: np.ndarray, stamp: int, but: int) -> bool:
    return replicas.is_anywhere(marks[row].ctypes.data, marks.shape[1], stamp, but)


@njit
def here(row: int, marks: np.ndarray, shard: int, stamp: int) -> bool:
    return replicas.is_here(marks[row].ctypes.data, shard, stamp)


@given(st.integers(1, 64), st.integers(1, 255), st.integers(0, 10**6))
@settings(max_examples=300, deadline=None)
def test_marks_say_where_a_row_stands(shards: int, stamp: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    near = np.array(
        [0, stamp - 1, stamp, stamp ^ 1, stamp ^ 128, 255]
    )  # what a careless test of bytes mistakes
    seen = np.zeros((3, -(-shards // 8) * 8), np.uint8)
    seen[:, :shards] = random.choice(near, (3, shards), p=[0.3, 0.2, 0.02, 0.2, 0.2, 0.08])
    marks = seen.view(np.uint64)
    for row in range(3):
        assert anywhere(row, marks, stamp, -1) == (stamp in seen[row, :shards])
        for shard in range(shards):
            assert anywhere(row, marks, stamp, shard) == (stamp in np.delete(seen[row, :shards], shard))
            assert here(row, marks, shard, stamp) == (seen[row, shard] == stamp)


def test_slots_are_given_back_in_the_next_block() -> None:
    world = World(100, 3, 4)
    for number in range(5):
        words = zipf_words(world, number, 30)
        world.block(words, number)
        for k in range(3):
            listed = world.contended[k, : world.n_contended[k]]
            assert len(set(listed)) == len(listed)
            assert set(np.flatnonzero(world.replica_indices[:, k])) == set(listed)
            assert sorted(world.replica_indices[listed, k]) == list(range(4, 4 + len(listed)))
    world.block([np.empty(0, np.int32)] * 3, 5)
    assert not world.replica_indices.any()


def test_a_copy_begins_as_the_shared_row_is() -> None:
    world = World(60, 2, 4)
    words = [np.array([10, 50, 10], np.int32), np.array([10, 50], np.int32)]
    placed = world.block(words, 0)
    for k in range(2):
        for i, word in enumerate(words[k]):
            for at, own, shared in (
                (placed[k].inputs[i], world.own_inputs[k], world.inputs),
                (placed[k].outputs[i], world.own_outputs[k], world.outputs),
            ):
                assert np.array_equal(own[(at - own.ctypes.data) // WIDTH], shared[word])
    assert placed[0].inputs[0] == placed[0].inputs[2], "one word, two copies in one shard"


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_noise_is_drawn_by_the_counts_whatever_stands_elsewhere(shards: int) -> None:
    """In bands of frequency: counts ** exponent, also where many rows give way to their neighbours."""
    world = World(10_000, shards, 64, room=1000)
    share = world.counts * draws.keep_probability(world.counts, 1e-4)
    random, found = np.random.default_rng(1), np.zeros(world.vocabulary)
    for number in range(100):
        words = [
            random.choice(world.vocabulary, 1000 // shards, p=share / share.sum()).astype(np.int32)
            for _ in range(shards)
        ]
        for k, placed in enumerate(world.block(words, number)):
            found += np.bincount(world.words_of(placed.noise, k), minlength=world.vocabulary)
    noise = world.counts**0.75
    wanted = noise * (found.sum() / noise.sum())
    for first, last in pairwise([0, 16, 64, 128, 256, 512, 1024, 4096, 10_000]):
        got, expected = found[first:last].sum(), wanted[first:last].sum()
        assert abs(got - expected) < 0.05 * expected + 4 * expected**0.5, f"words {first} to {last}"


def test_words_of_a_block_are_noise_for_each_other_as_often_as_they_should() -> None:
    """Also where every shard reads a topic of its own: else a topic would never be told apart inside."""
    world = World(2000, 4, 16, room=300)
    noise = world.counts**0.75 / (world.counts**0.75).sum()
    own, wanted, random = 0, 0.0, np.random.default_rng(3)
    for number in range(60):
        words = [(4 * random.integers(0, 500, 150) + k).astype(np.int32) for k in range(4)]
        for k, placed in enumerate(world.block(words, number)):
            own += np.isin(world.words_of(placed.noise, k), words[k]).sum()
            wanted += len(placed.noise) * noise[np.unique(words[k])].sum()
    assert abs(own / wanted - 1) < 0.05


def test_noise_of_one_shard_is_drawn_by_the_counts_word_by_word() -> None:
    world = World(50, 1, 8)
    [placed] = world.block([np.array([49], np.int32)], 0, negatives=200_000)
    found = np.bincount(world.words_of(placed.noise, 0), minlength=50)
    noise = world.counts[:49] ** 0.75
    assert found[49] == 0
    assert chisquare(found[:49], noise / noise.sum() * 200_000).pvalue > 1e-3


def test_noise_is_never_the_centre_where_the_centre_is_nearly_all_of_the_text() -> None:
    world = World(2, 1, 2)
    world.alias = draws.alias_table(np.array([1.0, 1e-12]))
    words = [np.zeros(20, np.int32)]
    [placed] = world.block(words, 0)
    assert {world.place(at, 0, world.own_outputs, world.outputs) for at in placed.noise.tolist()} == {
        (True, 1)
    }


@njit
def scale_of(share: float, shards: int) -> float:
    return replicas.summing_scale(share, shards)


@given(st.floats(0, 50), st.integers(1, 64))
@settings(max_examples=300, deadline=None)
def test_a_sum_is_scaled_as_if_the_moves_were_made_one_after_another(share: float, shards: int) -> None:
    scale = scale_of(share, shards)
    assert 1 / shards - 1e-9 <= scale <= 1 + 1e-9
    assert scale_of(share + 0.1, shards) <= scale + 1e-9
    left = 1.0
    closed = -np.expm1(-share)
    for _ in range(shards):
        left -= closed * left
    if share > 1e-6:
        np.testing.assert_allclose(scale * shards * closed, 1 - left, rtol=1e-5)


def test_the_limits_of_the_scale() -> None:
    assert scale_of(0.0, 8) == 1.0
    assert abs(scale_of(1e-5, 8) - 1) < 1e-3
    assert abs(scale_of(1e9, 8) - 1 / 8) < 1e-9
    assert all(scale_of(share, 1) == pytest.approx(1.0) for share in (0.0, 0.1, 3.0, 700.0))


def test_merge_hot_against_numpy() -> None:
    world, random = World(30, 4, 8), np.random.default_rng(1)
    world.own_inputs += random.normal(0, 0.1, world.own_inputs.shape).astype(np.float32)
    own, before = world.own_inputs.astype(float), world.inputs.astype(float)
    share, learning_rate = random.random(30) * 3, 0.7
    sums = np.empty(COLUMNS, np.float32)
    replicas.merge_frequent(world.inputs, world.own_inputs, share, learning_rate, 2, 7, sums)
    wanted = before.copy()
    for row in range(2, 7):
        closed = 1 - np.exp(-share[row] * learning_rate)
        scale = (1 - (1 - closed) ** 4) / (4 * closed)
        wanted[row] += scale * (own[:, row] - before[row]).sum(axis=0)
    np.testing.assert_allclose(world.inputs, wanted, atol=1e-5)
    assert all(np.array_equal(world.own_inputs[k, 2:7], world.inputs[2:7]) for k in range(4))
    assert np.array_equal(world.own_inputs[:, [0, 1, 7]], own[:, [0, 1, 7]].astype(np.float32))


def test_merge_contested_against_numpy_and_each_row_once() -> None:
    world, random = World(60, 4, 4), np.random.default_rng(2)
    words = [np.array(w, np.int32) for w in ([10, 20, 30, 50], [20, 40, 30], [30, 50, 20, 1], [55])]
    world.block(words, 0)
    world.own_outputs += random.normal(0, 0.1, world.own_outputs.shape).astype(np.float32)
    before, share, learning_rate = world.outputs.astype(float), random.random(60) * 3, 0.3
    wanted = before.copy()
    for row in (20, 30, 50):
        holders = [k for k in range(4) if row in words[k]]
        change = sum(
            world.own_outputs[k, world.replica_indices[row, k]].astype(float) - before[row] for k in holders
        )
        closed = 1 - np.exp(-share[row] * learning_rate)
        wanted[row] += change * (1 - (1 - closed) ** len(holders)) / (len(holders) * closed)
    sums = np.empty(COLUMNS, np.float32)
    for k in range(4):
        replicas.merge_contended(
            world.outputs,
            world.own_outputs,
            share,
            learning_rate,
            world.replica_indices,
            world.contended[k],
            world.n_contended[k],
            k,
            sums,
        )
    np.testing.assert_allclose(world.outputs, wanted, atol=1e-5)
