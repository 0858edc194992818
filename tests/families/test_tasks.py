"""Several tasks on the same items: what is learnt, whom it helps, planted groups found again, bad labels refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import likewise
from likewise import tasks
from likewise.errors import InputError, OptionError, WrongType
from likewise.probing import confirm, group
from likewise.tasks._affinity import summarised
from likewise.tasks._labels import tasks_of

torch = pytest.importorskip("torch")
QUICK = tasks.TrainingConfig(epochs=4, batch_size=32, dim=16)
CLUSTERS = 3


def world(
    seed: int, n: int = 400, *, numbers: float = 0.3
) -> tuple[np.ndarray, dict[str, list[Any]], dict[str, int]]:
    """Vectors and six tasks; two each hang on the same hidden direction, and are told with noise of their own.

    About a share `numbers` of the tasks are numbers, the others classes.
    """
    random = np.random.default_rng(seed)
    rows = random.standard_normal((n, 12)).astype(np.float32)
    hidden = rows @ np.linalg.qr(random.standard_normal((12, CLUSTERS)))[0]
    cluster = {f"t{i}": int(own) for i, own in enumerate(random.permutation(6) % CLUSTERS)}
    labels: dict[str, list[Any]] = {}
    for name, own in cluster.items():
        told = hidden[:, own] + 0.3 * random.standard_normal(n)
        labels[name] = (
            told.tolist() if random.random() < numbers else np.where(told > 0, "yes", "no").tolist()
        )
    return rows, labels, cluster


def found_again(seed: int) -> bool:
    """Whether the groups that affinity proposes are the clusters of a world of classes."""
    rows, labels, cluster = world(seed, n=2000, numbers=0)
    training = tasks.TrainingConfig(epochs=6, batch_size=64, dim=16)
    found = tasks.affinity(rows, labels, every=3, seeds=1, training=training, seed=seed, threads=1)
    wanted = {frozenset(t for t in cluster if cluster[t] == c) for c in range(CLUSTERS)}
    return {frozenset(own) for own in group(found.matrix, found.tasks, CLUSTERS).groups} == wanted


def test_planted_clusters_come_back() -> None:
    assert sum(map(found_again, range(4))) >= 3


@pytest.mark.slow
def test_planted_clusters_come_back_in_nineteen_of_twenty_seeds() -> None:
    assert sum(map(found_again, range(20))) >= 19


def test_the_same_seed_gives_the_same_bits_and_another_other_ones() -> None:
    rows, labels, _ = world(0, n=120)
    one, two, other = (
        tasks.affinity(rows, labels, every=2, seeds=2, training=QUICK, seed=s, threads=1) for s in (3, 3, 4)
    )
    assert one.matrix.tobytes() == two.matrix.tobytes()
    assert one.matrix.tobytes() != other.matrix.tobytes()
    assert one.seeds == (3, 4)
    assert (one.low <= one.matrix).all() and (one.matrix <= one.high).all()  # noqa: PT018


def test_ranks_and_figures_are_by_row_the_receiver() -> None:
    gains = np.array([[[0.9, 0.1, 0.3], [0.2, 0.9, 0.1], [-0.1, 0.0, 0.9]]] * 4)
    found = summarised("abc", [(gains, np.ones(gains.shape, bool))], [1], 0.01)
    assert found.ranks.tolist() == [[0, 2, 1], [1, 0, 2], [2, 1, 0]]
    told = found.to_json()
    assert told["rows"][0]["from"]["c"] == {"value": 0.3, "low": 0.3, "high": 0.3, "rank": 1, "probes": 4}
    assert "within a row" in told["notes"][-1]
    assert "within a row" in str(found)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Gains of steps with a trend and noise; runs differ by noise of their own."""
    random, held_steps, held_seeds = np.random.default_rng(0), 0, 0
    trend = np.linspace(1, 0, 60)[:, None, None]
    for _ in range(300):
        runs = [
            (trend + random.normal(size=(60, 1, 1)) + random.normal() * 0.3 * s, np.ones((60, 1, 1), bool))
            for s in (0, 1, 1, 1)
        ]
        one, several = summarised("a", runs[:1], [1], 1), summarised("a", runs[1:], [1, 2, 3], 1)
        held_steps += bool(one.low[0, 0] <= 0.5 <= one.high[0, 0])
        held_seeds += bool(several.low[0, 0] <= 0.5 <= several.high[0, 0])
    assert 0.9 <= held_steps / 300 <= 0.99
    assert 0.9 <= held_seeds / 300 <= 0.99


def test_tasks_that_never_meet_are_told_and_count_as_nothing() -> None:
    measured = np.zeros((3, 2, 2), bool)
    measured[:, [0, 1], [0, 1]] = True
    found = summarised(("t0", "t1"), [(np.zeros((3, 2, 2)), measured)] * 2, [1, 2], 0.01)
    assert found.matrix.tolist() == [[0, 0], [0, 0]]
    assert found.counts.tolist() == [[6, 0], [0, 6]]
    assert "never labelled in one batch" in found.notes[0]
    assert np.isfinite(found.low).all()
    once = summarised(("t0", "t1"), [(np.ones((1, 2, 2)), np.ones((1, 2, 2), bool))], [1], 0.01)
    assert "measured at one step only" in once.notes[0]


def test_missing_labels_are_learnt_around() -> None:
    rows, labels, _ = world(1, n=200)
    for i in range(200):
        if i % 3:
            labels["t0"][i] = None
    found = tasks.affinity(rows, labels, every=2, seeds=1, training=QUICK, seed=1, threads=1)
    assert np.isfinite(found.matrix).all()
    assert tasks.learn(rows, labels, training=QUICK, seed=1, threads=1).losses.keys() == labels.keys()


def test_what_is_learnt_is_told_of_new_items_and_vectors_are_an_encoders() -> None:
    rows, labels, _ = world(2, n=500)
    labels = {**labels, "stars": rows[:, 0].astype(float).tolist()}
    labels["tags"] = [[t for t, v in zip("xy", row[1:3], strict=True) if v > 0] for row in rows]
    model = tasks.learn(
        rows[:400], {n: own[:400] for n, own in labels.items()}, seed=1, threads=1,
        training=tasks.TrainingConfig(epochs=40, batch_size=32, dim=32),
    )  # fmt: skip
    assert all(model.losses[name] < 0.9 * model.baselines[name] for name in labels)
    told = model.predict(rows[400:])
    assert np.corrcoef(told["stars"], labels["stars"][400:])[0, 1] > 0.8
    pairs = zip(told["tags"], labels["tags"][400:], strict=True)
    assert np.mean([set(a) == set(b) for a, b in pairs]) > 0.6
    np.testing.assert_allclose(model.encode(rows[:9])[3:5], model.encode(rows[3:5]), atol=1e-5)
    assert model.predict(rows[:0])["tags"] == []
    assert model.encode(rows[:0]).shape == (0, 32)


def test_uncertainty_weighs_the_losses_and_sparse_rows_do_as_dense_ones() -> None:
    rows, labels, _ = world(3, n=200)
    weighed = tasks.TrainingConfig(epochs=4, dim=16, batch_size=32, weights="uncertainty")
    model = tasks.learn(rows, labels, training=weighed, seed=1, threads=1)
    assert model.network.doubts.abs().max() > 0
    plain = tasks.learn(rows, labels, training=QUICK, seed=1, threads=1)
    assert plain.network.doubts is None
    thin = np.where(rows > 1, rows, 0)
    sparse = tasks.learn(csr_matrix(thin), labels, training=QUICK, seed=1, threads=1)
    np.testing.assert_allclose(sparse.encode(csr_matrix(thin)), sparse.encode(thin), atol=1e-6)


def test_pictures_go_through_a_convolution_and_other_items_through_their_encoder() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 10, 8, 3), np.uint8)
    labels = {
        "light": np.where(pixels.mean((1, 2, 3)) > 127, "yes", "no").tolist(),
        "mean": pixels.mean((1, 2, 3)).tolist(),
    }
    small = tasks.TrainingConfig(epochs=1, batch_size=16, dim=8)
    found = tasks.affinity(pixels, labels, every=1, seeds=1, training=small, seed=1, threads=1)
    assert found.counts.min() == 3
    table = likewise.Table([f"w{i}" for i in range(60)], pixels.reshape(60, -1).astype(np.float32))
    model = tasks.learn(table.keys, labels, trunk=table, training=small, seed=1, threads=1)
    assert model.encode(["w3", "w5"]).shape == (2, 8)


def test_a_transformer_of_texts_is_taught_on_and_stays_as_it_was() -> None:
    from likewise.contextual import Contextual
    from likewise.neural import weights as stored
    from likewise.neural.text.masked import MaskedModel
    from likewise.neural.transformer import Shape
    from likewise.tokens.subwords.tokenizer import Subwords

    text = [f"{a} {b} {c}" for a in ("red", "blue") for b in ("ball", "cube") for c in "abcdefgh"] * 4
    subwords = Subwords.train(text, method="wordpiece", size=60)
    network = MaskedModel(len(subwords), Shape(layers=1, dim=16, heads=2, inner=32, longest=8))
    stored.start(network, 1)
    base = Contextual(network, subwords, facts={"function": "likewise.contextual.transformer"})
    before = base.encode(text[:3], threads=1)
    labels = {"colour": [t.split()[0] for t in text], "thing": [t.split()[1] for t in text]}
    model = tasks.learn(
        text, labels, trunk=base, seed=1, threads=1, training=tasks.TrainingConfig(epochs=6, batch_size=16)
    )
    assert model.losses["colour"] < model.baselines["colour"]
    assert model.predict(["red cube a", ""])["thing"][0] in ("ball", "cube")
    np.testing.assert_array_equal(base.encode(text[:3], threads=1), before)


def test_the_groups_are_confirmed_by_training_with_the_same_items_held_out() -> None:
    rows, labels, _ = world(5, n=160)
    found = tasks.affinity(rows, labels, every=4, seeds=1, training=QUICK, seed=1, threads=1)
    train = tasks.trainer(rows, labels, training=QUICK, threads=1)
    told = confirm({"groups": group(found.matrix, found.tasks, 2)}, train, seeds=2)
    assert len(told.ways) == 4
    assert all(loss > 0 for way in told.ways for losses in way.losses for loss in losses)
    assert train(("t1", "t0"), 4) == pytest.approx(train(("t0", "t1"), 4), rel=1e-4)
    with pytest.raises(InputError, match="no task 'x', but 't0'"):
        train(("x",), 1)


def test_two_tasks_that_are_copies_are_told_and_help_each_other_most(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows, labels, _ = world(6, n=200)
    labels = {"a": labels["t0"], "b": labels["t1"], "c": labels["t2"]}
    labels["copy"] = [{"yes": "1", "no": "0"}.get(label, label) for label in labels["a"]]
    with caplog.at_level(logging.WARNING, "likewise"):
        found = tasks.affinity(rows, labels, every=2, seeds=1, training=QUICK, seed=1, threads=1)
    assert "a and copy have the same labels" in caplog.text
    assert found.ranks[0, 3] == found.ranks[3, 0] == 1
    assert any({"a", "copy"} <= set(own) for own in group(found.matrix, found.tasks, 2).groups)


ROWS = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
GOOD = ["a", "b"] * 10


@pytest.mark.parametrize(
    ("labels", "error", "said"),
    [
        ({"t": ["a"] * 20, "u": GOOD}, InputError, "task 't' has one class, 'a'"),
        ({"t": [None] * 20, "u": GOOD}, InputError, "task 't' has no labels"),
        ({"t": [2.0] * 20, "u": GOOD}, InputError, "task 't' is always 2"),
        ({"t": [1.0, float("nan")] * 10, "u": GOOD}, InputError, "task 't', item 1, is nan"),
        ({"t": [1.0, float("inf")] * 10, "u": GOOD}, InputError, "task 't', item 1, is inf"),
        ({"t": [1.0, "x"] * 10, "u": GOOD}, InputError, "item 1, is 'x': wanted a number"),
        ({"t": [["a"]] * 20, "u": GOOD}, InputError, "task 't' has the same labels everywhere"),
        ({"t": [["a"], "b"] * 10, "u": GOOD}, WrongType, "mixes sets of labels with single ones"),
        ({"t": GOOD[:3], "u": GOOD}, InputError, "3 labels for 20 items"),
        ({"t": "abc", "u": GOOD}, WrongType, "has one str for labels"),
        ({"t": ["a", "b"] + [None] * 18, "u": [None, None, *GOOD[2:]]}, InputError, "task 't' has 2 labels, too few"),
        ({"u": GOOD}, InputError, "one task, 'u'"),
        ({}, InputError, "there are no tasks"),
        ([GOOD], WrongType, "not list"),
    ],
)  # fmt: skip
def test_labels_that_tell_nothing_are_refused_in_one_line(
    labels: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        tasks.affinity(ROWS, labels, seeds=1, training=QUICK, seed=0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: tasks.affinity(ROWS, {"t": GOOD, "u": GOOD}, every=0), OptionError, "every must be"),
        (lambda: tasks.affinity(ROWS, {"t": GOOD, "u": GOOD}, seeds=0), OptionError, "seeds must be"),
        (lambda: tasks.affinity(ROWS, {"t": GOOD, "u": GOOD}, step=-1), OptionError, "step must be"),
        (lambda: tasks.TrainingConfig(weights="best"), OptionError, "weights must be"),  # type: ignore[arg-type]
        (
            lambda: tasks.learn(ROWS, {"t": GOOD}, training=tasks.TrainingConfig(learning_rate=99)),
            OptionError,
            "rate must be",
        ),
        (lambda: tasks.learn(["a"] * 20, {"t": GOOD}), WrongType, "give a trunk"),
        (lambda: tasks.learn(ROWS[:4], {"t": GOOD[:4]}), InputError, "4 items: wanted 8"),
        (lambda: tasks.learn(ROWS * np.nan, {"t": GOOD}), InputError, "not finite"),
    ],
)
def test_options_and_items_that_cannot_be_are_refused(
    call: Callable[[], Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        call()


def test_labels_that_are_neither_texts_nor_numbers_are_refused() -> None:
    for odd in ([1j, 2j], [[{"a"}], [{"b"}]], [(1, (2,)), (1,)]):
        with pytest.raises(WrongType, match="classes are texts or whole numbers"):
            tasks_of({"odd": odd}, 2)


def test_labels_are_read_back_as_they_were_given() -> None:
    given = {"n": [1.0, None, 3.0], "c": ["b", "a", ""], "i": [2, 1, 2], "s": [("x",), (), None]}
    found = {task.name: task for task in tasks_of(given, 3)}
    assert [found[name].kind for name in given] == ["numbers", "classes", "classes", "sets"]
    assert [found[name].known.tolist() for name in "nc"] == [[True, False, True], [True, True, False]]
    assert found["n"].head.read(found["n"].targets[[0, 2], None]) == [1.0, 3.0]
    assert found["c"].head.read(np.array([[0.0, 1.0], [1.0, 0.0]])) == ["b", "a"]
    assert found["s"].head.read(np.array([[1.0], [-1.0]])) == [["x"], []]
    assert found["i"].head.classes == (1, 2)
