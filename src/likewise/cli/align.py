"""`likewise align`: the vectors of one model in the space of another, and how well keys match there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from likewise.cli import options
from likewise.cli.models import open_table, refuse_output
from likewise.cli.output import is_table_wanted, note, records, text

if TYPE_CHECKING:
    from likewise.table import Table


def align(
    first: Annotated[str, typer.Argument(metavar="A", help="A model or a file of vectors, to be moved.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, whose space A is brought to.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="OUT",
            help="The vectors of A in the space of B: a file, whose ending says the format, or a folder.",
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV or TSV without a header: a key of A and one of B a row, as in a dictionary.",
            show_default="the keys that both have",
        ),
    ] = None,
    method: Annotated[
        Literal["procrustes", "ridge"],
        typer.Option(help="Turn only, which keeps distances; or any linear map, also between widths."),
    ] = "procrustes",
    scale: Annotated[bool, typer.Option("--scale", help="Procrustes may also stretch, by one number.")] = False,
    csls: Annotated[
        bool, typer.Option("--csls", help="Judge with what is near to everything held against it.")
    ] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the fifth of the pairs that judges.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it is there.")] = False,
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """Bring the vectors of one model into the space of another, such as yesterday's into today's.

    The map is learnt on four fifths of the keys that both have, and judged on the others: is the nearest key the right
    one? The baselines are the shares without a map, and by chance.
    """
    from likewise.formats import format_of_name
    from likewise.probing.align import align as aligned

    is_folder = output is not None and not output.suffix and not format_of_name(output)
    if output is not None:
        refuse_output(output, overwrite=overwrite, is_folder=is_folder)
    a, b = open_table(first, "align"), open_table(second, "align")
    given = None if pairs is None else _pairs(pairs)
    found = aligned(a, b, pairs=given, method=method, scale=scale, csls=csls, seed=seed)
    if output is not None:
        _write(found.map.table(a), output, is_folder=is_folder, overwrite=overwrite)
    if is_table_wanted(as_json):
        text(str(found))
    else:
        records([found.to_json()], as_json=True)


def _pairs(path: Path) -> list[tuple[str, str]]:
    from likewise.data.labelled import read

    found = read(path, text=0, label=1)
    return list(zip(found.texts, found.labels, strict=True))


def _write(table: Table, output: Path, *, is_folder: bool, overwrite: bool) -> None:
    from likewise import formats
    from likewise.artifacts import artifact

    if is_folder:
        artifact.save(table, output, overwrite=overwrite)
    else:
        formats.write(table, output, overwrite=overwrite)
    note(f"{output}: {len(table):,} keys, {table.dim} dimensions")
