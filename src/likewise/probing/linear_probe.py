"""A linear head on vectors that stay as they are: logistic regression or ridge, its strength chosen inside.

scikit-learn does the solving. Dense columns are first moved to mean 0 and scaled, each by its own deviation or all by
one; sparse features stay as they are, for their zeros' sake. Which scaling, and how much the weights may grow (C, the
inverse of the penalty), is chosen on rows held out among those to learn from, never on those to test.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.probing.feature_matrix import Features, is_sparse
from likewise.probing.folds import splits, stratified

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
FEW = 2000  # rows; under it three held-out parts choose C, from it on a fifth of them is enough
ITERATIONS = 300


@dataclass(frozen=True)
class Head:
    """`predict(features)`: (n,) codes or numbers; C as chosen, None for a head that has nothing to choose."""

    predict: Callable[[Features], np.ndarray]
    strength: float | None


@dataclass(frozen=True)
class Scaling:
    """What moves and scales columns; nothing for sparse features."""

    mean: np.ndarray | None
    scale: np.ndarray | None

    def __call__(self, features: Features) -> Features:
        """The features as the head wants them."""
        if self.mean is None:
            return features
        return (features - self.mean) / self.scale


def scaling_of(features: Features, *, is_each: bool) -> Scaling:
    """Mean 0, and deviation 1 for each column, or in the mean over all: then wide columns stay wide."""
    if is_sparse(features):
        return Scaling(None, None)
    mean = features.mean(axis=0, dtype=np.float64)
    spread = features.std(axis=0, dtype=np.float64)
    if not is_each:
        overall = np.sqrt(np.mean(spread**2))
        return Scaling(mean, np.full(len(mean), overall if overall > 0 else np.inf))
    flat = spread <= 1e-6 * np.abs(mean)  # of float32: what is left is rounding
    return Scaling(mean, np.where(flat, np.inf, spread))


def fit_logistic(features: Features, codes: np.ndarray, *, strengths: Sequence[float], seed: int) -> Head:
    """Logistic regression with an L2 penalty: multinomial on dense columns, each class against the rest on sparse.

    Of one class only, a head that always predicts it.
    """
    if (codes == codes[0]).all():
        only = codes[0]
        return Head(lambda rows_given: np.full(rows_given.shape[0], only), None)
    fresh = _liblinear if is_sparse(features) else _multinomial
    return _best_head(features, codes, codes, strengths, seed, fresh, _is_right)


def fit_ridge(features: Features, targets: np.ndarray, *, strengths: Sequence[float], seed: int) -> Head:
    """Least squares with an L2 penalty of 1 / C."""
    together = np.zeros(len(targets), np.int64)
    return _best_head(features, targets, together, strengths, seed, _ridge, _closeness)


def _multinomial(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=ITERATIONS)


def _liblinear(strength: float) -> Any:
    """On sparse text several times faster than the multinomial, and no worse."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(LogisticRegression(C=strength, solver="liblinear", max_iter=ITERATIONS))


def _ridge(strength: float) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=1 / strength)


def _is_right(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return predicted == truth


def _closeness(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return -((predicted - truth) ** 2)


def _best_head(
    features: Features,
    wanted: np.ndarray,
    codes: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    fresh: Callable[[float], Any],
    goodness: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Head:
    """A head on all rows, with the scaling and strength that did best on rows held out."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # products this small take longer where threads must meet
        is_each, chosen = _chosen(features, wanted, codes, strengths, seed, fresh, goodness)
        scaling = scaling_of(features, is_each=is_each)
        model = _fitted(fresh(chosen), scaling(features), wanted)
    return Head(lambda rows_given: model.predict(scaling(rows_given)), chosen)


def _chosen(
    features: Features,
    wanted: np.ndarray,
    codes: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    fresh: Callable[[float], Any],
    goodness: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> tuple[bool, float]:
    """Whether to scale each column by itself, and the strength, of the best mean goodness on held-out rows.

    Ties go to the smaller strength. Two strengths in a row below the best end the search.
    """
    listed = sorted(strengths)
    middle = listed[len(listed) // 2]
    parts = _held_out(wanted, codes, seed)
    if not parts:
        return False, middle
    best, found = -np.inf, (False, middle)
    for is_each in (False,) if is_sparse(features) else (False, True):
        path: list[float] = []
        for strength in listed:
            good = []
            for learnt, held in parts:
                scaling = scaling_of(features[learnt], is_each=is_each)
                model = _fitted(fresh(strength), scaling(features[learnt]), wanted[learnt])
                good.append(goodness(model.predict(scaling(features[held])), wanted[held]))
            path.append(float(np.concatenate(good).mean()))
            if path[-1] > best:
                best, found = path[-1], (is_each, strength)
            if len(path) > 2 and max(path[-2:]) < max(path):
                break
    return found


def _held_out(wanted: np.ndarray, codes: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows held out: three parts in turn where there are few, else a fifth once."""
    if len(codes) < 4:
        return []
    is_few = len(codes) < FEW
    parts = splits(stratified(codes, 3 if is_few else 5, seed=seed))
    return [part for part in parts[: None if is_few else 1] if len(np.unique(wanted[part[0]])) > 1]


def _fitted(model: Any, features: Features, wanted: np.ndarray) -> Any:
    """The model fitted; one that ran out of steps is near enough for a comparison."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, wanted)
