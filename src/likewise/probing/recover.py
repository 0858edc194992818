"""How much of the input is left in its vector? What a fitted linear decoder gets back of items it never saw.

A decoder is fitted on vectors of other items; so it measures what can be read from a vector by the simplest means, not
all that is in it. The baselines are the mean answer, which needs no vector, and a decoder of vectors that belong to
other items, which must do no better than the mean. Dosovitskiy and Brox (2016) turned networks of images back so;
Conneau et al. (2018) predicted the words of sentences from their vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from likewise.errors import InputError, OptionError, WrongType
from likewise.probing.feature_matrix import Features, checked_features, is_sparse
from likewise.probing.folds import at_random, given_split
from likewise.probing.recovered import Layers, Recovered
from likewise.probing.ridge import PENALTIES, Ridge, chosen
from likewise.probing.token_recovery import overlaps, picked
from likewise.system import seeds

BLOCK = 2**23  # values predicted at a time
Shares = tuple[np.ndarray, np.ndarray]  # of each item: how much was got back, and how much there was


def images(
    vectors: np.ndarray,
    pixels: np.ndarray,
    *,
    is_test: np.ndarray | None = None,
    penalties: Sequence[float] = PENALTIES,
    seed: int = 0,
    resamples: int = 1000,
) -> Recovered:
    """How much of images, (n, ...) values such as (n, h, w, c) uint8, is recovered from their vectors (n, d): R².

    R² is 1 - squared error / squared distance from the mean training image, so the mean answer has 0; `answers` are the
    predicted images, float32 of the shape of those tested. `is_test` (n,) bool are the items tested, a fifth at random
    without it; the penalty of the ridge is chosen among the others. Raises `InputError` for vectors or images that do
    not fit or are not finite, or images that are all the same, `OptionError` for penalties that cannot be.
    """
    wanted = np.asarray(pixels)
    if wanted.dtype.kind not in "fiub" or wanted.ndim < 2:
        raise WrongType(f"pixels are (n, ...) numbers, not {wanted.dtype} of shape {wanted.shape}")
    flat = checked_features(wanted.reshape(len(wanted), -1).astype(np.float32), len(wanted), "pixels")
    task = _task("R²", vectors, flat, is_test, penalties, seed, resamples)
    answers, found = _measured(task, _pixels_got)
    return _found(task, found, answers.astype(np.float32).reshape(-1, *wanted.shape[1:]))


def tokens(
    vectors: np.ndarray,
    counts: Any,
    *,
    is_test: np.ndarray | None = None,
    penalties: Sequence[float] = PENALTIES,
    seed: int = 0,
    resamples: int = 1000,
) -> Recovered:
    """How many tokens of texts, `counts` (n, v) CSR of whole numbers, are recovered from their vectors (n, d): recall.

    The ridge predicts the count of each token; of each item as many tokens are taken as it has, so recall is precision:
    those whose counts come nearest to the prediction (`multisets.picked`). `value` is over all tokens, `by_item` its
    share in each item; `answers` are the counts taken, CSR of the rows tested. Items without a token are neither learnt
    from nor tested. A token that no item learnt from has can never be predicted: `notes` say how many those are.
    Options and errors as for `images`.
    """
    if not is_sparse(counts):
        raise WrongType(f"counts are a sparse matrix of SciPy, not {type(counts).__name__}")
    table = checked_features(counts, counts.shape[0], "counts").astype(np.float64)
    if len(table.data) and ((table.data < 0).any() or (table.data % 1).any()):
        raise InputError("counts are whole numbers from 0, how often each token stands in an item")
    task = _task("recall", vectors, table, is_test, penalties, seed, resamples)
    most = int(task.targets[task.learnt].data.max(initial=1))
    answers, found = _measured(
        task, lambda predicted, truth, centre: overlaps(picked(predicted, truth, most), truth)
    )
    unseen = task.targets[task.tested][
        :, np.asarray(task.targets[task.learnt].sum(axis=0)).ravel() == 0
    ].sum()
    share = unseen / max(1, task.targets[task.tested].sum())
    note = (f"{share:.1%} of the tokens tested stand in no item learnt from",) if unseen else ()
    return _found(task, found, picked(answers, task.targets[task.tested], most), note)


def by_layer(layers: Mapping[str, np.ndarray], wanted: Any, **options: Any) -> Layers:
    """`images`, or for a sparse matrix of counts `tokens`, on the vectors of each layer by name; options are theirs."""
    if not isinstance(layers, Mapping) or not layers:
        raise WrongType('layers are a dict such as {"layer 1": vectors, "layer 2": vectors}')
    way = tokens if is_sparse(wanted) else images
    return Layers(tuple((name, way(vectors, wanted, **options)) for name, vectors in layers.items()))


@dataclass(frozen=True)
class _Task:
    """What is predicted for which items from which vectors."""

    metric: str
    vectors: np.ndarray
    targets: Features
    learnt: np.ndarray
    tested: np.ndarray
    penalties: Sequence[float]
    seed: int
    resamples: int

    @cached_property
    def centre(self) -> np.ndarray:
        """(t,): the mean answer."""
        return np.asarray(self.targets[self.learnt].mean(axis=0), np.float64).reshape(-1)


def _task(
    metric: str,
    vectors: np.ndarray,
    targets: Features,
    is_test: np.ndarray | None,
    penalties: Sequence[float],
    seed: int,
    resamples: int,
) -> _Task:
    n = targets.shape[0]
    if is_sparse(vectors):
        raise WrongType("vectors are a dense array (n, d): raw features that are sparse are the input itself")
    vectors = checked_features(vectors, n, "vectors")
    if n < 3:
        raise InputError(f"{n} items; wanted 3 or more, to learn a decoder from two and test the others")
    if is_test is None:
        numbers = np.where(at_random(n, min(5, n), seed=seeds.checked(seed)) == 0, 0, -1)
    else:
        numbers = given_split(is_test)
        if len(numbers) != n:
            raise InputError(f"is_test has {len(numbers):,} items, wanted one for each of {n:,}")
    if resamples < 0:
        raise OptionError(f"resamples must be from 0, not {resamples}")
    there = np.asarray(targets.sum(axis=1)).reshape(-1) > 0 if is_sparse(targets) else np.ones(n, bool)
    learnt, tested = np.flatnonzero((numbers < 0) & there), np.flatnonzero((numbers == 0) & there)
    if len(learnt) < 2 or not len(tested):
        raise InputError(f"{len(learnt):,} items to learn from and {len(tested):,} to test; wanted 2 and 1")
    return _Task(metric, vectors, targets, learnt, tested, penalties, seeds.checked(seed), resamples)


def _measured(
    task: _Task, got: Callable[[np.ndarray, Features, np.ndarray], Shares]
) -> tuple[np.ndarray, dict[str, Any]]:
    """What the decoder predicts for the test items, and the shares recovered by it, by the mean and by wrong
    vectors."""
    from threadpoolctl import threadpool_limits

    turned = np.arange(len(task.vectors))
    for rows in (task.learnt, task.tested):
        turned[rows] = rows[seeds.generator(task.seed, "vectors of others", len(rows)).permutation(len(rows))]
    with threadpool_limits(1):  # a sum's order, and with it the last bit, is that of one thread
        decoder, predicted, own = _decoded(task, task.vectors, got)
        _, _, others = _decoded(task, task.vectors[turned], got)
    truth = task.targets[task.tested]
    mean = got(np.broadcast_to(task.centre, truth.shape), truth, task.centre)
    return predicted, {"decoder": decoder, "own": own, "shuffled": others, "mean": mean}


def _decoded(
    task: _Task, vectors: np.ndarray, got: Callable[[np.ndarray, Features, np.ndarray], Shares]
) -> tuple[Ridge, np.ndarray, Shares]:
    learnt, targets = vectors[task.learnt], task.targets[task.learnt]

    def goodness(decoder: Ridge, rows: np.ndarray) -> float:
        found, there = _in_blocks(decoder, learnt[rows], targets[rows], got)[1]
        return float(found.sum() / max(there.sum(), 1e-300))

    decoder = chosen(learnt, targets, goodness, penalties=task.penalties, seed=task.seed)
    predicted, shares = _in_blocks(decoder, vectors[task.tested], task.targets[task.tested], got)
    return decoder, predicted, shares


def _in_blocks(
    decoder: Ridge,
    vectors: np.ndarray,
    truth: Features,
    got: Callable[[np.ndarray, Features, np.ndarray], Shares],
) -> tuple[np.ndarray, Shares]:
    """The prediction for each row, float32, and what was recovered of it."""
    step = max(1, BLOCK // truth.shape[1])
    predicted = np.empty(truth.shape, np.float32)
    found, there = np.empty(len(vectors)), np.empty(len(vectors))
    for start in range(0, len(vectors), step):
        part = slice(start, start + step)
        predicted[part] = decoder(vectors[part])
        found[part], there[part] = got(predicted[part], truth[part], decoder.centre)
    return predicted, (found, there)


def _pixels_got(predicted: np.ndarray, truth: np.ndarray, centre: np.ndarray) -> Shares:
    """Of each image the squared distance from the mean, and how much less of it the answer leaves."""
    there = ((truth - centre) ** 2).sum(axis=1)
    return there - ((truth - predicted) ** 2).sum(axis=1), there


def _found(task: _Task, found: Mapping[str, Any], answers: Any, notes: tuple[str, ...] = ()) -> Recovered:
    got, there = found["own"]
    if not there.sum() > 0:
        raise InputError(
            "the items tested are all the mean of those learnt from: there is nothing to get back"
        )
    baseline_scores = {
        name: float(found[name][0].sum() / found[name][1].sum()) for name in ("shuffled", "mean")
    }
    return Recovered(
        metric=task.metric, got=got, there=there, **baseline_scores, dim=task.vectors.shape[1],
        penalty=found["decoder"].penalty, learnt=len(task.learnt), tested=task.tested, answers=answers,
        seed=task.seed, resamples=task.resamples, notes=notes,
    )  # fmt: skip
