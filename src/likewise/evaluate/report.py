"""Scores with their baselines, as rows, JSON or a plain table, with a warning where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.errors import OptionError, WrongType
from likewise.evaluate.analogy import Method
from likewise.evaluate.rows import Options, Row, measured
from likewise.evaluate.sets import WordSet
from likewise.evaluate.standard_sets import load
from likewise.system import seeds
from likewise.system.options import check_int

if TYPE_CHECKING:
    from likewise.table import Table

FEW = 0.5  # under this share of a set known, a score is of another set than its name says


@dataclass(frozen=True)
class Report:
    """`rows` in the order of the sets. As text: an aligned table, then the warnings.

    Parameters
    ----------
    rows : tuple of Row
        Scores.
    """

    rows: tuple[Row, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each row that does not beat its baselines, or of whose set little is known."""
        return tuple(warning for row in self.rows for warning in _warnings(row))

    def to_json(self) -> list[dict[str, Any]]:
        """One flat dict a row, of strings, whole numbers, finite floats and None."""
        return [
            {
                "set": row.set,
                "metric": row.metric,
                "value": float(row.value) if row.known else None,
                "low": row.interval and float(row.interval[0]),
                "high": row.interval and float(row.interval[1]),
                "spread": None if row.spread is None else float(row.spread),
                "known": int(row.known),
                "total": int(row.total),
                **{f"{name} baseline": float(value) for name, value in row.baselines.items()},
                "note": row.note,
            }
            for row in self.rows
        ]

    def __str__(self) -> str:
        if not self.rows:
            return "no sets"
        names = list(dict.fromkeys(name for row in self.rows for name in row.baselines))
        header = ["set", "metric", "value", "", "known", *names]
        cells = [header, *(_cells(row, names) for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
        lines = [
            "  ".join(_aligned(cell, i, widths[i]) for i, cell in enumerate(line)).rstrip() for line in cells
        ]
        notes = dict.fromkeys(f"note: {_printable(row.set)}: {row.note}" for row in self.rows if row.note)
        return "\n".join([*lines, *notes, *(f"warning: {warning}" for warning in self.warnings)])


def evaluate(
    table: Table,
    sets: Iterable[WordSet | str | Path],
    *,
    restrict: int | None = None,
    method: Method = "add",
    baselines: bool = True,
    seed: int = 0,
) -> Report:
    """Measure `table` on each set, given as loaded or as a name or path for `load`, with baselines.

    Similarity gives Spearman's correlation, analogies accuracy (`restrict` and `method` are theirs),
    categories purity, odd words accuracy and position. The baselines are random tables of the same width, the
    spelling of the words alone (shared trigrams), and for analogies chance and the nearest neighbour of c.
    `seed` draws bootstrap, k-means and random tables. Raises `WrongType` for a single name, `InputError` for
    a set that cannot be read.

    Parameters
    ----------
    table : Table
        Vectors.
    sets : str, Path, WordSet, or a sequence of these
        Standard names, files or loaded sets.
    restrict : int or None, default None
        Use only the most frequent words in analogies. None: all words.
    method : "add" or "multiply", default "add"
        Method of analogies: 3CosAdd or 3CosMul.
    baselines : bool, default True
        Measure the baselines as well.
    seed : int, default 0
        Seed of all random numbers.
    """
    if restrict is not None:
        check_int("restrict", restrict, 1, 1 << 62)
    options = Options(restrict, method, baselines, seeds.checked(seed))
    return Report(tuple(row for word_set in _loaded(sets) for row in measured(table, word_set, options)))


def over_seeds(
    tables: Sequence[Table],
    sets: Iterable[WordSet | str | Path],
    *,
    restrict: int | None = None,
    method: Method = "add",
    seed: int = 0,
) -> Report:
    """Mean and standard deviation (`spread`, n - 1) of each score over tables of different seeds.

    A difference between two ways of training that is not well above the spread is none. `known` is the least
    over the tables. Raises `OptionError` for fewer than 2 tables, and what `evaluate` raises.

    Parameters
    ----------
    tables : sequence of Table
        Tables that were trained with different seeds.
    sets : str, Path, WordSet, or a sequence of these
        Standard names, files or loaded sets.
    restrict : int or None, default None
        Use only the most frequent words in analogies. None: all words.
    method : "add" or "multiply", default "add"
        Method of analogies: 3CosAdd or 3CosMul.
    seed : int, default 0
        Seed of all random numbers.
    """
    options = Options(restrict, method, False, seeds.checked(seed))
    loaded = _loaded(sets)
    return mean_of(
        [
            Report(tuple(row for word_set in loaded for row in measured(table, word_set, options)))
            for table in tables
        ]
    )


def mean_of(reports: Sequence[Report]) -> Report:
    """Mean and spread of each row over reports on the same sets; raises `OptionError` for fewer than 2."""
    if len(reports) < 2:
        raise OptionError(
            f"a spread needs at least 2 tables, not {len(reports)}; train again with another seed"
        )
    return Report(tuple(_mean(list(rows)) for rows in zip(*(report.rows for report in reports), strict=True)))


def _loaded(sets: Iterable[WordSet | str | Path]) -> list[WordSet]:
    if isinstance(sets, str | Path):
        raise WrongType(f"sets are given as a list, not the one name {str(sets)!r}; write [{str(sets)!r}]")
    return [load(one) if isinstance(one, str | Path) else one for one in sets]


def _mean(rows: list[Row]) -> Row:
    """The same row of several tables as one."""
    values = [row.value for row in rows]
    known = min(row.known for row in rows)
    spread = float(np.std(values, ddof=1))
    return replace(
        rows[0],
        value=float(np.mean(values)),
        known=known,
        interval=None,
        spread=spread,
        note=f"mean of {len(rows)} tables",
    )


def _warnings(row: Row) -> list[str]:
    name = f"{_printable(row.set)}: {row.metric}"
    found = []
    if row.bar is not None and row.value <= row.bar:
        found.append(f"{name} {row.value:.3f} does not beat its baselines (the best of them: {row.bar:.3f})")
    if row.known < FEW * row.total:
        found.append(f"{name} counts only {row.known:,} of {row.total:,}: the other words are not known")
    return found


def _cells(row: Row, names: list[str]) -> list[str]:
    sure = ""
    if row.interval is not None:
        sure = f"{row.interval[0]:.3f} to {row.interval[1]:.3f}"
    elif row.spread is not None:
        sure = f"± {row.spread:.3f}"
    baseline_scores = [f"{row.baselines[name]:.3f}" if name in row.baselines else "" for name in names]
    known = f"{row.known:,}/{row.total:,}"
    return [_printable(row.set), row.metric, f"{row.value:.3f}", sure, known, *baseline_scores]


def _aligned(cell: str, column: int, width: int) -> str:
    return cell.ljust(width) if column in (0, 1, 3) else cell.rjust(width)


def _printable(text: str) -> str:
    """A file's name may hold what moves a terminal's cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
