from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.arrays.spelling import Spelling
from likewise.evaluate import similarity
from likewise.evaluate.sets import SimilaritySet
from likewise.table import Table

KEYS = ["east", "north", "northeast", "west", "nowhere"]
TABLE = Table(KEYS, np.array([[1, 0], [0, 2], [3, 3], [-1, 0], [0, 0]], np.float32))


def pairs_of(*rows: tuple[str, str, float]) -> SimilaritySet:
    return SimilaritySet("made", tuple((a, b) for a, b, _ in rows), tuple(score for *_, score in rows))


def spearman_twin(x: list[float], y: list[float]) -> float:
    """Ranks by counting, Pearson's sum by hand."""

    def ranks(values: list[float]) -> list[float]:
        return [
            sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2 for value in values
        ]

    a, b = ranks(x), ranks(y)
    a, b = [r - sum(a) / len(a) for r in a], [r - sum(b) / len(b) for r in b]
    scale = (sum(r * r for r in a) * sum(r * r for r in b)) ** 0.5
    return sum(p * q for p, q in zip(a, b, strict=True)) / scale if scale else 0.0


def test_vectors_that_agree_with_people_score_one() -> None:
    made = pairs_of(("east", "northeast", 8), ("east", "north", 5), ("east", "west", 0))
    score = similarity.evaluate(TABLE, made)
    assert score.spearman == pytest.approx(1)
    assert score.pearson == pytest.approx(np.corrcoef([0.5**0.5, 0, -1], [8, 5, 0])[0, 1], abs=1e-6)
    assert (score.known, score.total, score.note) == (3, 3, "")
    upside_down = pairs_of(("east", "northeast", 0), ("east", "north", 5), ("east", "west", 8))
    assert similarity.evaluate(TABLE, upside_down).spearman == pytest.approx(-1)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=12))
def test_spearman_shares_ranks_between_ties_as_its_twin(rows: list[tuple[int, int, int]]) -> None:
    made = pairs_of(*((KEYS[a], KEYS[b], score) for a, b, score in rows))
    exact = {
        (a, b): float(TABLE.unit[a].astype(float) @ TABLE.unit[b].astype(float))
        for a in range(5)
        for b in range(5)
    }
    twin = spearman_twin([exact[a, b] for a, b, _ in rows], [float(score) for *_, score in rows])
    assert similarity.evaluate(TABLE, made, resamples=0).spearman == pytest.approx(twin, abs=1e-9)


def test_unknown_words_are_left_out_and_counted() -> None:
    rows = [("east", "northeast", 8.0), ("east", "north", 5.0), ("east", "west", 0.0)]
    score = similarity.evaluate(TABLE, pairs_of(*rows, ("east", "Atlantis", 9.0), ("Mu", "Atlantis", 1.0)))
    whole = similarity.evaluate(TABLE, pairs_of(*rows))
    assert (score.known, score.total) == (3, 5)
    assert score.spearman == whole.spearman


def test_words_are_spelt_as_the_table_spells() -> None:
    lower = Table(KEYS, TABLE.vectors, spelling=Spelling(case="lower"))
    made = pairs_of(("EAST", "Northeast", 8), ("East", "north", 5), ("east", "West", 0))
    assert similarity.evaluate(TABLE, made).known == 0
    assert similarity.evaluate(lower, made).spearman == pytest.approx(1)


@pytest.mark.parametrize(
    ("rows", "known", "note"),
    [
        ([], 0, "0 pairs known"),
        ([("east", "west", 1.0)], 1, "1 pairs known"),
        ([("Mu", "west", 1.0), ("Mu", "east", 2.0)], 0, "0 pairs known"),
        ([("east", "west", 1.0), ("east", "west", 2.0)], 2, "all cosines are equal"),
        ([("east", "west", 1.0), ("east", "north", 1.0)], 2, "all human scores are equal"),
        ([("nowhere", "west", 1.0), ("east", "nowhere", 2.0)], 2, "all cosines are equal"),
    ],
)
def test_where_there_is_no_correlation_it_is_zero_and_says_so(
    rows: list[tuple[str, str, float]], known: int, note: str
) -> None:
    score = similarity.evaluate(TABLE, pairs_of(*rows))
    assert (score.spearman, score.pearson, score.interval, score.known) == (0.0, 0.0, None, known)
    assert note in score.note


def test_a_pair_given_twice_counts_twice() -> None:
    rows = [("east", "northeast", 3.0), ("east", "north", 5.0), ("east", "west", 0.0)]
    once, twice = (similarity.evaluate(TABLE, pairs_of(*rows, *more)) for more in ([], rows[:1]))
    assert twice.total == 4
    assert twice.spearman != once.spearman


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Pairs drawn from a normal pair of known correlation; Spearman's limit is 6/pi * asin(r / 2)."""
    r, n, covered = 0.6, 60, 0
    truth = 6 / np.pi * np.arcsin(r / 2)
    generator = np.random.default_rng(5)
    for trial in range(40):
        x = generator.standard_normal(n)
        y = r * x + (1 - r * r) ** 0.5 * generator.standard_normal(n)
        (low, high), _ = similarity._intervals(x, y, 200, trial)
        covered += low <= truth <= high
    assert 33 <= covered <= 40


def test_the_interval_depends_on_the_seed_alone() -> None:
    made = pairs_of(("east", "northeast", 3), ("east", "north", 5), ("east", "west", 0), ("north", "west", 2))
    first, again, other = (similarity.evaluate(TABLE, made, seed=seed).interval for seed in (1, 1, 2))
    assert first == again
    assert first is not None
    assert other is not None
    assert similarity.evaluate(TABLE, made, resamples=0).interval is None
