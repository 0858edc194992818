"""How much a linear head can read out of vectors: classes, numbers, or sets of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from likewise.errors import OptionError
from likewise.probing import scores
from likewise.probing.feature_matrix import (
    Classes,
    Features,
    checked_features,
    classes_of,
    sets_of,
    targets_of,
)
from likewise.probing.folds import Folds, numbered, splits
from likewise.probing.linear_probe import STRENGTHS, Head, fit_logistic, fit_ridge
from likewise.probing.scores import Score
from likewise.system import seeds
from likewise.system.options import check_float, shown

RIDGE_STRENGTHS = (1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Probe:
    """What the head predicted for the rows `tested` (m,), in fold `folds` (m,) each, with the truth.

    `predictions` and `truth` (m,) are codes of `classes`, or numbers; of sets of labels, (m, c) bool. `strengths` holds
    the C chosen in each fold (None where there was nothing to choose).

    Parameters
    ----------
    scores : tuple of Score
        Scores, the main one first.
    predictions : ndarray
        Prediction for each test row.
    truth : ndarray
        Label of each test row.
    tested : ndarray of shape (m,), int64
        Test rows.
    folds : ndarray of shape (m,)
        Fold of each test row.
    classes : tuple
        Classes, in the order of their codes.
    strengths : tuple of float or None
        C of each fold.
    seconds : float
        Time that the head took.
    notes : tuple of str, default ()
        Remarks for a person.
    """

    scores: tuple[Score, ...]
    predictions: np.ndarray
    truth: np.ndarray
    tested: np.ndarray
    folds: np.ndarray
    classes: tuple[Any, ...]
    strengths: tuple[float | None, ...]
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The first score's value."""
        return self.scores[0].value

    def __str__(self) -> str:
        lines = []
        for one in self.scores:
            sure = "" if one.interval is None else f" ({one.interval[0]:.3f} to {one.interval[1]:.3f})"
            lines.append(f"{one.metric} {one.value:.3f}{sure}")
        lines.append(f"{len(self.tested):,} rows tested, {self.seconds:.1f} s")
        return "; ".join([*lines, *self.notes])


def classify(
    features: Features,
    labels: Sequence[Any],
    *,
    folds: Folds = 5,
    seed: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    resamples: int = 1000,
) -> Probe:
    """Accuracy and macro-F1 of logistic regression on frozen vectors (n, d), dense or CSR.

    folds: how many, dealt out by class from `seed`; or (n,) the fold that tests each row, -1 for rows that are only
    learnt from (`given_split` for a given test set). `strengths` are the C to choose from, inside each fold. A class
    with one example is tested by a head that never saw it, so it counts as wrong; `notes` say so. Raises
    `InputError` for features that do not fit or are not finite, a missing label, or one class; `OptionError` for
    folds or strengths that cannot be.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        Features of each row.
    labels : sequence
        Label of each row.
    folds : int or sequence, default 5
        Number of folds, or the splits as pairs of training and test rows.
    seed : int, default 0
        Seed of all random numbers.
    strengths : sequence of float, default (0.01, 0.1, 1.0, 10.0, 100.0)
        Values of C to choose from by cross-validation.
    resamples : int, default 1000
        Number of bootstrap samples of the interval.
    """
    begin = perf_counter()
    classes = classes_of(labels)
    features = checked_features(features, len(classes.codes))
    numbers = numbered(folds, classes.codes, seeds.checked(seed))
    checked = _checked_strengths(strengths)
    tested, predicted, chosen = _cross_validated(
        features, numbers, lambda x, rows: fit_logistic(x, classes.codes[rows], strengths=checked, seed=seed)
    )
    truth, of_fold = classes.codes[tested], numbers[tested]
    found = (
        scores.score("accuracy", scores.accuracy(truth, predicted), of_fold, resamples=resamples, seed=seed),
        scores.score("macro-F1", scores.macro_f1(truth, predicted), of_fold, resamples=resamples, seed=seed),
    )
    return Probe(
        found, predicted, truth, tested, of_fold, tuple(classes.names), chosen, perf_counter() - begin,
        tuple(unseen(classes, numbers)),
    )  # fmt: skip


def regress(
    features: Features,
    targets: Sequence[float],
    *,
    folds: Folds = 5,
    seed: int = 0,
    strengths: Sequence[float] = RIDGE_STRENGTHS,
    resamples: int = 1000,
) -> Probe:
    """R² and mean absolute error of ridge regression on frozen vectors; options and errors as for `classify`.

    The penalty is 1 / C. A target that is NaN or infinite is refused by its row, and so are targets all equal.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        Features of each row.
    targets : ndarray of shape (n,)
        Number to predict for each row.
    folds : int or sequence, default 5
        Number of folds, or the splits as pairs of training and test rows.
    seed : int, default 0
        Seed of all random numbers.
    strengths : sequence of float, default (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)
        Values of C to choose from by cross-validation.
    resamples : int, default 1000
        Number of bootstrap samples of the interval.
    """
    begin = perf_counter()
    wanted = targets_of(targets)
    features = checked_features(features, len(wanted))
    numbers = numbered(folds, np.zeros(len(wanted), np.int64), seeds.checked(seed))
    checked = _checked_strengths(strengths)
    tested, predicted, chosen = _cross_validated(
        features, numbers, lambda x, rows: fit_ridge(x, wanted[rows], strengths=checked, seed=seed)
    )
    truth, of_fold = wanted[tested], numbers[tested]
    found = (
        scores.score("R²", scores.r2(truth, predicted), of_fold, resamples=resamples, seed=seed),
        scores.score(
            "mean error", scores.mean_error(truth, predicted), of_fold, resamples=resamples, seed=seed
        ),
    )
    return Probe(found, predicted, truth, tested, of_fold, (), chosen, perf_counter() - begin)


def multilabel(
    features: Features,
    labels: Sequence[Iterable[Any]] | np.ndarray,
    *,
    folds: Folds = 5,
    seed: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    resamples: int = 1000,
) -> Probe:
    """Micro- and macro-F1 of one logistic regression a label, each against the rest; options as for `classify`.

    labels: a list of labels for each row, maybe empty, or (n, c) of 0 and 1. Folds are dealt out at random.
    `strengths` of the result are the medians over labels.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        Features of each row.
    labels : sequence
        Label of each row.
    folds : int or sequence, default 5
        Number of folds, or the splits as pairs of training and test rows.
    seed : int, default 0
        Seed of all random numbers.
    strengths : sequence of float, default (0.01, 0.1, 1.0, 10.0, 100.0)
        Values of C to choose from by cross-validation.
    resamples : int, default 1000
        Number of bootstrap samples of the interval.
    """
    begin = perf_counter()
    names, has = sets_of(labels)
    features = checked_features(features, len(has))
    numbers = numbered(folds, np.zeros(len(has), np.int64), seeds.checked(seed))
    checked = _checked_strengths(strengths)
    tested, predicted, chosen = _cross_validated(
        features, numbers, lambda x, rows: _one_against_rest(x, has[rows], checked, seed)
    )
    truth, of_fold = has[tested], numbers[tested]
    found = tuple(
        scores.score(
            metric,
            scores.set_f1(truth, predicted, by_label=by_label),
            of_fold,
            resamples=resamples,
            seed=seed,
        )
        for metric, by_label in (("micro-F1", False), ("macro-F1", True))
    )
    return Probe(found, predicted, truth, tested, of_fold, tuple(names), chosen, perf_counter() - begin)


def unseen(classes: Classes, numbers: np.ndarray) -> list[str]:
    """Which classes are tested by heads that cannot know them, in one line."""
    missing = []
    for code, name in enumerate(classes.names):
        of_class = numbers[classes.codes == code]
        if (of_class >= 0).any() and (of_class == of_class[0]).all():
            missing.append(repr(name))
    if not missing:
        return []
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return [f"tested but never learnt, too few examples: {', '.join(missing[:3])}{more}"]


def _cross_validated(
    features: Features, numbers: np.ndarray, fit: Callable[[Features, np.ndarray], Head]
) -> tuple[np.ndarray, np.ndarray, tuple[float | None, ...]]:
    """The rows tested, in order, what a head fitted on the other folds predicted for each, and the C of each fold."""
    rows, predicted, strengths = [], [], []
    for learnt, tested in splits(numbers):
        head = fit(features[learnt], learnt)
        rows.append(tested)
        predicted.append(head.predict(features[tested]))
        strengths.append(head.strength)
    order = np.argsort(np.concatenate(rows))
    return np.concatenate(rows)[order], np.concatenate(predicted)[order], tuple(strengths)


def _one_against_rest(features: Features, has: np.ndarray, strengths: Sequence[float], seed: int) -> Head:
    heads = [
        fit_logistic(features, has[:, label].astype(np.int64), strengths=strengths, seed=seed)
        for label in range(has.shape[1])
    ]
    chosen = [head.strength for head in heads if head.strength is not None]
    return Head(
        lambda rows_given: np.column_stack([head.predict(rows_given) == 1 for head in heads]),
        float(np.median(chosen)) if chosen else None,
    )


def _checked_strengths(strengths: Sequence[float]) -> Sequence[float]:
    if isinstance(strengths, str) or not isinstance(strengths, Sequence) or len(strengths) == 0:
        raise OptionError(f"strengths are one or more C above 0, such as {STRENGTHS}, not {shown(strengths)}")
    return [check_float("strengths", strength, 0, above=True) for strength in strengths]
