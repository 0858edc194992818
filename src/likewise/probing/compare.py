"""Do the embeddings beat the raw features on your own task? The same folds, the same labels, the same head."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from likewise.errors import InputError, OptionError, WrongType
from likewise.probing import few_shot as few
from likewise.probing import scores
from likewise.probing.comparison import Comparison, Kind, Point, Standing
from likewise.probing.feature_matrix import Features, checked_features, classes_of, is_sparse
from likewise.probing.folds import Folds, numbered, splits
from likewise.probing.linear_probe import STRENGTHS
from likewise.probing.paired_bootstrap import Metric, SideBySide, side_by_side
from likewise.probing.probe import Probe, classify
from likewise.probing.random_projection import project
from likewise.system import seeds
from likewise.system.options import check_int, shown

log = logging.getLogger(__name__)

METRICS: dict[str, Metric] = {
    "accuracy": scores.accuracy,
    "macro-F1": scores.macro_f1,
}
BUDGETS = (10, 30, 100, 300)


def compare(
    labels: Sequence[Any],
    representations: Mapping[str, Features],
    *,
    raw: str | None = None,
    metric: Literal["accuracy", "macro-F1"] = "accuracy",
    folds: Folds = 5,
    seed: int = 0,
    budgets: Sequence[int] = BUDGETS,
    strengths: Sequence[float] = STRENGTHS,
    resamples: int = 1000,
) -> Comparison:
    """Each representation of the same n rows, dense or CSR, under one logistic head, compared with the raw features.

    `raw` names the raw features (the first, unless given); the others are embeddings. For each of their widths that is
    below the raw one a random projection of the raw features joins them, by name "random-<dim>". `folds`, `strengths`
    and the errors are those of `classify`; folds, labels drawn and bootstrap are the same for all, so differences are
    paired. `budgets` are the numbers of labels a class on the learning curve, () for none.

    Parameters
    ----------
    labels : sequence
        Label of each row.
    representations : dict
        Name to vectors of shape (n, d), dense or CSR.
    raw : str or None, default None
        Name of the raw features among `representations`.
    metric : "accuracy" or "macro-F1", default "accuracy"
        Metric.
    folds : int or sequence, default 5
        Number of folds, or the splits as pairs of training and test rows.
    seed : int, default 0
        Seed of all random numbers.
    budgets : sequence of int, default (10, 30, 100, 300)
        Numbers of labels of each class for the learning curve.
    strengths : sequence of float, default (0.01, 0.1, 1.0, 10.0, 100.0)
        Values of C to choose from by cross-validation.
    resamples : int, default 1000
        Number of bootstrap samples of the interval.
    """
    classes = classes_of(labels)
    codes = classes.codes
    given, raw = _checked(representations, raw, len(codes))
    if metric not in METRICS:
        raise OptionError(f"metric must be one of {', '.join(METRICS)}, not {metric!r}")
    if isinstance(budgets, str) or not isinstance(budgets, Sequence):
        raise OptionError(f"budgets are numbers of labels a class, from 1, not {shown(budgets)}")
    budgets = [check_int("budgets", budget, 1, 1 << 31) for budget in budgets]
    check_int("resamples", resamples, 0, 1_000_000)
    numbers = numbered(folds, codes, seeds.checked(seed))
    everyone = given | _random_projections(given, raw, seed)
    probes = {name: _probed(name, x, labels, numbers, seed, strengths) for name, x in everyone.items()}
    scored = Scored(codes, numbers, METRICS[metric], resamples, seed)
    board = scored({name: probe.predictions[None] for name, probe in probes.items()})
    level = 1 - 0.05 / max(1, len(given) - 1)
    points = [_point(board, name, raw, None, _learnt(numbers)) for name in everyone]
    for budget in sorted(set(budgets), reverse=True):
        drawn = few.draws(codes, numbers, budget, seed=seed)
        if drawn:
            log.info("comparing with %d labels a class", budget)
            predicted = {
                name: few.predict_few_shot(x, codes, drawn, strengths=strengths, seed=seed)[:, scored.tested]
                for name, x in everyone.items()
            }
            learnt = float(np.mean([len(draw.learnt) for draw in drawn]))
            board_of_few = scored(predicted, is_spread=True)
            points = [_point(board_of_few, name, raw, budget, learnt) for name in everyone] + points
    return Comparison(
        rows=tuple(
            _standing(name, x, given, raw, probes[name], board, level) for name, x in everyone.items()
        ),
        points=tuple(points),
        metric=metric,
        n=len(codes),
        classes=tuple(classes.names),
        folds=len(splits(numbers)),
        seed=seed,
        commonest=_commonest(codes, numbers, METRICS[metric]),
        notes=next(iter(probes.values())).notes,
    )


@dataclass(frozen=True)
class Scored:
    """Predictions of the rows tested, set side by side: always by the same metric, on the same rows drawn again."""

    codes: np.ndarray
    numbers: np.ndarray
    metric: Metric
    resamples: int
    seed: int

    @property
    def tested(self) -> np.ndarray:
        """The rows that some fold tests."""
        return np.flatnonzero(self.numbers >= 0)

    def __call__(self, predictions: dict[str, np.ndarray], *, is_spread: bool = False) -> SideBySide:
        """`predictions` (repeats, m) of the rows tested, by name."""
        return side_by_side(
            self.codes[self.tested], self.numbers[self.tested], predictions, self.metric,
            resamples=self.resamples, seed=self.seed, is_spread=is_spread,
        )  # fmt: skip


def _checked(
    representations: Mapping[str, Features], raw: str | None, n: int
) -> tuple[dict[str, Features], str]:
    if not isinstance(representations, Mapping) or not representations:
        raise WrongType('representations are a dict such as {"tf-idf": features, "lsa-300": vectors}')
    given = {name: checked_features(x, n, name) for name, x in representations.items()}
    raw = next(iter(given)) if raw is None else raw
    if raw not in given:
        raise OptionError(
            f"raw={raw!r} is none of the representations, which are {', '.join(map(repr, given))}"
        )
    return {raw: given[raw]} | given, raw


def _random_projections(given: dict[str, Features], raw: str, seed: int) -> dict[str, Features]:
    """The raw features projected at random to the width of each embedding that is narrower than they are."""
    widths = dict.fromkeys(x.shape[1] for name, x in given.items() if name != raw)
    made = {_random_name(dim): dim for dim in widths if dim < given[raw].shape[1]}
    for name in made.keys() & given.keys():
        raise InputError(f"{name!r} is the name of a projection made here; rename that representation")
    return {name: project(given[raw], dim, seed=seed) for name, dim in made.items()}


def _random_name(dim: int) -> str:
    return f"random-{dim}"


def _probed(
    name: str, x: Features, labels: Sequence[Any], numbers: np.ndarray, seed: int, strengths: Sequence[float]
) -> Probe:
    probe = classify(x, labels, folds=numbers, seed=seed, strengths=strengths, resamples=0)
    log.info("%s: accuracy %.3f in %.1f s", name, probe.value, probe.seconds)
    return probe


def _standing(
    name: str,
    x: Features,
    given: dict[str, Features],
    raw: str,
    probe: Probe,
    board: SideBySide,
    level: float,
) -> Standing:
    kind: Kind = "raw" if name == raw else "embedding" if name in given else "random"
    own, random = board.value(name), _random_name(x.shape[1])
    return Standing(
        name=name,
        kind=kind,
        dim=x.shape[1],
        nbytes=x.data.nbytes + x.indices.nbytes + x.indptr.nbytes if is_sparse(x) else x.nbytes,
        seconds=probe.seconds,
        value=own.value,
        low=own.low,
        high=own.high,
        per_fold=tuple(board.units[:, board.names.index(name)].tolist()),
        over_raw=None if kind == "raw" else board.over(name, raw, level),
        over_random=board.over(name, random, level)
        if kind == "embedding" and random in board.names
        else None,
    )


def _point(board: SideBySide, name: str, raw: str, budget: int | None, labels: float) -> Point:
    own = board.value(name)
    over = None if name == raw else board.over(name, raw)
    return Point(name, budget, labels, own.value, own.low, own.high, over)


def _learnt(numbers: np.ndarray) -> float:
    """How many rows are learnt from, in the mean over folds."""
    return float(np.mean([len(learnt) for learnt, _ in splits(numbers)]))


def _commonest(codes: np.ndarray, numbers: np.ndarray, metric: Metric) -> float:
    """The score of predicting the most frequent class of the training rows for every test row."""
    predicted = np.empty_like(codes)
    for learnt, tested in splits(numbers):
        predicted[tested] = np.bincount(codes[learnt]).argmax()
    tested = np.flatnonzero(numbers >= 0)
    return metric(codes[tested], predicted[tested])(np.arange(len(tested)))
