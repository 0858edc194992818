from __future__ import annotations

import numpy as np
import pytest

from likewise.errors import InputError, OptionError
from likewise.learn.kernels import quantise as quantising


def some_rows(n: int = 300, dim: int = 24) -> np.ndarray:
    random = np.random.default_rng(0)
    return (random.normal(size=(n, dim)) * 10.0 ** random.uniform(-4, 2, (n, 1))).astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "share", "worst"), [("float32", 1.0, 0.0), ("float16", 0.5, 1e-3), ("int8", 0.3, 0.02)]
)
def test_rows_come_back_within_what_is_promised(kind: quantising.Kind, share: float, worst: float) -> None:
    rows = some_rows()
    kept = quantising.quantise(rows, kind)
    back = quantising.dequantise(kept)
    assert kept.kind == kind
    assert back.dtype == np.float32
    assert kept.nbytes <= share * rows.nbytes
    measured = np.linalg.norm(back.astype(float) - rows, axis=1) / np.linalg.norm(rows.astype(float), axis=1)
    np.testing.assert_allclose(quantising.errors(rows, kept), measured, atol=1e-7)
    assert measured.max() <= worst
    assert measured.max() >= worst / 20, "the bound says something"


def test_int8_is_within_half_a_step_and_keeps_the_largest() -> None:
    rows = some_rows()
    back = quantising.dequantise(quantising.quantise(rows, "int8")).astype(float)
    largest = np.abs(rows).max(axis=1)
    assert (np.abs(back - rows) <= largest[:, None] / 254 * (1 + 1e-5)).all()
    np.testing.assert_allclose(np.abs(back).max(axis=1), largest, rtol=1e-6)
    assert np.array_equal(quantising.dequantise(quantising.quantise(-rows, "int8")), -back.astype(np.float32))


@pytest.mark.parametrize("kind", quantising.KINDS)
def test_some_rows_are_those_of_all_in_the_order_asked_for(kind: quantising.Kind) -> None:
    kept = quantising.quantise(some_rows(), kind)
    ids = np.array([5, 0, 299, 5])
    assert np.array_equal(quantising.dequantise(kept, ids), quantising.dequantise(kept)[ids])


@pytest.mark.parametrize("kind", quantising.KINDS)
@pytest.mark.parametrize("rows", [np.zeros((0, 4)), np.zeros((3, 4)), np.zeros((2, 0))], ids=str)
def test_nothing_and_zeros(kind: quantising.Kind, rows: np.ndarray) -> None:
    rows = rows.astype(np.float32)
    kept = quantising.quantise(rows, kind)
    assert np.array_equal(quantising.dequantise(kept), rows)
    assert not quantising.errors(rows, kept).any()


def test_numbers_at_the_ends_of_float32_do_not_overflow_int8() -> None:
    rows = np.array([[3.4e38, -3.4e38, 1e38], [1e-40, -1e-40, 0]], np.float32)
    back = quantising.dequantise(quantising.quantise(rows, "int8"))
    assert np.isfinite(back).all()
    np.testing.assert_allclose(back[0], rows[0], atol=3.4e38 / 253)


def test_many_rows_are_kept_block_by_block_alike() -> None:
    rows = np.tile(some_rows(1000, 3), (20, 1))
    kept = quantising.quantise(rows, "int8")
    assert np.array_equal(kept.values.reshape(20, 1000, 3), np.tile(kept.values[:1000], (20, 1, 1)))
    assert np.array_equal(quantising.errors(rows, kept)[:1000], quantising.errors(rows, kept)[-1000:])


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(InputError, match="65504"):
        quantising.quantise(np.array([[7e4]], np.float32), "float16")
    for kind in quantising.KINDS:
        with pytest.raises(InputError, match="row 1"):
            quantising.quantise(np.array([[0.0], [np.nan]], np.float32), kind)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="'int4'"):
        quantising.quantise(np.zeros((1, 1), np.float32), "int4")  # type: ignore[arg-type]
