"""The trainer: something is learnt, stopped and resumed is never stopped, and what goes wrong is reported."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from made_texts import VOCABULARY, alternating, quick, small_language, small_masked, unrelated

from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.neural import trainer
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.state import State, init_state, restore_state, start_state
from likewise.neural.text import sampling, training
from likewise.neural.text.training import TextProblem

BOTH = [small_masked, small_language]


def trained(make: Callable[[], Any], corpus: Ragged, settings: Settings, threads: int = 1) -> State:
    model, objective = make()
    state = init_state(model, settings)
    for _ in training.train(state, corpus, objective, settings, threads=threads):
        pass
    return state


def test_a_piece_that_its_neighbours_tell_is_learnt_to_be_told() -> None:
    state = trained(small_masked, alternating(800), quick(epochs=16))
    assert state.history[0]["held_out"] > 2.0
    assert state.history[-1]["held_out"] < 0.1
    assert state.history[-1]["chance"] == pytest.approx(np.log(32), abs=0.05)
    assert state.alarms == {}


def test_both_directions_learn_what_follows_and_what_was_before() -> None:
    state = trained(small_language, alternating(800), quick(epochs=16))
    assert state.history[-1]["held_out"] < 0.1 < 1.0 < state.history[0]["held_out"]


@pytest.mark.parametrize("method", ["muon", "adamw"])
@pytest.mark.parametrize("make", BOTH)
def test_stopped_and_resumed_is_never_stopped(
    make: Callable[[], Any], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(sampling, "CHUNK", 3)
    corpus, settings = alternating(200), quick(epochs=2, optimiser=method)
    whole = trained(make, corpus, settings)
    model, objective = make()
    state = init_state(model, settings)
    for _ in training.train(state, corpus, objective, settings):
        if state.step == 5:
            break
    arrays, facts = state.arrays(), state.facts()
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    again = restore_state(make()[0], settings, arrays, facts)
    for _ in training.train(again, corpus, objective, settings):
        pass
    assert again.facts() == whole.facts()
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array, err_msg=name)
    assert facts["step"] == 5  # what was stored is not written to


@pytest.mark.parametrize("make", BOTH)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(make: Callable[[], Any]) -> None:
    corpus = alternating(100)
    first, again, other = (
        trained(make, corpus, quick(epochs=1, seed=s), threads=2).arrays() for s in (1, 1, 2)
    )
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["weight_pieces_weight"], other["weight_pieces_weight"])


def test_another_number_of_threads_gives_the_same_up_to_rounding() -> None:
    one, two = (trained(small_masked, alternating(100), quick(epochs=1), threads=n).arrays() for n in (1, 2))
    for name in one:
        if name.startswith("weight_"):
            np.testing.assert_allclose(two[name], one[name], atol=2e-3, err_msg=name)


def test_how_often_it_reports_changes_nothing_and_threads_are_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = torch.get_num_threads()
    corpus = alternating(100)
    seldom = trained(small_masked, corpus, quick(epochs=1))
    monkeypatch.setattr(trainer, "REPORT_SECONDS", 0.0)
    often = trained(small_masked, corpus, quick(epochs=1))
    assert np.array_equal(seldom.arrays()["weight_bias"], often.arrays()["weight_bias"])
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("budget", [{"tokens": 1500}, {"epochs": 2}, {"hours": 2 / 3600}])
def test_each_budget_ends_where_it_says(budget: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "SPEED_SECONDS", 0.05)
    corpus, settings = alternating(100), quick(**{"epochs": None, **budget})
    model, objective = small_masked()
    state = init_state(model, settings)
    reports = list(training.train(state, corpus, objective, settings))
    learnt, held = sampling.split(corpus, VOCABULARY, 15, settings.held_out, 0)
    assert learnt.tokens + held.tokens == len(corpus.ids)
    if "tokens" in budget:
        assert state.total == 1500 <= state.done < 1500 + settings.batch_size
    elif "epochs" in budget:
        assert state.total == state.done == 2 * learnt.tokens
        assert (reports[-1].epoch, reports[-1].epochs) == (2, 2)
    assert reports[-1].done == reports[-1].total == state.total > 0
    assert [row["tokens"] for row in state.history] == sorted({row["tokens"] for row in state.history})


def test_each_epoch_takes_every_sequence_once_in_another_order() -> None:
    corpus, (model, objective) = alternating(300), small_masked()
    learnt, _ = sampling.split(corpus, VOCABULARY, 15, 0.05, 0)
    seen = []
    for epoch in range(2):
        starts = [
            int(start)
            for chunk in range(sampling.chunk_count(learnt, 32))
            for sequences, _ in sampling.batches(learnt, objective, model.shape, 32, 0, epoch, chunk)
            for start in sequences.starts
        ]
        assert sorted(starts) == learnt.starts.tolist()
        seen.append(starts)
    assert seen[0] != seen[1]


def test_text_without_a_rule_raises_the_alarm_of_chance(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        state = trained(small_masked, unrelated(200), quick(epochs=3))
    assert "no better than predicting by frequency" in state.alarms["chance"]
    assert caplog.text.count("no better than predicting by frequency") == 1


def test_vectors_that_are_all_alike_raise_the_alarm_of_collapse() -> None:
    settings, (model, objective) = quick(epochs=1, learning_rate=1e-9), small_masked()
    stored.start(model, 0)
    with torch.no_grad():
        model.body.end_norm.weight.zero_()
        model.body.end_norm.bias.fill_(1.0)
    state = start_state(model, settings)
    list(training.train(state, alternating(100), objective, settings))
    assert "the vectors have collapsed" in state.alarms["collapse"]


def test_a_training_that_explodes_is_stopped_before_it_spoils_the_weights() -> None:
    settings, (model, objective) = quick(epochs=1), small_masked()
    state = init_state(model, settings)
    with torch.no_grad():
        model.token_embedding.weight[5] = 1e30
    before = state.arrays()
    with pytest.raises(Diverged, match=r"step 1, 0% of the budget: try learning_rate 0.001"):
        list(training.train(state, alternating(100), objective, settings))
    assert all(np.array_equal(before[name], array) for name, array in state.arrays().items())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "0 sequences"),
        ([[]], "0 sequences"),
        ([[3, 4]], "1 sequences"),
        ([[3], [34]], "from 0 to 33, not 3 to 34"),
    ],
)
def test_a_text_that_cannot_be_learnt_from_is_refused(rows: list[list[int]], said: str) -> None:
    settings, (model, objective) = quick(), small_masked()
    with pytest.raises(InputError, match=said):
        list(training.train(init_state(model, settings), Ragged.from_rows(rows), objective, settings))


@pytest.mark.parametrize("make", BOTH)
def test_two_sequences_of_one_piece_are_enough_to_run(make: Callable[[], Any]) -> None:
    state = trained(make, Ragged.from_rows([[3], [4]]), quick(epochs=2))
    assert state.done == state.total == 2


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 1, "hours": 1.0},
        {"epochs": 0},
        {"epochs": 1.5},
        {"learning_rate": float("nan")},
        {"precision": "half"},
        {"optimiser": "sgd"},
        {"held_out": 0.0},
        {"seed": -1},
        {"batch_size": True},
        {"hours": 0.0},
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Settings(**options)


def test_muon_turns_the_matrices_of_layers_and_makes_all_directions_as_long() -> None:
    settings, (model, objective) = quick(epochs=1, decay=0.0), small_masked()
    state = init_state(model, settings)
    assert any(isinstance(part, torch.optim.Muon) for part in state.optimizer.parts)
    before = model.body.layers[0].attention.mix.weight.detach().clone()
    problem = TextProblem(alternating(100), objective, model.shape, settings)
    state.total = 100_000
    state.done = 6000  # where the rate is at its highest
    trainer.take_step(state, problem, settings)
    moved = torch.linalg.svdvals(model.body.layers[0].attention.mix.weight.detach() - before)
    assert moved[0] / moved[len(moved) // 2] < 3
    assert float(moved.square().mean().sqrt()) / 32**0.5 == pytest.approx(
        0.2 * settings.learning_rate, rel=0.3
    )


def test_the_rate_rises_and_falls_to_nothing() -> None:
    settings = Settings(learning_rate=1.0, warmup=0.1)
    assert [settings.learning_rate_at(s) for s in (0.05, 0.1, 0.55, 1.0)] == pytest.approx(
        [0.5, 1.0, 0.5, 0.0]
    )
    assert Settings(learning_rate=1.0, warmup=0.0).learning_rate_at(0.0) == 1.0


def test_bfloat16_learns_too() -> None:
    state = trained(small_masked, alternating(300), quick(epochs=4, precision="bfloat16"))
    assert state.precision == "bfloat16"
    assert state.history[-1]["held_out"] < state.history[-1]["chance"] - 0.5
