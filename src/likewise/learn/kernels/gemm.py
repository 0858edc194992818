"""Products of tall, narrow matrices with the same bits at any number of threads.

BLAS sums in another order when it has other threads. So rows are cut into ranges of a fixed length, each range is one
product in one thread, and ranges are summed in their order; `one_blas_thread` must hold meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from likewise.system import shards

ROWS = 4096  # of a range: with 160 columns 2.5 MB, and long enough for BLAS to run at full speed
NEGLIGIBLE = 1e-12  # of the largest eigenvalue of a Gram matrix: a direction that rounding has made


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to the thread that calls it, in the whole process while it lasts."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def inner(left: np.ndarray, right: np.ndarray, threads: int) -> np.ndarray:
    """leftᵀ right (a, b) float64 of (n, a) and (n, b) float32; float32 within a range, float64 over ranges."""

    def work(start: int, stop: int) -> np.ndarray:
        return left[start:stop].T @ right[start:stop]

    return _total(shards.each(work, shards.equal_rows(len(left), ROWS), threads))


def gram(rows: np.ndarray, threads: int) -> np.ndarray:
    """rowsᵀ rows (b, b), all in float64: its small eigenvalues say which directions are there."""

    def work(start: int, stop: int) -> np.ndarray:
        own = rows[start:stop].astype(np.float64)
        return own.T @ own

    return _total(shards.each(work, shards.equal_rows(len(rows), ROWS), threads))


def combine(blocks: list[np.ndarray], weights: np.ndarray, threads: int) -> np.ndarray:
    """(n, d) float32: the blocks, (n, b) each and side by side, times weights (all b together, d)."""
    weights = weights.astype(np.float32)
    out = np.empty((len(blocks[0]), weights.shape[1]), np.float32)

    def work(start: int, stop: int) -> None:
        out[start:stop] = 0
        first = 0
        for block in blocks:
            last = first + block.shape[1]
            out[start:stop] += block[start:stop] @ weights[first:last]
            first = last

    shards.each(work, shards.equal_rows(len(out), ROWS), threads)
    return out


def orthonormalise(rows: np.ndarray, threads: int, shortest: float = 0.0) -> np.ndarray:
    """(n, at most b) float32 with the span of rows (n, b): singular value QR (Stathopoulos & Wu 2002).

    Directions that are nothing but rounding, or not longer than `shortest`, are left out. Weak ones come out
    nearly orthogonal; a second call makes them so.
    """
    values, vectors = np.linalg.eigh(gram(rows, threads))
    kept = values > max(NEGLIGIBLE * values[-1], shortest**2)
    return combine([rows], vectors[:, kept] / np.sqrt(values[kept]), threads)


def project_out(
    rows: np.ndarray, basis: list[np.ndarray], threads: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """`rows` less their part in the span of the orthonormal blocks, and the coefficients of that part."""
    coefficients = [inner(block, rows, threads) for block in basis]
    if basis:
        rows = rows - combine(basis, np.concatenate(coefficients), threads)
    return rows, coefficients


def _total(parts: list[np.ndarray]) -> np.ndarray:
    total = np.zeros(parts[0].shape)
    for part in parts:
        total += part
    return total
