"""Learning from few labels: the same few for every representation, drawn class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.probing.feature_matrix import Features
from likewise.probing.folds import splits
from likewise.probing.linear_probe import fit_logistic
from likewise.system import seeds

DRAWS = 5  # of few labels, at least: a fold is one, a given split has several


@dataclass(frozen=True)
class Draw:
    """`learnt` rows, at most so many of each class, and the rows `tested` by what learns from them."""

    learnt: np.ndarray
    tested: np.ndarray
    number: int  # of the draw within its fold


def draws(codes: np.ndarray, numbers: np.ndarray, per_class: int, *, seed: int) -> list[Draw]:
    """For each fold, `per_class` rows of each class out of those to learn from; [] where that would be all of them.

    With a larger `per_class` a draw only gains rows, so a curve over it does not jump by luck.
    """
    parts = splits(numbers)
    repeats = max(1, DRAWS // len(parts))
    found, spare = [], False
    for fold, (learnt, tested) in enumerate(parts):
        for repeat in range(repeats):
            generator = seeds.generator(seed, "few labels", fold * DRAWS + repeat)
            shuffled = generator.permutation(learnt)
            chosen = np.sort(shuffled[_place_in_class(codes[shuffled]) < per_class])
            spare |= len(chosen) < len(learnt)
            found.append(Draw(chosen, tested, repeat))
    return found if spare else []


def predict_few_shot(
    features: Features, codes: np.ndarray, drawn: Sequence[Draw], *, strengths: Sequence[float], seed: int
) -> np.ndarray:
    """(repeats, n) int64: what the head of each draw predicts for its test rows, -1 for all other rows."""
    predicted = np.full((1 + max(draw.number for draw in drawn), len(codes)), -1, np.int64)
    for draw in drawn:
        head = fit_logistic(features[draw.learnt], codes[draw.learnt], strengths=strengths, seed=seed)
        predicted[draw.number, draw.tested] = head.predict(features[draw.tested])
    return predicted


def _place_in_class(codes: np.ndarray) -> np.ndarray:
    """(n,) how many rows of its own class stand before each row."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], codes[order])
    place = np.empty(len(codes), np.int64)
    place[order] = np.arange(len(codes)) - starts
    return place
