"""How well a model predicts held-out interactions: full ranking, compared with popularity and item-kNN.

Every item is ranked for every user, except those already seen; items are not sampled, for sampling can reverse the
order of two models (Krichene and Rendle 2020). Where scores tie, each metric is its expected value over all orders of
the tied items, in closed form.

    Recall      share of the held-out items that are among the first k
    Precision   share of the first k that are held out
    nDCG        sum over held-out items of 1 / log₂(rank + 1), relative to that of the best order
    HR          share of users with any held-out item among the first k
    MRR         1 / rank of the first held-out item, in the whole ranking
    coverage    share of all items that are in any list of k; in lists, ties go to the item with the lower position
    novelty     mean −log₂ of the share of users who have the items of the lists, in bits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.ranking import NOT_A_NUMBER, Scorer, best, count_above, for_each_block, score_block
from likewise.errors import InputError, OptionError
from likewise.evaluate.recommend_baselines import item_neighbours, popularity
from likewise.evaluate.recommend_metrics import per_user
from likewise.evaluate.rows import Row
from likewise.system import seeds

if TYPE_CHECKING:
    from scipy.sparse import csr_array

RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class RecommendScore:
    """Metrics of a ranking, by name, such as "nDCG@10".

    Parameters
    ----------
    means : dict of str to float
        Each metric, as the mean over users; coverage and novelty are of all lists.
    users : dict of str to ndarray of shape (known,)
        The metric of each user, in the order of `rows_of`.
    intervals : dict of str to (float, float)
        95 % intervals of the means, by bootstrap over users.
    rows_of : ndarray of shape (known,)
        The row numbers of the users with held-out items.
    known : int
        How many users have held-out items.
    total : int
        How many users there are.
    baselines : dict of str to RecommendScore, default {}
        The metrics of popularity and of item-kNN.
    note : str, default ""
        What else a reader must know.
    """

    means: dict[str, float]
    users: dict[str, np.ndarray]
    intervals: dict[str, tuple[float, float]]
    rows_of: np.ndarray
    known: int
    total: int
    baselines: Mapping[str, RecommendScore] = field(default_factory=dict)
    note: str = ""

    def rows(self, name: str) -> list[Row]:
        """The metrics as rows of a report, each with those of the baselines.

        Parameters
        ----------
        name : str
            The name of the data set.

        Returns
        -------
        list of Row
        """
        rows = []
        for metric, value in self.means.items():
            compared = {which: other.means[metric] for which, other in self.baselines.items()}
            bar = max(compared.values()) if compared and metric in self.users else None
            counted = (self.known, self.total, self.intervals.get(metric))
            rows.append(Row(name, metric, value, *counted, baselines=compared, bar=bar, note=self.note))
        return rows


def recommend(
    score: Scorer, train: csr_array, held: csr_array, *, k: Sequence[int] = (10, 20), given: csr_array | None = None,
    baselines: bool = True, neighbours: int = 100, resamples: int = RESAMPLES, threads: int = 1, seed: int = 0,
) -> RecommendScore:  # fmt: skip
    """Rank all items for every user with held-out items, except the items that they have in `train`.

    Parameters
    ----------
    score : callable
        Positions of users (b,) → scores (b, items), larger is better: `model.scorer()`, or
        `likewise.arrays.ranking.by_vectors(users, items)`.
    train : csr_array of shape (users, items)
        The interactions of the training; stored entries count, whatever their weight.
    held : csr_array of shape (users, items)
        The held-out interactions.
    k : sequence of int, default (10, 20)
        Lengths of the lists, from 1.
    given : csr_array of shape (users, items) or None, default None
        What users are encoded from, where that is not `train` (strong generalisation); it is left out of the ranking.
    baselines : bool, default True
        Whether to score popularity and item-kNN, too.
    neighbours : int, default 100
        Neighbours of an item in item-kNN.
    resamples : int, default 1000
        Bootstrap samples of the intervals; 0 for none.
    threads : int, default 1
        Number of threads. The result does not depend on it.
    seed : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    RecommendScore

    Raises
    ------
    OptionError
        A k is below 1.
    InputError
        Shapes do not fit, a pair is both given and held out, or a score is NaN.

    References
    ----------
    W. Krichene and S. Rendle, On sampled metrics for item recommendation, KDD 2020.
    """
    seen = train if given is None else given
    limits = _check(k, train, held, seen)
    users = np.flatnonzero(np.diff(held.indptr))
    found = _score(score, users, held, seen, train, limits, resamples, threads, seed)
    if not baselines or not len(users):
        return found
    others = {
        "popularity": popularity(train),
        "item-kNN": item_neighbours(train, seen, neighbours=neighbours),
    }
    compared = {
        name: _score(other, users, held, seen, train, limits, 0, threads, seed)
        for name, other in others.items()
    }
    return replace(found, baselines=compared)


def _check(ks: Sequence[int], train: csr_array, held: csr_array, seen: csr_array) -> tuple[int, ...]:
    if len(ks) == 0 or any(isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1 for k in ks):
        raise OptionError(f"k must be whole numbers from 1, not {tuple(ks)!r}")
    if not train.shape == held.shape == seen.shape:
        raise InputError(
            f"shapes {train.shape}, {held.shape} and {seen.shape} of train, held and given; they must be the same"
        )
    if _ones(held).multiply(_ones(seen)).nnz:
        raise InputError(
            "a pair of a user and an item is both given and held out: split the interactions first"
        )
    return tuple(int(k) for k in ks)


def _ones(seen: csr_array) -> csr_array:
    from scipy import sparse

    return sparse.csr_array((np.ones(seen.nnz, np.float32), seen.indices, seen.indptr), shape=seen.shape)


def _score(
    score: Scorer, users: np.ndarray, held: csr_array, seen: csr_array, train: csr_array, ks: tuple[int, ...],
    resamples: int, threads: int, seed: int,
) -> RecommendScore:  # fmt: skip
    own = held[users]
    above, level = _rank_counts(score, users, own, seen, threads)
    values = per_user(above, level, own.indptr, ks)
    means = {name: float(value.mean()) if len(users) else 0.0 for name, value in values.items()}
    means |= _list_metrics(score, users, seen, train, ks, threads)
    return RecommendScore(
        means, values, intervals(values, resamples, seed), users, len(users), held.shape[0],
        note="" if len(users) else "nothing is held out",
    )  # fmt: skip


def _rank_counts(
    score: Scorer, users: np.ndarray, held: csr_array, seen: csr_array, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """For each held-out item in order: how many items rank above it, and how many tie with it, itself too."""
    above, level = np.zeros((2, held.nnz), np.int32)
    left_out, offsets = seen[users], held.indptr.astype(np.int64)

    def work(start: int, stop: int) -> None:
        block = score_block(score, users[start:stop], held.shape[1])
        own = slice(offsets[start], offsets[stop])
        fine = count_above(
            block, left_out.indptr[start : stop + 1], left_out.indices, offsets[start : stop + 1], held.indices,
            above[own], level[own],
        )  # fmt: skip
        if not fine:
            raise InputError(NOT_A_NUMBER)

    for_each_block(work, len(users), held.shape[1], threads)
    return above, level


def _list_metrics(
    score: Scorer, users: np.ndarray, seen: csr_array, train: csr_array, ks: tuple[int, ...], threads: int
) -> dict[str, float]:
    """Coverage and novelty of the lists of the first k."""
    items = train.shape[1]
    lists, _ = best(score, users, seen, items, min(max(ks), max(1, items)), threads=threads)
    chosen = np.bincount(train.indices, minlength=items)
    rarity = -np.log2(np.maximum(chosen, 1) / max(1, int(np.count_nonzero(np.diff(train.indptr)))))
    found = {}
    for k in ks:
        listed = lists[:, :k][lists[:, :k] >= 0]
        found[f"coverage@{k}"] = len(np.unique(listed)) / max(1, items)
        found[f"novelty@{k}"] = float(rarity[listed].mean()) if len(listed) else 0.0
    return found


def intervals(values: Mapping[str, np.ndarray], resamples: int, seed: int) -> dict[str, tuple[float, float]]:
    """The percentile bootstrap over users (Efron 1979), 95 %: the same samples for every metric; none without users."""
    if not values or resamples < 1 or not len(next(iter(values.values()))):
        return {}
    table = np.stack(list(values.values()), axis=1)
    random, n = seeds.generator(seed, "recommend.bootstrap"), len(table)
    means = np.empty((resamples, table.shape[1]))
    for i in range(resamples):
        means[i] = np.bincount(random.integers(n, size=n), minlength=n) @ table / n
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return {name: (float(a), float(b)) for name, a, b in zip(values, low, high, strict=True)}
