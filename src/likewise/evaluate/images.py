"""Do vectors of images predict their classes? By the vote of the nearest, by a linear head, and by the nearest
images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.errors import InputError
from likewise.evaluate.rows import Row
from likewise.probing.feature_matrix import Features
from likewise.probing.folds import Folds
from likewise.probing.neighbours import nearest_labels, recall_at
from likewise.probing.probe import classify
from likewise.probing.scores import Score

NEAREST = 5


@dataclass(frozen=True)
class ImageScore:
    """Accuracy of the vote of the 5 nearest and of a linear head, and for each k whether one of the k nearest others
    is of the same class; `baselines` the same three of other vectors, by name.
    """

    nearest: Score
    linear: Score
    recall: Mapping[int, float]
    commonest: float
    baselines: Mapping[str, ImageScore]
    n: int
    note: str = ""

    def rows(self, name: str) -> list[Row]:
        """The numbers as rows of a report on the set `name`."""
        votes = {other: score.nearest.value for other, score in self.baselines.items()}
        heads = {other: score.linear.value for other, score in self.baselines.items()}
        found = [
            self._row(name, f"{NEAREST}-NN accuracy", self.nearest, votes | {"commonest": self.commonest}),
            self._row(name, "linear accuracy", self.linear, heads | {"commonest": self.commonest}),
        ]
        for k, value in self.recall.items():
            baseline_scores = {other: score.recall[k] for other, score in self.baselines.items()}
            found.append(
                Row(
                    name,
                    f"Recall@{k}",
                    value,
                    self.n,
                    self.n,
                    baselines=baseline_scores,
                    bar=_most(baseline_scores),
                )
            )
        return found

    def _row(self, name: str, metric: str, score: Score, baseline_scores: Mapping[str, float]) -> Row:
        return Row(
            name,
            metric,
            score.value,
            self.n,
            self.n,
            score.interval,
            baselines=baseline_scores,
            bar=_most(baseline_scores),
            note=self.note,
        )


def evaluate(
    vectors: Features,
    labels: Sequence[Any],
    *,
    baselines: Mapping[str, Features] | None = None,
    ks: Sequence[int] = (1, 5),
    folds: Folds = 5,
    seed: int = 0,
    resamples: int = 1000,
) -> ImageScore:
    """On vectors (n, dim), a label each: folds as in `likewise.probing.classify`, Recall@k over all others.

    `baselines` are other vectors of the same images, such as raw pixels. Raises as `classify` does.
    """
    if vectors.shape[0] < 3:
        raise InputError(f"{vectors.shape[0]} images; wanted 3 or more, to learn from some and test others")
    protocol = {"folds": folds, "seed": seed, "resamples": resamples}
    votes = nearest_labels(vectors, labels, k=NEAREST, **protocol)  # type: ignore[arg-type]
    head = classify(vectors, labels, **protocol)  # type: ignore[arg-type]
    baseline_scores = {
        name: evaluate(features, labels, ks=ks, folds=folds, seed=seed, resamples=0)
        for name, features in (baselines or {}).items()
    }
    commonest = float(np.bincount(head.truth).max() / len(head.truth))
    return ImageScore(
        votes.scores[0],
        head.scores[0],
        recall_at(vectors, labels, ks=ks),
        commonest,
        baseline_scores,
        len(head.tested),
        "; ".join(head.notes),
    )


def _most(values: Mapping[str, float]) -> float | None:
    return max(values.values(), default=None)
