from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from likewise.errors import InputError, OptionError, WrongType
from likewise.probing import Comparison, compare, given_split, project
from likewise.probing.paired_bootstrap import side_by_side
from likewise.probing.scores import accuracy

Made = tuple[np.ndarray, csr_array, np.ndarray]


def synonyms(n: int = 500) -> Made:
    """Each class has a thousand words, so raw features seldom meet one again; the embedding knows which are alike."""
    generator = np.random.default_rng(0)
    codes = generator.integers(2, size=n)
    words = np.where(generator.random((n, 4)) < 0.75, codes[:, None], 1 - codes[:, None])
    ids = words * 1000 + generator.integers(1000, size=(n, 4))
    counts = csr_array((np.ones(4 * n, np.float32), ids.ravel(), np.arange(0, 4 * n + 1, 4)), shape=(n, 2000))
    meaning = np.repeat([[1, 0, 0], [0, 1, 0]], 1000, axis=0) + 0.1 * generator.standard_normal((2000, 3))
    return codes, counts, (counts @ meaning).astype(np.float32)


def keyword(n: int = 800) -> Made:
    """One word tells the class; the embedding has mixed it up with the words it stands beside."""
    generator = np.random.default_rng(1)
    codes = generator.integers(2, size=n)
    ids = np.column_stack([codes, generator.integers(2, 60, size=(n, 6))])
    counts = csr_array((np.ones(7 * n, np.float32), ids.ravel(), np.arange(0, 7 * n + 1, 7)), shape=(n, 60))
    return codes, counts, (counts @ generator.standard_normal((60, 3))).astype(np.float32)


@pytest.fixture(scope="module")
def won() -> Comparison:
    codes, counts, vectors = synonyms()
    return compare(codes, {"words": counts, "means": vectors}, budgets=(10, 50))


@pytest.fixture(scope="module")
def held() -> Comparison:
    codes, counts, vectors = keyword()
    return compare(codes, {"words": counts, "mixed": vectors}, budgets=(10, 50))


def test_where_the_embedding_clearly_wins_it_says_so(won: Comparison) -> None:
    raw, means, random = won.rows
    assert [row.kind for row in won.rows] == ["raw", "embedding", "random"]
    assert means.over_raw is not None
    assert means.over_raw.low > 0
    assert means.over_raw.value == pytest.approx(means.value - raw.value)
    assert won.verdict.startswith("use means: ")
    assert f"{100 * means.over_raw.value:.1f} points above words" in won.verdict
    assert won.verdict.endswith("at 400 labels")
    assert random.value < means.value
    assert raw.over_raw is None


def test_where_the_raw_features_hold_it_says_so(held: Comparison) -> None:
    raw, mixed, _ = held.rows
    assert raw.value > 0.99
    assert mixed.over_raw is not None
    assert mixed.over_raw.high < 0
    assert held.verdict.startswith("keep words: mixed is ")
    assert "points below (−" in held.verdict
    assert "at 640 labels" in held.verdict
    assert "wins" not in held.verdict


def test_an_embedding_that_is_the_features_again_makes_no_difference() -> None:
    codes, counts, _ = keyword(200)
    found = compare(codes, {"words": counts, "again": counts.copy()}, budgets=())
    again = found.rows[1]
    assert again.over_raw is not None
    assert (again.over_raw.value, again.over_raw.low, again.over_raw.high) == (0, 0, 0)
    assert "keep words: again makes no difference that shows" in found.verdict


def test_a_win_with_few_labels_is_told_where_all_labels_lose() -> None:
    generator = np.random.default_rng(3)
    codes = generator.integers(2, size=1200)
    raw = generator.standard_normal((1200, 400)).astype(np.float32)
    raw += 0.13 * (2 * codes[:, None] - 1) * generator.choice([-1, 1], 400)
    early = (2 * codes[:, None] - 1 + 0.6 * generator.standard_normal((1200, 1))).astype(np.float32)
    found = compare(codes, {"raw": raw, "early": early}, budgets=(5, 10, 20))
    assert found.verdict.startswith("keep raw: early is ")
    assert found.verdict.endswith("; it wins only with 20 labels a class or fewer")


def test_everyone_has_the_same_folds_and_the_curve_ends_at_the_table(won: Comparison) -> None:
    assert {len(row.per_fold) for row in won.rows} == {5}
    for row in won.rows:
        points = won.curve(row.name)
        assert [point.per_class for point in points] == [10, 50, None]
        assert [point.labels for point in points] == [20, 100, 400]
        assert points[-1].value == row.value
        assert all(point.low <= point.value <= point.high for point in points)


def test_the_verdict_does_not_hang_on_the_order_or_the_seed_alone() -> None:
    codes, counts, vectors = synonyms(300)
    found = compare(codes, {"means": vectors, "words": counts}, raw="words", budgets=(), seed=9)
    assert [row.name for row in found.rows] == ["words", "means", "random-3"]
    assert found.verdict.startswith("use means")
    again = compare(codes, {"means": vectors, "words": counts}, raw="words", budgets=(), seed=9)
    assert [row.value for row in again.rows] == [row.value for row in found.rows]
    assert again.verdict == found.verdict


def test_a_given_split_tests_its_rows_only() -> None:
    codes, counts, vectors = synonyms(300)
    split = given_split(np.arange(300) >= 200)
    found = compare(codes, {"words": counts, "means": vectors}, folds=split, budgets=(10,), metric="macro-F1")
    assert found.folds == 1
    assert found.labels == 200
    assert found.metric == "macro-F1"
    assert found.curve("means")[0].low < found.curve("means")[0].value


def test_text_and_json_hold_the_same(won: Comparison) -> None:
    text = str(won)
    assert text.splitlines()[-1] == won.verdict
    for row in won.rows:
        assert any(line.startswith(row.name) and f"{row.value:.3f}" in line for line in text.splitlines())
    assert "labels a class" in text
    parsed = json.loads(json.dumps(won.to_json(), allow_nan=False))
    assert parsed["verdict"] == won.verdict
    assert parsed["rows"][1]["over_raw"]["low"] == won.rows[1].over_raw.low  # type: ignore[union-attr]
    assert parsed["rows"][0]["nbytes"] == 500 * 4 * 8 + 501 * 4
    assert parsed["commonest"] == pytest.approx(0.5, abs=0.1)
    assert "n" in parsed


def test_raw_features_alone_are_told_alone() -> None:
    codes, counts, _ = keyword(100)
    found = compare(codes, {"words": counts}, budgets=())
    assert (
        found.verdict
        == f"words alone: accuracy {found.rows[0].value:.3f}; give an embedding to compare with it"
    )
    assert str(found).count("labels a class") == 0


def test_a_class_with_one_example_is_noted() -> None:
    codes, counts, vectors = keyword(100)
    names = np.where(codes, "yes", "no").tolist()
    names[0] = "once"
    found = compare(names, {"words": counts, "mixed": vectors}, budgets=(5,))
    assert "'once'" in found.notes[0]
    assert "note: " in str(found)


def test_what_cannot_be_compared_is_refused() -> None:
    codes, counts, vectors = keyword(60)
    with pytest.raises(WrongType, match="dict such as"):
        compare(codes, [counts])  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="dict such as"):
        compare(codes, {})
    with pytest.raises(OptionError, match="'words', 'mixed'"):
        compare(codes, {"words": counts, "mixed": vectors}, raw="tf-idf")
    with pytest.raises(InputError, match="mixed have the shape"):
        compare(codes, {"words": counts, "mixed": vectors[:5]})
    with pytest.raises(InputError, match="'random-3' is the name"):
        compare(codes, {"words": counts, "random-3": vectors})
    with pytest.raises(OptionError, match="metric"):
        compare(codes, {"words": counts}, metric="f2")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="budgets"):
        compare(codes, {"words": counts}, budgets=(0,))
    with pytest.raises(InputError, match="all 60 labels are 1"):
        compare([1] * 60, {"words": counts})


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(2, size=400)
    first = np.where(generator.random(400) < 0.3, 1 - truth, truth)
    second = np.where(
        (first != truth) & (generator.random(400) < 0.3), truth, first
    )  # mends some, spoils none
    told = {"first": first[None], "second": second[None]}
    board = side_by_side(truth, np.arange(400) % 4, told, accuracy, resamples=500, seed=0)
    over = board.over("second", "first")
    assert over.value == pytest.approx((second == truth).mean() - (first == truth).mean())
    assert over.low > 0
    apart = board.value("first"), board.value("second")
    assert over.high - over.low < 0.6 * (apart[0].high - apart[0].low)
    wider = side_by_side(truth, np.arange(400) % 4, told, accuracy, resamples=500, seed=0, is_spread=True)
    assert wider.over("second", "first").low < over.low


def test_the_bootstrap_interval_is_that_of_the_textbook() -> None:
    told = {"half": np.repeat([0, 1], 200)[None]}
    board = side_by_side(np.zeros(400, int), np.zeros(400, int), told, accuracy, resamples=2000, seed=0)
    half = 1.96 * np.sqrt(0.25 / 400)
    assert board.value("half").low == pytest.approx(0.5 - half, abs=0.008)
    assert board.value("half").high == pytest.approx(0.5 + half, abs=0.008)


def test_a_random_projection_keeps_distances_and_no_row_depends_on_others() -> None:
    generator = np.random.default_rng(0)
    rows = csr_array(np.where(generator.random((30, 9000)) < 0.01, 1.0, 0.0).astype(np.float32))
    projected = project(rows, 600, seed=1)
    assert projected.dtype == np.float32
    dense = rows.toarray()
    apart = np.linalg.norm(dense[:, None] - dense[None], axis=2)[np.triu_indices(30, 1)]
    after = np.linalg.norm(projected[:, None] - projected[None], axis=2)[np.triu_indices(30, 1)]
    assert abs(after / apart - 1).max() < 0.15
    np.testing.assert_allclose(project(rows[3:4], 600, seed=1)[0], projected[3], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(project(dense, 600, seed=1), projected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(project(rows, 600, seed=2), projected)
    with pytest.raises(OptionError, match="dim"):
        project(rows, 0)
