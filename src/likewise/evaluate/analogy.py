"""Do differences of vectors mean the same everywhere? Analogies "a is to b as c is to ?", all at once.

The score of a candidate depends on three cosines only, and a benchmark of 19,544 analogies is made
of about 900 words. So the cosines of those words with the candidates are computed once, a block of candidates
at a time, and an analogy costs two additions a candidate instead of a product of vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.errors import OptionError
from likewise.evaluate.lookup import ids_of
from likewise.evaluate.sets import AnalogySet

if TYPE_CHECKING:
    from likewise.table import Table

Method = Literal["add", "multiply", "neighbour"]
CACHED = 2**18  # scores looked at together: 1 MB, so that they stay in a core's own cache
COSINES = 2**22  # cosines held at once: 16 MB, twice
SHIFT = np.float32(0.001)  # the epsilon of 3CosMul


@dataclass(frozen=True)
class Tally:
    """Of `total` analogies `known` have all four words in the table; `right` of those are answered right."""

    name: str
    right: int
    known: int
    total: int

    @property
    def accuracy(self) -> float:
        """Right answers over the known analogies, as is the custom; 0 where none is known."""
        return self.right / self.known if self.known else 0.0

    @property
    def accuracy_of_all(self) -> float:
        """Right answers over all analogies: one with an unknown word counts as wrong."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True)
class AnalogyScore:
    """A tally a section, in the set's order, and sums; an answer is chosen from `candidates` words."""

    sections: tuple[Tally, ...]
    semantic: Tally
    syntactic: Tally
    total: Tally
    candidates: int


def evaluate(
    table: Table, word_set: AnalogySet, *, restrict: int | None = None, method: Method = "add", k: int = 1
) -> AnalogyScore:
    """How many analogies have their answer d among the k best candidates, the three query words left out.

    `add` is 3CosAdd (Mikolov et al. 2013), the most cos(d, b) - cos(d, a) + cos(d, c); `multiply` is 3CosMul
    (Levy & Goldberg 2014), with cosines moved to 0..1 and epsilon 0.001; `neighbour` ignores a and b and
    answers with the nearest to c, the baseline of Linzen (2016). Of equal scores the lower row goes first.

    `restrict` keeps only the most frequent words, as candidates and in analogies: by the table's counts, else
    the first rows. None keeps all; papers differ (30,000 in word2vec's script, 300,000 in gensim), so say
    which you used. An answer that is itself a query word can never be given and counts as wrong.

    Raises `OptionError` for another method, or where `restrict` or `k` is under 1.
    """
    _check(restrict, method, k)
    candidates = _candidates(table, restrict)
    inside = np.zeros(len(table.keys) + 1, bool)  # the last stands for -1, the unknown
    inside[candidates] = True
    rows = ids_of(table, (word for query in word_set.analogies for word in query)).reshape(-1, 4)
    known = inside[rows].all(axis=1)
    queries, query = np.unique(rows[known, :3], axis=0, return_inverse=True)
    answers = _best(table.vectors, candidates, queries, method, k)[query.reshape(-1)]
    right = np.zeros(len(rows), bool)
    right[known] = (answers == rows[known, 3:]).any(axis=1)
    return _tallied(word_set, right, known, len(candidates))


def is_syntactic(section: str) -> bool:
    """Whether a section is about forms of words: Google's begin with "gram", MSR's are pairs of tags."""
    return section.startswith("gram") or (section.isupper() and "_" in section)


def _check(restrict: int | None, method: str, k: int) -> None:
    if method not in ("add", "multiply", "neighbour"):
        raise OptionError(f"method must be 'add', 'multiply' or 'neighbour', not {method!r}")
    for name, value in (("restrict", restrict), ("k", k)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise OptionError(f"{name} must be a whole number from 1, not {value!r}")


def _candidates(table: Table, restrict: int | None) -> np.ndarray:
    n = len(table.keys)
    if restrict is None or restrict >= n:
        return np.arange(n)
    if table.counts is None:
        return np.arange(restrict)
    frequent = np.argsort(-np.asarray(table.counts, np.int64), kind="stable")[:restrict]
    return np.sort(frequent)  # a lower position is a lower row, which decides between equal scores


def _best(
    vectors: np.ndarray, candidates: np.ndarray, query_rows: np.ndarray, method: Method, k: int
) -> np.ndarray:
    """(m, k) rows of the best candidates of the (m, 3) queries, -1 where there are fewer."""
    best = np.full((len(query_rows), k), -np.inf, np.float32)
    rows = np.full((len(query_rows), k), -1, np.int64)
    words, place = np.unique(query_rows, return_inverse=True)
    if len(words) == 0:
        return rows
    place = place.reshape(query_rows.shape)
    queries = unit_rows(vectors[words])
    for block in _blocks(len(candidates), max(1, min(4096, COSINES // len(words)))):
        block_rows = candidates[block]
        scored = _scorer(queries @ unit_rows(vectors[block_rows]).T, method)
        for part in _blocks(len(query_rows), max(1, CACHED // len(block_rows))):
            scores = scored(place[part])
            _leave_out(scores, query_rows[part], block_rows)
            _keep_best(best[part], rows[part], scores, block_rows)
    return rows


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _scorer(cosines: np.ndarray, method: Method) -> Callable[[np.ndarray], np.ndarray]:
    """What scores queries (m, 3), given as rows of `cosines` (words, candidates): (m, candidates)."""
    if method == "neighbour":
        return lambda abc: cosines[abc[:, 2]]
    join: np.ufunc = np.add if method == "add" else np.multiply
    if method == "add":
        towards, away = cosines, -cosines
    else:
        towards = np.maximum((cosines + 1) / 2, 0)  # rounding can leave a cosine a little under -1
        away = 1 / (towards + SHIFT)

    def scored(abc: np.ndarray) -> np.ndarray:
        scores = join(towards[abc[:, 1]], away[abc[:, 0]])
        return join(scores, towards[abc[:, 2]], out=scores)

    return scored


def _leave_out(scores: np.ndarray, query_rows: np.ndarray, block_rows: np.ndarray) -> None:
    """No query is answered with one of its own words."""
    place = np.minimum(np.searchsorted(block_rows, query_rows), len(block_rows) - 1)
    query, word = np.nonzero(block_rows[place] == query_rows)
    scores[query, place[query, word]] = -np.inf


def _keep_best(best: np.ndarray, rows: np.ndarray, scores: np.ndarray, block_rows: np.ndarray) -> None:
    """Merge this block's k best into those so far; earlier rows stay before later ones of equal score."""
    everyone = np.arange(len(scores))
    for _ in range(min(best.shape[1], scores.shape[1])):
        column = scores.argmax(axis=1)
        score = scores[everyone, column]
        row = block_rows[column]
        scores[everyone, column] = -np.inf
        better = np.flatnonzero(score > best[:, -1])
        if len(better) == 0:
            return
        pool = np.column_stack([best[better], score[better]])
        order = np.argsort(-pool, axis=1, kind="stable")[:, :-1]
        best[better] = np.take_along_axis(pool, order, axis=1)
        rows[better] = np.take_along_axis(np.column_stack([rows[better], row[better]]), order, axis=1)


def _tallied(word_set: AnalogySet, right: np.ndarray, known: np.ndarray, candidates: int) -> AnalogyScore:
    section = np.array(word_set.sections, np.int64)

    def tally(name: str, among: np.ndarray) -> Tally:
        return Tally(name, int(right[among].sum()), int(known[among].sum()), int(among.sum()))

    names = word_set.section_names
    syntactic = np.array([is_syntactic(name) for name in names], bool)[section]
    return AnalogyScore(
        sections=tuple(tally(name, section == i) for i, name in enumerate(names)),
        semantic=tally("semantic", ~syntactic),
        syntactic=tally("syntactic", syntactic),
        total=tally("total", np.ones(len(section), bool)),
        candidates=candidates,
    )
