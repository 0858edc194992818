"""`likewise convert` and `info`: vectors from one file to another, and what a model says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from likewise.cli import options
from likewise.cli.models import (
    count_documents,
    is_checkpoint,
    is_folder,
    kind_of,
    open_model,
    open_table,
    refuse_output,
)
from likewise.cli.output import is_table_wanted, note, records
from likewise.errors import InputError

if TYPE_CHECKING:
    from likewise.table import Table

Format: TypeAlias = Literal[
    "word2vec", "word2vec-binary", "fasttext", "glove", "npy", "parquet", "projector", "jsonl", "model"
]


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
    from likewise import formats
    from likewise.artifacts import artifact

    to = output_format or formats.format_of_name(output) or ("" if output.suffix else "model")
    refuse_output(output, overwrite=overwrite, is_folder=to == "model")
    table: Table
    if source_format == "model" or (source_format is None and is_folder(source)):
        table = open_table(str(source), "convert")
    else:
        table = formats.read(
            source, format=source_format, duplicates=duplicates, spaces=spaces, errors=errors
        )
    if to == "model":
        artifact.save(table, output, overwrite=overwrite)
    else:
        formats.write(table, output, format=to or None, spaces=spaces, overwrite=overwrite)
    note(f"{output}: {len(table):,} keys, {table.dim} dimensions ({to})")


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
    loaded = open_model(model)
    found: dict[str, Any] = {"model": model, **_sizes(loaded)}
    if is_folder(Path(model)) and not is_checkpoint(Path(model)):
        from likewise.artifacts import artifact

        said = artifact.info(model)
        found |= {name: said[name] for name in ("kind", "format", "likewise", "created", "digest")}
    found |= loaded.facts
    if is_table_wanted(as_json):
        records([{"fact": name, "value": str(value)} for name, value in _flat(found).items()], as_json=False)
    else:
        records([found], as_json=True)


def _sizes(model: Any) -> dict[str, Any]:
    """How much a model holds: keys of a table; documents and terms of a model of documents."""
    from likewise.table import Table
    from likewise.tasks import TaskModel
    from likewise.users import Users

    if isinstance(model, TaskModel):
        return {"method": "tasks", "dim": model.dim, "tasks": {head.name: head.kind for head in model.heads}}
    if isinstance(model, Users):
        return {"method": model.method, "dim": model.dim, "users": len(model), "items": len(model.items)}
    if isinstance(model, Table):
        counted = {"counts": model.counts is not None, "trainable": model.outputs is not None}
        return {"keys": len(model), "dim": model.dim, **counted}
    return {"method": kind_of(model), "dim": model.dim, "kept documents": count_documents(model)}


def _verify(model: Path, as_json: bool) -> None:
    from likewise.artifacts import artifact

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
