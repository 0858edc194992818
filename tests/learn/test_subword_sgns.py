from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import made_worlds
import numpy as np
import pytest
import slow_subwords

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.fasttext import compose
from likewise.learn.fasttext import epoch as fasttext_epoch
from likewise.learn.fasttext import training as subword_sgns
from likewise.learn.fasttext.epoch import SubwordEpochDriver
from likewise.learn.fasttext.ngram_rows import Subwords, group_ngrams
from likewise.learn.fasttext.training import Settings
from likewise.learn.sgns import epoch as sgns_epoch
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.training import State

METHODS = ("skipgram", "cbow")
SMALL = Settings(
    sgns.Settings(dim=10, window=3, epochs=2, sample=0.01, learning_rate=0.1, replicas=1, seed=3), buckets=40
)


@pytest.fixture
def many_barriers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgns_epoch, "FREQUENT_ROWS", 16)
    monkeypatch.setattr(sgns_epoch, "BARRIER_TOKENS", 128)
    monkeypatch.setattr(fasttext_epoch, "LEAST_TOKENS", 128)


def changed(settings: Settings, **words: Any) -> Settings:
    return replace(settings, words=replace(settings.words, **words))


def some_ngrams(vocabulary: int, buckets: int = 40, seed: int = 0) -> Ragged:
    """Runs of other lengths, with doubles, with words that have none, and with words that have all the same."""
    random = np.random.default_rng(seed)
    rows = [random.integers(0, buckets, random.integers(0, 6)) for _ in range(vocabulary)]
    return Ragged.from_rows([row if i % 7 else [1, 2, 2] for i, row in enumerate(rows)])


def trained(
    ids: Ragged, counts: np.ndarray, subwords: Subwords, settings: Settings, threads: int = 1
) -> State:
    state = subword_sgns.fresh(subwords, settings)
    for _ in subword_sgns.train(state, ids, counts, subwords, settings, threads=threads):
        pass
    return state


def digest(state: State) -> str:
    return hashlib.sha256(
        state.inputs.tobytes() + state.outputs.tobytes() + repr(state.losses).encode()
    ).hexdigest()


# The slow twin: a row for every bucket, none of them grouped


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"replicas": 2},
        {"replicas": 9, "dim": 33},
        {"negatives": 12, "dynamic_window": False},
        {"max_norm": 0.3, "replicas": 3},
        {"sample": 0.0, "window": 1, "learning_rate": 0.5},
        {"racing": True},
    ],
    ids=str,
)
def test_every_way_to_train_is_the_slow_twin(method: Any, change: dict[str, Any]) -> None:
    ids, counts = made_worlds.zipf(150, 60, 30)
    ngrams, settings = some_ngrams(150), changed(SMALL, method=method, **change)
    subwords = group_ngrams(ngrams, counts)
    state = trained(ids, counts, subwords, settings)
    inputs, outputs, losses = slow_subwords.train(ids, counts, ngrams, subwords, settings)
    dim = settings.words.dim
    assert np.abs(outputs).max() > 0.05, "nothing was learnt, so nothing was compared"
    np.testing.assert_allclose(state.outputs[:, :dim], outputs, rtol=0, atol=2e-5)
    np.testing.assert_allclose(state.inputs[:150, :dim], inputs[:150], rtol=0, atol=2e-5)
    np.testing.assert_allclose(
        state.inputs[subwords.places, :dim], inputs[150 + subwords.buckets], rtol=0, atol=2e-5
    )
    np.testing.assert_allclose(state.losses, losses, rtol=2e-5)
    words = [inputs[rows].mean(axis=0) for rows in slow_subwords.members(ngrams, 40)]
    np.testing.assert_allclose(
        compose.word_vectors(state.inputs, subwords, dim=dim), words, rtol=0, atol=2e-5
    )
    assert not state.inputs[:, dim:].any(), "columns beyond dim are zero and stay zero"
    if settings.words.max_norm is not None:
        for rows in (state.inputs, state.outputs):
            assert np.linalg.norm(rows.astype(float), axis=1).max() <= settings.words.max_norm


@pytest.mark.usefixtures("many_barriers")
def test_small_vocabularies_are_scaled_down_and_the_twin_too() -> None:
    """Here the damping is at work: without it the two would still agree, but nothing would have tested it."""
    ids, counts = made_worlds.zipf(12, 200, 30)
    ngrams, settings = some_ngrams(12, 4), changed(SMALL, sample=0.0, replicas=2)
    subwords = group_ngrams(ngrams, counts)
    plan = SubwordEpochDriver(subword_sgns.fresh(subwords, settings), ids, counts, subwords, settings, 1)
    assert np.median(plan.parts[3] * settings.words.first_learning_rate) > 3
    state = trained(ids, counts, subwords, settings)
    inputs, outputs, _ = slow_subwords.train(ids, counts, ngrams, subwords, settings)
    np.testing.assert_allclose(state.inputs[:12, :10], inputs[:12], rtol=0, atol=1e-4)
    np.testing.assert_allclose(state.outputs[:, :10], outputs, rtol=0, atol=1e-4)


# The same bits


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("replicas", [1, 4, 8])
def test_the_same_bits_at_any_number_of_threads(method: Any, replicas: int) -> None:
    ids, counts = made_worlds.zipf(300, 200, 30)
    subwords = group_ngrams(some_ngrams(300, 60), counts)
    settings = changed(SMALL, method=method, replicas=replicas, max_norm=1.0 if replicas == 4 else None)
    digests = {threads: digest(trained(ids, counts, subwords, settings, threads)) for threads in (1, 2, 3, 9)}
    assert len(set(digests.values())) == 1, digests


def test_the_same_bits_as_they_come_without_shrunken_blocks() -> None:
    ids, counts = made_worlds.zipf(2000, 1000, 30)
    subwords = group_ngrams(some_ngrams(2000, 900), counts)
    settings = Settings(sgns.Settings(dim=32, epochs=2, seed=1))
    assert digest(trained(ids, counts, subwords, settings, 1)) == digest(
        trained(ids, counts, subwords, settings, 3)
    )


def test_more_changes_than_are_noted_at_once() -> None:
    """Words of some hundreds of n-grams each fill the notes in the middle of a block."""
    ids, counts = made_worlds.zipf(100, 60, 30)
    random = np.random.default_rng(0)
    ngrams = Ragged.from_rows([random.choice(2000, 300, replace=False) for _ in counts])
    settings = replace(changed(SMALL, dim=3, epochs=1, sample=0), buckets=2000)
    subwords = group_ngrams(ngrams, counts)
    state = trained(ids, counts, subwords, settings, 1)
    inputs, _, _ = slow_subwords.train(ids, counts, ngrams, subwords, settings)
    np.testing.assert_allclose(state.inputs[:100, :3], inputs[:100], rtol=0, atol=2e-5)


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("threads", [1, 2])
def test_stopped_and_gone_on_is_never_stopped(threads: int) -> None:
    ids, counts = made_worlds.zipf(300, 100, 30)
    subwords, settings = group_ngrams(some_ngrams(300), counts), changed(SMALL, replicas=4)
    whole = digest(trained(ids, counts, subwords, settings))
    state = subword_sgns.fresh(subwords, settings)
    stops = 0
    while state.epoch < 2:
        next(subword_sgns.train(state, ids, counts, subwords, settings, threads=threads))
        facts = (state.epoch, state.block, state.shard_loss.tolist(), state.pairs, state.losses)
        state = subword_sgns.resumed(state.inputs, state.outputs, *facts)
        stops += 1
    assert stops > 5
    assert digest(state) == whole


def test_every_option_gives_another_model() -> None:
    ids, counts = made_worlds.zipf(300, 100, 30)
    subwords = group_ngrams(some_ngrams(300), counts)
    changes: list[dict[str, Any]] = [
        {}, {"seed": 4}, {"method": "cbow"}, {"window": 2}, {"negatives": 4}, {"learning_rate": 0.2}, {"sample": 0.1},
        {"exponent": 1.0}, {"max_norm": 0.5}, {"dynamic_window": False}, {"replicas": 2}, {"epochs": 3},
    ]  # fmt: skip
    digests = {
        str(change): digest(trained(ids, counts, subwords, changed(SMALL, **change))) for change in changes
    }
    assert len(set(digests.values())) == len(changes), digests


# Made worlds


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("racing", [False, True])
def test_a_word_never_seen_is_near_the_words_it_is_spelt_like(method: Any, racing: bool) -> None:
    """Two topics; the words of each share two buckets, half of all the words share a third."""
    ids, counts, topic = made_worlds.topics(30, 2000, 1)
    ngrams = Ragged.from_rows([[2 * side, 2 * side + 1, 4 + i % 2, 6 + i] for i, side in enumerate(topic)])
    settings = Settings(sgns.Settings(method=method, dim=16, epochs=4, sample=0, seed=1, racing=racing))
    subwords = group_ngrams(ngrams, counts)
    state = trained(ids, counts, subwords, settings, threads=2)
    unseen = subwords.known(Ragged.from_rows([[0, 1, 4, 999], [2, 3, 5, 998], [999]]))
    made = compose.compose_vectors(state.inputs, unseen, dim=16)
    words = compose.word_vectors(state.inputs, subwords, dim=16)
    near = unit_rows(made - words.mean(axis=0)) @ unit_rows(words - words.mean(axis=0)).T
    assert near[0][topic == 0].min() > near[0][topic == 1].max() + 0.5
    assert near[1][topic == 1].min() > near[1][topic == 0].max() + 0.5
    assert not made[2].any(), "nothing is known of it"
    assert state.losses[-1] < state.losses[0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("vocabulary", "racing"), [(2, False), (10, False), (100, False), (10, True), (100, True)]
)
def test_tiny_vocabularies_that_share_all_their_rows_stay_finite(
    method: Any, vocabulary: int, racing: bool
) -> None:
    ids, counts = made_worlds.zipf(vocabulary, 400, 20)
    subwords = group_ngrams(Ragged.from_rows([[0, 1, 2, 3 + i % 5] for i in range(vocabulary)]), counts)
    words = sgns.Settings(method=method, dim=16, epochs=6, replicas=16, seed=1, sample=0, racing=racing)
    state = trained(ids, counts, subwords, Settings(words), threads=2)
    assert np.isfinite(state.inputs).all()
    # There is hardly anything to learn, and racing threads that share a dozen rows disturb each other at it.
    assert state.losses[-1] <= state.losses[0] * (1.05 if racing else 1.001)
    assert np.linalg.norm(state.inputs, axis=1).max() < 20


# Edges


@pytest.mark.parametrize("rows", [[], [[]], [[], []], [[0], [1], [0]]])
@pytest.mark.parametrize("racing", [False, True])
def test_no_pairs_leave_all_as_it_was(rows: list[list[int]], racing: bool) -> None:
    settings = changed(SMALL, racing=racing, sample=0)
    subwords = group_ngrams(Ragged.from_rows([[3], [3, 4]]), np.array([1, 1]))
    state = trained(Ragged.from_rows(rows), np.array([1, 1]), subwords, settings, threads=2)
    assert state.losses == [0.0, 0.0]
    assert np.array_equal(state.inputs, subword_sgns.fresh(subwords, settings).inputs)


@pytest.mark.parametrize("racing", [False, True])
def test_fewer_tokens_than_shards(racing: bool) -> None:
    settings = changed(SMALL, replicas=64, racing=racing, sample=0)
    counts = np.array([2, 2, 1])
    subwords = group_ngrams(Ragged.from_rows([[1], [], [1]]), counts)
    state = trained(Ragged.from_rows([[0, 1, 2], [1, 0]]), counts, subwords, settings, threads=5)
    assert state.outputs.any()


def test_what_does_not_fit_is_refused_before_it_is_written_to() -> None:
    ids, counts = made_worlds.zipf(20, 5, 5)
    subwords, other = group_ngrams(some_ngrams(20), counts), group_ngrams(Ragged.from_rows([[]] * 20), counts)
    alone = group_ngrams(Ragged.from_rows([[1]]), np.array([3]))
    with pytest.raises(InputError, match="at least 2 different"):
        trained(Ragged.from_rows([[0, 0, 0]]), np.array([3]), alone, SMALL)
    with pytest.raises(InputError, match="subwords of this vocabulary"):
        next(subword_sgns.train(subword_sgns.fresh(other, SMALL), ids, counts, subwords, SMALL))
    with pytest.raises(InputError, match="subwords of this vocabulary"):
        next(subword_sgns.train(subword_sgns.fresh(subwords, SMALL), ids, counts[:-1], subwords, SMALL))


@pytest.mark.parametrize("method", METHODS)
def test_a_rate_far_too_high_ends_at_once_and_says_what_to_try(method: Any) -> None:
    ids, counts = made_worlds.zipf(100, 400, 30)
    subwords = group_ngrams(some_ngrams(100), counts)
    with pytest.raises(Diverged, match=r"epoch 1 of 3.*rate 1e\+06: try learning rate 100000") as caught:
        trained(
            ids,
            counts,
            subwords,
            Settings(sgns.Settings(method=method, dim=16, learning_rate=1e6, seed=1, epochs=3)),
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("shortest", "longest", "buckets") for value in (0, -1, 1.5, "3", True)),
        ("shortest", 7), ("longest", 2), ("longest", 65), ("buckets", 2**31),
    ],
)  # fmt: skip
def test_settings_refuse_what_is_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        Settings(**{name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_rate_is_fasttexts_and_is_recorded() -> None:
    assert Settings().words.learning_rate == 0.05
    assert Settings(sgns.Settings(method="cbow")).words.first_learning_rate == 0.06
    assert Settings(sgns.Settings(learning_rate=0.01)).words.learning_rate == 0.01


# What is promised before


def test_a_fresh_state_is_fasttexts() -> None:
    ids = some_ngrams(2000, 900)
    subwords, settings = group_ngrams(ids, np.ones(2000, np.int64)), Settings(sgns.Settings(dim=50, seed=1))
    state = subword_sgns.fresh(subwords, settings)
    assert state.inputs.shape == (subwords.size, 64)
    assert state.outputs.shape == (2000, 64)
    values = state.inputs[:, :50]
    assert 0.99 / 50 < np.abs(values).max() <= 1 / 50
    assert abs(values.std() - 0.02 / 3**0.5) < 2e-4
    assert not state.inputs[:, 50:].any()
    assert not state.outputs.any()
    assert np.array_equal(subword_sgns.fresh(subwords, settings).inputs, state.inputs)
    assert not np.array_equal(subword_sgns.fresh(subwords, changed(settings, seed=2)).inputs, state.inputs)


def test_expected_time_and_memory_rise_with_the_work() -> None:
    counts = (1e6 / np.arange(1, 1000)).astype(np.int64)
    few, many = (
        group_ngrams(some_ngrams(999, 500, 2), counts),
        group_ngrams(Ragged.from_rows([range(50)] * 999), counts),
    )
    settings = Settings(sgns.Settings(replicas=4))
    bare = sgns.expected_seconds(counts, settings.words, 1)
    alone = subword_sgns.expected_seconds(counts, few, settings, 1)
    more = subword_sgns.expected_seconds(counts, few, changed(settings, epochs=50), 1)
    threaded = subword_sgns.expected_seconds(counts, few, changed(settings, epochs=50), 4)
    assert 0 < alone < threaded < more
    assert bare < 10 * alone
    small, large = (subword_sgns.needed_bytes(999, 10**6, some, settings, 2) for some in (few, many))
    assert small > (few.size + 999) * 112 * 4
    assert small != large


# Vectors from rows


@pytest.mark.parametrize("threads", [1, 3, 50])
@pytest.mark.parametrize("weighted", [False, True])
def test_vectors_are_sums_or_means_of_rows(threads: int, weighted: bool) -> None:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(30, 16)).astype(np.float32)
    rows = Ragged.from_rows([random.integers(0, 30, n) for n in (3, 0, 1, 40, 2)])
    weights = random.random(len(rows.ids)).astype(np.float32) if weighted else None
    made = compose.compose_vectors(inputs, rows, weights, dim=11, threads=threads)
    assert made.shape == (5, 11)
    assert made.dtype == np.float32
    for i, row in enumerate(rows):
        part = slice(*rows.offsets[i : i + 2])
        share = np.full(len(row), 1 / max(1, len(row))) if weights is None else weights[part]
        np.testing.assert_allclose(made[i], share @ inputs[row, :11].astype(float), atol=1e-6)


def test_no_words_have_no_vectors() -> None:
    assert compose.compose_vectors(np.ones((3, 16), np.float32), Ragged.from_rows([]), dim=4).shape == (0, 4)
