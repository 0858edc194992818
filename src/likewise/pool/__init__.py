"""Many vectors become one: the mean of a sentence's words, weighted or not, step by step up to a document.

from likewise.pool import pool, fit_sif, idf_weights, pool_stepwise, spans

pool(rows, vectors).vectors                         # rows: a Ragged of ids into (v, dim) vectors
pool(spans(offsets), tokens, method="first")        # tokens: (t, dim), one vector each, as a transformer gives them
"""

from __future__ import annotations

from likewise.pool.common import Common, fit_common
from likewise.pool.rows import Method, Pooled, pool, spans
from likewise.pool.sif import Sif, fit_sif, fit_usif
from likewise.pool.stepwise import Stepwise, pool_stepwise
from likewise.pool.weights import idf_weights, sif_weights, usif_weights

__all__ = [
    "Common",
    "Method",
    "Pooled",
    "Sif",
    "Stepwise",
    "fit_common",
    "fit_sif",
    "fit_usif",
    "idf_weights",
    "pool",
    "pool_stepwise",
    "sif_weights",
    "spans",
    "usif_weights",
]
