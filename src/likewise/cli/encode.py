"""`likewise encode`: the vectors of new items or texts, read, encoded and written a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from likewise.arrays.text_block import ROW_END, TOKEN_END, Block
from likewise.cli import images as of_images
from likewise.cli import options
from likewise.cli.image_options import is_of_images
from likewise.cli.models import open_model, refuse_output
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.cli.recommend import query_of
from likewise.errors import InputError, OptionError
from likewise.system.progress import Progress

if TYPE_CHECKING:
    import numpy as np

NUMBERS = 2**24  # in the vectors of one batch: 64 MB


def encode(
    model: options.Model,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="Items or texts: a line each, or a record of JSON lines, CSV, TSV, Parquet; - is standard input. Of a "
            "model of images: a folder of images, or a file as `train images` takes it.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="A .npy, .parquet or .jsonl file.")
    ],
    unit: options.Unit = "line",
    field: options.Field = None,
    column: options.Column = None,
    id: options.Id = None,
    encoding: options.Encoding = "utf-8",
    errors: options.Errors = "strict",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it is there.")] = False,
) -> None:
    """The vectors of new items, texts or images.

    A row for each item, in order, by its name or else its number. One of which nothing is known gets zeros, and is
    counted and marked. Memory does not grow with the input.
    """
    from likewise.data.documents import documents
    from likewise.formats.stream import STREAMS, Batch, streamed
    from likewise.table import Table
    from likewise.users import Users

    if output.suffix not in STREAMS:
        raise OptionError(f"{output.name!r} does not say its format: end it in {', '.join(STREAMS)}")
    refuse_output(output, overwrite=overwrite, is_folder=False)
    loaded = open_model(model)
    if is_of_images(loaded):
        of_images.refuse_of_texts(
            unit=unit if unit != "line" else None, field=field, id=id, errors=errors if errors != "strict" else None,
            encoding=encoding if encoding != "utf-8" else None,
        )  # fmt: skip
        of_images.encode(loaded, source, output, column=column, overwrite=overwrite)
        return
    is_table, is_users = isinstance(loaded, Table), isinstance(loaded, Users)
    blocks, ids = documents(
        "-" if str(source) == "-" else source, unit=unit, field=field, column=column, id=id, encoding=encoding,
        errors=errors,
    )  # fmt: skip
    what, lacking = ("items", "unknown") if is_table else ("texts", "without a known term")
    if is_users:
        what, lacking = "histories", "cold"
    done = unknown = 0
    with Bar() as bar, streamed(output, loaded.dim, has_texts=not is_table, overwrite=overwrite) as add:
        for block, rows in _read(blocks, errors):
            for part in _parts(rows, loaded.dim):
                texts = [_shown(row) for row in part]
                names = texts if is_table else [str(n) for n in range(done + 1, done + len(part) + 1)]
                if ids is not None:
                    names, ids[: len(part)] = ids[: len(part)], []
                items = texts if is_table else part
                if is_users:
                    items = [query_of(loaded, row) for row in part]
                vectors = loaded.encode(items)
                known = _known(loaded, items, vectors)
                add(Batch(names, vectors, None if is_table else texts, known))
                done, unknown = done + len(part), unknown + int((~known).sum())
            counted = (block.done, block.total, "bytes") if block.done else (done, 0, what)
            bar(Progress("encoding", *counted))
    zeros = f"; {unknown:,} {lacking}, their rows are zeros" if unknown else ""
    note(f"{output}: {done:,} {what}, {loaded.dim:,} dimensions{zeros}")


def _read(blocks: Iterator[Block], errors: str) -> Iterator[tuple[Block, list[Any]]]:
    """The rows of each block: texts, or lists of tokens where the input holds such."""
    from likewise.tokens.analysis.occurrences import cut_at_rows

    source, lines = "", 0
    for block in cut_at_rows(blocks):
        source, lines = block.source, lines if block.source == source else 0
        try:
            yield block, _rows(block, errors)
        except UnicodeDecodeError as error:
            line = lines + block.data.count(b"\n", 0, error.start) + 1
            place = block.offset + error.start
            raise InputError(
                f"{source}, line {line:,}: byte {place:,} is not UTF-8; try errors='replace'"
            ) from None
        lines += block.data.count(b"\n")


def _rows(block: Block, errors: str) -> list[Any]:
    text = block.data
    if block.kind == "lines":
        return text.decode("utf-8", errors).splitlines()
    rows = text.split(ROW_END)[:-1]
    if block.kind == "texts":
        return [row.decode() for row in rows]
    return [[token.decode() for token in row.split(TOKEN_END)[:-1]] for row in rows]


def _shown(row: Any) -> str:
    return row if isinstance(row, str) else " ".join(row)


def _parts(rows: list[Any], dim: int) -> Iterator[list[Any]]:
    step = max(1, NUMBERS // dim)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _known(model: Any, items: list[Any], vectors: np.ndarray) -> np.ndarray:
    """(m,) bool: of which texts anything is known; only those that became zeros are looked up."""
    from numpy import asarray

    known = asarray(vectors.any(axis=1))
    zeros = [i for i, is_known in enumerate(known.tolist()) if not is_known]
    if zeros:
        known[zeros] = model.known([items[i] for i in zeros])
    return known
