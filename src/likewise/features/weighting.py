"""What a count weighs: presence, its logarithm, the rarity of its term; and the length of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from likewise.errors import OptionError
from likewise.system import shards
from likewise.system.compiled import CACHE

NORMS = {None: 0, "l1": 1, "l2": 2}


@dataclass(frozen=True)
class Weighting:
    """In this order: `binary` makes every count 1; `sublinear_tf` makes a count c into 1 + ln c; it is multiplied
    by the idf of its term where there is one; the row is divided by its `norm`.

    Parameters
    ----------
    binary : bool, default False
        Count each term once in a row.
    sublinear_tf : bool, default False
        Use 1 + log of a count in its place.
    norm : "l1", "l2" or None, default "l2"
        Norm that each row is scaled to.
    """

    binary: bool = False
    sublinear_tf: bool = False
    norm: Literal["l1", "l2"] | None = "l2"

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise OptionError(f"norm must be 'l1', 'l2' or None, not {self.norm!r}")


def inverse_frequency(documents: np.ndarray, n: int, smooth: bool) -> np.ndarray:
    """(v,) float32 idf: ln(n / df) + 1 (Salton & Buckley 1988); smooth, as if one more row held every term."""
    return (np.log((n + smooth) / (documents + smooth)) + 1).astype(np.float32)


def weigh(
    data: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    weighting: Weighting,
    idf: np.ndarray | None,
    threads: int,
) -> None:
    """Weigh the counts of a CSR matrix in place; a row without length stays as it is, so zeros."""
    if weighting == Weighting(norm=None) and idf is None:
        return
    if idf is None:
        idf = np.ones(int(indices.max(initial=-1)) + 1, np.float32)

    def work(start: int, stop: int) -> None:
        _weigh(
            data,
            indices,
            offsets,
            start,
            stop,
            weighting.binary,
            weighting.sublinear_tf,
            idf,
            NORMS[weighting.norm],
        )

    shards.each(work, shards.equal_work(offsets, threads), threads)


@njit(nogil=True, cache=CACHE)
def _weigh(
    data: np.ndarray,
    indices: np.ndarray,
    offsets: np.ndarray,
    start: int,
    stop: int,
    binary: bool,
    sublinear: bool,
    idf: np.ndarray,
    norm: int,
) -> None:
    """Rows start to stop - 1; the length is summed in float64."""
    for row in range(start, stop):
        length = 0.0
        for i in range(offsets[row], offsets[row + 1]):
            x = np.float64(1 if binary else data[i])
            if sublinear and x > 1:
                x = 1 + np.log(x)
            x *= idf[indices[i]]
            data[i] = x
            length += abs(x) if norm == 1 else x * x
        if norm and length > 0:
            length = length if norm == 1 else np.sqrt(length)
            for i in range(offsets[row], offsets[row + 1]):
                data[i] /= length
