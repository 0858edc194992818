"""Two spaces brought together: yesterday's and today's model, or two languages, by keys that both have.

A map is learnt on some pairs of keys and judged on the others: is the nearest vector that of the right key?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from likewise.arrays.linalg import nearest_rows, unit_rows
from likewise.errors import InputError, OptionError
from likewise.probing.ridge import PENALTIES, Ridge, chosen
from likewise.system import seeds
from likewise.table import Table

Method = Literal["procrustes", "ridge"]
METHODS = ("procrustes", "ridge")
NEAREST = 10  # of the mean nearness that CSLS takes off


@dataclass(frozen=True)
class Map:
    """(v - `start`) @ `matrix` + `end`: from a space of (da,) to one of (db,), float64."""

    start: np.ndarray
    matrix: np.ndarray
    end: np.ndarray

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """(n, da) → (n, db) float32; a zero vector, of which nothing is known, stays zero."""
        mapped = ((vectors - self.start) @ self.matrix + self.end).astype(np.float32)
        mapped[~np.any(vectors, axis=1)] = 0
        return mapped

    def table(self, table: Table) -> Table:
        """The keys of a table with their vectors in the other space."""
        return Table(table.keys, self(table.vectors), counts=table.counts, spelling=table.spelling)


@dataclass(frozen=True)
class Alignment:
    """`ranks` (m,) int64: of each pair held out the place of the right key among `candidates`, from 1, 6 beyond the
    fifth; `plain` (m,) the same without a map, None where the spaces differ in width.

    `cosine` is the mean of the pairs held out, `others` that of wrong pairs; `pairs` of them are known in both, of
    which `learnt` made the map.

    Parameters
    ----------
    map : Map
        Linear map.
    method : "procrustes" or "ridge"
        Orthogonal map (Schönemann 1966), or any linear map with a ridge penalty.
    pairs : int
        Number of pairs known in both tables.
    learnt : int
        Number of training pairs or items.
    candidates : int
        Number of keys that each pair is ranked among.
    ranks : ndarray of shape (m,), int64
        Rank of the right key of each held-out pair, from 1; 6 is beyond the fifth.
    plain : ndarray of shape (m,), int64, or None
        The same without a map.
    cosine : float
        Mean cosine similarity of the held-out pairs.
    others : float
        Mean cosine similarity of wrong pairs.
    penalty : float or None
        Penalty of the ridge.
    is_csls : bool
        Whether CSLS was used.
    """

    map: Map
    method: str
    pairs: int
    learnt: int
    candidates: int
    ranks: np.ndarray
    plain: np.ndarray | None
    cosine: float
    others: float
    penalty: float | None
    is_csls: bool

    def precision(self, k: int) -> float:
        """The share of pairs held out whose right key is among the k nearest, k from 1 to 5.

        Parameters
        ----------
        k : int
            Number of nearest keys that count, 1 to 5.
        """
        return float((self.ranks <= k).mean())

    def chance(self, k: int) -> float:
        """That share where answers are drawn at random.

        Parameters
        ----------
        k : int
            Number of nearest keys that count, 1 to 5.
        """
        return min(1.0, k / self.candidates)

    @cached_property
    def without(self) -> dict[int, float] | None:
        """The shares for k = 1 and 5 where no map is learnt, None where the spaces differ in width."""
        return None if self.plain is None else {k: float((self.plain <= k).mean()) for k in (1, 5)}

    def to_json(self) -> dict[str, Any]:
        """All but the map, as JSON values."""
        found: dict[str, Any] = {
            "method": self.method, "pairs": self.pairs, "learnt": self.learnt, "tested": len(self.ranks),
            "candidates": self.candidates, "csls": self.is_csls, "penalty": self.penalty, "cosine": self.cosine,
            "cosine_of_others": self.others,
        }  # fmt: skip
        for k in (1, 5):
            without = None if self.without is None else self.without[k]
            found |= {f"p@{k}": self.precision(k), f"p@{k}_without": without, f"p@{k}_chance": self.chance(k)}
        return found

    def __str__(self) -> str:
        predicted = [f"{self.method}, {self.learnt:,} of {self.pairs:,} shared keys learnt from"]
        for k in (1, 5):
            without = "" if self.without is None else f", {self.without[k]:.3f} without a map"
            predicted.append(f"P@{k} {self.precision(k):.3f}{without}, {self.chance(k):.5f} by chance")
        predicted.append(f"mean cosine {self.cosine:.3f}, {self.others:.3f} of wrong pairs")
        return "; ".join(predicted)


def align(
    a: Table,
    b: Table,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    method: Method = "procrustes",
    centre: bool = True,
    scale: bool = False,
    csls: bool = False,
    test: float = 0.2,
    penalties: Sequence[float] = PENALTIES,
    seed: int = 0,
) -> Alignment:
    """The map from the space of `a` to that of `b`, learnt on pairs of keys; a share `test` of them judges it.

    `pairs` are keys of a and of b, such as a dictionary of two languages; without them, the keys that both have. Pairs
    with an unknown key or a zero vector are left out. "procrustes" turns and mirrors only, so that distances within a
    stay what they are (Schönemann 1966); `centre` first moves the means onto each other, `scale` lets it stretch by one
    number. "ridge" is any linear map, for spaces of other widths too; its penalty is chosen on pairs held out among
    those learnt from. Each held-out pair is ranked among all keys of b, by cosine, or with `csls` by cosine less how
    near both are to all (Conneau et al. 2018). Raises `InputError` for fewer than 4 pairs, or one whose key of a
    stands in two, `OptionError` for spaces of two widths by "procrustes".

    Parameters
    ----------
    a : Table
        Vectors to map.
    b : Table
        Vectors to map to.
    pairs : sequence of (str, str) or None, default None
        Pairs of a key of `a` and one of `b`. None: the keys that both have.
    method : "procrustes" or "ridge", default "procrustes"
        Orthogonal map (Schönemann 1966), or any linear map with a ridge penalty.
    centre : bool, default True
        Move the mean of both tables to zero first.
    scale : bool, default False
        Also fit one factor of scale.
    csls : bool, default False
        Rank by CSLS (Conneau et al. 2018) in place of the cosine.
    test : float, default 0.2
        Share of the pairs that are held out.
    penalties : sequence of float, optional
        Penalties of the ridge to choose from.
    seed : int, default 0
        Seed of all random numbers.
    """
    _check(a, b, method, centre, scale, test)
    left, right = _places(a, b, pairs)
    n = len(left)
    held = max(1, min(n - 2, round(test * n)))
    order = seeds.generator(seeds.checked(seed), "align").permutation(n)
    learnt, tested = np.sort(order[held:]), np.sort(order[:held])
    x, y = a.vectors[left].astype(np.float64), b.vectors[right].astype(np.float64)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # a sum's order, and with it the last bit, is that of one thread
        found, penalty = (
            (procrustes(x[learnt], y[learnt], centre=centre, scale=scale), None)
            if method == "procrustes"
            else _ridge(x[learnt], y[learnt], penalties, seed)
        )
    mapped = unit_rows(found(a.vectors[left]))
    own = np.einsum("ij,ij->i", mapped[tested], b.unit[right[tested]])
    wrong = np.einsum("ij,ij->i", mapped[tested], b.unit[np.roll(right[tested], 1)])
    plain = ranks(a.unit[left], tested, b, right, csls) if a.dim == b.dim else None
    return Alignment(
        map=found, method=method, pairs=n, learnt=len(learnt), candidates=len(b),
        ranks=ranks(mapped, tested, b, right, csls), plain=plain,
        cosine=float(own.mean()), others=float(wrong.mean()) if held > 1 else 0.0, penalty=penalty, is_csls=csls,
    )  # fmt: skip


def procrustes(x: np.ndarray, y: np.ndarray, *, centre: bool = True, scale: bool = False) -> Map:
    """The rotation, maybe mirrored, that brings rows x (n, d) nearest to rows y (n, d) (Schönemann 1966).

    `centre` moves the means onto each other, `scale` stretches by the best one number (Schönemann and Carroll 1970).
    """
    none = np.zeros(x.shape[1])
    start, end = (x.mean(axis=0), y.mean(axis=0)) if centre else (none, none)
    left, lengths, right = np.linalg.svd((x - start).T @ (y - end))
    size = float(((x - start) ** 2).sum())
    by = lengths.sum() / size if scale and size > 0 else 1.0
    return Map(start, by * (left @ right), end)


def _ridge(x: np.ndarray, y: np.ndarray, penalties: Sequence[float], seed: int) -> tuple[Map, float]:
    def goodness(decoder: Ridge, rows: np.ndarray) -> float:
        return -float(((decoder(x[rows]) - y[rows]) ** 2).sum())

    found = chosen(x, y, goodness, penalties=penalties, seed=seed)
    return Map(found.mean, found.weights, found.centre), found.penalty


def ranks(mapped: np.ndarray, tested: np.ndarray, b: Table, right: np.ndarray, csls: bool) -> np.ndarray:
    """(m,) int64: the place of b's row right[i] among the nearest to mapped[i], for i in `tested`; 6 beyond the fifth.

    mapped (n, db) and the rows of b count by cosine. `csls` takes from a row of b its mean cosine with the 10 rows of
    mapped nearest to it, so that none is near to everything; the 200 nearest are looked at.
    """
    queries, wanted = np.ascontiguousarray(mapped[tested]), right[tested]
    if csls:
        hub = nearest_rows(b.unit, mapped, NEAREST)[1].mean(axis=1)
        deep = nearest_rows(queries, b.unit, min(len(b), 20 * NEAREST))
        order = np.argsort(-(2 * deep[1] - hub[deep[0]]), axis=1, kind="stable")[:, :5]
        columns = np.take_along_axis(deep[0], order, axis=1)
    else:
        columns = nearest_rows(queries, b.unit, 5)[0]
    hit = columns == wanted[:, None]
    return np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, 6)


def _places(a: Table, b: Table, pairs: Sequence[tuple[str, str]] | None) -> tuple[np.ndarray, np.ndarray]:
    """The places of usable pairs in both tables, in the order given."""
    listed = [(key, key) for key in a.keys] if pairs is None else [(str(x), str(y)) for x, y in pairs]
    left = a.places([x for x, _ in listed])
    right = b.places([y for _, y in listed])
    usable = (left >= 0) & (right >= 0)
    usable[usable] = a.vectors[left[usable]].any(axis=1) & b.vectors[right[usable]].any(axis=1)
    left, right = left[usable], right[usable]
    if len(np.unique(left)) < len(left):
        twice = a.keys[np.flatnonzero(np.bincount(left) > 1)[0]]
        raise InputError(f"{twice!r} stands in two pairs; give each key of the first table one counterpart")
    if len(left) < 4:
        what = "keys in both tables" if pairs is None else f"usable pairs among {len(listed):,}"
        raise InputError(
            f"{len(left)} {what}; wanted 4 or more with vectors that are not zero, to learn a map and judge it"
        )
    return left, right


def _check(a: Table, b: Table, method: str, centre: bool, scale: bool, test: float) -> None:
    if method not in METHODS:
        raise OptionError(f"method must be 'procrustes' or 'ridge', not {method!r}")
    if method == "ridge" and (scale or not centre):
        raise OptionError("centre and scale are of procrustes; ridge finds both by itself: leave them out")
    if method == "procrustes" and a.dim != b.dim:
        raise OptionError(
            f"the spaces have {a.dim} and {b.dim} numbers, and a rotation keeps their count: method='ridge'"
        )
    if not 0 < test < 1:
        raise OptionError(f"test is a share of the pairs, above 0 and under 1, not {test!r}")
