"""EASE, a linear item model: the scores of a user are a weighted sum over the items of their history.

Source: Steck 2019 (arXiv 1905.03375), EASE: the item–item matrix B with a zero diagonal that minimises

    |X − X B|² + regularisation · |B|²,

in closed form from the inverse P of XᵀX + regularisation: B = I − P / diag(P). Its rank is full; `low_rank` is the best
matrix of a lower rank for the same X (reduced-rank regression, Izenman 1975), which gives each item two vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.learn.factorise.krylov import eigenpairs
from likewise.learn.kernels.gemm import one_blas_thread
from likewise.learn.recommend.als import as_csr
from likewise.system.memory import demand
from likewise.system.options import check_int

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLOAT_BYTES = 4
TOLERANCE = (
    1e-3  # share of the sum of eigenvalues that a round of Lanczos must add, to be followed by another
)
FEWER = "ease holds a weight for every pair of items; keep fewer items, or train by als"


def needed_bytes(items: int) -> int:
    """Peak memory: three matrices (items, items) of float32."""
    return 3 * items * items * FLOAT_BYTES


def ease(seen: csr_array, *, regularisation: float = 200.0) -> np.ndarray:
    """(i, i) float32 B with a zero diagonal; scores of users are `seen @ B`.

    seen: (users, i) CSR of weights above 0. regularisation: the number of users that a pair of items must share to
    count half, 100 to 1,000 for some thousands of users. An item without users has zeros in its row and column.
    Raises `OptionError` for a regularisation that is not above 0, `InputError` where nothing is seen, and
    `NotEnoughMemory` where three matrices of all pairs of items do not fit.
    """
    if not isinstance(regularisation, int | float | np.number) or not 0 < regularisation < np.inf:
        raise OptionError(f"regularisation must be a number above 0, not {regularisation!r}")
    given = as_csr(seen, *seen.shape)
    if given.nnz == 0:
        raise InputError("there is nothing to learn from: no user has seen any item")
    demand(needed_bytes(given.shape[1]), FEWER)
    with one_blas_thread():  # another number would sum in another order, and give other bits
        inverse = invert(gram(given), float(regularisation))
    inverse /= -np.diag(inverse).copy()
    np.fill_diagonal(inverse, 0.0)
    return inverse


def low_rank(
    seen: csr_array, *, dim: int = 256, regularisation: float = 200.0
) -> tuple[np.ndarray, np.ndarray]:
    """(i, dim) and (i, dim) float32, so that scores of users are `seen @ inputs @ outputs.T`.

    inputs @ outputs.T is the matrix of rank `dim` that gives, for `seen`, scores nearest to those of `ease`:
    B V Vᵀ, where V are the first eigenvectors of (X B)ᵀ X B. A user's vector is `seen @ inputs`. Columns beyond the
    number of items, and beyond the rank of B, are zeros. Raises what `ease` raises.
    """
    check_int("dim", dim, 1, 65536)
    weights = ease(seen, regularisation=regularisation)
    with one_blas_thread():
        outputs = leading(as_csr(seen, *seen.shape), weights, dim)
        return weights @ outputs, outputs


def gram(seen: csr_array) -> np.ndarray:
    """(i, i) float32: XᵀX, dense."""
    return np.asarray((seen.T @ seen).toarray(), np.float32)


def invert(matrix: np.ndarray, ridge: float) -> np.ndarray:
    """The inverse of a symmetric matrix + ridge · I, by Cholesky, in place."""
    from scipy.linalg import lapack

    matrix[np.diag_indices_from(matrix)] += ridge
    factor, failed = lapack.spotrf(matrix, lower=0, overwrite_a=1)
    if failed:
        raise OptionError(f"regularisation {ridge:g} is too small for float32: try {10 * ridge:g}")
    found, _ = lapack.spotri(factor, lower=0, overwrite_c=1)
    upper = np.triu(found, 1)
    return np.ascontiguousarray(np.triu(found) + upper.T)


def leading(seen: csr_array, weights: np.ndarray, dim: int) -> np.ndarray:
    """(i, dim) float32: the first eigenvectors of (X B)ᵀ X B, where the eigenvalues are above rounding, then zeros."""
    i = len(weights)

    def times(rows: np.ndarray) -> np.ndarray:
        return weights.T @ (seen.T @ (seen @ (weights @ rows)))

    values, vectors = eigenpairs(times, i, min(dim, i), by_size=False, seed=0, tolerance=TOLERANCE)
    kept = values > np.finfo(np.float32).eps * max(float(values.max()), 0.0)
    found = np.zeros((i, dim), np.float32)
    found[:, : int(kept.sum())] = vectors[:, kept]
    return found
