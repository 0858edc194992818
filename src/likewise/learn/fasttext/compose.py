"""Vectors of words from the rows they are made of: of all words of a vocabulary, and of words it has never seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numba import njit

from likewise.arrays.ragged import Ragged
from likewise.learn.fasttext.ngram_rows import Subwords
from likewise.system.compiled import CACHE


def compose_vectors(
    inputs: np.ndarray, rows: Ragged, weights: np.ndarray | None = None, *, dim: int, threads: int = 1
) -> np.ndarray:
    """(n, dim) float32: row i is the sum of the input rows that rows[i] lists, each by its weight.

    inputs (·, ≥ dim) float32. weights: one for each of rows.ids; None is the mean. A word with no rows is zero. Each
    vector is summed by itself, in float64, so it does not depend on its neighbours or on `threads`.
    """
    out = np.zeros((len(rows), dim), np.float32)
    given = np.empty(0, np.float32) if weights is None else weights
    edges = np.linspace(0, len(rows), min(threads, max(1, len(rows))) + 1).astype(np.int64)
    with ThreadPoolExecutor(len(edges) - 1) as pool:
        parts = [
            pool.submit(_sum, inputs, rows.ids, rows.offsets, given, first, last, out)
            for first, last in pairwise(edges)
        ]
        for part in parts:
            part.result()
    return out


def word_vectors(inputs: np.ndarray, subwords: Subwords, *, dim: int, threads: int = 1) -> np.ndarray:
    """(v, dim) float32: the vectors of the vocabulary's words, with which they were trained."""
    return compose_vectors(inputs, subwords.rows, subwords.weights, dim=dim, threads=threads)


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _sum(
    inputs: np.ndarray,
    ids: np.ndarray,
    offsets: np.ndarray,
    weights: np.ndarray,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Rows [first, last) of `vectors_of`; no weights (0,) are a mean."""
    total = np.empty(out.shape[1], np.float64)
    for i in range(first, last):
        for d in range(len(total)):
            total[d] = 0.0
        for place in range(offsets[i], offsets[i + 1]):
            row = ids[place]
            weight = np.float64(weights[place]) if len(weights) else 1.0 / (offsets[i + 1] - offsets[i])
            for d in range(len(total)):
                total[d] += weight * inputs[row, d]
        for d in range(len(total)):
            out[i, d] = total[d]
