"""Do node vectors separate unseen edges from pairs that are no edges? AUC and average precision.

The protocol of node2vec (Grover & Leskovec 2016, section 4.4): an operator makes a pair's features of its two
vectors, and a logistic regression on known edges learns to predict. The baselines are degree, common neighbours,
Adamic and Adar's index (2003), random vectors and the plain eigenvectors of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from likewise.arrays.linalg import first_not_finite
from likewise.errors import InputError, OptionError
from likewise.evaluate import logistic
from likewise.evaluate.edge_splits import Drawn, Split, adjacency, draw_non_edges
from likewise.evaluate.rows import Row
from likewise.probing.scores import Score, score
from likewise.system import seeds

Operator = Literal["hadamard", "l1", "l2", "average"]
OPERATORS: tuple[Operator, ...] = ("hadamard", "l1", "l2", "average")
MOST = 50_000  # known edges are learnt from, and as many pairs that are none
PAIRS = 1 << 15  # looked at together
SPECTRAL = 64  # eigenvectors, at most


@dataclass(frozen=True)
class EdgeScore:
    """AUC and average precision over `held` edges and as many negatives; `baselines` are (AUC, precision) by name.

    `weights` of `head` times a pair's features and its offset are the odds of an edge, as `links` predicts them.
    """

    auc: Score
    precision: Score
    baselines: Mapping[str, tuple[float, float]]
    operator: Operator
    head: logistic.Logistic
    held: int
    wanted: int
    drawn: Drawn

    def rows(self, name: str) -> list[Row]:
        """The two numbers as rows of a report on the set `name`."""
        note = f"{self.operator} features, negatives drawn {'by degree' if self.drawn == 'degree' else 'uniformly'}"
        return [
            Row(
                name, found.metric, found.value, self.held, self.wanted, found.interval,
                baselines={other: pair[i] for other, pair in self.baselines.items()},
                bar=max(pair[i] for pair in self.baselines.values()), note=note,
            )
            for i, found in enumerate((self.auc, self.precision))
        ]  # fmt: skip


def evaluate(
    vectors: np.ndarray,
    split: Split,
    *,
    operator: Operator = "hadamard",
    drawn: Drawn = "uniform",
    strength: float = 1.0,
    resamples: int = 200,
    seed: int = 0,
) -> EdgeScore:
    """How well vectors (n, dim), learnt from the graph of `split` alone, separate its held edges from negatives.

    `drawn` is how negatives are drawn, see `draw_non_edges`: "degree" is harder and more honest where degree
    is no news. The head learns from edges left in the graph and other negatives. Raises `InputError` for vectors that
    do not fit or are not finite, `OptionError` for an operator or another option out of its range.
    """
    n, seed = len(split.offsets) - 1, seeds.checked(seed)
    if vectors.ndim != 2 or len(vectors) != n or first_not_finite(vectors) is not None:
        raise InputError(f"vectors of shape {vectors.shape}; wanted ({n}, dim), one row a node, all finite")
    if operator not in OPERATORS:
        raise OptionError(f"operator is one of {', '.join(OPERATORS)}, not {operator!r}")
    task = _task(split, drawn, seed)
    predicted, head = _learnt(vectors, task, operator, strength)
    width = vectors.shape[1]
    random = seeds.generator(seed, "random nodes").standard_normal((n, width), dtype=np.float32)
    simple = {
        "random": _learnt(random, task, operator, strength)[0],
        "degree": _degree(split, task),
        "common": _common(split, task, is_adamic=False),
        "adamic-adar": _common(split, task, is_adamic=True),
    }
    if n > 3 and len(split.targets):
        axes = _eigenvectors(split, min(width, SPECTRAL), seed)
        simple["eigenvectors"] = _learnt(axes, task, "hadamard", strength)[0]
    return EdgeScore(
        score("AUC", lambda rows: auc(task.truth[rows], predicted[rows]), _one(task), resamples=resamples, seed=seed),
        score("precision", lambda rows: precision(task.truth[rows], predicted[rows]), _one(task),
              resamples=resamples, seed=seed),
        {name: (auc(task.truth, scores), precision(task.truth, scores)) for name, scores in simple.items()},
        operator, head, len(split.held), split.wanted, drawn,
    )  # fmt: skip


def features(vectors: np.ndarray, pairs: np.ndarray, operator: Operator) -> np.ndarray:
    """(m, dim) of pairs (m, 2): of both vectors the product, |difference|, its square, or the mean; table 1 there."""
    left, right = vectors[pairs[:, 0]], vectors[pairs[:, 1]]
    if operator == "hadamard":
        return left * right
    if operator == "average":
        return (left + right) / 2
    return np.abs(left - right) if operator == "l1" else (left - right) ** 2


def auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """The chance that an edge (truth, (m,) bool) scores above a stranger, a tie counted half; .5 with one kind only."""
    edges = int(truth.sum())
    if edges in (0, len(truth)):
        return 0.5
    from scipy.stats import rankdata

    return float((rankdata(scores)[truth].sum() - edges * (edges + 1) / 2) / (edges * (len(truth) - edges)))


def precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Average precision over edges, equal scores taken together, in no order: a constant score has no luck."""
    if not truth.any():
        return 0.0
    _, group = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(group, truth))
    seen = np.cumsum(np.bincount(group))
    return float((np.diff(hits, prepend=0) * hits / seen).sum() / hits[-1])


@dataclass(frozen=True)
class _Task:
    """Pairs (m, 2) to learn from and to test, with which are edges."""

    known: np.ndarray
    answers: np.ndarray
    tested: np.ndarray
    truth: np.ndarray


def _one(task: _Task) -> np.ndarray:
    return np.zeros(len(task.truth), np.int64)


def _task(split: Split, drawn: Drawn, seed: int) -> _Task:
    """Held edges and negatives, and edges left and other negatives: none of these an edge of the whole graph."""
    left = adjacency(split.offsets, split.targets).tocoo()
    once = left.row < left.col
    edges = np.stack([left.row[once], left.col[once]], axis=1).astype(np.int64)
    if not len(edges):
        raise InputError("no edge is left to learn from; hold fewer out")
    order = seeds.generator(seed, "edges learnt").permutation(len(edges))[:MOST]
    whole = _whole(split)
    apart = draw_non_edges(*whole, len(order) + len(split.held), drawn=drawn, seed=seed)
    mine, theirs = apart[: len(order)], apart[len(order) :]
    return _Task(
        np.concatenate([edges[order], mine]), np.arange(2 * len(order)) < len(order),
        np.concatenate([split.held, theirs]), np.arange(2 * len(theirs)) < len(split.held),
    )  # fmt: skip


def _whole(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the graph with its held edges."""
    n = len(split.offsets) - 1
    sources = np.concatenate([np.repeat(np.arange(n), np.diff(split.offsets)), *split.held.T])
    ends = np.concatenate([split.targets, *split.held.T[::-1]])
    order = np.lexsort((ends, sources))
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=n), out=offsets[1:])
    return offsets, ends[order]


def _learnt(
    vectors: np.ndarray, task: _Task, operator: Operator, strength: float
) -> tuple[np.ndarray, logistic.Logistic]:
    """Scores of the pairs tested, and the head that predicted them; columns are scaled alike, by the pairs learnt
    from."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        x = features(vectors, task.known, operator).astype(np.float64)
        scale = float(np.sqrt(np.mean(x.var(axis=0)))) or 1.0
        head = logistic.fit(x / scale, task.answers[:, None], strength=strength)
        head = logistic.Logistic(head.weights / scale, head.offsets)
        return head.scores(features(vectors, task.tested, operator))[:, 0], head


def _degree(split: Split, task: _Task) -> np.ndarray:
    degrees = np.diff(split.offsets).astype(np.float64)
    return degrees[task.tested[:, 0]] * degrees[task.tested[:, 1]]


def _common(split: Split, task: _Task, *, is_adamic: bool) -> np.ndarray:
    """How many neighbours the ends share; or the sum of 1 / log degree over those."""
    matrix = adjacency(split.offsets, split.targets)
    degrees = np.diff(matrix.indptr)
    each = 1 / np.log(np.maximum(degrees, 2)) if is_adamic else np.ones(len(degrees))
    weighed = matrix.multiply(each[None, :]).tocsr()
    parts = [
        np.asarray(weighed[pairs[:, 0]].multiply(matrix[pairs[:, 1]]).sum(axis=1)).reshape(-1)
        for pairs in np.array_split(task.tested, max(1, len(task.tested) // PAIRS))
    ]
    return np.concatenate(parts)


def _eigenvectors(split: Split, k: int, seed: int) -> np.ndarray:
    """(n, k): the first eigenvectors of D^-1/2 A D^-1/2, each as long as the root of its eigenvalue's size."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh
    from threadpoolctl import threadpool_limits

    matrix = adjacency(split.offsets, split.targets)
    roots = 1 / np.sqrt(np.maximum(np.diff(matrix.indptr), 1))
    step = diags_array(roots) @ matrix @ diags_array(roots)
    start = seeds.generator(seed, "eigenvectors").standard_normal(len(roots))
    k = min(k, len(roots) - 2)
    with threadpool_limits(1, "blas"):
        values, vectors = eigsh(step, k, which="LA", v0=start, tol=1e-3, maxiter=100 * k)
    return vectors * np.sqrt(np.abs(values))
