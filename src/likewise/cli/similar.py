"""`likewise similar` and `likewise analogy`: nearest neighbours and analogies."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from likewise.cli import images as of_images
from likewise.cli import options
from likewise.cli.image_options import is_of_images
from likewise.cli.models import kind_of, open_model, open_table, refuse_output
from likewise.cli.output import records
from likewise.errors import InputError, OptionError


class Near(NamedTuple):
    """An occurrence of a word, the word in brackets, and its cosine similarity with the queried one."""

    usage: str
    score: float


def similar(
    model: options.Model,
    item: Annotated[
        str,
        typer.Argument(
            metavar="ITEM",
            help="A key of the model, for a model of documents any text, for one of images an image's path; - reads "
            "them from standard input, one per line.",
        ),
    ],
    k: options.Nearest = 10,
    among: Annotated[
        Literal["documents", "terms"] | None,
        typer.Option(
            help="Of a model of documents: search documents or terms.", show_default="documents"
        ),
    ] = None,
    type: Annotated[
        str | None, typer.Option("--type", metavar="NAME", help="Of a graph: only nodes of this type.")
    ] = None,
    sentence: Annotated[
        str | None,
        typer.Option(
            "--in",
            metavar="TEXT",
            help="Of a model of words in context: a text with ITEM in it, to find the most similar occurrences.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Of a model of images: an HTML page with the images found.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace FILE if it exists.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """Find the nearest neighbours of a key, text, node or image by cosine similarity."""
    loaded = open_model(model)
    nearest = _nearest(loaded, model, among, type) if sentence is None else _usages(loaded, model, sentence)
    if output is None and overwrite:
        raise OptionError("--overwrite needs --output: name a file, or leave it out")
    if output is not None and not is_of_images(loaded):
        raise OptionError(f"--output draws images, and {model!r} is not a model of images: leave it out")
    if output is not None:
        refuse_output(output, overwrite=overwrite, is_folder=False)
    drawn: list[tuple[str, list[Any]]] = []

    def found_items() -> Iterator[dict[str, Any]]:
        for query in _lines() if item == "-" else [item]:
            head, found = {"item": query} if item == "-" else {}, nearest(query, k)
            yield from ({**head, **each._asdict()} for each in found)
            if output is not None:
                drawn.append((query, found))

    records(found_items(), as_json=as_json)
    if output is not None:
        of_images.draw(loaded, drawn, output, overwrite=overwrite)


def _usages(model: Any, name: str, sentence: str) -> Callable[[str, int], list[Any]]:
    """The function that finds the occurrences of a word that are most similar to the one in `sentence`."""
    from likewise.contextual import Contextual

    if not isinstance(model, Contextual):
        raise OptionError(f"--in is of models of words in context, and {name!r} is none: leave it out")

    def nearest(word: str, k: int) -> list[Any]:
        return [Near(usage.shown, score) for usage, score in model.similar_usages(word, sentence, k)]

    return nearest


def _nearest(model: Any, name: str, among: str | None, type: str | None) -> Callable[[str, int], list[Any]]:
    """The function that finds nearest neighbours; `OptionError` for options that the model does not have."""
    from likewise.graphs import Nodes
    from likewise.table import Table
    from likewise.users import Users

    if is_of_images(model) and (among or type):
        raise OptionError(f"{name!r} is a model of images, which takes no --among or --type: leave it out")
    if isinstance(model, Nodes) and among is None:
        return partial(model.similar, type=type)
    if type is not None:
        raise OptionError(f"--type is of models of nodes, and {name!r} is none: leave it out")
    if isinstance(model, Table | Users):
        if among is not None:
            raise OptionError(f"--among is of models of documents, and {name!r} holds keys: leave it out")
        return model.similar
    if not hasattr(model, "similar"):
        raise InputError(
            f"{name!r} ({kind_of(model)}) keeps no items to search: `likewise encode {name} items.txt -o "
            "vectors.parquet` makes vectors of yours, and `likewise similar vectors.parquet` searches them"
        )
    if among != "terms":
        return model.similar
    if not hasattr(model, "similar_terms"):
        raise OptionError(
            f"{name!r} ({kind_of(model)}) has no vectors of its terms: leave out --among, or use a model trained by "
            "lsa, averaged or sif"
        )
    return model.similar_terms


def analogy(
    model: options.Model,
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
    c: Annotated[str, typer.Argument(metavar="C")],
    k: options.Nearest = 10,
    method: Annotated[
        Literal["add", "multiply"], typer.Option(help="3CosAdd or 3CosMul, as the field calls them.")
    ] = "add",
    as_json: options.AsJson = False,
) -> None:
    """A is to B as C is to what?

    The best keys with their scores; A, B and C themselves are left out.
    """
    found = open_table(model, "analogy").analogy(a, b, c, k, method=method)
    records(({"key": key, "score": score} for key, score in found), as_json=as_json)


def _lines() -> Iterator[str]:
    """The lines of standard input, as they come, in UTF-8."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "surrogateescape").rstrip("\r\n")
