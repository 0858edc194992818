"""What all vectors have in common, found on some rows and taken away from any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.pool import kernels

BLOCK = 2**14  # rows held in float64 at once
NOTHING = 1e-6  # of a vector's norm: what is left below it is the rounding of float32


@dataclass(frozen=True)
class Common:
    """`directions` (r, dim) float64 at right angles, of length 1; `shares` (r,) how much of each is taken away.

    Parameters
    ----------
    directions : ndarray of shape (r, dim), float64
        Orthonormal directions.
    shares : ndarray of shape (r,), float64
        How much of each direction is removed.
    """

    directions: np.ndarray
    shares: np.ndarray

    def removed(self, vectors: np.ndarray) -> np.ndarray:
        """(n, dim) float32: each vector less its share along each direction.

        Each by itself, in float64. Where no more than the rounding of float32 is left (a vector that is all common), it
        is zero.

        Parameters
        ----------
        vectors : ndarray of shape (n, dim)
            Vectors.
        """
        out = np.empty(vectors.shape, np.float32)
        given = np.ascontiguousarray(vectors, np.float32)
        kernels.take_away(given, np.ascontiguousarray(self.directions), self.shares, NOTHING, out)
        return out


def fit_common(vectors: np.ndarray, *, components: int = 1, graded: bool = False) -> Common:
    """The first `components` right singular vectors of `vectors` (n, dim), not centred (Arora et al. 2017, step 2).

    Each is taken away in full; `graded`, by its share λ² / Σ λ² of the `components` found (Ethayarajh 2018, section
    4.1). Directions along which nothing lies are left out; no rows, or zeros, have nothing in common.

    Parameters
    ----------
    vectors : ndarray of shape (n, dim), float32
        Vectors that the ids of `rows` index.
    components : int, default 1
        Number of common directions that are removed.
    graded : bool, default False
        Remove less of later directions, as uSIF does.
    """
    if isinstance(components, bool) or not isinstance(components, int) or components < 0:
        raise OptionError(f"components must be a whole number from 0, not {components!r}")
    if vectors.ndim != 2:
        raise InputError(f"vectors have the shape (n, dim), not {vectors.shape}")
    gram = np.zeros((vectors.shape[1],) * 2)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK].astype(np.float64)
        gram += block.T @ block
    energies, directions = np.linalg.eigh(gram)
    found = np.flatnonzero(energies > NOTHING**2 * max(energies[-1], 0))[::-1][:components]
    kept = energies[found]
    return Common(directions[:, found].T.copy(), kept / kept.sum() if graded else np.ones(len(found)))
