from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.arrays.spelling import Spelling
from likewise.errors import OptionError
from likewise.evaluate import categories
from likewise.evaluate.sets import CategorySet
from likewise.table import Table


def made_world(noise: float, seed: int = 0) -> tuple[Table, CategorySet]:
    """Three categories of ten words around three axes, of all lengths."""
    generator = np.random.default_rng(seed)
    labels = [name for name in ("fish", "tree", "tool") for _ in range(10)]
    centres = np.eye(8)[np.repeat([0, 1, 2], 10)]
    vectors = (centres + noise * generator.standard_normal((30, 8))) * generator.uniform(0.1, 9, (30, 1))
    words = [f"{label}{i}" for i, label in enumerate(labels)]
    return Table(words, vectors.astype(np.float32)), CategorySet("made", tuple(words), tuple(labels))


def test_words_round_their_category_are_pure() -> None:
    score = categories.evaluate(*made_world(0.05))
    assert (score.purity, score.spread, score.categories) == (1.0, 0.0, 3)
    assert (score.known, score.total, score.note) == (30, 30, "")


def test_noise_is_little_purer_than_chance() -> None:
    score = categories.evaluate(*made_world(50.0), starts=4)
    assert 1 / 3 < score.purity < 0.7
    assert len(score.purities) == 4
    assert score.spread == pytest.approx(np.std(score.purities, ddof=1))


def test_the_seed_decides_all() -> None:
    world = made_world(1.0)
    assert categories.evaluate(*world, seed=3) == categories.evaluate(*world, seed=3)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_purity_counts_the_commonest_of_each_cluster(rows: list[tuple[int, int]]) -> None:
    clusters, labels = np.array(rows).T
    twin = sum(
        Counter(label for cluster, label in rows if cluster == c).most_common(1)[0][1]
        for c in {cluster for cluster, _ in rows}
    )
    assert categories.purity(clusters, labels) == twin / len(rows)


def test_the_example_of_the_book() -> None:
    """Manning, Raghavan & Schütze 2008, figure 16.4: purity (5 + 4 + 3) / 17."""
    clusters = np.repeat([0, 1, 2], [6, 6, 5])
    labels = np.array([0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 2, 0, 0, 2, 2, 2])
    assert categories.purity(clusters, labels) == 12 / 17


def test_unknown_words_are_left_out_and_spelling_is_the_tables() -> None:
    table, word_set = made_world(0.05)
    more = CategorySet("more", (*word_set.words, "Atlantis"), (*word_set.labels, "island"))
    score = categories.evaluate(table, more)
    assert (score.purity, score.known, score.total, score.categories) == (1.0, 30, 31, 3)
    upper = CategorySet("upper", tuple(word.upper() for word in word_set.words), word_set.labels)
    assert categories.evaluate(table, upper).known == 0
    lower = Table(table.keys, table.vectors, spelling=Spelling(case="lower"))
    assert categories.evaluate(lower, upper).purity == 1


def test_edges_are_defined() -> None:
    table, _ = made_world(0.05)
    nothing = categories.evaluate(table, CategorySet("none", (), ()))
    assert (nothing.purity, nothing.known, nothing.note) == (0.0, 0, "no word known: nothing to cluster")
    assert categories.evaluate(table, CategorySet("one", ("fish0",), ("fish",))).purity == 1
    equal = Table(["a", "b", "c", "d"], np.ones((4, 2), np.float32))
    mixed = CategorySet("equal", ("a", "b", "c", "d"), ("x", "x", "x", "y"))
    assert categories.evaluate(equal, mixed).purity == 0.75
    zeros = Table(["a", "b", "c", "d"], np.zeros((4, 2), np.float32))
    assert categories.evaluate(zeros, mixed).purity == 0.75
    twice = CategorySet("twice", ("fish0", "fish0", "tree10"), ("fish", "animal", "tree"))
    assert categories.evaluate(table, twice).purity == pytest.approx(2 / 3)
    with pytest.raises(OptionError, match="starts"):
        categories.evaluate(table, mixed, starts=0)
