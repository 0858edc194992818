"""Options that several commands share, each in the words of the field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

TEXT, LEARNING, RUN = "How the text is read", "How it is learnt", "The run"

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
    typer.Option("--overwrite", help="Replace an output that is there, in one step.", rich_help_panel=RUN),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="JSON lines, also on a terminal; a pipe always gets them.")
]
Nearest: TypeAlias = Annotated[int, typer.Option("-k", metavar="N", help="How many keys to answer with.")]

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

Epochs: TypeAlias = Annotated[
    int, typer.Option(metavar="N", help="Passes over the text.", rich_help_panel=LEARNING)
]
MinCount: TypeAlias = Annotated[
    int,
    typer.Option(metavar="N", help="Words that occur less often have no vector.", rich_help_panel=TEXT),
]
Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="The same seed gives the same bits. Without one, one is drawn and shown.",
        rich_help_panel=RUN,
    ),
]
Threads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Without it, all cores. Changes the time, not the bits.", rich_help_panel=RUN
    ),
]
