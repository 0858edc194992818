"""Do node vectors predict the labels of nodes? By the field's protocol: logistic regressions from few labels and from
many.

Sources: the protocol of DeepWalk (Perozzi et al. 2014, section 6.2), after Tang & Liu 2009: as many labels are
predicted for a node as it has. For nodes of one class each and a given split: Planetoid (Yang et al. 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.arrays.linalg import first_not_finite
from likewise.errors import InputError, OptionError
from likewise.evaluate import logistic
from likewise.evaluate.classify import ClassifyScore
from likewise.evaluate.classify import evaluate as classify
from likewise.evaluate.rows import Row
from likewise.probing.feature_matrix import Features, sets_of
from likewise.system import seeds

SHARES = (0.1, 0.5, 0.9)
Predictor = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows learnt from, rows to predict: (m, c) scores


@dataclass(frozen=True)
class NodeScores:
    """F1 with `share` of the labelled nodes to learn from: `micro` and `macro` (splits,), one for each split."""

    share: float
    micro: np.ndarray
    macro: np.ndarray


@dataclass(frozen=True)
class NodeScore:
    """`predicted` for each share, and that of baselines by name; `known` of `total` nodes have a label."""

    predicted: tuple[NodeScores, ...]
    baselines: Mapping[str, tuple[NodeScores, ...]]
    known: int
    total: int

    def rows(self, name: str) -> list[Row]:
        """Micro- and macro-F1 at each share as rows of a report on the set `name`: means and their spread."""
        return [
            self._row(name, i, metric, f"{metric}-F1 at {one.share:.0%}")
            for i, one in enumerate(self.predicted)
            for metric in ("micro", "macro")
        ]

    def _row(self, name: str, i: int, metric: str, title: str) -> Row:
        values = getattr(self.predicted[i], metric)
        baseline_scores = {
            other: float(getattr(predicted[i], metric).mean()) for other, predicted in self.baselines.items()
        }
        spread = float(values.std(ddof=1)) if len(values) > 1 else None
        return Row(
            name, title, float(values.mean()), self.known, self.total,
            spread=spread, baselines=baseline_scores, bar=max(baseline_scores.values()),
        )  # fmt: skip


def multilabel(
    vectors: np.ndarray,
    labels: Sequence[Any] | np.ndarray,
    *,
    shares: Sequence[float] = SHARES,
    splits: int = 10,
    strength: float = 1.0,
    baselines: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> NodeScore:
    """One logistic regression a label on vectors (n, dim), learnt from each share of the nodes, `splits` times.

    labels: a list of labels for each node, maybe empty, or (n, c) of 0 and 1; a node without any is left out. Of a
    test node its k likeliest labels are predicted, k being how many it has. `strength` is C, and vectors stay as they
    are, as is the custom. Baselines: the most frequent labels, random vectors as wide, and other vectors (n, ·) given
    as `baselines`, all on the same splits. Raises `InputError` for vectors that do not fit or are not finite, fewer
    than 2 labelled nodes or labels that all nodes share, `OptionError` for options out of their range.
    """
    _, has = sets_of(labels)
    seed = seeds.checked(seed)
    known = np.flatnonzero(has.any(axis=1))
    _check(shares, splits, strength, len(known))
    drawn = seeds.generator(seed, "random nodes").standard_normal(vectors.shape, dtype=np.float32)
    given = {"random": drawn, **(baselines or {})}
    tellers = {
        name: _teller(_checked(x, len(has), name)[known], has[known], strength) for name, x in given.items()
    }
    own = _teller(_checked(vectors, len(has), "vectors")[known], has[known], strength)
    tellers = {"commonest": _commonest(has[known]), **tellers}
    found = {
        name: tuple(_score_share(predictor, has[known], share, splits, seed) for share in shares)
        for name, predictor in {"": own, **tellers}.items()
    }
    predicted = found.pop("")
    return NodeScore(predicted, found, len(known), len(has))


def single(
    vectors: Features, labels: Sequence[Any], train: np.ndarray, test: np.ndarray, *, seed: int = 0
) -> ClassifyScore:
    """Accuracy and macro-F1 where each node has one class: learnt on the nodes `train`, tested on the nodes `test`.

    vectors (n, d), dense or CSR; labels (n,), of which only those of train and test are looked at. Raises `InputError`
    where a node is in both or none is in one, and what `evaluate.classify` raises.
    """
    train, test = np.asarray(train, np.int64), np.asarray(test, np.int64)
    both = np.concatenate([train, test])
    if not len(train) or not len(test) or len(np.unique(both)) < len(both):
        raise InputError(
            f"{len(train):,} nodes to learn from and {len(test):,} to test; wanted some of each, and none twice"
        )
    listed = np.asarray(labels)
    if both.min() < 0 or both.max() >= len(listed) or vectors.shape[0] != len(listed):
        raise InputError(
            f"nodes up to {both.max()}, {len(listed):,} labels, {vectors.shape[0]:,} vectors do not fit"
        )
    rows = vectors.tocsr()[both] if hasattr(vectors, "tocsr") else vectors[both]
    is_test = np.arange(len(both)) >= len(train)
    return classify(rows, listed[both].tolist(), is_test=is_test, seed=seed)


def f1(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Micro- and macro-F1 of (m, c) bool; macro over labels that are there or predicted."""
    hits, both = (truth & predicted).sum(axis=0), truth.sum(axis=0) + predicted.sum(axis=0)
    there = both > 0
    return float(2 * hits.sum() / max(1, both.sum())), float((2 * hits[there] / both[there]).mean())


def likeliest(scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(m, c) bool: of each row of scores (m, c) the counts (m,) largest, ties by column."""
    order = np.argsort(-scores, axis=1, kind="stable")
    predicted = np.zeros(scores.shape, bool)
    np.put_along_axis(predicted, order, np.arange(scores.shape[1]) < counts[:, None], axis=1)
    return predicted


def _score_share(predictor: Predictor, has: np.ndarray, share: float, splits: int, seed: int) -> NodeScores:
    found = []
    for split in range(splits):
        order = seeds.generator(seed, "node splits", split).permutation(len(has))
        cut = min(len(has) - 1, max(1, round(share * len(has))))
        learnt, tested = order[:cut], order[cut:]
        truth = has[tested]
        found.append(f1(truth, likeliest(predictor(learnt, tested), truth.sum(axis=1))))
    micro, macro = np.array(found).T
    return NodeScores(share, micro, macro)


def _teller(rows: np.ndarray, has: np.ndarray, strength: float) -> Predictor:
    from threadpoolctl import threadpool_limits

    def predict(learnt: np.ndarray, tested: np.ndarray) -> np.ndarray:
        with threadpool_limits(1, "blas"):  # a sum's order, and with it the last bit, is that of one thread
            return logistic.fit(rows[learnt], has[learnt], strength=strength).scores(rows[tested])

    return predict


def _commonest(has: np.ndarray) -> Predictor:
    return lambda learnt, tested: np.tile(has[learnt].mean(axis=0), (len(tested), 1))


def _checked(vectors: np.ndarray, n: int, name: str) -> np.ndarray:
    if vectors.ndim != 2 or len(vectors) != n or first_not_finite(vectors) is not None:
        raise InputError(f"{name} of shape {vectors.shape}; wanted ({n}, dim), one row a node, all finite")
    return vectors


def _check(shares: Sequence[float], splits: int, strength: float, known: int) -> None:
    if known < 2:
        raise InputError(
            f"{known} nodes with a label; wanted at least 2, to learn from one and test the other"
        )
    if not shares or not all(0 < share < 1 for share in shares):
        raise OptionError(f"shares lie between 0 and 1, not {tuple(shares)!r}")
    if splits < 1 or not 0 < strength < np.inf:
        raise OptionError(f"splits are from 1 and strength above 0, not {splits!r} and {strength!r}")
