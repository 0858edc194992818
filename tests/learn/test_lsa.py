from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array
from scipy.sparse.linalg import svds

from likewise.errors import InputError, OptionError
from likewise.learn.factorise import lsa
from likewise.learn.kernels import gemm
from likewise.learn.kernels.sparse_product import times


def some(n, v, density=0.05, seed=0, topics=0):
    """(n, v) float32 CSR of random weights, with a falling spectrum if topics are given."""
    generator = np.random.default_rng(seed)
    matrix = random_array((n, v), density=density, rng=generator, dtype=np.float32, format="csr")
    for topic in range(topics):
        rows = random_array((n, 1), density=0.2, rng=generator, dtype=np.float32)
        columns = random_array((1, v), density=0.05, rng=generator, dtype=np.float32)
        matrix = matrix + (rows @ columns) * (8 / (1 + topic / 4))
    return csr_array(matrix, dtype=np.float32)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 90), st.integers(1, 40), st.integers(0, 400), st.floats(0, 1), st.integers(1, 3), st.integers(0, 99)
)  # fmt: skip
def test_a_sparse_product_is_the_dense_one(n, v, d, density, threads, seed):
    matrix = csr_array(
        random_array((n, v), density=density, rng=np.random.default_rng(seed), dtype=np.float32)
    )
    dense = np.random.default_rng(seed).standard_normal((v, d), dtype=np.float32)
    ours = times(matrix, dense, threads)
    assert ours.shape == (n, d)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, matrix.toarray() @ dense, atol=1e-4)
    assert times(matrix, dense, 1).tobytes() == ours.tobytes()


def test_tall_products_are_those_of_numpy():
    generator = np.random.default_rng(0)
    left, right = (generator.standard_normal((3 * gemm.ROWS + 5, b), dtype=np.float32) for b in (7, 4))
    weights = generator.standard_normal((11, 3))
    np.testing.assert_allclose(gemm.inner(left, right, 2), left.T @ right, atol=1e-2)
    np.testing.assert_allclose(gemm.gram(left, 2), left.T.astype(float) @ left, rtol=1e-9)
    wanted = np.hstack([left, right]) @ weights
    np.testing.assert_allclose(gemm.combine([left, right], weights, 2), wanted, atol=1e-4)


def test_orthonormal_keeps_the_span_and_leaves_rounding_out():
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((500, 6), dtype=np.float32)
    rows = np.hstack([rows, 1e3 * rows[:, :2] - rows[:, 2:4], np.zeros((500, 1), np.float32)])
    basis = gemm.orthonormalise(gemm.orthonormalise(rows, 1), 1)
    assert basis.shape == (500, 6)
    np.testing.assert_allclose(basis.T @ basis, np.eye(6), atol=1e-6)
    np.testing.assert_allclose(basis @ (basis.T @ rows), rows, atol=1e-2)
    rest, _ = gemm.project_out(rows, [basis], 1)
    assert np.abs(rest).max() < 1e-2


SHAPES = {"small": (300, 200), "small, wide": (150, 900), "tall": (2500, 1400), "wide": (1300, 2600)}


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_values_and_the_span_are_those_of_scipy(shape):
    matrix = some(*SHAPES[shape], topics=30)
    dim = 20
    _, values, right = svds(matrix.astype(np.float64), dim, random_state=0)
    values, right = values[::-1], right[::-1]
    found = lsa.fit(matrix, dim, tolerance=1e-6)
    np.testing.assert_allclose(found.values, values, rtol=1e-4)
    cosines = np.linalg.svd(right @ found.terms, compute_uv=False)
    assert cosines.min() > 0.9999
    np.testing.assert_allclose(found.energy, (values**2).sum() / (matrix.toarray() ** 2).sum(), rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_result_is_what_it_says_it_is(shape):
    matrix = some(*SHAPES[shape], topics=10)
    found = lsa.fit(matrix, 30)
    n, v = matrix.shape
    assert found.terms.shape == (v, 30)
    assert found.documents.shape == (n, 30)
    assert found.terms.dtype == found.documents.dtype == np.float32
    np.testing.assert_allclose(found.terms.T @ found.terms, np.eye(30), atol=2e-6)
    np.testing.assert_allclose(found.documents, matrix.toarray() @ found.terms, atol=1e-4)
    assert (np.diff(found.values) <= 1e-6 * found.values[0]).all()
    largest = np.abs(found.terms).argmax(axis=0)
    assert (found.terms[largest, np.arange(30)] > 0).all()
    dense = matrix.toarray().astype(np.float64)
    np.testing.assert_allclose(found.explained, found.documents.var(axis=0), rtol=1e-4)
    np.testing.assert_allclose(found.explained_ratio, found.explained / dense.var(axis=0).sum(), rtol=1e-4)


def test_energy_is_no_lower_than_that_of_scikit_learn():
    from sklearn.decomposition import TruncatedSVD

    matrix = some(3000, 2000, topics=60)
    theirs = TruncatedSVD(100, random_state=0).fit_transform(matrix)
    total = float((matrix.data.astype(np.float64) ** 2).sum())
    assert lsa.fit(matrix, 100).energy >= (theirs.astype(np.float64) ** 2).sum() / total - 1e-4


@pytest.mark.parametrize("shape", SHAPES)
def test_threads_change_no_bit_and_the_seed_decides(shape):
    matrix = some(*SHAPES[shape])
    first, second = lsa.fit(matrix, 12, seed=3), lsa.fit(matrix, 12, seed=3, threads=3)
    for name in ("terms", "documents", "values", "explained"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    if shape in ("tall", "wide"):
        assert lsa.fit(matrix, 12, seed=4).terms.tobytes() != first.terms.tobytes()


def test_fitted_rows_fold_in_where_they_stand_alone_or_together():
    matrix = some(2000, 1200)
    found = lsa.fit(matrix, 25)
    assert found.fold_in(matrix, threads=2).tobytes() == found.documents.tobytes()
    assert found.fold_in(matrix[[7]]).tobytes() == found.documents[[7]].tobytes()
    zero = csr_array((2, 1200), dtype=np.float32)
    assert found.fold_in(zero).tolist() == np.zeros((2, 25)).tolist()
    assert found.fold_in(zero[:0]).shape == (0, 25)
    with pytest.raises(OptionError, match="7 columns; wanted the 1,200"):
        found.fold_in(csr_array((2, 7), dtype=np.float32))


def test_documents_of_one_word_each_have_equal_values():
    """The identity: every vector is as good, and a Krylov space ends after one block."""
    found = lsa.fit(csr_array(np.eye(1500, dtype=np.float32)), 200)
    np.testing.assert_allclose(found.values, 1, rtol=1e-4)
    np.testing.assert_allclose(found.terms.T @ found.terms, np.eye(200), atol=1e-5)


def test_identical_documents_span_one_dimension():
    one = some(1, 1500, density=0.1)
    matrix = csr_array(np.repeat(one.toarray(), 1400, axis=0))
    found = lsa.fit(matrix, 1)
    np.testing.assert_allclose(found.energy, 1, rtol=1e-5)
    np.testing.assert_allclose(found.explained_ratio, 0)
    assert np.isfinite(found.documents).all()
    np.testing.assert_array_equal(found.documents, np.repeat(found.documents[:1], 1400, axis=0))
    for some_rows in (matrix, matrix[:50]):
        with pytest.raises(OptionError, match=r"dim 3 of .* span no more than 1 dimensions; try dim 1"):
            lsa.fit(some_rows, 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_rank_just_reached_and_just_missed(shape):
    generator, (n, v) = np.random.default_rng(0), SHAPES[shape]
    low = generator.standard_normal((n, 40)) @ generator.standard_normal((40, v))
    matrix = csr_array(low.astype(np.float32))
    np.testing.assert_allclose(lsa.fit(matrix, 40).energy, 1, rtol=1e-5)
    with pytest.raises(OptionError, match="no more than 40 dimensions; try dim 40"):
        lsa.fit(matrix, 41)


def test_one_document_and_zero_rows():
    found = lsa.fit(csr_array(np.array([[3, 0, 4]], np.float32)), 1)
    np.testing.assert_allclose(found.documents, [[5]], rtol=1e-6)
    np.testing.assert_allclose(found.terms, [[0.6], [0], [0.8]], rtol=1e-6)
    assert found.explained_ratio.tolist() == [0]
    found = lsa.fit(csr_array(np.array([[0, 0], [1, 2], [0, 0], [2, 1]], np.float32)), 2)
    assert found.documents[[0, 2]].tolist() == [[0, 0], [0, 0]]
    np.testing.assert_allclose(found.energy, 1, rtol=1e-6)


def test_what_cannot_be_decomposed_is_said():
    with pytest.raises(OptionError, match="dim 300 of 120 documents × 900 words: at most 120; try dim 100"):
        lsa.fit(some(120, 900), 300)
    with pytest.raises(InputError, match="all 3 documents are zero"):
        lsa.fit(csr_array((3, 4), dtype=np.float32), 2)
    for shape in ((0, 4), (4, 0)):
        with pytest.raises(InputError, match="nothing to decompose"):
            lsa.fit(csr_array(shape, dtype=np.float32), 2)
    bad = some(30, 20)
    bad.data[bad.indptr[4]] = np.nan
    with pytest.raises(InputError, match="row 4 holds NaN"):
        lsa.fit(bad, 2)
    for options in ({"dim": 0}, {"dim": 2, "threads": 0}, {"dim": 2, "tolerance": 0}, {"dim": 2, "seed": -1}):
        with pytest.raises(OptionError):
            lsa.fit(some(30, 20), **options)


def test_the_argument_is_not_changed():
    matrix = some(60, 50)
    before = matrix.copy()
    lsa.fit(matrix, 5)
    assert (before != matrix).nnz == 0
