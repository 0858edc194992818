from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.arrays.spelling import Spelling
from likewise.evaluate import odd
from likewise.evaluate.sets import OddGroup, OddSet
from likewise.table import Table

KEYS = ["tiger", "lion", "lynx", "dog", "car"]
VECTORS = np.array([[5, 1, 0], [5, 2, 0], [4, 1, 1], [3, 4, 0], [-1, 0, 6]], np.float32)
TABLE = Table(KEYS, VECTORS)
CATS = OddGroup("cats", ("tiger", "lion", "lynx"), ("dog", "car"))


def twin(vectors: np.ndarray) -> float:
    """Compactness of the rest without each word, over all ordered pairs in turn."""
    units = vectors.astype(float) / np.linalg.norm(vectors.astype(float), axis=1, keepdims=True)
    n = len(vectors)
    compact = []
    for left_out in range(n):
        rest = [i for i in range(n) if i != left_out]
        compact.append(np.mean([units[i] @ units[j] for i, j in permutations(rest, 2)]))
    return sum(value < compact[-1] - 1e-9 for value in compact[:-1]) / (n - 1)


def test_outliers_far_off_are_found() -> None:
    score = odd.evaluate(TABLE, OddSet("made", (CATS,)))
    assert (score.accuracy, score.position, score.known, score.total, score.words_left_out) == (1, 1, 2, 2, 0)


def test_a_word_in_the_middle_of_its_group_is_not() -> None:
    middle = OddGroup("mixed", ("tiger", "car", "dog"), ("lion",))
    score = odd.evaluate(TABLE, OddSet("made", (middle, CATS)))
    assert (score.accuracy, score.position) == (pytest.approx(2 / 3), pytest.approx((1 + 1 + 0) / 3))


@given(st.integers(0, 2**32), st.integers(3, 9))
def test_positions_are_those_of_the_slow_twin(seed: int, n: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((n, 3)).astype(np.float32)
    assert odd.outlier_position(vectors) == pytest.approx(twin(vectors))


def test_unknown_words_are_left_out_and_counted() -> None:
    group = OddGroup("cats", ("tiger", "ounce", "lion", "lynx"), ("dog", "yeti", "car"))
    score = odd.evaluate(TABLE, OddSet("made", (group,)))
    assert (score.accuracy, score.known, score.total, score.words_left_out) == (1, 2, 3, 1)


def test_spelling_is_the_tables() -> None:
    upper = OddGroup("cats", ("Tiger", "LION", "lynx"), ("Dog",))
    assert odd.evaluate(TABLE, OddSet("made", (upper,))).known == 0
    lower = Table(KEYS, VECTORS, spelling=Spelling(case="lower"))
    assert odd.evaluate(lower, OddSet("made", (upper,))).accuracy == 1


def test_edges_are_defined() -> None:
    for groups in ((), (OddGroup("none", (), ()),), (OddGroup("one", ("tiger",), ("car",)),)):
        score = odd.evaluate(TABLE, OddSet("made", groups))
        assert (score.accuracy, score.position, score.known) == (0, 0, 0)
        assert "no outlier" in score.note
    equal = Table(["a", "b", "c"], np.ones((3, 2), np.float32))
    tied = odd.evaluate(equal, OddSet("tied", (OddGroup("x", ("a", "b"), ("c",)),)))
    assert (tied.accuracy, tied.position, tied.known) == (0, 0, 1)
