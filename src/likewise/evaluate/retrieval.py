"""Are the right things found first? Recall, reciprocal rank, nDCG and average precision, fair to ties.

Where scores are equal, an order would be luck; so each number is its expected value over all orders of the things that
tie (McSherry and Najork 2008), in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.errors import InputError, OptionError
from likewise.evaluate.rows import Row

DECIMALS = 6  # cosines alike to this many are taken for equal: beyond is the rounding of float32
BLOCK = 2**22  # scores held at once


@dataclass(frozen=True)
class RetrievalScore:
    """Means over the `known` queries that have anything relevant, of `total`; recall, ndcg: by k.

    `mrr` is the reciprocal rank of the first relevant thing, `map` the mean precision at each of them.
    """

    recall: dict[int, float]
    ndcg: dict[int, float]
    mrr: float
    map: float
    known: int
    total: int
    note: str = ""

    def rows(self, name: str) -> list[Row]:
        """The numbers as rows of a report on the set `name`."""
        found = {f"recall@{k}": value for k, value in self.recall.items()}
        found |= {f"nDCG@{k}": value for k, value in self.ndcg.items()} | {"MRR": self.mrr, "MAP": self.map}
        return [
            Row(name, metric, value, self.known, self.total, note=self.note)
            for metric, value in found.items()
        ]


def evaluate(
    queries: np.ndarray, things: np.ndarray, relevance: Any, *, ks: Sequence[int] = (1, 10, 100)
) -> RetrievalScore:
    """Rank `things` (n, d) by cosine for each of `queries` (q, d), in blocks of bounded memory.

    relevance: (q, n) sparse or dense, the gain of each thing for each query, 0 where it is not relevant; nDCG takes
    gains as they are, all else whether they are above 0. Queries without anything relevant are left out and counted.
    Raises `InputError` for shapes that do not fit, `OptionError` for a k under 1.
    """
    gains = relevance.tocsr() if hasattr(relevance, "tocsr") else np.asarray(relevance)
    if gains.shape != (len(queries), len(things)):
        raise InputError(
            f"relevance has the shape {gains.shape}, wanted {(len(queries), len(things))}: a row for each query"
        )
    left, right = unit_rows(queries), unit_rows(things)
    step = max(1, BLOCK // max(1, len(things)))
    found = []
    for start in range(0, len(queries), step):
        block = gains[start : start + step]
        dense = block.toarray() if hasattr(block, "toarray") else block
        found.append(per_query(np.round(left[start : start + step] @ right.T, DECIMALS), dense, ks=ks))
    return _mean(np.concatenate(found) if found else np.empty((0, 2 * len(ks) + 2)), ks, len(queries))


def measure(scores: np.ndarray, gains: np.ndarray, *, ks: Sequence[int] = (1, 10, 100)) -> RetrievalScore:
    """The same of scores (q, n) from anywhere, a higher one before a lower; raises as `evaluate` does."""
    if scores.shape != gains.shape or scores.ndim != 2:
        raise InputError(f"scores have the shape {scores.shape}, gains {gains.shape}; wanted (q, n) of both")
    return _mean(per_query(scores, gains, ks=ks), ks, len(scores))


def per_query(scores: np.ndarray, gains: np.ndarray, *, ks: Sequence[int]) -> np.ndarray:
    """(q, 2 r + 2) float64: recall at each of r ks, nDCG at each, reciprocal rank, average precision; NaN where none.

    Raises `OptionError` for a k under 1, `InputError` for gains under 0 or scores that are NaN.
    """
    if len(ks) == 0 or any(isinstance(k, bool) or k < 1 for k in ks):
        raise OptionError(f"ks are whole numbers from 1, not {tuple(ks)!r}")
    if np.isnan(scores).any() or not np.isfinite(gains).all() or (gains < 0).any():
        raise InputError(
            "a score is NaN, or a gain is under 0 or not finite; gains are finite numbers from 0"
        )
    found = [_of_one(score, gain, ks) for score, gain in zip(scores, gains, strict=True)]
    return np.array(found, np.float64).reshape(len(scores), 2 * len(ks) + 2)


def _of_one(scores: np.ndarray, gains: np.ndarray, ks: Sequence[int]) -> list[float]:
    if not gains.any():
        return [np.nan] * (2 * len(ks) + 2)
    order = np.argsort(-scores, kind="stable")
    ranked, gain = scores[order], gains[order].astype(np.float64)
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sizes = np.diff(np.append(starts, len(ranked)))
    group = np.repeat(np.arange(len(starts)), sizes)
    relevant = np.bincount(group, gain > 0)
    expected = np.repeat(relevant / sizes, sizes)  # how relevant each place is, in the mean over orders
    expected_gain = np.repeat(np.bincount(group, gain) / sizes, sizes)
    discount = 1 / np.log2(np.arange(len(ranked)) + 2)
    ideal = np.sort(gain)[::-1] * discount
    recall = [expected[:k].sum() / relevant.sum() for k in ks]
    ndcg = [(expected_gain * discount)[:k].sum() / ideal[:k].sum() for k in ks]
    first = int(np.flatnonzero(relevant)[0])
    reciprocal = _first_rank(int(starts[first]), int(sizes[first]), int(relevant[first]))
    return [*recall, *ndcg, reciprocal, _average_precision(starts, sizes, relevant)]


def _first_rank(before: int, size: int, relevant: int) -> float:
    """The mean of 1 / rank of the first of `relevant` things among `size` that tie, with `before` ahead of them.

    It stands at place j with the chance that the j - 1 before it are not relevant, and it is.
    """
    left, total = 1.0, 0.0  # the chance that none of the places so far was relevant
    for j in range(size - relevant + 1):
        chance = relevant / (size - j)
        total += left * chance / (before + j + 1)
        left *= 1 - chance
    return total


def _average_precision(starts: np.ndarray, sizes: np.ndarray, relevant: np.ndarray) -> float:
    """McSherry and Najork 2008, section 2.5: place i of a group is relevant with the chance r / size.

    Then R relevant things from groups before, and (i - 1)(r - 1) / (size - 1) of its own, stand at or above it.
    """
    total, before = 0.0, 0.0
    for start, size, r in zip(starts.tolist(), sizes.tolist(), relevant.tolist(), strict=True):
        if r:
            i = np.arange(size)
            own = i * (r - 1) / max(size - 1, 1)
            total += float((r / size * (before + own + 1) / (start + i + 1)).sum())
        before += r
    return total / before


def _mean(found: np.ndarray, ks: Sequence[int], total: int) -> RetrievalScore:
    known = found[~np.isnan(found[:, -1])]
    means = known.mean(axis=0) if len(known) else np.zeros(found.shape[1])
    values = means.tolist()
    return RetrievalScore(
        recall=dict(zip(ks, values[: len(ks)], strict=True)),
        ndcg=dict(zip(ks, values[len(ks) : -2], strict=True)),
        mrr=values[-2],
        map=values[-1],
        known=len(known),
        total=total,
        note="" if len(known) else "no query has anything relevant: nothing to find",
    )
