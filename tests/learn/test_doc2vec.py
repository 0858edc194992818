from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import slow_doc2vec

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.doc2vec import epoch as doc2vec_epoch
from likewise.learn.doc2vec import training as doc2vec
from likewise.learn.doc2vec.inference import strata
from likewise.learn.doc2vec.training import Settings, State
from likewise.learn.doc2vec.windows import streams

MODELS: list[dict[str, Any]] = [{"method": "dbow"}, {"method": "dbow", "words": True}, {"method": "dm"}]
SMALL = Settings(dim=10, window=3, epochs=2, sample=0.02, learning_rate=0.1, replicas=1, seed=3)


@pytest.fixture
def many_meetings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc2vec_epoch, "FREQUENT_ROWS", 16)
    monkeypatch.setattr(doc2vec_epoch, "WINDOW_TOKENS", 128)
    monkeypatch.setattr(doc2vec_epoch, "BAG_TOKENS", 256)


def texts(v: int = 150, n: int = 60, seed: int = 5) -> tuple[Ragged, np.ndarray]:
    """Documents of 0 to 40 words by Zipf's law; every word occurs."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, v + 1)
    rows = [random.choice(v, random.integers(0, 40), p=weights / weights.sum()) for _ in range(n)]
    ids = Ragged.from_rows([*rows, np.arange(v), [], [7]])
    return ids, np.bincount(ids.ids, minlength=v)


def topics(n: int = 200, length: int = 40) -> tuple[Ragged, np.ndarray, np.ndarray]:
    """Documents of four topics with fifty words each, and fifty words that all of them use."""
    random = np.random.default_rng(0)
    topic = np.arange(n) % 4
    rows = [
        np.where(random.random(length) < 0.4, 0, 50 + 50 * t) + random.integers(0, 50, length) for t in topic
    ]
    ids = Ragged.from_rows(rows)
    return ids, np.bincount(ids.ids, minlength=250), topic


def trained(
    ids: Ragged, counts: np.ndarray, settings: Settings, threads: int = 1, state: State | None = None
) -> State:
    state = doc2vec.fresh(len(ids), len(counts), settings) if state is None else state
    for _ in doc2vec.train(state, ids, counts, settings, threads=threads):
        pass
    return state


def digest(state: State) -> str:
    inputs = b"" if state.inputs is None else state.inputs.tobytes()
    whole = state.documents.tobytes() + inputs + state.outputs.tobytes() + repr(state.losses).encode()
    return hashlib.sha256(whole).hexdigest()


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (unit_rows(a) * unit_rows(b)).sum(axis=1)


# The slow twin


@pytest.mark.usefixtures("many_meetings")
@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"replicas": 3},
        {"replicas": 9, "dim": 33},
        {"negatives": 1, "learning_rate": 0.3},
        {"negatives": 12},
        {"negatives": 40, "learning_rate": 0.02},
        {"sample": 0.0, "window": 1},
        {"window": 40, "exponent": 0.0, "dim": 1},
    ],
    ids=str,
)
def test_training_is_the_slow_twin(model: dict[str, Any], change: dict[str, Any]) -> None:
    ids, counts = texts()
    settings = replace(SMALL, **model, **change)
    state = trained(ids, counts, settings)
    (documents, inputs, outputs), losses = slow_doc2vec.train(ids, counts, settings)
    assert np.abs(outputs).max() > 0.03, "nothing was learnt, so nothing was compared"
    for found, wanted in ((state.documents, documents), (state.inputs, inputs), (state.outputs, outputs)):
        if found is not None:
            np.testing.assert_allclose(found[:, : settings.dim], wanted, rtol=0, atol=3e-5)
            assert not found[:, settings.dim :].any(), "columns beyond dim are zero and stay zero"
    np.testing.assert_allclose(state.losses, losses, rtol=3e-5)


def test_a_step_of_the_slow_twin_goes_along_the_gradient() -> None:
    random = np.random.default_rng(0)
    x, y, labels = random.normal(size=(3, 5)), random.normal(size=(4, 5)), np.array([1.0, 0, 0, 1])
    everything = np.ones((3, 4), bool)

    def loss(x: np.ndarray, y: np.ndarray) -> float:
        return slow_doc2vec.step(x.copy(), y.copy(), labels, everything, 0.0)

    moved_x, moved_y = x.copy(), y.copy()
    slow_doc2vec.step(moved_x, moved_y, labels, everything, 1.0)
    for at in np.ndindex(3, 5):
        bump = np.zeros((3, 5))
        bump[at] = 1e-6
        slope = (loss(x + bump, y) - loss(x - bump, y)) / 2e-6
        assert moved_x[at] - x[at] == pytest.approx(-slope, abs=1e-6)
    for at in np.ndindex(4, 5):
        bump = np.zeros((4, 5))
        bump[at] = 1e-6
        slope = (loss(x, y + bump) - loss(x, y - bump)) / 2e-6
        assert moved_y[at] - y[at] == pytest.approx(-slope, abs=1e-6)


# The same bits, and a made world


@pytest.mark.usefixtures("many_meetings")
@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("replicas", [2, 4])
def test_the_same_bits_at_any_number_of_threads(model: dict[str, Any], replicas: int) -> None:
    ids, counts = texts(300, 200)
    settings = replace(SMALL, replicas=replicas, **model)
    assert len({digest(trained(ids, counts, settings, threads)) for threads in (1, 2, 3)}) == 1


@pytest.mark.usefixtures("many_meetings")
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_resumed_equals_never_stopped(model: dict[str, Any]) -> None:
    ids, counts = texts(300, 200)
    settings = replace(SMALL, replicas=2, **model)
    wanted, stops = digest(trained(ids, counts, settings)), 0
    state = doc2vec.fresh(len(ids), len(counts), settings)
    while state.epoch < settings.epochs:
        for _ in doc2vec.train(state, ids, counts, settings, threads=2):
            stops += 1
            break
        state = doc2vec.resumed(
            state.documents, state.inputs, state.outputs, state.epoch, state.block, state.shard_loss.tolist(),
            state.pairs, state.losses,
        )  # fmt: skip
    assert stops > settings.epochs
    assert digest(state) == wanted


def test_every_option_counts() -> None:
    ids, counts = texts()
    changes: list[dict[str, Any]] = [
        {}, {"seed": 4}, {"method": "dm"}, {"words": True}, {"words": True, "window": 2}, {"negatives": 4},
        {"learning_rate": 0.2}, {"sample": 0.1}, {"exponent": 1.0}, {"replicas": 2}, {"epochs": 3}, {"dim": 11},
    ]  # fmt: skip
    assert len({digest(trained(ids, counts, replace(SMALL, **change))) for change in changes}) == len(changes)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_documents_of_one_topic_become_neighbours_and_new_ones_join_them(model: dict[str, Any]) -> None:
    ids, counts, topic = topics()
    settings = Settings(dim=16, epochs=30, sample=0, learning_rate=0.05, seed=1, **model)
    state = trained(ids, counts, settings, 2)
    rows = unit_rows(state.documents[:, : settings.dim])
    near = rows @ rows.T - 2 * np.eye(len(rows))
    assert (topic[near.argmax(1)] == topic).mean() > 0.97
    assert state.losses[-1] < 0.9 * state.losses[0]
    found = doc2vec.infer(ids, state.inputs, state.outputs, counts, settings)
    assert cosines(found, state.documents[:, : settings.dim]).mean() > 0.85
    assert (topic[(unit_rows(found) @ rows.T).argmax(1)] == topic).mean() > 0.97
    other = doc2vec.infer(ids, state.inputs, state.outputs, counts, replace(settings, seed=2))
    assert cosines(found, other).mean() > 0.95


# Inference


@pytest.fixture(scope="module", params=MODELS, ids=str)
def model(request: pytest.FixtureRequest) -> tuple[State, Ragged, np.ndarray, Settings]:
    ids, counts = texts(200, 150)
    settings = replace(SMALL, epochs=6, **request.param)
    return trained(ids, counts, settings), ids, counts, settings


def test_a_vector_depends_on_its_document_alone(model: tuple[State, Ragged, np.ndarray, Settings]) -> None:
    state, ids, counts, settings = model
    whole = doc2vec.infer(ids, state.inputs, state.outputs, counts, settings)
    assert whole.shape == (len(ids), settings.dim)
    assert whole.dtype == np.float32
    order = np.random.default_rng(0).permutation(len(ids))
    shuffled = Ragged.from_rows([ids[row] for row in order])
    for threads in (1, 2, 3):
        again = doc2vec.infer(shuffled, state.inputs, state.outputs, counts, settings, threads=threads)
        assert np.array_equal(again, whole[order])
    for row in (0, 5, len(ids) - 1):
        alone = doc2vec.infer(Ragged.from_rows([ids[row]]), state.inputs, state.outputs, counts, settings)
        assert np.array_equal(alone[0], whole[row])
    twice = doc2vec.infer(Ragged.from_rows([ids[3]] * 9), state.inputs, state.outputs, counts, settings)
    assert (twice == whole[3]).all()


def test_edges_of_inference(model: tuple[State, Ragged, np.ndarray, Settings]) -> None:
    state, ids, counts, settings = model
    v = len(counts)

    def infer(rows: list[Any], **options: Any) -> np.ndarray:
        return doc2vec.infer(Ragged.from_rows(rows), state.inputs, state.outputs, counts, settings, **options)

    assert infer([]).shape == (0, settings.dim)
    found = infer([[], [-1, v], [0], [5, -1, 6, v + 3], [5, 6]])
    assert not found[:2].any()
    assert found[2].any(), "even the most frequent word, which is mostly thinned out, tells something"
    assert np.array_equal(found[3], found[4])
    before = state.outputs.copy()
    assert not np.array_equal(infer([ids[1]], epochs=1), infer([ids[1]], epochs=2))
    assert np.array_equal(before, state.outputs), "the words are frozen"
    cut = None if state.inputs is None else state.inputs[:, : settings.dim]
    again = doc2vec.infer(Ragged.from_rows([[5, 6]]), cut, state.outputs[:, : settings.dim], counts, settings)
    assert np.array_equal(again[0], found[4])
    with pytest.raises(OptionError, match="epochs must be a whole number from 1"):
        infer([[1]], epochs=0)


def test_long_and_short_documents_share_a_step() -> None:
    ids, counts = texts()
    settings = replace(SMALL, epochs=3)
    state = trained(ids, counts, settings)
    long = np.random.default_rng(0).integers(0, len(counts), 3000)
    pair = doc2vec.infer(Ragged.from_rows([[3, 4], long]), None, state.outputs, counts, settings)
    alone = doc2vec.infer(Ragged.from_rows([[3, 4]]), None, state.outputs, counts, settings)
    assert np.isfinite(pair).all()
    assert np.array_equal(pair[0], alone[0])


def test_dbow_inference_is_ten_lines() -> None:
    """One document after the other in float64, with the same noise."""
    ids, counts = texts()
    settings = replace(SMALL, epochs=3)
    state = trained(ids, counts, settings)
    outputs = state.outputs[:, : settings.dim].astype(float)
    found = doc2vec.infer(ids, None, state.outputs, counts, settings)
    noise = strata(counts**0.75, settings.negatives, settings.seed)
    share = settings.sample * counts.sum() / counts
    keep = np.minimum(np.sqrt(share) + share, 1)
    for row, document in enumerate(ids):
        x = np.zeros(settings.dim)
        for epoch in range(3):
            learning_rate = 0.1 * (1 - (epoch + 0.5) / 3)
            for start in range(0, len(document), 6):
                words = document[start : start + 6]
                x = x + learning_rate * (keep[words] / (1 + np.exp(outputs[words] @ x))) @ outputs[words]
                at = (start + 6 * 911 * epoch) % len(noise)
                wrong = noise[at : at + len(words)]
                pushed = keep[words][:, None] / (1 + np.exp(-outputs[wrong] @ x))
                x = x - learning_rate * np.einsum("ij,ijd->d", pushed, outputs[wrong])
        np.testing.assert_allclose(found[row], x, atol=2e-5)


def test_strata_are_spread_over_all_words() -> None:
    weights = np.array([6.0, 3, 2, 1])
    words = strata(weights, 2, 0)
    assert len(words) % 6 == 0
    share = np.bincount(words.ravel()) / words.size
    np.testing.assert_allclose(share, weights / 12, atol=1e-3)
    for six in words.reshape(-1, 12)[:20]:
        assert np.bincount(six, minlength=4).tolist() == [6, 3, 2, 1]


# Edges


def test_streams_start_at_documents() -> None:
    offsets = np.array([0, 0, 5, 6, 100, 100, 110])
    found = streams(offsets, 4)
    assert found.tolist() == [0, 6, 100, 100, 110] or set(found.tolist()) <= set(offsets.tolist())
    assert (np.diff(found) >= 0).all()
    assert streams(np.array([0, 50]), 3)[[0, -1]].tolist() == [0, 50]
    assert streams(np.array([0]), 3).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize(
    "rows", [[[0, 1, 2]], [[0]], [[], [1], []], [list(range(3)) * 2000], []], ids=lambda rows: str(len(rows))
)
def test_few_documents(model: dict[str, Any], rows: list[list[int]]) -> None:
    ids, counts = Ragged.from_rows(rows), np.array([3, 2, 1])
    state = trained(ids, counts, replace(SMALL, sample=0, **model), 2)
    start = doc2vec.fresh(len(ids), 3, replace(SMALL, **model))
    for row, document in enumerate(rows):
        assert np.array_equal(state.documents[row], start.documents[row]) == (not document)
    assert np.isfinite(state.documents).all()
    assert len(state.losses) == 2


def test_bad_options() -> None:
    for change, message in [
        ({"method": "pvdm"}, "'dbow' or 'dm', not 'pvdm'"), ({"dim": 0}, "dim must"), ({"window": 0}, "window must"),
        ({"negatives": 0}, "negatives must"), ({"epochs": 1.5}, "epochs must"), ({"replicas": 65}, "replicas must"),
        ({"learning_rate": 0.0}, "rate must"), ({"sample": -1.0}, "sample must"), ({"seed": -1}, "seed must"),
        ({"words": 1}, "words must be True or False"), ({"method": "dm", "words": True}, "trains the words anyway"),
    ]:  # fmt: skip
        with pytest.raises(OptionError, match=message):
            Settings(**change)
    with pytest.raises(InputError, match="at least 2 different words; this text has 1"):
        next(doc2vec.train(doc2vec.fresh(1, 1, SMALL), Ragged.from_rows([[0]]), np.array([1]), SMALL))
    with pytest.raises(InputError, match="needs the words' input rows"):
        doc2vec.infer(
            Ragged.from_rows([[0]]), None, np.zeros((2, 10)), np.array([1, 1]), replace(SMALL, method="dm")
        )


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_runaway_is_told(model: dict[str, Any]) -> None:
    ids, counts = texts()
    settings = replace(SMALL, learning_rate=1e30, **model)
    with pytest.raises(Diverged, match="try learning rate 1e"):
        trained(ids, counts, settings)
    broken = np.full((len(counts), 10), np.nan, np.float32)
    with pytest.raises(Diverged, match="not finite"):
        doc2vec.infer(ids, broken, broken, counts, replace(SMALL, **model))


def test_what_is_needed_is_foreseen() -> None:
    ids, counts = texts()
    state = doc2vec.fresh(len(ids), len(counts), SMALL)
    needed = doc2vec.needed_bytes(len(ids), len(counts), SMALL)
    assert needed > state.documents.nbytes + state.outputs.nbytes
    assert doc2vec.needed_bytes(len(ids), 10**6, SMALL) > needed + 10**6 * 64
