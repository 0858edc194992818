"""Are the items found that users chose, and a model did not see? Full ranking, beside what is popular and item-kNN.

Every item is ranked for every user, those already seen left out; no sample of items is drawn, for it can turn the order
of two models round (Krichene and Rendle 2020). Where scores are equal, an order would be luck: each number is its
expected value over all orders of the items that tie, in closed form.

    Recall      held items among the first k, of all held
    Precision   the same, of k
    nDCG        held items discounted by log₂(rank + 1), of what the best order has
    HR          users with any held item among the first k
    MRR         1 / rank of the first held item, in the whole ranking
    coverage    different items that the lists of k hold, of all items; in lists, ties go to the item standing first
    novelty     mean −log₂ of the share of users who chose what the lists hold, in bits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from likewise.arrays.ranking import rank_counts as places
from likewise.arrays.ranking.top_k import NOT_A_NUMBER, Scorer, best, each, scored
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
    """By name, such as "nDCG@10": `means`, `users` and `intervals`, over the `known` of `total` users who have some.

    `users` has an array (known,) of each metric, in the order of `rows_of` (known,), their row numbers; `intervals` the
    middle 95 % of the means when users are drawn again with replacement. Coverage and novelty are of all lists.
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
        """The numbers as rows of a report on the set `name`; each beside those of the baselines."""
        rows = []
        for metric, value in self.means.items():
            beside = {which: other.means[metric] for which, other in self.baselines.items()}
            bar = max(beside.values()) if beside and metric in self.users else None
            counted = (self.known, self.total, self.intervals.get(metric))
            rows.append(Row(name, metric, value, *counted, baselines=beside, bar=bar, note=self.note))
        return rows


def recommend(
    score: Scorer, train: csr_array, held: csr_array, *, k: Sequence[int] = (10, 20), given: csr_array | None = None,
    baselines: bool = True, neighbours: int = 100, resamples: int = RESAMPLES, threads: int = 1, seed: int = 0,
) -> RecommendScore:  # fmt: skip
    """Rank all items for every user of whom anything is `held`, without those that they have in `train`.

    score(rows (b,)) gives (b, items) scores, larger is better: `ranking.best.by_vectors(users, items)` of vectors.
    train, held: (users, items) CSR whose stored places count, whatever their weight. given: what users are known by,
    where that is not `train` (strong generalisation); this is then left out of the ranking.

    Raises `OptionError` for a k under 1, `InputError` for shapes that do not fit, a pair both given and held, and
    scores that are NaN.
    """
    seen = train if given is None else given
    limits = _checked(k, train, held, seen)
    users = np.flatnonzero(np.diff(held.indptr))
    found = _means(score, users, held, seen, train, limits, resamples, threads, seed)
    if not baselines or not len(users):
        return found
    others = {
        "popularity": popularity(train),
        "item-kNN": item_neighbours(train, seen, neighbours=neighbours),
    }
    beside = {
        name: _means(other, users, held, seen, train, limits, 0, threads, seed)
        for name, other in others.items()
    }
    return replace(found, baselines=beside)


def _checked(ks: Sequence[int], train: csr_array, held: csr_array, seen: csr_array) -> tuple[int, ...]:
    if len(ks) == 0 or any(isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1 for k in ks):
        raise OptionError(f"k are whole numbers from 1, not {tuple(ks)!r}")
    if not train.shape == held.shape == seen.shape:
        raise InputError(
            f"shapes {train.shape}, {held.shape} and {seen.shape} of train, held and given; wanted the same"
        )
    if _ones(held).multiply(_ones(seen)).nnz:
        raise InputError(
            "a user has a pair both given and held: what was seen cannot be found; split them first"
        )
    return tuple(int(k) for k in ks)


def _ones(seen: csr_array) -> csr_array:
    from scipy import sparse

    return sparse.csr_array((np.ones(seen.nnz, np.float32), seen.indices, seen.indptr), shape=seen.shape)


def _means(
    score: Scorer, users: np.ndarray, held: csr_array, seen: csr_array, train: csr_array, ks: tuple[int, ...],
    resamples: int, threads: int, seed: int,
) -> RecommendScore:  # fmt: skip
    own = held[users]
    above, level = _places(score, users, own, seen, threads)
    values = per_user(above, level, own.indptr, ks)
    means = {name: float(value.mean()) if len(users) else 0.0 for name, value in values.items()}
    means |= _of_lists(score, users, seen, train, ks, threads)
    return RecommendScore(
        means, values, intervals(values, resamples, seed), users, len(users), held.shape[0],
        note="" if len(users) else "nothing is held out: nothing to find",
    )  # fmt: skip


def _places(
    score: Scorer, users: np.ndarray, held: csr_array, seen: csr_array, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """For each held item in order: how many items stand above it, and how many level with it, itself too."""
    above, level = np.zeros((2, held.nnz), np.int32)
    left_out, offsets = seen[users], held.indptr.astype(np.int64)

    def work(start: int, stop: int) -> None:
        block = scored(score, users[start:stop], held.shape[1])
        own = slice(offsets[start], offsets[stop])
        fine = places.count(
            block, left_out.indptr[start : stop + 1], left_out.indices, offsets[start : stop + 1], held.indices,
            above[own], level[own],
        )  # fmt: skip
        if not fine:
            raise InputError(NOT_A_NUMBER)

    each(work, len(users), held.shape[1], threads)
    return above, level


def _of_lists(
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
    """The percentile bootstrap over users (Efron 1979), 95 %: the same draws for every metric; none without users."""
    if not values or resamples < 1 or not len(next(iter(values.values()))):
        return {}
    table = np.stack(list(values.values()), axis=1)
    random, n = seeds.generator(seed, "recommend.bootstrap"), len(table)
    means = np.empty((resamples, table.shape[1]))
    for i in range(resamples):
        means[i] = np.bincount(random.integers(n, size=n), minlength=n) @ table / n
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return {name: (float(a), float(b)) for name, a, b in zip(values, low, high, strict=True)}
