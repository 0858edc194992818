from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError, WrongType
from likewise.pool import pool, rows, spans

# Powers of two in one column and their negatives in another: a sum names its tokens, and no two poolings agree.
VECTORS = np.array([[1, -1, 0.5], [2, -2, 0], [4, -4, 0.25], [8, -8, -1], [16, -16, 9]], np.float32)
METHODS = ("mean", "sum", "max", "first", "last")


def twin(row: list[int], vectors: np.ndarray, method: str, weights: np.ndarray | None) -> np.ndarray:
    """One token after the other, in Python's own numbers."""
    known = [i for i in row if i >= 0 and (weights is None or weights[i] > 0)]
    if not known:
        return np.zeros(vectors.shape[1])
    columns = list(zip(*(vectors[i].tolist() for i in known), strict=True))
    if method in ("first", "last"):
        return vectors[known[0 if method == "first" else -1]]
    if method == "max":
        return np.array([max(column) for column in columns])
    mass = [1.0 if weights is None else float(weights[i]) for i in known]
    sums = np.array([sum(w * x for w, x in zip(mass, column, strict=True)) for column in columns])
    return sums / sum(mass) if method == "mean" else sums


ROWS = st.lists(st.lists(st.integers(-1, 4), max_size=6), max_size=8)


@settings(deadline=None)  # the first call compiles
@given(ROWS, st.sampled_from(METHODS))
def test_every_method_is_its_twin(given_rows: list[list[int]], method: str) -> None:
    found = pool(Ragged.from_rows(given_rows), VECTORS, method=method)  # type: ignore[arg-type]
    wanted = np.array([twin(row, VECTORS, method, None) for row in given_rows]).reshape(-1, 3)
    np.testing.assert_allclose(found.vectors, wanted, rtol=1e-6)
    assert found.vectors.dtype == np.float32
    assert found.counts.tolist() == [sum(i >= 0 for i in row) for row in given_rows]
    assert found.empty.tolist() == [all(i < 0 for i in row) for row in given_rows]


@settings(deadline=None)  # the first call compiles
@given(ROWS, st.lists(st.sampled_from([0.0, 0.25, 1.0, 7.5]), min_size=5, max_size=5))
def test_weights_are_their_twins(given_rows: list[list[int]], weights: list[float]) -> None:
    for method in ("mean", "sum"):
        found = pool(Ragged.from_rows(given_rows), VECTORS, method=method, weights=np.array(weights))  # type: ignore[arg-type]
        wanted = [twin(row, VECTORS, method, np.array(weights)) for row in given_rows]
        np.testing.assert_allclose(found.vectors, np.array(wanted).reshape(-1, 3), rtol=1e-6)


def test_the_methods_differ_on_a_row_where_a_wrong_one_cannot_look_right() -> None:
    row = Ragged.from_rows([[1, 3, 3, 0]])
    found = {method: pool(row, VECTORS, method=method).vectors[0].tolist() for method in METHODS}  # type: ignore[arg-type]
    assert found["sum"] == [19, -19, -1.5]
    assert found["mean"] == [4.75, -4.75, -0.375]
    assert found["max"] == [8, -1, 0.5]
    assert found["first"] == [2, -2, 0]
    assert found["last"] == [1, -1, 0.5]


def test_token_vectors_are_pooled_by_their_offsets() -> None:
    found = pool(spans(np.array([0, 2, 2, 5])), VECTORS, method="mean")
    np.testing.assert_allclose(
        found.vectors, [VECTORS[:2].mean(axis=0), np.zeros(3), VECTORS[2:].mean(axis=0)], rtol=1e-6
    )
    assert found.empty.tolist() == [False, True, False]
    first = pool(spans(np.array([0, 2, 2, 5])), VECTORS, method="first").vectors
    assert first.tolist() == [VECTORS[0].tolist(), [0, 0, 0], VECTORS[2].tolist()]


def test_the_mean_is_the_product_with_counts() -> None:
    generator = np.random.default_rng(5)
    many = Ragged.from_rows([generator.integers(300, size=n) for n in generator.integers(0, 40, 200)])
    vectors = generator.standard_normal((300, 17), np.float32)
    product = (csr_array(many.counts(300), dtype=np.float64) @ vectors) / np.maximum(many.lengths, 1)[:, None]
    np.testing.assert_allclose(pool(many, vectors).vectors, product, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_no_bit_depends_on_the_batch_or_on_threads(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "WORTH_A_THREAD", 1)
    generator = np.random.default_rng(6)
    many = [generator.integers(-1, 50, size=n) for n in generator.integers(0, 90, 40)]
    vectors = (generator.standard_normal((50, 33)) * 10.0 ** generator.integers(-6, 6, (50, 1))).astype("f4")
    together = pool(Ragged.from_rows(many), vectors, method=method, threads=1)  # type: ignore[arg-type]
    threaded = pool(Ragged.from_rows(many), vectors, method=method, threads=7)  # type: ignore[arg-type]
    assert np.array_equal(together.vectors, threaded.vectors)
    assert np.array_equal(together.counts, threaded.counts)
    for row, vector in zip(many, together.vectors, strict=True):
        alone = pool(Ragged.from_rows([row]), vectors, method=method).vectors  # type: ignore[arg-type]
        assert np.array_equal(alone[0], vector)


def test_a_long_document_is_summed_without_loss() -> None:
    vectors = np.array([[0.1], [1e7]], np.float32)
    ids = np.array([1] + [0] * 1_000_000, np.int32)
    found = pool(Ragged(ids, np.array([0, len(ids)])), vectors, method="sum").vectors[0, 0]
    assert found == np.float32(1e7 + 1e6 * float(np.float32(0.1)))


@pytest.mark.parametrize("method", METHODS)
def test_no_rows_one_row_and_the_same_row_twice(method: str) -> None:
    none = pool(Ragged.from_rows([]), VECTORS, method=method)  # type: ignore[arg-type]
    assert none.vectors.shape == (0, 3)
    assert none.empty.shape == (0,)
    one = pool(Ragged.from_rows([[2]]), VECTORS, method=method)  # type: ignore[arg-type]
    assert one.vectors.tolist() == [VECTORS[2].tolist()]
    twice = pool(Ragged.from_rows([[1, 2], [1, 2]]), VECTORS, method=method).vectors  # type: ignore[arg-type]
    assert np.array_equal(twice[0], twice[1])


def test_arguments_of_other_layouts_give_the_same_and_stay_as_they_are() -> None:
    row = Ragged.from_rows([[0, 4], [2]])
    wanted = pool(row, VECTORS).vectors
    turned = np.asfortranarray(VECTORS)
    for other in (turned, VECTORS.astype(np.float64), np.repeat(VECTORS, 2, axis=0)[::2]):
        kept = other.copy()
        assert np.array_equal(pool(row, other).vectors, wanted)
        assert np.array_equal(other, kept)
        assert other.flags.writeable
    assert row.ids.flags.writeable


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"method": "median"}, OptionError, "median"),
        ({"method": "max", "weights": np.ones(5)}, OptionError, "takes none"),
        ({"weights": np.ones(4)}, InputError, r"shape \(5,\), not \(4,\)"),
        ({"weights": np.array([1, 1, -1, 1, 1])}, InputError, "under 0"),
        ({"weights": np.array([1, 1, np.nan, 1, 1])}, InputError, "not finite"),
        ({"threads": 0}, OptionError, "threads"),
        ({"threads": True}, OptionError, "threads"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        pool(Ragged.from_rows([[0]]), VECTORS, **options)


@pytest.mark.parametrize("wrong", [5, -2])
def test_an_id_without_a_vector_is_named(wrong: int) -> None:
    with pytest.raises(InputError, match=f"the id {wrong} has no vector: there are 5"):
        pool(Ragged.from_rows([[0], [wrong]]), VECTORS)


def test_vectors_that_are_none_and_offsets_that_fall_are_refused() -> None:
    with pytest.raises(WrongType, match="numbers"):
        pool(Ragged.from_rows([[0]]), np.array([["a"]]))
    with pytest.raises(InputError, match="shape"):
        pool(Ragged.from_rows([[0]]), VECTORS[0])
    for offsets in ([], [1, 2], [0, 3, 2]):
        with pytest.raises(InputError, match="offsets"):
            spans(np.array(offsets, np.int64))
