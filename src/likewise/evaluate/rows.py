"""One set measured: rows of a value, how sure it is, how much of the set was known, and what it must beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from likewise.evaluate import analogy, categories, odd, similarity
from likewise.evaluate.baselines import random_tables, spelling_table
from likewise.evaluate.sets import AnalogySet, CategorySet, OddSet, SimilaritySet, WordSet

if TYPE_CHECKING:
    from likewise.table import Table

RANDOM_TABLES = 10


@dataclass(frozen=True)
class Row:
    """One number, for which `known` of `total` pairs, analogies or words counted.

    `interval` is a 95 % interval; `spread` a standard deviation, over starts of k-means or over tables;
    `baselines` the same metric of simpler answers, by name (for random tables their mean); `bar` the largest
    of those, each random table taken by itself: a value that is not above it says nothing.

    Parameters
    ----------
    set : str
        Name of the set.
    metric : str
        Name of the metric.
    value : float
        Value of the metric.
    known : int
        How many of `total` counted.
    total : int
        Number of pairs, analogies or words of the set.
    interval : tuple of float or None, default None
        95 % interval.
    spread : float or None, default None
        Standard deviation over starts or tables.
    baselines : dict, default {}
        Name of a baseline to its value.
    bar : float or None, default None
        Largest baseline.
    note : str, default ""
        Remark for a person.
    """

    set: str
    metric: str
    value: float
    known: int
    total: int
    interval: tuple[float, float] | None = None
    spread: float | None = None
    baselines: Mapping[str, float] = field(default_factory=dict)
    bar: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Options:
    """How to measure: `restrict` and `method` are those of analogies; without `baselines` it is faster."""

    restrict: int | None = None
    method: analogy.Method = "add"
    baselines: bool = True
    seed: int = 0


def measured(table: Table, word_set: WordSet, options: Options) -> list[Row]:
    """The rows of one set, with baselines where they are wanted and any of the set is known."""
    if isinstance(word_set, AnalogySet):
        return _analogies(table, word_set, options)
    rows = _rows(table, word_set, options.seed, resamples=1000, starts=5)
    if not options.baselines or rows[0].known == 0:
        return rows
    words = _words(word_set)
    others = [*random_tables(table, words, RANDOM_TABLES, options.seed), spelling_table(table, words)]
    found = [_rows(other, word_set, options.seed, resamples=0, starts=1) for other in others]
    values = np.array([[row.value for row in other] for other in found])
    means = values[:RANDOM_TABLES].mean(axis=0)
    return [
        replace(row, baselines={"random": float(mean), "spelling": float(spelling)}, bar=float(bar))
        for row, mean, spelling, bar in zip(rows, means, values[-1], values.max(axis=0), strict=True)
    ]


def _words(word_set: SimilaritySet | CategorySet | OddSet) -> list[str]:
    if isinstance(word_set, SimilaritySet):
        return [word for pair in word_set.pairs for word in pair]
    if isinstance(word_set, CategorySet):
        return list(word_set.words)
    return [word for group in word_set.groups for word in (*group.words, *group.outliers)]


def _rows(
    table: Table, word_set: SimilaritySet | CategorySet | OddSet, seed: int, *, resamples: int, starts: int
) -> list[Row]:
    name = word_set.name
    if isinstance(word_set, SimilaritySet):
        pairs = similarity.evaluate(table, word_set, resamples=resamples, seed=seed)
        return [
            Row(name, "spearman", pairs.spearman, pairs.known, pairs.total, pairs.interval, note=pairs.note)
        ]
    if isinstance(word_set, CategorySet):
        grouped = categories.evaluate(table, word_set, starts=starts, seed=seed)
        return [
            Row(
                name,
                "purity",
                grouped.purity,
                grouped.known,
                grouped.total,
                spread=grouped.spread,
                note=grouped.note,
            )
        ]
    outliers = odd.evaluate(table, word_set)
    counted = (outliers.known, outliers.total)
    return [
        Row(name, "odd accuracy", outliers.accuracy, *counted, note=outliers.note),
        Row(name, "odd position", outliers.position, *counted, note=outliers.note),
    ]


def _analogies(table: Table, word_set: AnalogySet, options: Options) -> list[Row]:
    """Accuracy over known analogies, by kind where the set has both; then over all."""
    score = analogy.evaluate(table, word_set, restrict=options.restrict, method=options.method)
    kinds = [kind for kind in (score.semantic, score.syntactic) if 0 < kind.total < score.total.total]
    tallies = [*kinds, score.total]
    rows = [Row(word_set.name, f"{t.name} accuracy", t.accuracy, t.known, t.total) for t in tallies]
    if options.baselines and score.total.known:
        simple = analogy.evaluate(table, word_set, restrict=options.restrict, method="neighbour")
        baseline_scores = {t.name: t.accuracy for t in (simple.semantic, simple.syntactic, simple.total)}
        chance = 1 / max(1, score.candidates - 3)
        rows = [
            replace(
                row,
                baselines={"random": chance, "neighbour": baseline_scores[t.name]},
                bar=max(chance, baseline_scores[t.name]),
            )
            for row, t in zip(rows, tallies, strict=True)
        ]
    total = score.total
    if total.known < total.total:
        rows.append(Row(word_set.name, "accuracy of all", total.accuracy_of_all, total.total, total.total))
    return rows
