"""`likewise tour`: the whole story, on real data that comes with the install."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from likewise.cli.output import note
from likewise.cli.progress import Bar


def tour(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The folder for the report and the model.")
    ],
    quick: Annotated[bool, typer.Option("--quick", help="In a minute, with less data.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything random: the same seed, the same page.")] = 1,
    threads: Annotated[int | None, typer.Option(help="How many; all by default.")] = None,
) -> None:
    """The whole story on real data, in one page.

    Train, query, evaluate and plot, with data that comes with the install, and no network.
    """
    from likewise.tour import tour as walk

    with Bar() as bar:
        report = walk(output, quick=quick, seed=seed, threads=threads, report=bar)
    note(f"the report is in {report}: open it in a browser")
