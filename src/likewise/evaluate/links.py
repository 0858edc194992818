"""Are the missing ends of triples found? MRR and Hits@k of held-out triples, in both directions.

Every answer is ranked among all entities, filtered and fair to ties (`ranks.py`), next to a baseline that any graph
has: the entities in the order of how often training has them at that end of that relation. Triples that training gives
away are counted (`leaks.py`). What training has never seen cannot be ranked; it is counted, and in `total` it comes
last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from likewise.arrays.graph.queries import check_triples, queries_of
from likewise.errors import InputError, OptionError
from likewise.evaluate.leaks import Leaks, leaks
from likewise.evaluate.ranks import Scorer, Tally, both_ways, rank_answers
from likewise.evaluate.rows import Row

KS = (1, 3, 10)


@dataclass(frozen=True)
class LinkScore:
    """The ranks of t test triples, for its tail and for its head: 2t answers.

    `total`, `tails`, `heads` and `relations` are of all of them: an answer that cannot be ranked, because training has
    not its triple's head, relation or tail, counts with rank n, the last of all entities. `known` is of the others.
    """

    total: Tally
    known: Tally
    tails: Tally
    heads: Tally
    relations: dict[int, Tally]  # by relation, in both directions; -1 for those that are unknown
    unseen: int  # test triples with an entity or a relation that training has not
    unseen_entities: int  # how many different ones, of those that have a number; each -1 is one more
    leaks: Leaks
    baseline: Tally | None = None  # of `total`, for the most frequent answers of each relation
    note: str = field(default="")

    def rows(self, name: str) -> list[Row]:
        """The numbers as rows of a report on the set `name`; `known` of `total` answers could be ranked."""
        found = [("MRR", self.total.mrr, self.baseline.mrr if self.baseline else None)]
        for k, hits in self.total.hits.items():
            found.append((f"Hits@{k}", hits, self.baseline.hits[k] if self.baseline else None))
        rows = [
            Row(
                name, metric, value, self.known.count, self.total.count, note=self.note, bar=bar,
                baselines={} if bar is None else {"most frequent": bar},
            )
            for metric, value, bar in found
        ]  # fmt: skip
        if self.unseen:
            counted = (self.known.count, self.known.count)
            rows.append(Row(name, "MRR of what is known", self.known.mrr, *counted, note=self.note))
        return rows


def evaluate(
    score: Scorer, test: np.ndarray, train: np.ndarray, *, entities: int, relations: int,
    others: Sequence[np.ndarray] = (), ks: Sequence[int] = KS, candidates: int | None = None, baseline: bool = True,
    seed: int = 0,
) -> LinkScore:  # fmt: skip
    """Rank the answers of `test` (t, 3): head, relation, tail by number, -1 for what the model does not know.

    score(entities (b,), relations (b,)) gives (b, n) scores, larger is likelier; relation + `relations` is for the
    head. Known answers are those in `train` (m, 3), `test` and `others` (validation): they do not stand in each
    other's way. A triple of `test` given twice counts twice.

    `candidates` ranks among so many drawn entities only, and says so in `note`: such numbers are higher, and not
    comparable with full ones. Raises `InputError` for ids out of range and for scores that are no numbers.
    """
    if candidates is not None and (isinstance(candidates, bool) or candidates < 1):
        raise OptionError(
            f"candidates must be a whole number of at least 1, or None for all, not {candidates!r}"
        )
    tested, seen = _tested(test, entities, relations), _seen(train, entities, relations)
    usable = seen[0][tested[:, 0]] & seen[1][tested[:, 1]] & seen[0][tested[:, 2]]
    usable &= (tested >= 0).all(axis=1)
    kept = tested[usable]
    given = [check_triples(part, entities, relations) for part in (train, *others)]
    known = queries_of(np.concatenate([*given, kept]), relations)
    queries, limits = both_ways(kept, relations), tuple(ks)

    def ranks(judge: Scorer) -> np.ndarray:
        found = np.full((2, len(tested)), float(entities))
        found[:, usable] = rank_answers(
            judge, queries, known, entities, candidates=candidates, seed=seed
        ).reshape(2, -1)
        return found

    found = ranks(score)
    strange = np.unique(tested[:, [0, 2]][~seen[0][tested[:, [0, 2]]]])
    return LinkScore(
        total=Tally.of(found.ravel(), limits),
        known=Tally.of(found[:, usable].ravel(), limits),
        tails=Tally.of(found[0], limits),
        heads=Tally.of(found[1], limits),
        relations={
            int(r): Tally.of(found[:, tested[:, 1] == r].ravel(), limits) for r in np.unique(tested[:, 1])
        },
        unseen=int((~usable).sum()),
        unseen_entities=int(np.count_nonzero(strange >= 0) + np.count_nonzero(tested[:, [0, 2]] < 0)),
        leaks=leaks(kept, given[0], entities, relations),
        baseline=Tally.of(ranks(most_frequent(given[0], entities, relations)).ravel(), limits)
        if baseline
        else None,
        note=""
        if candidates is None
        else f"among {candidates} drawn entities: not comparable with full ranks",
    )


def most_frequent(train: np.ndarray, entities: int, relations: int) -> Scorer:
    """Scores that know only how often each entity stands at that end of that relation, whatever the other end."""
    from scipy import sparse

    queries = both_ways(train, relations)
    ones = np.ones(len(queries), np.float32)
    shape = (2 * relations, entities)
    counts = sparse.csr_array((ones, (queries[:, 1], queries[:, 2])), shape=shape)
    return lambda _, kinds: counts[kinds].toarray()


def _tested(test: np.ndarray, entities: int, relations: int) -> np.ndarray:
    """Triples where -1 stands for what is unknown."""
    found = np.asarray(test)
    if found.size == 0:
        raise InputError("there are no test triples; wanted at least one")
    if found.ndim == 2 and found.dtype.kind in "iu" and found.min() == -1:
        check_triples(np.maximum(found, 0), entities, relations)
        return found.astype(np.int64)
    return check_triples(found, entities, relations).astype(np.int64)


def _seen(train: np.ndarray, entities: int, relations: int) -> tuple[np.ndarray, np.ndarray]:
    """Which entities and relations training has; the last place, that of -1, is False."""
    nodes, kinds = np.zeros(entities + 1, bool), np.zeros(relations + 1, bool)
    found = check_triples(train, entities, relations)
    nodes[found[:, 0]] = nodes[found[:, 2]] = True
    kinds[found[:, 1]] = True
    return nodes, kinds
