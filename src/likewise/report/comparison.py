"""What a comparison found, as sections of a page: the advice, the table, the learning curve, how it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from likewise.report.learning_curve import learning_curve
from likewise.report.page import Cell, Section


@dataclass(frozen=True)
class Point:
    """A point of the learning curve."""

    name: str
    labels: float
    value: float
    low: float
    high: float


def compared(found: Mapping[str, Any]) -> list[Section]:
    """The sections of what `Comparison.to_json` of `likewise.probing` gives; so of a saved comparison.json too."""
    return [table(found), *curve(found)]


def table(
    found: Mapping[str, Any],
    *,
    heading: str = "The comparison",
    text: str = "",
    call: str = "",
    is_timed: bool = True,
) -> Section:
    """A row for each representation, the advice above it; without seconds, which no two runs have alike, at wish."""
    header = ("vectors", found["metric"], "95 % interval", "over raw, points", "dim", "MB", "seconds")
    columns = len(header) if is_timed else -1
    verdict = found["verdict"]
    return Section(
        heading,
        "\n\n".join(part for part in (text, f"{verdict[0].upper()}{verdict[1:]}.") if part),
        call=call,
        header=header[:columns],
        rows=[_row(row)[:columns] for row in found["rows"]],
        caption=_caption(found) + (" Seconds are those of the head." if is_timed else ""),
    )


def curve(found: Mapping[str, Any], *, heading: str = "With fewer labels") -> list[Section]:
    """The learning curve, where there is more than one point to it."""
    if len({point["labels"] for point in found["points"]}) < 2:
        return []
    kinds = {row["name"]: row["kind"] for row in found["rows"]}
    shown = [
        Point(**{field: point[field] for field in Point.__annotations__})
        for point in found["points"]
        if kinds[point["name"]] != "random"  # far below, it would press the others together
    ]
    baseline_scores = [name for name, kind in kinds.items() if kind == "raw"]
    return [
        Section(
            heading,
            "Labels are dear, and vectors learnt without them may need fewer. The same few labels are drawn for all; "
            "the shade holds 95 % of what other rows to test and to learn from would give.",
            figure=learning_curve(
                shown,
                metric=found["metric"],
                dashed=baseline_scores,
                title=f"{found['metric']} by number of labels",
            ),
        )
    ]


def _row(row: Mapping[str, Any]) -> list[Cell]:
    over, sure = row["over_raw"], f"{row['low']:.3f} to {row['high']:.3f}"
    return [
        row["name"], row["value"], sure, None if over is None else _points(over), row["dim"],
        row["nbytes"] / 1e6, row["seconds"],
    ]  # fmt: skip


def _points(over: Mapping[str, float]) -> str:
    sides = f"{100 * over['value']:+.1f} ({100 * over['low']:+.1f} … {100 * over['high']:+.1f})"
    return sides.replace("-", "−")


def _caption(found: Mapping[str, Any]) -> str:
    split = f"{found['folds']} folds" if found["folds"] > 1 else "a given test set"
    notes = "".join(f" Note: {note}." for note in found["notes"])
    return (
        f"{found['n']:,} texts of {len(found['classes'])} classes, {split}, the same for all; always predicting the "
        f"commonest class scores {found['commonest']:.3f}. One logistic head, its strength chosen inside the folds. "
        "Differences are paired, their intervals wide enough for all embeddings together."
        f"{notes}"
    )
