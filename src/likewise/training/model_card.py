"""The card of a model: what it is, from what, how, and what it is not; `README.md` in the model's folder."""

from __future__ import annotations

import math
from typing import Any

from likewise._version import __version__
from likewise.table import Table


def card(table: Table) -> str:
    """The model card as Markdown, from the facts of the table."""
    made = table.facts
    training, reading = made["training"], made["reading_report"]
    untrained = (training["negatives"] + 1) * math.log(2)
    return "\n".join(
        [
            f"# {len(table):,} words × {table.dim}",
            "",
            f"Made by likewise {__version__}: {training['method']} with negative sampling. A word has one vector, "
            "whatever it means in its place.",
            "",
            *rows_of_card("Text", {"from": made["text"], **reading, "words seen": f"{reading['tokens']:,}"}),
            *rows_of_card("Options", {**training, "min_count": made["min_count"], **made["reading"]}),
            *rows_of_card(
                "Loss a pair",
                {"untrained": f"{untrained:.4f}"}
                | {f"epoch {n}": f"{loss:.4f}" for n, loss in enumerate(made["losses"], 1)},
            ),
            "## Limits",
            "",
            "- The vectors repeat what the text says, its prejudices too.",
            f"- Words that occur fewer than {made['min_count']} times have no vector.",
            "- A falling loss does not say that the vectors help: `likewise evaluate` does.",
            "- The same seed gives the same bits on the same type of machine with the same versions (`run.toml`).",
            "",
        ]
    )


def rows_of_card(title: str, values: dict[str, Any]) -> list[str]:
    """A part of a card: a heading, and a table of names and values."""
    return [
        f"## {title}",
        "",
        "| | |",
        "|---|---|",
        *(f"| {k} | {_cell(v)} |" for k, v in values.items()),
        "",
    ]


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
