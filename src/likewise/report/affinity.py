"""How tasks help each other, and whether the groups that follow from it do: as sections of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likewise.report.heatmap import heat_map
from likewise.report.page import Section


def helped(found: Mapping[str, Any]) -> Section:
    """The heat map of what `Affinity.to_json` of `likewise.tasks` gives, each row by its own scale, with its ranks."""
    tasks = found["tasks"]
    cells = [[row["from"][giver] for giver in tasks] for row in found["rows"]]
    matrix = np.array([[cell["value"] for cell in row] for row in cells])
    figures = [[_figure(cell) for cell in row] for row in cells]
    seeds = len(found["seeds"])
    trainings = f"{seeds} training{'s' if seeds > 1 else ''}"
    return Section(
        "Which task helps which",
        "A step for the task of a column changes the loss of the task of a row: blue where it falls, orange where it "
        f"rises, in thousandths of that loss. The first figure is the rank within the row. {' '.join(found['notes'])}",
        figure=heat_map(
            matrix, tasks, tasks, title="affinity of tasks", figures=figures,
            is_shown=~np.eye(len(tasks), dtype=bool),
        ),
        caption=f"Inter-task affinity (Fifty et al. 2021), mean of {trainings}; ± is half "
        "the 95 % interval. Colours are as deep as the figure is large within its row.",
    )  # fmt: skip


def grouped(found: Mapping[str, Any]) -> Section:
    """The networks of what `Grouping.to_json` of `likewise.probing` gives, and whom each serves."""
    served = dict(zip(found["tasks"], found["served"], strict=True))
    rows = [
        (
            number + 1,
            ", ".join(task for task in group if served[task] == number),
            ", ".join(task for task in group if served[task] != number),
        )
        for number, group in enumerate(found["groups"])
    ]
    return Section(
        "The groups that follow",
        "Of all ways to part the tasks among so many networks, this one has the largest mean affinity onto a task.",
        header=("network", "serves", "with the help of"),
        rows=rows,
    )


def confirmed(found: Mapping[str, Any]) -> Section:
    """The losses of what `Confirmation.to_json` of `likewise.probing` gives, side by side, under the verdict."""
    ways = found["ways"]
    means = [np.mean(way["losses"], axis=0).tolist() for way in ways]
    rows: list[Sequence[Any]] = [(task, *(own[i] for own in means)) for i, task in enumerate(found["tasks"])]
    verdict = found["verdict"]
    over = ", ".join(
        f"{way['name']} {100 * way['over_together']['value']:+.1f} % "
        f"({100 * way['over_together']['low']:+.1f} … {100 * way['over_together']['high']:+.1f})".replace(
            "-", "−"
        )
        for way in ways
        if way["over_together"] is not None
    )
    return Section(
        "Whether they do",
        f"{verdict[0].upper()}{verdict[1:]}.",
        header=("held-out loss", *(way["name"] for way in ways)),
        rows=rows,
        caption=f"Means of {len(found['seeds'])} seeds, all ways with the same items held out. Networks: "
        f"{', '.join(str(len(way['groups'])) for way in ways)}. Loss against all together, mean over tasks, with its "
        f"95 % interval over seeds: {over}.",
    )


def _figure(cell: Mapping[str, Any]) -> str:
    if not cell["rank"]:
        return ""
    half = (cell["high"] - cell["low"]) / 2
    return f"{cell['rank']}\n{1e3 * cell['value']:.2f} ±{1e3 * half:.2f}".replace("-", "−")
