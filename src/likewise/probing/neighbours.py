"""What the nearest vectors say: classes by their vote, and whether alike things are near at all."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from likewise.arrays.linalg import nearest_rows, top_k, unit_rows
from likewise.errors import OptionError
from likewise.probing import scores
from likewise.probing.feature_matrix import Features, checked_features, classes_of, is_sparse
from likewise.probing.folds import Folds, numbered, splits
from likewise.probing.probe import Probe, unseen
from likewise.system import seeds

BLOCK = 2**23  # scores against sparse rows held at once


def nearest_labels(
    features: Features,
    labels: Sequence[Any],
    *,
    k: int = 5,
    folds: Folds = 5,
    seed: int = 0,
    resamples: int = 1000,
) -> Probe:
    """Accuracy and macro-F1 of the vote of the k nearest rows by cosine (Cover and Hart 1967); folds as in `classify`.

    Of classes with equal votes the one with the larger sum of cosines is predicted, then the first by name. A zero row
    has cosine 0 with all, so the first k rows vote. Raises as `classify` does, and `OptionError` where k is under 1.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        Features of each row.
    labels : sequence
        Label of each row.
    k : int, default 5
        Number of neighbours that vote.
    folds : int or sequence, default 5
        Number of folds, or the splits as pairs of training and test rows.
    seed : int, default 0
        Seed of all random numbers.
    resamples : int, default 1000
        Number of bootstrap samples of the interval.
    """
    begin = perf_counter()
    k = _checked_k(k)
    classes = classes_of(labels)
    unit = _unit(checked_features(features, len(classes.codes)))
    numbers = numbered(folds, classes.codes, seeds.checked(seed))
    predicted = np.empty(len(classes.codes), np.int64)
    for learnt, tested in splits(numbers):
        columns, cosines = _nearest(unit[tested], unit[learnt], k)
        predicted[tested] = _voted(classes.codes[learnt][columns], cosines, len(classes.names))
    tested = np.flatnonzero(numbers >= 0)
    truth, predicted, of_fold = classes.codes[tested], predicted[tested], numbers[tested]
    found = (
        scores.score("accuracy", scores.accuracy(truth, predicted), of_fold, resamples=resamples, seed=seed),
        scores.score("macro-F1", scores.macro_f1(truth, predicted), of_fold, resamples=resamples, seed=seed),
    )
    notes = tuple(unseen(classes, numbers))
    strengths = (None,) * len(found[0].per_fold)
    seconds = perf_counter() - begin
    return Probe(found, predicted, truth, tested, of_fold, tuple(classes.names), strengths, seconds, notes)


def recall_at(
    features: Features, labels: Sequence[Any], *, ks: Sequence[int] = (1, 2, 4, 8)
) -> dict[int, float]:
    """For each k the share of rows with one of their own class among their k nearest others (Jégou et al. 2011).

    Rows whose class has no other row cannot have one and are left out.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        Features of each row.
    labels : sequence
        Label of each row.
    ks : sequence of int, default (1, 2, 4, 8)
        Numbers of neighbours.
    """
    classes = classes_of(labels)
    unit = _unit(checked_features(features, len(classes.codes)))
    largest = max(_checked_k(k) for k in ks)
    columns, _ = _nearest(unit, unit, largest + 1)
    own = np.arange(len(classes.codes))[:, None]
    others = np.argsort(columns == own, axis=1, kind="stable")[:, : columns.shape[1] - 1]
    alike = classes.codes[np.take_along_axis(columns, others, axis=1)] == classes.codes[:, None]
    possible = classes.sizes[classes.codes] > 1
    return {k: float(alike[possible, :k].any(axis=1).mean()) if possible.any() else 0.0 for k in ks}


def _voted(codes: np.ndarray, cosines: np.ndarray, classes: int) -> np.ndarray:
    """(m,) the class with most of the k votes (m, k); ties by the sum of cosines, then by the class's number."""
    m = len(codes)
    votes = np.zeros((m, classes))
    at = np.repeat(np.arange(m), codes.shape[1])
    # a cosine's part is too small to outweigh a vote
    np.add.at(votes, (at, codes.ravel()), 1 + cosines.ravel().astype(np.float64) / (4 * codes.shape[1]))
    return votes.argmax(axis=1)


def _nearest(queries: Features, rows: Features, k: int) -> tuple[np.ndarray, np.ndarray]:
    if not is_sparse(rows):
        return nearest_rows(queries, rows, k)
    k = min(k, rows.shape[0])
    columns, cosines = np.empty((queries.shape[0], k), np.int64), np.empty((queries.shape[0], k), np.float32)
    turned = rows.T.tocsr()
    step = max(1, BLOCK // rows.shape[0])
    for start in range(0, queries.shape[0], step):
        block = (queries[start : start + step] @ turned).toarray()
        columns[start : start + step] = top_k(block, k)
        cosines[start : start + step] = np.take_along_axis(block, columns[start : start + step], axis=1)
    return columns, cosines


def _unit(features: Features) -> Features:
    """Rows at length 1, zero where they are zero."""
    if not is_sparse(features):
        return unit_rows(np.asarray(features, np.float32))
    from scipy.sparse import csr_array

    squares = csr_array(
        (features.data.astype(np.float64) ** 2, features.indices, features.indptr), features.shape
    )
    norms = np.sqrt(np.asarray(squares.sum(axis=1)).reshape(-1))
    by = np.divide(1, norms, out=np.zeros(len(norms)), where=norms > 0)
    scaled = features.data * np.repeat(by, np.diff(features.indptr))
    return csr_array((scaled.astype(np.float32), features.indices, features.indptr), features.shape)


def _checked_k(k: int) -> int:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise OptionError(f"k must be a whole number from 1, not {k!r}")
    return int(k)
