"""`likewise convert`, `encode` and `info`: vectors from one file to another, of new items, and what a model says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from likewise.cli import options
from likewise.cli.models import is_folder, opened, refuse_output
from likewise.cli.show import is_table_wanted, note, records
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    from likewise.table import Table

Format: TypeAlias = Literal[
    "word2vec", "word2vec-binary", "fasttext", "glove", "npy", "parquet", "projector", "jsonl", "model"
]
ENCODED = (".npy", ".parquet", ".jsonl")


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A model folder or a file of vectors.")],
    output: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="A file, whose ending says the format, or a folder for a model."),
    ],
    source_format: Annotated[
        Format | None, typer.Option("--from", help="The format of IN, where its name and content do not say.")
    ] = None,
    output_format: Annotated[
        Format | None, typer.Option("--to", help="The format of OUT, where its name does not say.")
    ] = None,
    duplicates: Annotated[
        Literal["error", "first", "last", "mean"],
        typer.Option(help="Which vector a key keeps that stands more than once."),
    ] = "error",
    spaces: Annotated[
        Literal["refuse", "escape"],
        typer.Option(help="White space in keys, where the format cannot hold it: escape as %20, and back."),
    ] = "refuse",
    errors: Annotated[
        Literal["strict", "replace", "ignore", "backslashreplace"],
        typer.Option(help="What becomes of bytes that are not UTF-8."),
    ] = "strict",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it is there.")] = False,
) -> None:
    """Vectors from one format to another.

    Every number comes through unchanged. What is no key, vector or count stays behind, but in a model folder.
    """
    from likewise import artifact, formats

    to = output_format or formats.format_of_name(output) or ("" if output.suffix else "model")
    refuse_output(output, overwrite=overwrite, is_folder=to == "model")
    table: Table
    if source_format == "model" or (source_format is None and is_folder(source)):
        table = artifact.load(source)
    else:
        table = formats.read(
            source, format=source_format, duplicates=duplicates, spaces=spaces, errors=errors
        )
    if to == "model":
        artifact.save(table, output, overwrite=overwrite)
    else:
        formats.write(table, output, format=to or None, spaces=spaces, overwrite=overwrite)
    note(f"{output}: {len(table):,} keys, {table.dim} numbers each ({to})")


def encode(
    model: options.Model,
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A file of items, one a line; - is standard input.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="A .npy, .parquet or .jsonl file.")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it is there.")] = False,
) -> None:
    """The vectors of a list of items.

    A row for each line of INPUT, in its order; an unknown item gets zeros, and is counted.
    """
    from likewise import formats

    if output.suffix not in ENCODED:
        raise OptionError(f"{output.name!r} does not say its format: end it in {', '.join(ENCODED)}")
    refuse_output(output, overwrite=overwrite, is_folder=False)
    table = opened(model)
    items = _items(source)
    unknown = int((~table.known(items)).sum())
    formats.write(formats.Rows(items, table.encode(items)), output, overwrite=overwrite)
    zeros = f"; {unknown:,} unknown, their rows are zeros" if unknown else ""
    note(f"{output}: {len(items):,} items, {table.dim} numbers each{zeros}")


def info(
    model: options.Model,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every file against its checksum; damage is exit code 1.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """How a model was made, and whether it is whole."""
    if verify:
        _verify(Path(model), as_json)
        return
    table = opened(model)
    found: dict[str, Any] = {"model": model, "keys": len(table), "dim": table.dim}
    if is_folder(Path(model)):
        from likewise import artifact

        said = artifact.info(model)
        found |= {name: said[name] for name in ("kind", "format", "likewise", "created", "digest")}
    found |= {"counts": table.counts is not None, "trainable": table.outputs is not None, **table.facts}
    if is_table_wanted(as_json):
        records([{"fact": name, "value": str(value)} for name, value in _flat(found).items()], as_json=False)
    else:
        records([found], as_json=True)


def _verify(model: Path, as_json: bool) -> None:
    from likewise import artifact

    found = [
        {"file": name, "bytes": size, "whole": is_whole} for name, size, is_whole in artifact.verify(model)
    ]
    records(found, as_json=as_json)
    damaged = [str(row["file"]) for row in found if not row["whole"]]
    if damaged:
        raise InputError(f"{model} is damaged: {', '.join(damaged)} changed after it was written")


def _flat(found: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """Nested facts under dotted names; what is None is left out."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{head}{name}.")
        elif value is not None:
            flat[head + name] = value
    return flat


def _items(path: Path) -> list[str]:
    """The lines of a file, or of standard input where it is called "-"."""
    from likewise.data.sources import opened as unpacked
    from likewise.data.text import sources_of

    items: list[str] = []
    for source in sources_of([path], None, None):
        with unpacked(source, None) as stream:
            data = stream.read() or b""
        try:
            lines = data.decode("utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise InputError(f"{source.name}, line {line}: byte {error.start} is not UTF-8") from None
        items += [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
    return items
