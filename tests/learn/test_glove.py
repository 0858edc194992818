from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_worlds
import numpy as np
import pytest
import slow_glove

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn import epochs
from likewise.learn.glove import adagrad
from likewise.learn.glove import training as glove
from likewise.learn.glove.cooccurrence import Pairs, count
from likewise.learn.glove.training import Settings, State

SMALL = Settings(dim=10, epochs=3, x_max=5.0, learning_rate=0.1, seed=3)


@pytest.fixture
def every_diagonal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)


def made(folder: Path, vocabulary: int = 60, rows: int = 60, shards: int | None = 4) -> Pairs:
    ids, _ = made_worlds.zipf(vocabulary, rows, 20)
    return count(ids, vocabulary, folder, window=5, shards=shards)


def trained(pairs: Pairs, vocabulary: int, settings: Settings, threads: int = 1) -> State:
    state = glove.fresh(vocabulary, settings)
    for _ in glove.train(state, pairs, settings, threads=threads):
        pass
    return state


def digest(state: State) -> str:
    arrays = (state.inputs, state.outputs, state.input_squares, state.output_squares)
    whole = b"".join(array.tobytes() for array in arrays) + repr((state.epoch, state.losses)).encode()
    return hashlib.sha256(whole).hexdigest()


# The slow twin


@pytest.mark.parametrize(
    "change",
    [
        {}, {"dim": 1}, {"dim": 14}, {"dim": 33}, {"alpha": 0.0}, {"alpha": 2.0}, {"x_max": 0.01},
        {"x_max": 1e4, "learning_rate": 1.0}, {"seed": 4, "epochs": 1},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("shards", [1, 4])
def test_it_is_the_slow_twin(tmp_path: Path, change: dict[str, Any], shards: int) -> None:
    settings, pairs = replace(SMALL, **change), made(tmp_path, shards=shards)
    state, dim = trained(pairs, 60, settings), settings.dim
    inputs, outputs, biases, losses = slow_glove.train(pairs, 60, settings)
    assert np.abs(inputs - glove.fresh(60, settings).inputs[:, :dim]).max() > 0.01, "nothing was learnt"
    np.testing.assert_allclose(state.inputs[:, :dim], inputs, rtol=0, atol=1e-4)
    np.testing.assert_allclose(state.outputs[:, :dim], outputs, rtol=0, atol=1e-4)
    np.testing.assert_allclose(state.inputs[:, dim], biases[:, 0], rtol=0, atol=1e-4)
    np.testing.assert_allclose(state.outputs[:, dim + 1], biases[:, 1], rtol=0, atol=1e-4)
    np.testing.assert_allclose(state.losses, losses, rtol=1e-4)
    assert (state.inputs[:, dim + 1] == 1).all(), "a bias is multiplied by 1, whatever is learnt"
    assert (state.outputs[:, dim] == 1).all()
    assert not state.inputs[:, dim + 2 :].any(), "columns beyond are zero and stay zero"
    assert not state.outputs[:, dim + 2 :].any()


def test_a_step_goes_down_the_gradient_of_the_loss() -> None:
    """One pair, squares of 0 but for a huge one: the step is the gradient, which differences confirm."""
    random, columns = np.random.default_rng(0), 16
    start = random.normal(size=(2, 1, columns)).astype(np.float32)
    rows, squares = start.copy(), np.full((2, 1, columns), 1e8, np.float32)
    none, one, weight, target = np.zeros(1, np.int32), np.zeros(1, np.int32), 0.3, 0.7
    arrays = [np.full(1, value, np.float32) for value in (target, weight)]
    loss = adagrad.fit(none, none, *arrays, one, rows[0], rows[1], squares[0], squares[1], 1.0)

    def half_loss(x: np.ndarray) -> float:
        return 0.5 * weight * float(x[0, 0] @ x[1, 0] - target) ** 2

    assert loss == pytest.approx(2 * half_loss(start.astype(float)), rel=1e-5)
    for side, column in ((0, 0), (1, 5), (0, 15)):
        shifted = [start.astype(float), start.astype(float)]
        shifted[0][side, 0, column] += 1e-5
        shifted[1][side, 0, column] -= 1e-5
        slope = (half_loss(shifted[0]) - half_loss(shifted[1])) / 2e-5
        moved = float(rows[side, 0, column] - start[side, 0, column]) * 1e4
        assert moved == pytest.approx(-slope, rel=0.02, abs=2e-3)


def test_every_pair_is_visited_both_ways_round_in_another_order_each_epoch(tmp_path: Path) -> None:
    pairs = made(tmp_path)
    wanted = Counter()
    for row, column in zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True):
        wanted.update({(row, column), (column, row)})
    orders = [[visit[:2] for visit in slow_glove.order(pairs, SMALL, epoch)] for epoch in range(2)]
    assert Counter(orders[0]) == Counter(orders[1]) == wanted
    assert orders[0] != orders[1]


def test_the_order_in_a_block_is_a_fair_shuffle() -> None:
    n, rounds, order = 5, 4000, np.empty(5, np.int32)
    rows = np.arange(n, dtype=np.int32)
    stood = np.zeros((n, n))
    for epoch in range(rounds):
        assert adagrad.visits(rows, rows + 1, adagrad.TURNED, np.uint64(9), epoch, 3, order) == n
        assert (order % 2 == 1).all()
        stood[np.arange(n), order >> 1] += 1
    assert np.abs(stood / rounds - 1 / n).max() < 5 * np.sqrt(0.2 * 0.8 / rounds)


# The same bits


@pytest.mark.parametrize("shards", [1, 8, 32])
def test_the_same_bits_at_any_number_of_threads(tmp_path: Path, shards: int) -> None:
    pairs = made(tmp_path, 300, 200, shards)
    digests = {threads: digest(trained(pairs, 300, SMALL, threads)) for threads in (1, 2, 3, 9)}
    assert len(set(digests.values())) == 1, digests
    assert digest(trained(pairs, 300, replace(SMALL, seed=4))) != digests[1]


@pytest.mark.usefixtures("every_diagonal")
def test_stopped_anywhere_and_resumed_is_never_stopped(tmp_path: Path) -> None:
    pairs = made(tmp_path)
    settings = replace(SMALL, epochs=2)
    whole = digest(trained(pairs, 60, settings))
    for stop in range(1, 9):
        state = glove.fresh(60, settings)
        for n, _ in enumerate(glove.train(state, pairs, settings), 1):
            if n == stop:
                break
        facts = {name: getattr(state, name) for name in ("epoch", "diagonal", "pairs", "loss", "losses")}
        rows = [state.inputs, state.outputs, state.input_squares, state.output_squares]
        for array in rows:
            array.flags.writeable = False
        again = glove.resumed(*rows, **facts)
        assert (again.epoch, again.diagonal) == divmod(stop, 4)
        for _ in glove.train(again, pairs, settings, threads=2):
            pass
        assert digest(again) == whole


@pytest.mark.usefixtures("every_diagonal")
def test_it_tells_how_far_it_came(tmp_path: Path) -> None:
    pairs = made(tmp_path)
    visits = len(slow_glove.order(pairs, SMALL, 0))
    told = list(glove.train(glove.fresh(60, SMALL), pairs, SMALL))
    assert len(told) == 3 * 4
    done = [progress.done for progress in told]
    assert done == sorted(set(done))
    assert done[-1] == told[-1].total == 3 * visits
    assert told[-1].epoch == told[-1].epochs == 3
    assert all(progress.loss is not None and np.isfinite(progress.loss) for progress in told)


# Worlds whose answer is known


def test_a_matrix_of_low_rank_is_found_again(tmp_path: Path) -> None:
    """log X = u · v + b + c exactly, for symmetric X: the error goes to nothing, and to no such thing for noise."""
    random, v = np.random.default_rng(0), 60
    factors, bias = random.normal(size=(v, 4)) * 0.5, random.normal(size=v) * 0.3
    exact = np.exp(factors @ factors.T + bias[:, None] + bias[None, :])
    upper = random.normal(size=(v, v))
    noise = np.exp(np.triu(upper) + np.triu(upper, 1).T)
    rows, columns = np.triu_indices(v)
    losses = []
    for matrix in (exact, noise):
        pairs = Pairs(rows.astype(np.int32), columns.astype(np.int32), matrix[rows, columns].astype(np.float32),
                      np.array([0, len(rows)]))  # fmt: skip
        losses.append(
            trained(pairs, v, Settings(dim=6, epochs=150, x_max=1e-3, learning_rate=0.1, seed=1)).losses[-1]
        )
    assert losses[0] < 0.002
    assert losses[1] > 100 * losses[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_nearest_word_is_the_synonym(tmp_path: Path, seed: int) -> None:
    ids, counts, partner = made_worlds.synonyms(30, 12_000, seed)
    pairs = count(ids, len(counts), tmp_path, window=4)
    settings = Settings(dim=24, epochs=30, x_max=10.0, seed=seed)
    state = trained(pairs, len(counts), settings, threads=2)
    words = np.flatnonzero(partner >= 0)
    unit = unit_rows(glove.vectors(state, settings))[words]
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    assert np.mean(words[scores.argmax(axis=1)] == partner[words]) > 0.95
    assert state.losses[-1] < 0.5 * state.losses[0]


def test_noise_alone_has_no_structure(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    ids = Ragged(random.integers(200, size=32_000).astype(np.int32), np.arange(4001) * 8)
    settings = Settings(dim=16, epochs=10, x_max=10.0, seed=2)
    unit = unit_rows(glove.vectors(trained(count(ids, 200, tmp_path), 200, settings), settings))
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    topic = random.permutation(200) % 2
    assert abs(np.mean(topic[scores.argmax(axis=1)] == topic) - 0.5) < 0.15


def test_what_the_vectors_are(tmp_path: Path) -> None:
    state = trained(made(tmp_path), 60, SMALL)
    inputs, outputs = state.inputs[:, :10], state.outputs[:, :10]
    np.testing.assert_array_equal(glove.vectors(state, SMALL), inputs + outputs)
    np.testing.assert_array_equal(glove.vectors(state, SMALL, "inputs"), inputs)
    with pytest.raises(OptionError, match="'sum' or 'inputs'"):
        glove.vectors(state, SMALL, "outputs")  # type: ignore[arg-type]


# What must not be


@pytest.mark.parametrize(("learning_rate", "less"), [(1e6, "100000"), (1e30, r"1e\+29")])
def test_a_rate_far_too_high_is_said(tmp_path: Path, learning_rate: float, less: str) -> None:
    with pytest.raises(
        Diverged,
        match=rf"epoch 1 of 3, after [\d,]+ of its [\d,]+ pairs, learning rate .*: try learning rate {less}$",
    ):
        trained(made(tmp_path), 60, replace(SMALL, learning_rate=learning_rate))


def test_nothing_to_fit(tmp_path: Path) -> None:
    empty = Pairs(
        np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(2, np.int64)
    )
    with pytest.raises(InputError, match="no pairs"):
        trained(empty, 5, SMALL)
    with pytest.raises(InputError, match="60 words or more"):
        trained(made(tmp_path), 59, SMALL)


@pytest.mark.parametrize(
    "options",
    [
        {"dim": 0},
        {"dim": 2.5},
        {"dim": True},
        {"epochs": 0},
        {"x_max": 0},
        {"x_max": float("nan")},
        {"alpha": -1},
        {"alpha": float("nan")},
        {"learning_rate": 0},
        {"learning_rate": float("inf")},
        {"learning_rate": "fast"},
        {"seed": -1},
    ],
    ids=str,
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Settings(**options)


def test_two_words_are_enough(tmp_path: Path) -> None:
    pairs = count(Ragged.from_rows([[0, 1]]), 2, tmp_path)
    state = trained(pairs, 2, SMALL)
    assert np.isfinite(state.inputs).all()
    assert glove.expected_seconds(pairs, SMALL, 2) > 0
