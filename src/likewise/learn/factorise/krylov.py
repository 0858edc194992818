"""The leading eigenvectors of a symmetric matrix, from products with it: block Lanczos with full reorthogonalisation.

Source: Golub & Underwood 1977, "The block Lanczos method for computing eigenvalues". The result has the same bits at
any number of threads if the product has; use it within `gemm.one_blas_thread`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from likewise.learn.kernels import gemm
from likewise.system import seeds

BLOCK = 160  # vectors multiplied at a time: one tile of `kernels.sparse_product`
SMALL = 1024  # rows; up to there an exact decomposition costs less
FEWEST, MOST = 3, 24  # rounds
ROUNDING = 1e-6  # of the largest eigenvalue: a smaller remainder after projection is rounding


def eigenpairs(
    times: Callable[[np.ndarray], np.ndarray],
    n: int,
    k: int,
    *,
    by_size: bool,
    seed: int,
    tolerance: float = 0.01,
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """The k largest eigenvalues (k,) float64, by |value| if `by_size`, descending, and their vectors (n, k) float32.

    times: (n, b) float32 → the product of the matrix with it. Stops when a round adds less than `tolerance` to the sum
    of the k. The entry of largest absolute value of each vector is positive.
    """
    if n <= max(SMALL, k + BLOCK):
        whole = times(np.eye(n, dtype=np.float32)).astype(np.float64)
        values, vectors = np.linalg.eigh((whole + whole.T) / 2)
        order = _order(values, k, by_size)
        return values[order], _fix_signs(vectors[:, order].astype(np.float32))
    generator = seeds.generator(seed, "krylov")
    basis: list[np.ndarray] = []
    projected = np.zeros((0, 0))
    largest, kept = 0.0, 0.0
    rows = times(noise(generator, n, BLOCK))
    for step in range(max(MOST, 2 * k // BLOCK)):
        basis.append(_next_block(rows, basis, ROUNDING * largest, generator, threads))
        rows, coefficients = gemm.project_out(times(basis[-1]), basis[-2:], threads)
        projected = extend(projected, np.concatenate(coefficients))
        values = np.linalg.eigvalsh(projected)
        best = values[_order(values, k, by_size)]
        largest, before = max(largest, float(np.abs(values).max())), kept
        kept = float(np.abs(best).sum() if by_size else best.sum())
        if (
            step + 1 >= FEWEST
            and len(projected) >= k + BLOCK // 2
            and abs(kept - before) < tolerance * abs(kept)
        ):
            break
    values, vectors = np.linalg.eigh(projected)
    order = _order(values, k, by_size)
    return values[order], _fix_signs(gemm.combine(basis, vectors[:, order], threads))


def _order(values: np.ndarray, k: int, by_size: bool) -> np.ndarray:
    return np.argsort(-np.abs(values) if by_size else -values, kind="stable")[:k]


def _fix_signs(vectors: np.ndarray) -> np.ndarray:
    """Each vector or its negative, so that the entry of largest absolute value is positive."""
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(largest < 0, np.float32(-1), np.float32(1))


def noise(generator: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """(rows, columns) float32, standard normal."""
    return generator.standard_normal((rows, columns), dtype=np.float32)


def _next_block(
    rows: np.ndarray, basis: list[np.ndarray], shortest: float, generator: np.random.Generator, threads: int
) -> np.ndarray:
    """`rows` orthonormalised, to the basis too; filled up at random if the Krylov space is exhausted."""
    rows = gemm.orthonormalise(rows, threads, shortest)
    if rows.shape[1] < BLOCK:
        rows = np.hstack([rows, noise(generator, len(rows), BLOCK - rows.shape[1]) / np.sqrt(len(rows))])
    for _ in range(2):
        rows, _ = gemm.project_out(rows, basis, threads)
        rows = gemm.orthonormalise(rows, threads)
    return rows


def extend(projected: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The projected matrix, with the coefficients of a new block: with the previous block, if any, and with itself."""
    old, (height, block) = len(projected), column.shape
    out = np.zeros((old + block, old + block))
    out[:old, :old] = projected
    out[-height:, old:] = column
    out[old:, -height:] = column.T
    own = column[-block:]
    out[old:, old:] = (own + own.T) / 2
    return out
