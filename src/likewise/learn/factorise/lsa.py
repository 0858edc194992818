"""Latent semantic analysis: the truncated singular value decomposition of a matrix of documents by terms.

Deerwester et al. 1990; by randomized block Krylov iteration (Musco & Musco 2015, algorithm 2): a random block of
vectors is multiplied by XᵀX repeatedly, all products form one orthonormal basis, and the best vectors in its span are
found. Small matrices are decomposed exactly.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.learn.factorise.krylov import BLOCK, ROUNDING, SMALL, extend, noise
from likewise.learn.kernels import gemm
from likewise.learn.kernels.sparse_product import times
from likewise.system import seeds
from likewise.system.options import check_int

if TYPE_CHECKING:
    from scipy.sparse import csr_array

log = logging.getLogger(__name__)

FEWEST, MOST = 4, 12  # rounds; the energy may converge before the last vectors do
RANK = 1e-5  # of the largest singular value: smaller ones are rounding of float32


@dataclass(frozen=True)
class LSA:
    """X ≈ documents · termsᵀ, the closest of this rank.

    `terms` (v, dim) float32 has orthonormal columns; the entry of largest absolute value of each is positive.
    `documents` (n, dim) float32 is X · terms. `values` (dim,) float64 are the singular values, descending. `explained`
    (dim,) is the variance of each column of `documents`, `explained_ratio` its share of X's, and `energy` the
    share of the sum of X's squares that is kept.
    """

    terms: np.ndarray
    documents: np.ndarray
    values: np.ndarray
    explained: np.ndarray
    explained_ratio: np.ndarray
    energy: float

    @property
    def dim(self) -> int:
        return self.terms.shape[1]

    def fold_in(self, rows: csr_array, *, threads: int = 1) -> np.ndarray:
        """(m, dim) float32: the vectors of new rows (m, v), weighted as the fitted ones.

        A row's vector does not depend on the other rows, and a fitted row gets the vector it has in `documents`.
        """
        if rows.shape[1] != len(self.terms):
            raise OptionError(
                f"rows have {rows.shape[1]:,} columns; wanted the {len(self.terms):,} of the fitted matrix"
            )
        return times(_check_matrix(rows), self.terms, threads)


def fit(
    matrix: csr_array,
    dim: int,
    *,
    seed: int = 0,
    tolerance: float = 0.01,
    threads: int = 1,
) -> LSA:
    """The LSA of matrix (n documents, v terms) in `dim` dimensions.

    Rounds go on until one adds less than `tolerance` of the energy kept. The same seed gives the same bits at
    any number of threads, on one machine type and with one set of versions. For that BLAS uses one thread
    meanwhile, and the threads are those of this library.

    Raises `OptionError` where dim is more than the documents, the terms, or the dimensions they span;
    `InputError` where the matrix has no entry or one that is not finite.
    """
    _check_options(matrix.shape, dim, tolerance, threads)
    seed = seeds.checked(seed)
    matrix = _check_matrix(matrix)
    total = float(np.square(matrix.data, dtype=np.float64).sum())
    if total == 0:
        raise InputError(f"all {matrix.shape[0]:,} documents are zero; there is nothing to decompose")
    is_wide = matrix.shape[1] > matrix.shape[0]
    with gemm.one_blas_thread():
        shorter = min(matrix.shape)
        if shorter <= max(SMALL, 2 * dim):
            vectors = _exact(matrix, dim, is_wide)
        else:
            vectors = _krylov(matrix, dim, is_wide, seed, tolerance, threads)
        return _result(matrix, vectors, is_wide, total, dim, threads)


def _check_options(shape: tuple[int, int], dim: int, tolerance: float, threads: int) -> None:
    n, v = shape
    check_int("dim", dim, 1, 1 << 31)
    if dim > min(n, v):
        if min(n, v) == 0:
            raise InputError(f"{n:,} documents × {v:,} words: there is nothing to decompose")
        raise OptionError(
            f"dim {dim} of {n:,} documents × {v:,} words: at most {min(n, v)}; try dim {max(1, min(n, v) * 5 // 6)}"
        )
    if not 0 < tolerance < 1:
        raise OptionError(f"tolerance must lie between 0 and 1, not {tolerance}")
    if threads < 1:
        raise OptionError(f"threads must be at least 1, not {threads}")


def _check_matrix(matrix: csr_array) -> csr_array:
    """As CSR of float32; `InputError` if an entry is not finite."""
    from scipy.sparse import csr_array

    matrix = csr_array(matrix, dtype=np.float32)
    if not np.isfinite(matrix.data).all():
        row = np.searchsorted(matrix.indptr, np.flatnonzero(~np.isfinite(matrix.data))[0], "right") - 1
        raise InputError(f"row {row:,} holds NaN or infinity; wanted finite weights")
    return matrix


def _exact(matrix: csr_array, dim: int, is_wide: bool) -> np.ndarray:
    """(shorter side, dim): the leading singular vectors there, from the Gram matrix in float64."""
    from scipy.linalg import eigh

    whole = matrix.astype(np.float64)
    gram = (whole @ whole.T if is_wide else whole.T @ whole).toarray()
    last = len(gram) - 1
    return eigh(gram, subset_by_index=[last - dim + 1, last])[1][:, ::-1].astype(np.float32)


def _krylov(
    matrix: csr_array, dim: int, is_wide: bool, seed: int, tolerance: float, threads: int
) -> np.ndarray:
    """(shorter side, dim): the leading singular vectors there, approximately."""
    there, back = matrix, matrix.T.tocsr()
    if is_wide:
        there, back = back, there
    generator = seeds.generator(seed, "lsa")
    block = min(BLOCK, -(-(dim + 10) // 16) * 16)
    basis: list[np.ndarray] = []
    projected = np.zeros((0, 0))
    largest, kept = 0.0, 0.0
    rows = times(back, times(there, noise(generator, back.shape[0], block), threads), threads)
    for step in range(max(MOST, 2 * dim // block)):
        rows = gemm.orthonormalise(rows, threads, ROUNDING * largest)
        basis.append(_next_block(rows, basis, block, generator, threads))
        rows = times(back, times(there, basis[-1], threads), threads)
        # XᵀX times a block lies in the span of the block and its two neighbours (Lanczos).
        rows, coefficients = gemm.project_out(rows, basis[-2:], threads)
        projected = extend(projected, np.concatenate(coefficients))
        values = np.linalg.eigvalsh(projected)[-dim:]
        largest, before, kept = float(values[-1]), kept, float(values.sum())
        log.debug("round %d keeps %.6g", step + 1, kept)
        settled = len(projected) >= dim + block // 2 and kept - before < tolerance * kept
        if step + 1 >= FEWEST and settled:
            break
    else:
        log.warning(
            "after %d rounds the energy kept still rose by %.2g of itself", step + 1, 1 - before / kept
        )
    return gemm.combine(basis, np.linalg.eigh(projected)[1][:, : -dim - 1 : -1], threads)


def _next_block(
    rows: np.ndarray, basis: list[np.ndarray], block: int, generator: np.random.Generator, threads: int
) -> np.ndarray:
    """`rows` orthogonal to the basis; filled up at random if the Krylov space is exhausted."""
    if rows.shape[1] < block:
        filling = noise(generator, len(rows), block - rows.shape[1])
        filling, _ = gemm.project_out(filling, [*basis, rows], threads)
        rows = np.hstack([rows, gemm.orthonormalise(filling, threads)])
    rows, _ = gemm.project_out(rows, basis, threads)
    return gemm.orthonormalise(rows, threads)


def _result(
    matrix: csr_array, vectors: np.ndarray, is_wide: bool, total: float, dim: int, threads: int
) -> LSA:
    """The result, from singular vectors on the shorter side."""
    if is_wide:
        vectors = times(matrix.T.tocsr(), vectors, threads)
        longest = np.sqrt(np.einsum("ij,ij->j", vectors, vectors, dtype=np.float64).max())
        vectors = gemm.orthonormalise(vectors, threads, RANK * float(longest))
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    terms = vectors * np.sign(largest)
    documents = times(matrix, terms, threads)
    values = np.sqrt(np.einsum("ij,ij->j", documents, documents, dtype=np.float64))
    order = np.argsort(-values, kind="stable")
    terms, documents, values = (np.ascontiguousarray(each[..., order]) for each in (terms, documents, values))
    _check_rank(values, matrix.shape, dim)
    explained = documents.var(axis=0, dtype=np.float64)
    mean_square = (matrix.sum(axis=0, dtype=np.float64) / len(documents)) ** 2
    variance = total / len(documents) - float(mean_square.sum())
    ratio = explained / variance if variance > 0 else np.zeros(dim)
    return LSA(terms, documents, values, explained, ratio, float(np.square(values).sum()) / total)


def _check_rank(values: np.ndarray, shape: tuple[int, int], dim: int) -> None:
    """`OptionError` if a singular value is only rounding."""
    rank = int(np.count_nonzero(values > RANK * values[0]))
    if rank < dim:
        raise OptionError(
            f"dim {dim} of {shape[0]:,} documents × {shape[1]:,} words that span no more than {rank} dimensions; "
            f"try dim {rank}"
        )
