"""Raw features in fewer dimensions by chance alone: what an embedding of the same size must beat."""

from __future__ import annotations

from typing import Any

import numpy as np

from likewise.probing.feature_matrix import Features, is_sparse
from likewise.system import seeds
from likewise.system.options import check_int

BLOCK = 2**12  # columns of features whose random rows are held at once


def project(features: Features, dim: int, *, seed: int = 0) -> np.ndarray:
    """(n, dim) float32: features (n, w), dense or sparse, times a Gaussian matrix of variance 1 / dim.

    Distances are kept within about sqrt(8 ln(n) / dim) (Johnson and Lindenstrauss 1984). The matrix is drawn in blocks
    of columns from `seed`, and never held whole. Raises `OptionError` where dim is under 1.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        Features of each row.
    dim : int
        Length of the vectors.
    seed : int, default 0
        Seed of all random numbers.
    """
    check_int("dim", dim, 1, 65536)
    seeds.checked(seed)
    columns: Any = features.tocsc() if is_sparse(features) else np.asarray(features, np.float32)
    out = np.zeros((columns.shape[0], dim), np.float32)
    for block, start in enumerate(range(0, columns.shape[1], BLOCK)):
        part = columns[:, start : start + BLOCK]
        if is_sparse(part) and part.nnz == 0:
            continue
        drawn = seeds.generator(seed, "random projection", block)
        out += part @ drawn.standard_normal((part.shape[1], dim), np.float32)
    return out / np.float32(np.sqrt(dim))
