from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.arrays.ragged import Ragged

rows_of_ids = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8)


@given(rows_of_ids)
@settings(max_examples=100, deadline=None)
def test_rows_come_back_as_they_were_given(rows: list[list[int]]) -> None:
    ragged = Ragged.from_rows(rows)
    assert [row.tolist() for row in ragged] == rows
    assert len(ragged) == len(rows)
    assert ragged.lengths.tolist() == [len(row) for row in rows]
    assert ragged.ids.dtype == np.int32
    assert ragged.offsets.dtype == np.int64


@given(rows_of_ids)
@settings(max_examples=100, deadline=None)
def test_counts_pool_any_vectors(rows: list[list[int]]) -> None:
    """counts @ vectors is the sum of each row's vectors, repeated ids included."""
    vectors = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
    ragged = Ragged.from_rows(rows)
    pooled = ragged.counts(10) @ vectors
    assert pooled.shape == (len(rows), 3)
    for row, sum_of_row in zip(rows, pooled, strict=True):
        np.testing.assert_allclose(sum_of_row, vectors[row].sum(axis=0), atol=1e-5)


def test_counts_leave_the_rows_as_they_are() -> None:
    ragged = Ragged.from_rows([[3, 1, 3, 1], [2]])
    counted = ragged.counts(4)
    assert counted.toarray().tolist() == [[0, 2, 0, 2], [0, 0, 1, 0]]
    assert ragged.ids.tolist() == [3, 1, 3, 1, 2]
    assert ragged.offsets.tolist() == [0, 4, 5]


def test_a_row_is_asked_for_from_either_end_and_never_beyond() -> None:
    ragged = Ragged.from_rows([[1], [], [2, 3]])
    assert ragged[-1].tolist() == ragged[2].tolist() == [2, 3]
    assert ragged[1].tolist() == []
    for row in (3, -4):
        with pytest.raises(IndexError, match=f"row {row} of 3"):
            ragged[row]


def test_a_row_is_a_view_and_nothing_is_copied() -> None:
    ids = np.arange(5, dtype=np.int32)
    ragged = Ragged(ids, np.array([0, 2, 5]))
    assert np.shares_memory(ragged[1], ids)


@pytest.mark.parametrize("offsets", [[], [1, 3], [0, 2], [0, 4]])
def test_offsets_that_do_not_span_the_ids_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="from 0 to 3"):
        Ragged(np.zeros(3, np.int32), np.array(offsets, np.int64))


def test_no_rows_is_an_empty_ragged() -> None:
    ragged = Ragged.from_rows([])
    assert list(ragged) == []
    assert ragged.counts(3).shape == (0, 3)
