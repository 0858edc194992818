from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.pool import fit_common, fit_sif, fit_usif, idf_weights, sif_weights, usif_weights

GENERATOR = np.random.default_rng(1)
VECTORS = (GENERATOR.standard_normal((40, 6)) + np.eye(6)[0] * 3).astype(np.float32)
COUNTS = (1000 / np.arange(1, 41)).astype(int)
ROWS = [GENERATOR.integers(40, size=n).tolist() for n in GENERATOR.integers(1, 12, 60)]


def sif_twin(rows: list[list[int]], a: float, removed: bool) -> np.ndarray:
    """Algorithm 1 of Arora, Liang and Ma, line by line."""
    p = COUNTS / COUNTS.sum()
    sums = np.array([sum(a / (a + p[w]) * VECTORS[w].astype(float) for w in row) / len(row) for row in rows])
    u = np.linalg.svd(sums, full_matrices=False)[2][0]
    return sums - np.outer(sums @ u, u) if removed else sums


@pytest.mark.parametrize("a", [1e-3, 0.05])
@pytest.mark.parametrize("removed", [False, True])
def test_sif_is_its_algorithm_line_by_line(a: float, removed: bool) -> None:
    rows = Ragged.from_rows(ROWS)
    sif = fit_sif(rows, VECTORS, COUNTS, a=a, components=int(removed))
    np.testing.assert_allclose(sif.pool(rows, VECTORS).vectors, sif_twin(ROWS, a, removed), atol=2e-6)


def test_what_is_common_to_sentences_is_gone_and_was_there() -> None:
    rows = Ragged.from_rows(ROWS)
    with_it = fit_sif(rows, VECTORS, COUNTS, components=0).pool(rows, VECTORS).vectors
    without = fit_sif(rows, VECTORS, COUNTS).pool(rows, VECTORS).vectors
    assert abs(with_it[:, 0]).mean() > 0.2
    assert abs(without[:, 0]).mean() < 0.2 * abs(with_it[:, 0]).mean()


def test_a_vector_never_depends_on_its_batch_and_an_empty_one_stays_zero() -> None:
    sif = fit_sif(Ragged.from_rows(ROWS), VECTORS, COUNTS)
    asked = [ROWS[0], [], [-1, -1], ROWS[1], [3]]
    together = sif.pool(Ragged.from_rows(asked), VECTORS)
    for row, vector in zip(asked, together.vectors, strict=True):
        alone = sif.pool(Ragged.from_rows([row]), VECTORS).vectors[0]
        assert np.linalg.norm(alone - vector) <= 1e-6 * np.linalg.norm(vector)
    assert together.empty.tolist() == [False, True, True, False, False]
    assert not together.vectors[1:3].any()
    assert sif.pool(Ragged.from_rows([]), VECTORS).vectors.shape == (0, 6)


def test_sentences_that_are_all_alike_have_nothing_left() -> None:
    alike = Ragged.from_rows([[1, 2, 3]] * 5)
    found = fit_sif(alike, VECTORS, COUNTS).pool(alike, VECTORS)
    assert not found.vectors.any()
    assert not found.empty.any()
    single = Ragged.from_rows([[7]])
    assert not fit_sif(single, VECTORS, COUNTS).pool(single, VECTORS).vectors.any()


def test_no_sentences_have_nothing_in_common() -> None:
    none = fit_sif(Ragged.from_rows([]), VECTORS, COUNTS)
    assert none.common.directions.shape == (0, 6)
    bare = fit_sif(Ragged.from_rows(ROWS), VECTORS, COUNTS, components=0)
    rows = Ragged.from_rows(ROWS)
    assert np.array_equal(none.pool(rows, VECTORS).vectors, bare.pool(rows, VECTORS).vectors)
    assert fit_usif(Ragged.from_rows([[]]), VECTORS, COUNTS).common.directions.shape == (0, 6)


def test_usif_takes_each_component_by_its_share() -> None:
    rows = Ragged.from_rows(ROWS)
    p, v, n = COUNTS / COUNTS.sum(), 40, np.mean([len(row) for row in ROWS])
    alpha = sum(x > 1 - (1 - 1 / v) ** n for x in p) / v
    a = (1 - alpha) / (alpha * v / 2)
    weights = np.array([a / (a / 2 + x) for x in p])
    np.testing.assert_allclose(usif_weights(COUNTS, mean_length=n), weights)
    sums = np.array([np.mean([weights[w] * VECTORS[w] for w in row], axis=0) for row in ROWS])
    _, values, directions = np.linalg.svd(sums, full_matrices=False)
    rest = sums.copy()
    for value, u in zip(values[:5], directions[:5], strict=True):
        rest -= value**2 / (values[:5] ** 2).sum() * np.outer(sums @ u, u)
    np.testing.assert_allclose(fit_usif(rows, VECTORS, COUNTS).pool(rows, VECTORS).vectors, rest, atol=2e-6)


def test_usif_weights_stay_defined_where_all_words_are_common_or_none_is() -> None:
    for counts, length in (([5], 3.0), ([5, 5, 5], 0.5), ([5, 5, 5], 1e6), ([1000, 1, 0], 2.0)):
        weights = usif_weights(np.array(counts), mean_length=length)
        assert np.isfinite(weights).all()
        assert (weights > 0).all()


def test_idf_is_that_of_scikit_learn() -> None:
    texts = ["a b a", "b c", "", "a b d d d"]
    keys = "abcd"
    oracle = TfidfVectorizer(token_pattern=r"\w").fit(texts)
    rows = Ragged.from_rows([[keys.index(word) for word in text.split()] + [-1] for text in texts])
    np.testing.assert_allclose(idf_weights(rows, 4), oracle.idf_)
    assert idf_weights(rows, 5)[4] == pytest.approx(math.log(5 / 1) + 1)
    assert idf_weights(Ragged.from_rows([]), 2).tolist() == [1, 1]


def test_sif_weights_fall_with_frequency_and_a_word_never_seen_weighs_one() -> None:
    weights = sif_weights(np.array([0, 1, 999]), a=1e-3)
    assert weights.tolist() == pytest.approx([1, 0.5, 1e-3 / (1e-3 + 0.999)])


def test_a_hidden_direction_is_found_and_taken_away() -> None:
    hidden = np.array([0.6, 0, 0.8])
    noise = np.random.default_rng(3).standard_normal((500, 3)) * 0.1
    found = fit_common(np.float32(np.random.default_rng(4).normal(5, 1, (500, 1)) * hidden + noise))
    assert abs(found.directions[0] @ hidden) > 0.999
    left = found.removed(np.array([[0.6, 0, 0.8], [0, 2, 0]], np.float32))
    assert np.linalg.norm(left[0]) < 0.05
    np.testing.assert_allclose(left[1], [0, 2, 0], atol=0.05)


def test_counts_and_options_that_cannot_be_used_are_refused() -> None:
    for counts in ([], [0, 0], [1, -1], [1, np.nan], [[1]]):
        with pytest.raises(InputError, match="counts"):
            sif_weights(np.array(counts))
    with pytest.raises(OptionError, match="a must be a number above 0"):
        sif_weights(COUNTS, a=0)
    with pytest.raises(OptionError, match="mean_length"):
        usif_weights(COUNTS, mean_length=0)
    with pytest.raises(OptionError, match="components"):
        fit_common(VECTORS, components=-1)
    with pytest.raises(InputError, match="shape"):
        fit_common(VECTORS[0])
