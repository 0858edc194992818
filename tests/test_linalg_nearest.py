from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.arrays import linalg


def slow_top_k(scores, k):
    return [sorted(range(len(row)), key=lambda column: (-row[column], column))[:k] for row in scores]


def slow_nearest(queries, rows, k):
    columns, scores = [], []
    for query in queries.astype(np.float64):
        dots = [
            np.float32(min(1.0, max(-1.0, float((query * row).sum())))) for row in rows.astype(np.float64)
        ]
        best = sorted(range(len(dots)), key=lambda column: (-dots[column], column))[:k]
        columns.append(best)
        scores.append([dots[column] for column in best])
    return columns, scores


@given(st.integers(0, 5), st.integers(0, 700), st.integers(0, 9), st.integers(1, 40), st.integers(0, 2**31))
def test_top_k_is_a_sort_by_score_then_column(m, n, k, levels, seed):
    scores = np.random.default_rng(seed).integers(0, levels, (m, n)).astype(np.float32)
    found = linalg.top_k(scores, k)
    assert found.shape == (m, min(k, n))
    assert found.tolist() == slow_top_k(scores.tolist(), k)


@pytest.mark.parametrize(("columns", "scores"), [(64, 128), (500, 2**23), (7, 1)])
def test_nearest_rows_are_exact_whatever_the_blocks(monkeypatch, columns, scores):
    monkeypatch.setattr(linalg, "COLUMNS", columns)
    monkeypatch.setattr(linalg, "SCORES", scores)
    rng = np.random.default_rng(5)
    rows = linalg.unit_rows(rng.normal(size=(300, 6)).astype(np.float32))
    rows[100:140] = rows[7]  # forty ties, across every block boundary
    rows[50] = 0
    queries = np.concatenate(
        [rows[[7, 0, 299]], linalg.unit_rows(rng.normal(size=(4, 6)).astype(np.float32))]
    )
    for k in (1, 5, 60, 300, 1000):
        found, cosines = linalg.nearest_rows(queries, rows, k)
        wanted, wanted_cosines = slow_nearest(queries, rows, k)
        assert found.tolist() == wanted
        np.testing.assert_array_equal(cosines, np.array(wanted_cosines, np.float32))


def test_a_query_is_answered_as_if_alone():
    rng = np.random.default_rng(6)
    rows = linalg.unit_rows(rng.normal(size=(3000, 50)).astype(np.float32))
    together, cosines = linalg.nearest_rows(rows[:70], rows, 10)
    for query in (0, 1, 69):
        alone, cosine = linalg.nearest_rows(rows[query : query + 1], rows, 10)
        np.testing.assert_array_equal(alone[0], together[query])
        np.testing.assert_array_equal(cosine[0], cosines[query])


@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1.0, 1e30, 3e38])
def test_unit_rows_at_the_ends_of_float32(scale):
    rows = np.array([[scale, 0], [0, 0], [scale, -scale]], np.float64).astype(np.float32)
    wanted = [[1, 0], [0, 0], [0.5**0.5, -(0.5**0.5)]]
    np.testing.assert_allclose(linalg.unit_rows(rows), wanted, rtol=1e-6)
    assert linalg.are_unit(linalg.unit_rows(rows))


def test_rows_of_another_length_are_not_unit():
    assert not linalg.are_unit(np.array([[1, 0], [1, 0.1]], np.float32))
    assert linalg.are_unit(np.empty((0, 3), np.float32))
