"""`likewise similar` and `likewise analogy`: questions to a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.models import opened
from likewise.cli.show import records


def similar(
    model: options.Model,
    item: Annotated[
        str,
        typer.Argument(
            metavar="ITEM", help="A key of the model; - reads keys from standard input, one a line."
        ),
    ],
    k: options.Nearest = 10,
    as_json: options.AsJson = False,
) -> None:
    """The nearest keys of an item, by cosine."""
    table = opened(model)

    def answers() -> Iterator[dict[str, Any]]:
        for asked in _lines() if item == "-" else [item]:
            head = {"item": asked} if item == "-" else {}
            for key, score in table.similar(asked, k):
                yield {**head, "key": key, "score": score}

    records(answers(), as_json=as_json)


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
    found = opened(model).analogy(a, b, c, k, method=method)
    records(({"key": key, "score": score} for key, score in found), as_json=as_json)


def _lines() -> Iterator[str]:
    """The lines of standard input, as they come, in UTF-8."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "surrogateescape").rstrip("\r\n")
