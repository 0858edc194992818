"""Text classification: the kernel against its slow twin, n-grams against those written out, and its promises."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_text_classifier import train as train_slowly

from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, OptionError
from likewise.learn.fasttext import supervised
from likewise.learn.fasttext.supervised import Settings, State, initial_state, train
from likewise.tokens.analysis.ngram_keys import feature_rows, ngram_keys, ngram_vocabulary

GENERATOR = np.random.default_rng(0)
ROWS = Ragged.from_rows([GENERATOR.integers(0, 50, n) for n in GENERATOR.integers(0, 12, 300)])
LABELS = np.array([int(np.mean(row)) % 4 if len(row) else 0 for row in ROWS], np.int32)
QUICK = Settings(dim=8, epochs=3, learning_rate=0.5, seed=3)


def trained(settings: Settings, threads: int = 1) -> State:
    state = initial_state(50, 4, settings)
    for _ in train(state, ROWS, LABELS, settings, threads=threads):
        pass
    return state


def test_it_does_what_the_slow_twin_does() -> None:
    slow = initial_state(50, 4, QUICK)
    inputs, outputs = slow.inputs.astype(np.float64), slow.outputs.astype(np.float64)
    losses = train_slowly(inputs, outputs, ROWS, LABELS, QUICK)
    state = trained(QUICK)
    assert np.abs(state.inputs - inputs).max() < 1e-5
    assert np.abs(state.outputs - outputs).max() < 1e-5
    np.testing.assert_allclose(state.losses, losses, rtol=1e-5)
    assert state.losses[-1] < state.losses[0] < np.log(4) + 0.01


def test_the_same_seed_gives_the_same_bits_at_any_number_of_threads_and_reports(monkeypatch) -> None:
    one = trained(QUICK)
    monkeypatch.setattr(supervised, "FIRST_TEXTS", 7)
    four = trained(QUICK, threads=4)
    assert one.inputs.tobytes() == four.inputs.tobytes()
    assert one.outputs.tobytes() == four.outputs.tobytes()
    assert trained(replace(QUICK, seed=4)).inputs.tobytes() != one.inputs.tobytes()


def test_a_stopped_training_continues_to_the_same_bits(monkeypatch) -> None:
    monkeypatch.setattr(supervised, "FIRST_TEXTS", 50)
    state = initial_state(50, 4, QUICK)
    for _ in train(state, ROWS, LABELS, QUICK, threads=1):
        state = State(
            **{name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in asdict(state).items()}
        )
        break
    assert 0 < state.texts < len(ROWS)
    for _ in train(state, ROWS, LABELS, QUICK, threads=1):
        pass
    assert state.inputs.tobytes() == trained(QUICK).inputs.tobytes()
    assert state.losses == pytest.approx(trained(QUICK).losses)


def test_racing_threads_learn_as_well() -> None:
    alone = trained(replace(QUICK, epochs=20))
    racing = trained(replace(QUICK, epochs=20, racing=True), threads=3)
    assert racing.losses[-1] == pytest.approx(alone.losses[-1], rel=0.1)


def test_a_text_without_a_feature_changes_nothing() -> None:
    full = Ragged.from_rows([row for row in ROWS if len(row)])
    labels = LABELS[ROWS.lengths > 0]
    state = initial_state(50, 4, QUICK)
    for _ in train(state, full, labels, QUICK, threads=1):
        pass
    assert state.inputs.tobytes() == trained(QUICK).inputs.tobytes()


def test_a_learning_rate_that_is_too_high_is_named() -> None:
    with pytest.raises(Diverged, match=r"try learning rate 1e\+29"):
        trained(replace(QUICK, learning_rate=1e30, epochs=20))


@pytest.mark.parametrize(
    "wrong",
    [
        {"dim": 0}, {"dim": 1.5}, {"dim": True}, {"epochs": 0}, {"epochs": 10**9}, {"learning_rate": 0},
        {"learning_rate": float("nan")}, {"learning_rate": float("inf")}, {"learning_rate": True}, {"seed": -1},
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        Settings(**wrong)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.lists(st.integers(-1, 4), max_size=8), max_size=6), st.integers(1, 4), st.integers(1, 2))
def test_rows_have_each_word_and_each_frequent_ngram_once(texts, longest, min_count) -> None:
    rows = Ragged.from_rows(texts)
    written = [
        [
            tuple(row[first : first + n])
            for first in range(len(row))
            for n in range(2, longest + 1)
            if first + n <= len(row) and -1 not in row[first : first + n]
        ]
        for row in texts
    ]
    every = [ngram for row in written for ngram in row]
    frequent = {ngram for ngram in every if every.count(ngram) >= min_count}
    vocabulary = ngram_vocabulary(rows, longest, min_count)
    assert len(vocabulary) == len(frequent)
    found = feature_rows(rows, 5, vocabulary, longest)
    numbers: dict[tuple[int, ...], int] = {}
    for features, words, ngrams in zip(found, texts, written, strict=True):
        known = [word for word in words if word >= 0]
        kept = [ngram for ngram in ngrams if ngram in frequent]
        assert features[: len(known)].tolist() == known
        assert features[-1] == 5 + len(vocabulary)
        for number, ngram in zip(features[len(known) : -1].tolist(), kept, strict=True):
            assert numbers.setdefault(ngram, number) == number
            assert 5 <= number < 5 + len(vocabulary)
    assert len(set(numbers.values())) == len(numbers) == len(frequent)


def test_the_keys_of_different_ngrams_differ() -> None:
    pairs = np.stack(np.meshgrid(np.arange(300), np.arange(300)), -1).reshape(-1, 2)
    keys, _ = ngram_keys(Ragged.from_rows(list(pairs)), 2)
    assert len(set(keys.tolist())) == 90_000
