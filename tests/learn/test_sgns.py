from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_worlds
import numpy as np
import pytest
import slow_sgns

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, LikewiseError, OptionError
from likewise.learn import epochs
from likewise.learn.sgns import epoch as sgns_epoch
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.training import Settings, State

METHODS = ("skipgram", "cbow")
ON_FEWER_LANES = "LIKEWISE_TEST_ON_FEWER_LANES"


@pytest.fixture
def many_barriers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few frequent rows and short blocks, so that a short text has contended rows and many barriers."""
    monkeypatch.setattr(sgns_epoch, "FREQUENT_ROWS", 16)
    monkeypatch.setattr(sgns_epoch, "BARRIER_TOKENS", 128)
    monkeypatch.setattr(sgns_epoch, "HOGWILD_TOKENS", 128)


def trained(
    ids: Ragged, counts: np.ndarray, settings: Settings, threads: int = 1, state: State | None = None
) -> State:
    state = sgns.fresh(len(counts), settings) if state is None else state
    for _ in sgns.train(state, ids, counts, settings, threads=threads):
        pass
    return state


def digest(state: State) -> str:
    return hashlib.sha256(
        state.inputs.tobytes() + state.outputs.tobytes() + repr(state.losses).encode()
    ).hexdigest()


# The slow twin


def agrees_with_the_slow_twin(settings: Settings) -> None:
    ids, counts = made_worlds.zipf(150, 60, 30)
    state = trained(ids, counts, settings)
    inputs, outputs, losses = slow_sgns.train(ids, counts, settings)
    assert np.abs(outputs).max() > 0.05, "nothing was learnt, so nothing was compared"
    np.testing.assert_allclose(state.inputs[:, : settings.dim], inputs, rtol=0, atol=2e-5)
    np.testing.assert_allclose(state.outputs[:, : settings.dim], outputs, rtol=0, atol=2e-5)
    np.testing.assert_allclose(state.losses, losses, rtol=2e-5)
    assert not state.inputs[:, settings.dim :].any(), "columns beyond dim are zero and stay zero"
    assert not state.outputs[:, settings.dim :].any()


SMALL = Settings(dim=10, window=3, epochs=2, sample=0.01, learning_rate=0.1, replicas=1, seed=3)


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("negatives", [1, 5, 6, 12])
@pytest.mark.parametrize("dynamic_window", [True, False])
def test_one_shard_is_the_slow_twin(method: Any, negatives: int, dynamic_window: bool) -> None:
    learning_rate = 0.5 if negatives == 1 else 0.1
    agrees_with_the_slow_twin(
        replace(
            SMALL,
            method=method,
            negatives=negatives,
            dynamic_window=dynamic_window,
            learning_rate=learning_rate,
        )
    )


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "change",
    [
        {"replicas": 2},
        {"replicas": 4, "dim": 33},
        {"replicas": 9},
        {"max_norm": 0.3},
        {"max_norm": 0.3, "replicas": 3},
        {"sample": 0.0, "window": 1},
        {"window": 40, "exponent": 0.0},
        {"exponent": -0.5, "dim": 1},
        {"racing": True},
    ],
    ids=str,
)
def test_every_way_to_train_is_the_slow_twin(method: Any, change: dict[str, Any]) -> None:
    agrees_with_the_slow_twin(replace(SMALL, method=method, **change))


# The same bits


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("replicas", [1, 2, 4, 8])
def test_the_same_bits_at_any_number_of_threads(method: Any, replicas: int) -> None:
    ids, counts = made_worlds.zipf(300, 200, 30)
    settings = replace(SMALL, method=method, replicas=replicas, max_norm=1.0 if replicas == 4 else None)
    digests = {threads: digest(trained(ids, counts, settings, threads)) for threads in (1, 2, 3, 5, 9)}
    assert len(set(digests.values())) == 1, digests


def test_the_same_bits_as_they_come_without_shrunken_blocks() -> None:
    ids, counts = made_worlds.zipf(2000, 1500, 30)
    settings = Settings(dim=32, epochs=2, seed=1)
    assert digest(trained(ids, counts, settings, 1)) == digest(trained(ids, counts, settings, 3))


CHILD = """
import sys
sys.path.insert(0, {folder!r})
import made_worlds, test_sgns
from dataclasses import replace
ids, counts = made_worlds.zipf(300, 100, 30)
print(test_sgns.digest(test_sgns.trained(ids, counts, replace(test_sgns.SMALL, replicas=2, max_norm=1.0), {threads})))
"""


def test_the_same_bits_in_another_process() -> None:
    """Where a set's order or a string's hash would be another."""
    found = set()
    for hash_seed, threads in (("0", 1), ("1", 2)):
        code = CHILD.format(folder=str(Path(__file__).parent), threads=threads)
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        child = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        found.add(child.stdout)
    ids, counts = made_worlds.zipf(300, 100, 30)
    found.add(digest(trained(ids, counts, replace(SMALL, replicas=2, max_norm=1.0))) + "\n")
    assert len(found) == 1


def test_a_seed_of_any_size_after_any_other() -> None:
    """Half of all states of 64 bits do not fit a signed number."""
    ids, counts = made_worlds.zipf(50, 20, 10)
    digests = {digest(trained(ids, counts, replace(SMALL, seed=seed))) for seed in (*range(8), 2**63 - 1)}
    assert len(digests) == 9


@pytest.mark.usefixtures("many_barriers")
def test_two_seeds_give_two_models_and_so_does_every_option() -> None:
    ids, counts = made_worlds.zipf(300, 100, 30)
    changes: list[dict[str, Any]] = [
        {}, {"seed": 4}, {"method": "cbow"}, {"window": 2}, {"negatives": 4}, {"learning_rate": 0.2}, {"sample": 0.1},
        {"exponent": 1.0}, {"max_norm": 0.5}, {"dynamic_window": False}, {"replicas": 2}, {"epochs": 3},
    ]  # fmt: skip
    digests = {str(change): digest(trained(ids, counts, replace(SMALL, **change))) for change in changes}
    assert len(set(digests.values())) == len(changes), digests


# Stopping and going on


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("method", METHODS)
def test_stopped_at_every_yield_and_gone_on_with_is_the_same_bits(
    method: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every yield stores its state; from each of a spread of them training ends in the same place."""
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)  # a yield after every block
    ids, counts = made_worlds.zipf(200, 60, 30)
    settings = replace(SMALL, method=method, replicas=3, max_norm=0.8)
    state, stored = sgns.fresh(len(counts), settings), []
    for _ in sgns.train(state, ids, counts, settings):
        stored.append(copied(state))
    whole = digest(state)
    assert len(stored) > 10
    assert {place.epoch for place in stored} == {0, 1, 2}
    assert stored[-1].losses == state.losses
    for place in stored:
        assert digest(trained(ids, counts, settings, threads=2, state=copied(place))) == whole


def copied(state: State) -> State:
    return sgns.resumed(
        state.inputs,
        state.outputs,
        state.epoch,
        state.block,
        list(state.shard_loss),
        state.pairs,
        state.losses,
    )


@pytest.mark.usefixtures("many_barriers")
def test_when_it_yields_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ids, counts = made_worlds.zipf(200, 100, 30)
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)
    often = digest(trained(ids, counts, replace(SMALL, replicas=2)))
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 1e9)
    assert digest(trained(ids, counts, replace(SMALL, replicas=2))) == often


def test_a_finished_state_is_left_as_it_is() -> None:
    ids, counts = made_worlds.zipf(50, 20, 10)
    state = trained(ids, counts, SMALL)
    before = digest(state)
    assert list(sgns.train(state, ids, counts, SMALL)) == []
    assert digest(state) == before


def test_a_restored_state_may_come_from_maps_that_must_not_be_written() -> None:
    ids, counts = made_worlds.zipf(50, 20, 10)
    rows = np.zeros((2, 50, 16), np.float32)
    rows.flags.writeable = False
    state = sgns.resumed(rows[0], rows[1], 0, 0, [], 0, [])
    trained(ids, counts, SMALL, state=state)
    assert state.inputs.any() or state.outputs.any() or not rows.any()
    assert not rows.any()


@pytest.mark.usefixtures("many_barriers")
def test_progress_rises_to_the_end_and_the_rate_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)
    ids, counts = made_worlds.zipf(200, 60, 30)
    state = sgns.fresh(len(counts), SMALL)
    told = list(sgns.train(state, ids, counts, SMALL))
    done = [progress.done for progress in told]
    assert done == sorted(set(done))
    assert done[-1] == told[-1].total == 2 * len(ids.ids)
    learning_rates = [progress.learning_rate for progress in told]
    assert learning_rates == sorted(learning_rates, reverse=True)
    assert all(0 < learning_rate <= 0.1 for learning_rate in learning_rates if learning_rate is not None)
    assert told[-1].epoch == told[-1].epochs == 2
    assert all(progress.loss is not None and np.isfinite(progress.loss) for progress in told)


# Worlds whose answer is known


def nearest(state: State, dim: int) -> np.ndarray:
    unit = unit_rows(state.inputs[:, :dim])
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    return scores.argmax(axis=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("racing", [False, True])
def test_the_nearest_word_is_the_synonym(method: Any, seed: int, racing: bool) -> None:
    """Words that stand in the same places and never meet: second-order likeness, which is what word2vec is for."""
    ids, counts, partner = made_worlds.synonyms(30, 12_000, seed)
    settings = Settings(
        method=method, dim=24, window=4, epochs=8, sample=0, learning_rate=0.05, seed=seed, racing=racing
    )
    state = trained(ids, counts, settings, threads=2)
    words = np.flatnonzero(partner >= 0)
    unit = unit_rows(state.inputs[:, :24])[words]
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    accuracy = np.mean(words[scores.argmax(axis=1)] == partner[words])
    assert accuracy > 0.95
    assert state.losses[-1] < 0.8 * state.losses[0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("replicas", [1, 4, 16])
def test_words_of_two_topics_that_never_meet_come_apart(method: Any, replicas: int) -> None:
    ids, counts, topic = made_worlds.topics(100, 4000, seed=5)
    settings = Settings(method=method, dim=16, epochs=10, sample=0, seed=2, replicas=replicas)
    state = trained(ids, counts, settings)
    assert np.mean(topic[nearest(state, 16)] == topic) > 0.99


def test_noise_alone_has_no_structure() -> None:
    """The falsifier of the two above: where words are drawn without regard to topics, none may be found."""
    random = np.random.default_rng(1)
    ids, counts = made_worlds.ordered(
        Ragged(random.integers(200, size=32_000).astype(np.int32), np.arange(4001) * 8), 200
    )
    state = trained(ids, counts, Settings(dim=16, epochs=10, sample=0, seed=2))
    topic = random.permutation(200) % 2
    assert abs(np.mean(topic[nearest(state, 16)] == topic) - 0.5) < 0.15


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("vocabulary", [2, 10, 100])
def test_tiny_vocabularies_with_many_shards_stay_finite_and_the_loss_does_not_rise(
    method: Any, vocabulary: int
) -> None:
    ids, counts = made_worlds.zipf(vocabulary, 400, 20)
    state = trained(ids, counts, Settings(method=method, dim=16, epochs=6, replicas=16, seed=1, sample=0))
    assert np.isfinite(state.inputs).all()
    assert np.isfinite(state.outputs).all()
    assert state.losses[-1] <= state.losses[0] * 1.001
    assert np.linalg.norm(state.inputs, axis=1).max() < 20


# Edges


@pytest.mark.parametrize("rows", [[], [[]], [[], [], []]])
@pytest.mark.parametrize("racing", [False, True])
def test_no_ids_at_all_finishes_with_no_loss(rows: list[list[int]], racing: bool) -> None:
    settings = replace(SMALL, racing=racing)
    state = trained(Ragged.from_rows(rows), np.array([1, 1]), settings, threads=2)
    assert state.epoch == 2
    assert state.losses == [0.0, 0.0]
    assert np.array_equal(state.inputs, sgns.fresh(2, settings).inputs)


@pytest.mark.parametrize("racing", [False, True])
def test_rows_of_one_token_have_no_pairs_and_move_nothing(racing: bool) -> None:
    settings = replace(SMALL, racing=racing, sample=0)
    state = trained(Ragged.from_rows([[i % 5] for i in range(500)]), np.full(5, 100), settings)
    assert state.losses == [0.0, 0.0]
    assert not state.outputs.any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("replicas", [1, 4])
def test_two_words_in_one_row(method: Any, replicas: int) -> None:
    """Each is the other's only neighbour and only noise word: half the loss stays, and nothing runs away."""
    settings = replace(SMALL, method=method, replicas=replicas, epochs=30, sample=0, negatives=1)
    state = trained(Ragged.from_rows([[0, 1]]), np.array([1, 1]), settings, threads=2)
    assert np.isfinite(state.inputs).all()
    assert all(np.isfinite(state.losses))


@pytest.mark.parametrize("racing", [False, True])
def test_a_vocabulary_of_one_word_is_refused(racing: bool) -> None:
    """There is no other word to tell it from: no noise word could ever be drawn."""
    settings = replace(SMALL, racing=racing)
    with pytest.raises(LikewiseError, match="at least 2 different"):
        trained(Ragged.from_rows([[0, 0, 0]]), np.array([3]), settings)


@pytest.mark.parametrize("racing", [False, True])
def test_fewer_tokens_than_shards(racing: bool) -> None:
    settings = replace(SMALL, replicas=64, racing=racing, sample=0)
    state = trained(Ragged.from_rows([[0, 1, 2], [1, 0]]), np.array([2, 2, 1]), settings, threads=5)
    assert state.outputs.any()


@pytest.mark.usefixtures("many_barriers")
def test_one_row_much_longer_than_a_block() -> None:
    ids, _ = made_worlds.zipf(100, 1, 0)
    long = Ragged(np.tile(ids.ids, 40), np.array([0, 4000]))
    state = trained(long, np.full(100, 40), replace(SMALL, replicas=4, sample=0))
    assert state.losses[1] < state.losses[0]


def test_the_text_may_be_a_map_that_must_not_be_written(tmp_path: Path) -> None:
    ids, counts = made_worlds.zipf(50, 20, 10)
    ids.ids.tofile(tmp_path / "ids")
    ids.offsets.astype(np.int64).tofile(tmp_path / "offsets")
    mapped = Ragged(
        np.memmap(tmp_path / "ids", np.int32, "r"), np.memmap(tmp_path / "offsets", np.int64, "r")
    )
    assert digest(trained(mapped, counts, SMALL)) == digest(trained(ids, counts, SMALL))


# What goes wrong


@pytest.mark.parametrize("method", METHODS)
def test_a_rate_far_too_high_ends_at_once_and_says_what_to_try(method: Any) -> None:
    ids, counts = made_worlds.zipf(100, 400, 30)
    with pytest.raises(Diverged) as caught:
        trained(ids, counts, Settings(method=method, dim=16, learning_rate=1e6, seed=1, epochs=3))
    message = str(caught.value)
    assert "\n" not in message
    assert "epoch 1 of 3" in message
    assert "rate 1e+06" in message
    assert "try learning rate 100000" in message


@pytest.mark.usefixtures("many_barriers")
@pytest.mark.parametrize("largest", [0.1, 1.0])
@pytest.mark.parametrize("replicas", [1, 4])
def test_max_norm_is_kept_exactly(largest: float, replicas: int) -> None:
    ids, counts = made_worlds.zipf(200, 100, 30)
    settings = replace(SMALL, max_norm=largest, replicas=replicas, learning_rate=0.5)
    state = trained(ids, counts, settings)
    free = trained(ids, counts, replace(settings, max_norm=None))
    for rows, longer in ((state.inputs, free.inputs), (state.outputs, free.outputs)):
        norms = np.linalg.norm(rows.astype(float), axis=1)
        assert norms.max() <= largest
        assert np.linalg.norm(longer, axis=1).max() > largest, "nothing was there to be bounded"
        assert norms.max() > 0.99 * largest


def test_max_norm_leaves_zero_rows_zero() -> None:
    state = State(np.zeros((3, 16), np.float32), np.ones((3, 16), np.float32))
    sgns.bound_rows(state, 2.0)
    assert not state.inputs.any()
    np.testing.assert_allclose(np.linalg.norm(state.outputs, axis=1), 2.0, rtol=1e-5)


BAD: list[tuple[str, Any]] = [
    *((name, value) for name in ("dim", "window", "negatives", "epochs") for value in (0, -1, 1.5, "5", True)),
    ("replicas", 0), ("replicas", 1.5),
    ("dim", 65_537), ("window", 10_001), ("negatives", 1001), ("epochs", 1_000_001), ("replicas", 65),
    *((name, value) for name in ("learning_rate", "max_norm") for value in (0, -0.1, float("nan"), float("inf"))),
    ("sample", -1e-9), ("sample", float("nan")), ("sample", float("inf")),
    ("exponent", float("nan")), ("exponent", float("inf")),
    ("method", "glove"), ("method", None), ("seed", -1), ("seed", 1.5), ("seed", None), ("seed", 2**63),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_settings_refuse_what_is_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        Settings(**{name: value})
    message = str(caught.value)
    assert name in message
    assert repr(value) in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dim", 65_536),
        ("dim", 1),
        ("sample", 0),
        ("exponent", -1.0),
        ("exponent", 0),
        ("learning_rate", 1e-9),
        ("replicas", 64),
    ],
)
def test_settings_take_what_is_at_the_end_of_its_range(name: str, value: Any) -> None:
    assert getattr(Settings(**{name: value}), name) == value


# What is promised before


def test_a_fresh_state_is_word2vecs() -> None:
    settings = Settings(dim=50, seed=1)
    state = sgns.fresh(2000, settings)
    assert state.inputs.shape == (2000, 64)
    assert state.inputs.dtype == np.float32
    assert state.inputs.ctypes.data % 64 == 0
    values = state.inputs[:, :50]
    assert np.abs(values).max() <= 1 / 100
    assert np.abs(values).max() > 0.99 / 100
    assert abs(values.mean()) < 1e-4
    assert abs(values.std() - 0.01 / 3**0.5) < 1e-4
    assert not state.inputs[:, 50:].any()
    assert not state.outputs.any()
    assert np.array_equal(sgns.fresh(2000, settings).inputs, state.inputs)
    assert not np.array_equal(sgns.fresh(2000, replace(settings, seed=2)).inputs, state.inputs)


def test_expected_time_rises_with_the_work_and_falls_with_threads() -> None:
    counts = (1e6 / np.arange(1, 1000)).astype(np.int64)
    settings = Settings(replicas=4)
    one, more, threaded = (
        sgns.expected_seconds(counts, chosen, threads)
        for chosen, threads in ((settings, 1), (replace(settings, epochs=50), 1), (settings, 4))
    )
    assert 0 < threaded < one < more


# Eight lanes


@pytest.mark.slow
@pytest.mark.skipif(ON_FEWER_LANES in os.environ, reason="this is the process with eight lanes")
def test_the_slow_twin_with_eight_lanes(tmp_path: Path) -> None:
    from test_tiles import FEWER_LANES

    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("only x86-64 can be told to be an older x86-64")
    env = {**os.environ, **FEWER_LANES, ON_FEWER_LANES: "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    only = "every_way_to_train or (one_shard and (1 or 6)) or (same_bits_at_any and 4)"
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-x", "-p", "no:cacheprovider", "-k", only]
    child = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stdout[-3000:]
