"""Sentences as weighted means of words, less what all sentences have in common: SIF and uSIF."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.pool.common import Common, fit_common
from likewise.pool.rows import Pooled, pool
from likewise.pool.weights import sif_weights, usif_weights


@dataclass(frozen=True)
class Sif:
    """`weights` (v,) of the words and the `common` part of sentences, both fixed by the rows it was fitted on.

    So a sentence's vector never depends on its batch.

    Parameters
    ----------
    weights : ndarray of shape (v,), float64, or None
        Weight of each id. None: all are 1.
    common : Common or None
        Common directions, which are removed.
    """

    weights: np.ndarray
    common: Common

    def pool(self, rows: Ragged, vectors: np.ndarray, *, threads: int | None = None) -> Pooled:
        """1/n Σ w x of each row's n known words (Arora et al. 2017, algorithm 1, line 2), less the common part.

        Parameters
        ----------
        rows : Ragged
            Ids of each row: row i is pooled into vector i.
        vectors : ndarray of shape (n, dim), float32
            Vectors that the ids of `rows` index.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        pooled = _weighted(rows, vectors, self.weights, threads)
        return Pooled(self.common.removed(pooled.vectors), pooled.counts)


def fit_sif(
    rows: Ragged,
    vectors: np.ndarray,
    counts: np.ndarray,
    *,
    a: float = 1e-3,
    components: int = 1,
    threads: int | None = None,
) -> Sif:
    """SIF of sentences (rows of ids of `vectors` (v, dim)), whose words were seen `counts` (v,) times.

    `components=0` weighs words and takes nothing away. Arora, Liang and Ma 2017, algorithm 1.

    Parameters
    ----------
    rows : Ragged
        Ids of each row: row i is pooled into vector i.
    vectors : ndarray of shape (n, dim), float32
        Vectors that the ids of `rows` index.
    counts : ndarray of shape (n,), int64
        How often each key was seen.
    a : float or None, default 0.001
        Parameter of SIF (Arora et al. 2017): smaller values give frequent words less weight. None: by the
        text.
    components : int, default 1
        Number of common directions that are removed.
    threads : int or None, default None
        Number of threads. None: all cores.
    """
    weights = sif_weights(counts, a=a)
    return Sif(weights, _common(rows, vectors, weights, components, False, threads))


def fit_usif(
    rows: Ragged,
    vectors: np.ndarray,
    counts: np.ndarray,
    *,
    components: int = 5,
    threads: int | None = None,
) -> Sif:
    """uSIF: as SIF, with a from the text and five components, each taken away by its share (Ethayarajh 2018).

    Parameters
    ----------
    rows : Ragged
        Ids of each row: row i is pooled into vector i.
    vectors : ndarray of shape (n, dim), float32
        Vectors that the ids of `rows` index.
    counts : ndarray of shape (n,), int64
        How often each key was seen.
    components : int, default 5
        Number of common directions that are removed.
    threads : int or None, default None
        Number of threads. None: all cores.
    """
    full = rows.lengths[rows.lengths > 0]
    weights = usif_weights(counts, mean_length=float(full.mean()) if len(full) else 1.0)
    return Sif(weights, _common(rows, vectors, weights, components, True, threads))


def _common(
    rows: Ragged, vectors: np.ndarray, weights: np.ndarray, components: int, graded: bool, threads: int | None
) -> Common:
    if components == 0:
        return Common(np.empty((0, vectors.shape[1])), np.empty(0))
    pooled = _weighted(rows, vectors, weights, threads)
    return fit_common(pooled.vectors, components=components, graded=graded)


def _weighted(rows: Ragged, vectors: np.ndarray, weights: np.ndarray, threads: int | None) -> Pooled:
    pooled = pool(rows, vectors, method="sum", weights=weights, threads=threads)
    return Pooled(pooled.vectors / np.maximum(pooled.counts, 1)[:, None].astype(np.float32), pooled.counts)
