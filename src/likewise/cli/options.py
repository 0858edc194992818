"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

TEXT, LEARNING, RUN = "Reading the text", "Training", "The run"

Inputs: TypeAlias = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT",
        help="Files, folders or globs of text, JSON lines, CSV, TSV or Parquet, also packed; - is standard input.",
    ),
]
Model: TypeAlias = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model folder, or a file of vectors of any format known.")
]
NewModel: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="MODEL", help="The folder to save the model in.")
]
Overwrite: TypeAlias = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace an existing output, in one step.", rich_help_panel=RUN),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="JSON lines, also on a terminal; a pipe always gets them.")
]
Nearest: TypeAlias = Annotated[int, typer.Option("-k", metavar="N", help="Number of neighbours.")]
Unit: TypeAlias = Annotated[
    Literal["line", "file"],
    typer.Option(help="Whether a document is a line or record, or a whole file.", rich_help_panel=TEXT),
]
Id: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="NAME",
        help="The field or column with the names of documents. By default their numbers.",
        rich_help_panel=TEXT,
    ),
]

Field: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The field of JSON lines with the text.", rich_help_panel=TEXT),
]
Column: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The column of CSV, TSV or Parquet with the text.", rich_help_panel=TEXT
    ),
]
Encoding: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME", help="Such as latin-1 or utf-16.", rich_help_panel=TEXT)
]
Errors: TypeAlias = Annotated[
    Literal["strict", "replace"],
    typer.Option(help="Stop at bytes that are not text, or replace and count them.", rich_help_panel=TEXT),
]


def learning(help: str, metavar: str = "N", panel: str = LEARNING, default: str | bool = True) -> Any:
    """An option of training; `default` is the help's text for the default where it depends on the method."""
    return typer.Option(metavar=metavar, help=help, rich_help_panel=panel, show_default=default)


DIM, WINDOW, NEGATIVES = "Dimensions of a vector.", "Context words on each side.", "Negative samples."
EPOCHS, SAMPLE = "Passes over the text.", "Subsample words above this share of the text."
MIN_COUNT = "Words that occur less often have no vector."
CHECKPOINT_SECONDS = "Seconds between checkpoints."

Epochs: TypeAlias = Annotated[int, learning(EPOCHS)]
MinCount: TypeAlias = Annotated[int, learning(MIN_COUNT, panel=TEXT)]
Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Seed of all random numbers. By default one is drawn and shown.",
        rich_help_panel=RUN,
    ),
]
Resume: TypeAlias = Annotated[
    bool,
    typer.Option("--resume", help="Continue a stopped run, with the same result.", rich_help_panel=RUN),
]
Threads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Number of threads; by default all cores. The result is the same.",
        rich_help_panel=RUN,
    ),
]
