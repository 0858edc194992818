from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from likewise.errors import InputError, OptionError
from likewise.evaluate import Report, logistic, nodes


def world(n: int = 300, labels: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors that tell some labels well, some badly, one not at all."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((n, 12)).astype(np.float32)
    scores = vectors[:, :labels] * np.linspace(3, 0, labels) + random.standard_normal((n, labels)) - 0.5
    return vectors * np.geomspace(0.1, 30, 12).astype(np.float32), scores > 0


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_all_labels_at_once_are_each_by_itself(strength: float) -> None:
    vectors, has = world()
    has[:, 4] = np.arange(300) < 2  # rare
    found = logistic.fit(vectors, has, strength=strength)
    for label in range(5):
        own = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-8).fit(
            vectors.astype(np.float64), has[:, label]
        )
        np.testing.assert_allclose(found.weights[:, label], own.coef_[0], atol=2e-3 * np.abs(own.coef_).max())
        np.testing.assert_allclose(found.offsets[label], own.intercept_[0], atol=2e-2)


def test_labels_that_all_have_or_none_and_columns_that_are_equal() -> None:
    vectors, has = world()
    has[:, 0], has[:, 1] = True, False
    vectors[:, 3], vectors[:, 5] = vectors[:, 4], 7
    found = logistic.fit(vectors, has)
    assert np.isfinite(found.weights).all()
    assert (found.scores(vectors)[:, 0] > 0).all()
    assert (found.scores(vectors)[:, 1] < 0).all()
    only = logistic.fit(vectors[:1], np.array([[True, False]]))
    assert only.scores(vectors[:1])[0, 0] > 0 > only.scores(vectors[:1])[0, 1]


def test_separable_classes_end() -> None:
    vectors = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    found = logistic.fit(vectors, vectors > 0, strength=1e6)
    assert np.isfinite(found.weights).all()
    assert ((found.scores(vectors) > 0) == (vectors > 0)).all()


def test_f1_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth, told = random.random((2, 50, 4)) < 0.3
    micro, macro = nodes.f1(truth, told)
    assert micro == pytest.approx(f1_score(truth, told, average="micro"))
    assert macro == pytest.approx(f1_score(truth, told, average="macro"))


def test_as_many_labels_are_told_as_a_node_has() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.5, 0.5, 0.5], [3, 2, 1]])
    told = nodes.likeliest(scores, np.array([2, 1, 3]))
    assert told.tolist() == [[False, True, True], [True, False, False], [True, True, True]]


def test_a_score_is_the_slow_one() -> None:
    vectors, has = world()
    has[:20] = False  # no label: left out
    found = nodes.multilabel(vectors, has, shares=(0.3,), splits=3, seed=5)
    assert (found.known, found.total) == (int(has.any(axis=1).sum()), 300)
    known, slow = np.flatnonzero(has.any(axis=1)), []
    for split in range(3):
        order = np.random.Generator(
            np.random.Philox(np.random.SeedSequence([5, int.from_bytes(b"node splits", "little"), split]))
        ).permutation(len(known))
        learnt, tested = known[order[: round(0.3 * len(known))]], known[order[round(0.3 * len(known)) :]]
        told = np.zeros((len(tested), 5), bool)
        chance = np.column_stack(
            [
                LogisticRegression(solver="newton-cholesky").fit(vectors[learnt].astype(float), has[learnt, j])
                .decision_function(vectors[tested]) for j in range(5)
            ]
        )  # fmt: skip
        for i, row in enumerate(chance):
            told[i, np.argsort(-row)[: has[tested[i]].sum()]] = True
        slow.append(f1_score(has[tested], told, average="micro"))
    np.testing.assert_allclose(found.predicted[0].micro, slow, atol=0.006)


def test_rows_have_spread_and_baselines_and_the_report_warns() -> None:
    vectors, has = world()
    good = nodes.multilabel(vectors, has, splits=4)
    rows = good.rows("made")
    assert [row.metric for row in rows[:2]] == ["micro-F1 at 10%", "macro-F1 at 10%"]
    assert len(rows) == 6
    assert all(row.spread is not None and row.spread > 0 for row in rows)
    assert set(rows[0].baselines) == {"commonest", "random"}
    assert not Report(tuple(rows[2:])).warnings
    noise = np.random.default_rng(3).standard_normal((300, 12)).astype(np.float32)
    bad = nodes.multilabel(noise, has, splits=4, baselines={"given": vectors})
    assert bad.rows("made")[4].baselines["given"] > bad.rows("made")[4].value
    assert len(Report(tuple(bad.rows("made"))).warnings) == 6


def test_the_same_seed_the_same_numbers() -> None:
    vectors, has = world()
    one, two = (nodes.multilabel(vectors, has, splits=2, seed=1).rows("x") for _ in range(2))
    assert one == two
    assert one != nodes.multilabel(vectors, has, splits=2, seed=2).rows("x")


def test_lists_of_labels_are_labels() -> None:
    vectors, has = world()
    lists = [[f"label{j}" for j in np.flatnonzero(row)] for row in has]
    assert nodes.multilabel(vectors, lists, splits=2).rows("x") == nodes.multilabel(
        vectors, has, splits=2
    ).rows("x")


@pytest.mark.parametrize("sparse", [False, True])
def test_one_class_a_node_on_a_given_split(sparse: bool) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(200) % 4
    labels[150:] = -1  # nobody asks for them
    vectors = np.eye(6, dtype=np.float32)[labels] + random.normal(0, 0.2, (200, 6)).astype(np.float32)
    given = csr_array(vectors) if sparse else vectors
    found = nodes.single(given, labels, np.arange(40), np.arange(60, 150))
    assert found.accuracy > 0.95
    assert found.rows("made")[0].total == 90


def test_what_cannot_be_is_refused() -> None:
    vectors, has = world()
    with pytest.raises(InputError, match="none twice"):
        nodes.single(vectors, np.arange(300) % 2, np.arange(9), np.arange(8, 20))
    with pytest.raises(InputError, match="do not fit"):
        nodes.single(vectors, np.arange(300) % 2, np.arange(9), np.array([300]))
    with pytest.raises(InputError, match="wanted"):
        nodes.multilabel(vectors[:20], has)
    with pytest.raises(InputError, match="all finite"):
        nodes.multilabel(np.where(np.arange(12) > 3, np.nan, vectors), has)
    with pytest.raises(OptionError, match="shares"):
        nodes.multilabel(vectors, has, shares=(0.5, 1.0))
    with pytest.raises(OptionError, match="splits"):
        nodes.multilabel(vectors, has, splits=0)
    with pytest.raises(InputError, match="with a label"):
        nodes.multilabel(vectors[:3], np.array([[0, 0], [1, 0], [0, 0]]))
