"""Ridge regression from vectors to many numbers at once, at a row of penalties for the price of one product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import OptionError
from likewise.probing.feature_matrix import Features, is_sparse
from likewise.probing.folds import at_random, splits

PENALTIES = (1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)  # a row, where columns have variance 1
FEWEST = 5  # rows; with fewer none can be held out to choose a penalty by


@dataclass(frozen=True)
class Ridge:
    """vectors (n, d) → (vectors - `mean`) @ `weights` + `centre`, (n, t) float64; `penalty` as it was chosen."""

    mean: np.ndarray
    weights: np.ndarray
    centre: np.ndarray
    penalty: float

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """The prediction for each vector."""
        predicted: np.ndarray = (vectors - self.mean) @ self.weights + self.centre
        return predicted


def path(vectors: np.ndarray, targets: Features, penalties: Sequence[float]) -> Iterator[Ridge]:
    """A decoder for each penalty (Hoerl and Kennard 1970), from vectors (n, d) to targets (n, t), dense or sparse.

    Columns are moved to mean 0, and all scaled alike to a mean variance of 1; a penalty is for each row. Where there
    are fewer rows than columns the dual form is solved. Vectors that do not vary give the mean.
    """
    from scipy.linalg import solve

    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors - mean
    spread = float(np.sqrt(np.mean(centred**2)))
    by = 1 / spread if spread > 0 else 0.0
    x = centred * by
    centre = np.asarray(targets.mean(axis=0), np.float64).reshape(-1)
    is_dual = x.shape[1] > x.shape[0]
    gram = x @ x.T if is_dual else x.T @ x
    rows_given: Any = (targets.toarray() if is_sparse(targets) else targets) if is_dual else (targets.T @ x).T
    rows_given = np.asarray(rows_given, np.float64)
    if not is_dual and not is_sparse(targets):
        rows_given = rows_given - np.outer(x.sum(axis=0), centre)  # what rounding leaves of a mean of 0
    for penalty in penalties:
        ridged = gram + penalty * len(x) * np.eye(len(gram))
        weights = solve(ridged, rows_given, assume_a="pos", check_finite=False)
        yield Ridge(mean, (x.T @ weights if is_dual else weights) * by, centre, penalty)


def chosen(
    vectors: np.ndarray,
    targets: Features,
    goodness: Callable[[Ridge, np.ndarray], float],
    *,
    penalties: Sequence[float],
    seed: int,
) -> Ridge:
    """The decoder on all rows, with the penalty of the best `goodness(decoder, rows)` on a fifth of them held out.

    Ties go to the larger penalty. Of fewer than 5 rows, that in the middle.
    """
    listed = checked_penalties(penalties)
    if len(vectors) < FEWEST:
        return next(path(vectors, targets, [listed[len(listed) // 2]]))
    learnt, held = splits(at_random(len(vectors), 5, seed=seed))[0]
    best, found = -np.inf, listed[0]
    for decoder in path(vectors[learnt], targets[learnt], listed):
        good = goodness(decoder, held)
        if good > best:
            best, found = good, decoder.penalty
    return next(path(vectors, targets, [found]))


def checked_penalties(penalties: Sequence[float]) -> list[float]:
    """The penalties, the largest first; `OptionError` for none, or one that is not above 0."""
    if len(penalties) == 0 or not all(0 < penalty < np.inf for penalty in penalties):
        raise OptionError(f"penalties are one or more numbers above 0, not {penalties!r}")
    return sorted(penalties, reverse=True)
