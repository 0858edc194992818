"""What a comparison found: a row for each representation, a learning curve, and one line of advice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from likewise.probing.paired_bootstrap import Difference

Kind = Literal["raw", "random", "embedding"]


@dataclass(frozen=True)
class Standing:
    """One representation at all labels: `value` with its 95 % interval, compared with the raw features.

    `seconds` is what the head took, to choose C, train and predict; `nbytes` what the vectors take in memory.
    `over_random` is the difference to a random projection of the raw features of the same `dim`.

    Parameters
    ----------
    name : str
        Name.
    kind : "raw", "random" or "embedding"
        Kind of representation.
    dim : int
        Length of the vectors.
    nbytes : int
        Memory of the vectors in bytes.
    seconds : float
        Time that the head took.
    value : float
        Value of the metric.
    low : float
        Lower end of the 95 % interval.
    high : float
        Upper end of the 95 % interval.
    per_fold : tuple of float
        Value of each fold.
    over_raw : Difference or None
        Difference to the raw features.
    over_random : Difference or None, default None
        Difference to a random projection of the same length.
    """

    name: str
    kind: Kind
    dim: int
    nbytes: int
    seconds: float
    value: float
    low: float
    high: float
    per_fold: tuple[float, ...]
    over_raw: Difference | None
    over_random: Difference | None = None


@dataclass(frozen=True)
class Point:
    """A representation with few labels: at most `per_class` of each class (None: all), `labels` in the mean.

    Parameters
    ----------
    name : str
        Name.
    per_class : int or None
        Number of training labels of each class. None: all.
    labels : float
        Number of training labels, in the mean over folds.
    value : float
        Value of the metric.
    low : float
        Lower end of the 95 % interval.
    high : float
        Upper end of the 95 % interval.
    over_raw : Difference or None
        Difference to the raw features.
    """

    name: str
    per_class: int | None
    labels: float
    value: float
    low: float
    high: float
    over_raw: Difference | None


@dataclass(frozen=True)
class Comparison:
    """`rows` in the order given, random projections last; `points` of the learning curve, by name and labels.

    Intervals of `rows` are from a bootstrap of the rows tested; those of differences are of 95 % for all embeddings
    together (Bonferroni), as the best of several is looked for. Those of `points` also hold the spread over draws of
    the few labels. `commonest` is the score of always predicting the most frequent class.

    Parameters
    ----------
    rows : tuple of Standing
        A row for each representation, in the order given, random projections last.
    points : tuple of Point
        Points of the learning curve.
    metric : str
        Name of the metric.
    n : int
        Number of rows.
    classes : tuple
        Classes, in the order of their codes.
    folds : int
        Number of folds.
    seed : int
        Seed of all random numbers.
    commonest : float
        Value of always predicting the most frequent class.
    notes : tuple of str, default ()
        Remarks for a person.
    """

    rows: tuple[Standing, ...]
    points: tuple[Point, ...]
    metric: str
    n: int
    classes: tuple[Any, ...]
    folds: int
    seed: int
    commonest: float
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One line: which representation to take, by how much, and where it is otherwise."""
        return advice(self)

    @property
    def labels(self) -> float:
        """How many labels were learnt from where all were, in the mean over folds."""
        return next(point.labels for point in self.points if point.per_class is None)

    def curve(self, name: str) -> tuple[Point, ...]:
        """The learning curve of one representation, from few labels to all.

        Parameters
        ----------
        name : str
            Name.
        """
        return tuple(point for point in self.points if point.name == name)

    def to_json(self) -> dict[str, Any]:
        """All of it as dicts and lists of JSON values, with the verdict; classes by their names as text."""
        found = asdict(self)
        found["classes"] = [str(name) for name in self.classes]
        return {**found, "labels": self.labels, "verdict": self.verdict}

    def __str__(self) -> str:
        header = ["", "dim", "bytes", "seconds", self.metric, "", "over raw, points"]
        cells = [header]
        for row in self.rows:
            over = "" if row.over_raw is None else str(row.over_raw)
            sure = f"{row.low:.3f} to {row.high:.3f}"
            size = [f"{row.dim:,}", _sized(row.nbytes), f"{row.seconds:.1f}"]
            cells.append([row.name, *size, f"{row.value:.3f}", sure, over])
        lines = [*_columns(cells), "", *self._curve_lines(), *(f"note: {note}" for note in self.notes)]
        return "\n".join([*lines, self.verdict])

    def _curve_lines(self) -> list[str]:
        budgets = list(dict.fromkeys(point.per_class for point in self.points))
        if len(budgets) < 2:
            return []
        cells = [["labels a class", *("all" if budget is None else f"{budget:,}" for budget in budgets)]]
        for row in self.rows:
            cells.append([row.name, *(f"{point.value:.3f}" for point in self.curve(row.name))])
        return [*_columns(cells), ""]


def _columns(cells: list[list[str]]) -> list[str]:
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def _sized(nbytes: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= size:
            return f"{nbytes / size:.1f} {unit}"
    return f"{nbytes} B"


def advice(found: Comparison) -> str:
    """Which representation to take: the raw features, unless the best embedding is above them beyond doubt."""
    raw = next(row for row in found.rows if row.kind == "raw")
    embeddings = [row for row in found.rows if row.kind == "embedding"]
    if not embeddings:
        return f"{raw.name} alone: {found.metric} {raw.value:.3f}; give an embedding to compare with it"
    best = max(embeddings, key=lambda row: row.value)
    over = best.over_raw
    assert over is not None, "every row but the raw one has a difference"
    if over.low > 0:
        return (
            f"use {best.name}: {_by(over)} above {raw.name} {_at(found, over)}{_but(found, best, raw.name)}"
        )
    if over.high < 0:
        text = f"keep {raw.name}: {best.name} is {_by(over)} below {_at(found, over)}"
    else:
        text = f"keep {raw.name}: {best.name} makes no difference that shows, {_tie(over)} {_at(found, over, False)}"
    return text + _with_few(found, embeddings, best)


def _by(over: Difference) -> str:
    return f"{100 * abs(over.value):.1f} points"


def _tie(over: Difference) -> str:
    return f"{over} points"


def _at(found: Comparison, over: Difference, interval: bool = True) -> str:
    sure = f"({100 * over.low:.1f} … {100 * over.high:.1f}) ".replace("-", "−") if interval else ""
    return f"{sure}at {found.labels:,.0f} labels"


def _but(found: Comparison, best: Standing, raw: str) -> str:
    """What speaks against the best embedding: few labels, or chance that does as well."""
    against = ""
    lost = _run(found, best.name, won=False)
    if lost is not None:
        against += f"; with {lost:,} labels a class or fewer {raw} is better"
    if best.over_random is not None and best.over_random.low <= 0:
        against += f"; but a random projection to {best.dim} is as good"
    return against


def _with_few(found: Comparison, embeddings: list[Standing], best: Standing) -> str:
    """Up to how many labels an embedding wins all the same."""
    won = {row.name: _run(found, row.name, won=True) for row in [best, *embeddings]}
    budgets = [budget for budget in won.values() if budget is not None]
    if not budgets:
        return ""
    name = next(name for name, budget in won.items() if budget == max(budgets))
    who = "it" if name == best.name else name
    return f"; {who} wins only with {max(budgets):,} labels a class or fewer"


def _run(found: Comparison, name: str, *, won: bool) -> int | None:
    """The most labels a class up to which `name` is above the raw features (or below) at every point, if any."""
    last = None
    for point in found.curve(name):
        over = point.over_raw
        if point.per_class is None or over is None or not (over.low > 0 if won else over.high < 0):
            return last
        last = point.per_class
    return last
