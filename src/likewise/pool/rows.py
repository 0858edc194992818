"""One vector for each row of ids, or for each run of token vectors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError, WrongType
from likewise.pool import kernels
from likewise.system.cores import checked_threads

Method = Literal["mean", "sum", "max", "first", "last"]
WORTH_A_THREAD = 2**20  # numbers to add; under this a thread costs more than it saves


@dataclass(frozen=True)
class Pooled:
    """`vectors` (n, dim) float32; `counts` (n,) int64: how many tokens each was made of.

    A row of no token, or of none that is known and weighs more than 0, has zeros, and `empty` says which these are.

    Parameters
    ----------
    vectors : ndarray of shape (n, dim), float32
        Vectors that the ids of `rows` index.
    counts : ndarray of shape (n,), int64
        How many vectors were pooled into each.
    """

    vectors: np.ndarray
    counts: np.ndarray

    @property
    def empty(self) -> np.ndarray:
        """(n,) bool: the rows that nothing was pooled into."""
        return self.counts == 0


def pool(
    rows: Ragged,
    vectors: np.ndarray,
    *,
    method: Method = "mean",
    weights: np.ndarray | None = None,
    threads: int | None = None,
) -> Pooled:
    """One vector for each row of ids: their vectors' mean, sum, largest (in each column), first or last.

    rows: ids of `vectors` (v, dim) float32; an id of -1 is an unknown token and passed over. Where each token has a
    vector of its own, (t, dim), give `spans(offsets)`; then "first" is a transformer's class token. `weights` (v,)
    from 0, one for each of `vectors`, make the sum Σ w x and the mean Σ w x / Σ w.

    A row's vector is the same to the last bit whatever the other rows and the number of threads are (all
    cores, unless given). Raises `InputError` for ids that have no vector and for weights that do not fit,
    `OptionError` for another method, or weights with a method that takes none.

    Parameters
    ----------
    rows : Ragged
        Ids of each row: row i is pooled into vector i.
    vectors : ndarray of shape (n, dim), float32
        Vectors that the ids of `rows` index.
    method : "mean", "sum", "max", "first" or "last", default "mean"
        How the vectors of a row become one.
    weights : ndarray of shape (v,), float64, or None, default None
        Weight of each id. None: all are 1.
    threads : int or None, default None
        Number of threads. None: all cores.
    """
    if method not in get_args(Method):
        raise OptionError(f"method must be one of {', '.join(get_args(Method))}, not {method!r}")
    if weights is not None and method not in ("mean", "sum"):
        raise OptionError(f"weights go with the mean or the sum; the method {method!r} takes none")
    table = _checked_vectors(vectors)
    ids = _frozen(rows.ids, np.int32)
    _check_ids(ids, len(table))
    offsets = _frozen(rows.offsets, np.int64)
    weighing = _frozen(np.empty(0) if weights is None else _checked_weights(weights, len(table)), np.float64)
    out = np.zeros((len(rows), table.shape[1]), np.float32)
    counts = np.zeros(len(rows), np.int64)

    def work(begin: int, end: int) -> None:
        if method in ("mean", "sum"):
            divide = method == "mean"
            kernels.add_up(ids, offsets, table, weighing, divide, begin, end, out, counts)
        elif method == "max":
            kernels.take_largest(ids, offsets, table, begin, end, out, counts)
        else:
            kernels.take_end(ids, offsets, table, method == "last", begin, end, out, counts)

    _share_out(work, offsets, len(ids) * table.shape[1], checked_threads(threads))
    return Pooled(out, counts)


def spans(offsets: np.ndarray) -> Ragged:
    """Rows of consecutive ids 0 … t - 1, for token vectors (t, dim) of which offsets[i]:offsets[i + 1] are row i.

    Parameters
    ----------
    offsets : ndarray of shape (n + 1,), int64
        Row i is from offsets[i] to offsets[i + 1].
    """
    bounds = np.asarray(offsets, np.int64)
    if bounds.ndim != 1 or len(bounds) == 0 or bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise InputError("offsets rise from 0 to the number of tokens, one more than there are rows")
    return Ragged(np.arange(bounds[-1], dtype=np.int32), bounds)


def _share_out(work: Callable[[int, int], None], offsets: np.ndarray, numbers: int, threads: int) -> None:
    """Do all rows, in as many parts of equally many tokens as there are threads."""
    parts = max(1, min(threads, numbers // WORTH_A_THREAD))
    n = len(offsets) - 1
    bounds = np.searchsorted(offsets, np.linspace(0, offsets[-1], parts + 1)).tolist()
    bounds[0], bounds[-1] = 0, n
    if parts == 1:
        work(0, n)
        return
    with ThreadPoolExecutor(parts) as workers:
        list(workers.map(work, bounds[:-1], bounds[1:]))


def _frozen(array: np.ndarray, dtype: type) -> np.ndarray:
    """The array contiguous and read-only, so that a kernel is compiled once and not once more for maps."""
    frozen: np.ndarray = np.ascontiguousarray(array, dtype).view()
    frozen.flags.writeable = False
    return frozen


def _checked_vectors(vectors: np.ndarray) -> np.ndarray:
    given = np.asarray(vectors)
    if given.dtype.kind not in "fiu":
        raise WrongType(f"vectors are numbers, not {given.dtype}")
    if given.ndim != 2 or given.shape[1] == 0:
        raise InputError(f"vectors have the shape (v, dim), not {given.shape}")
    return _frozen(given, np.float32)


def _check_ids(ids: np.ndarray, v: int) -> None:
    if len(ids) and (ids.max() >= v or ids.min() < -1):
        wrong = ids[(ids >= v) | (ids < -1)][0]
        raise InputError(f"the id {wrong} has no vector: there are {v:,}; ids run from 0, and -1 is unknown")


def _checked_weights(weights: np.ndarray, v: int) -> np.ndarray:
    given = np.asarray(weights, np.float64)
    if given.shape != (v,):
        raise InputError(f"{v:,} vectors want weights of shape ({v},), not {given.shape}")
    if not np.isfinite(given).all() or (given < 0).any():
        raise InputError("a weight is under 0 or not finite; weights are finite numbers from 0")
    return given
