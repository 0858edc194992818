"""`likewise recommend`: items for a user, a history, or all users, with reasons."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from likewise.cli import options
from likewise.cli.models import kind_of, open_model, refuse_output
from likewise.cli.output import note, records
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    from likewise.users import Users

ENDINGS = (".jsonl", ".csv", ".tsv")


def recommend(
    model: options.Model,
    user: Annotated[
        str | None,
        typer.Argument(metavar="[USER]", help="A user by id; - reads them from standard input, one a line."),
    ] = None,
    k: options.Nearest = 10,
    history: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help='In place of USER: items of a history, or as JSON ["A", "B"]; - reads them from standard '
            "input, one a line.",
        ),
    ] = None,
    about: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help='Attributes of the user of a --history, which may be empty, as {"age": 30}; of two_tower.',
        ),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="For every user; without reasons.")] = False,
    seen: Annotated[bool, typer.Option("--seen", help="Also items of the history.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="With --all: a .jsonl, .csv or .tsv file to write."
        ),
    ] = None,
    threads: options.Threads = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE where it is there.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Recommend items for a user, each with its score and the nearest items of the user's history.

    Items of the history are left out. A user of whom nothing is known gets the most popular items, marked cold.
    """
    if [user is not None, history is not None, everyone].count(True) != 1:
        raise OptionError("recommend is for a USER, for a --history, or for --all: give one of them")
    if (output is not None or threads is not None or overwrite) and not everyone:
        raise OptionError("--output, --threads and --overwrite go with --all: leave them out, or give it")
    if about is not None and history is None:
        raise OptionError('--about goes with --history, which may be empty: --history ""')
    found = open_users_model(model)
    if everyone:
        rows = _for_all(found, k, seen, threads)
        if output is None:
            records(rows, as_json=as_json)
        else:
            _write(output, rows, overwrite)
        return
    records(_recommendations(found, user, history, k, seen, about), as_json=as_json)


def open_users_model(name: str) -> Users:
    """A model of users; `InputError` for any other."""
    from likewise.users import Users

    model = open_model(name)
    if not isinstance(model, Users):
        raise InputError(
            f"{name!r} is not a model of users ({kind_of(model)}): `likewise train users` makes one"
        )
    return model


def _recommendations(
    model: Users, user: str | None, history: str | None, k: int, seen: bool, about: str | None
) -> Iterator[dict[str, Any]]:
    """A row for each recommended item; of several users also the user or history."""
    given = user if history is None else history
    assert given is not None
    for line in _lines() if given == "-" else [given]:
        who = line if history is None else items_of(line)
        head = {"user" if history is None else "history": line} if given == "-" else {}
        if history is not None:
            _note_unknown(model, who)
        found = model.recommend(who, k, seen=seen, about=None if about is None else _attributes(about))
        if history is None and found and found[0].cold:
            note(f"these are the most popular items: {model.missing('user:' + line.removeprefix('user:'))}")
        for one in found:
            yield {**head, **one._asdict(), "because": ", ".join(one.because)}


def items_of(line: str) -> list[str]:
    """The items of a history: JSON, or separated by commas."""
    if not line.lstrip().startswith("["):
        return [item.strip() for item in line.split(",") if item.strip()]
    try:
        found = json.loads(line)
    except ValueError as error:
        raise InputError(f"the history {line[:40]!r} is not JSON: {error}") from error
    return [str(item) for item in found]


def query_of(model: Users, row: Any) -> Any:
    """A line of text as `encode` takes it: a key of the model, else a history."""
    if not isinstance(row, str) or model.known([row])[0]:
        return row
    return items_of(row)


def _attributes(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"--about is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f'--about is {text[:40]}, expected an object such as {{"age": 30}}')
    return found


def _note_unknown(model: Users, items: Any) -> None:
    unknown = [
        item
        for item, is_known in zip(items, model.known([[item] for item in items]), strict=True)
        if not is_known
    ]
    if unknown:
        then = ", so these are the most popular items" if len(unknown) == len(items) else ""
        note(f"{len(unknown):,} of {len(items):,} items are unknown, such as {unknown[0]!r}{then}")


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if text:
            yield text


def _for_all(model: Users, k: int, seen: bool, threads: int | None) -> Iterator[dict[str, Any]]:
    """A row for each user and item."""
    items, scores = model.recommend_all(k, seen=seen, threads=threads)
    keys = model.items.keys
    for user, best, values in zip(model.names.keys, items.tolist(), scores.tolist(), strict=True):
        for item, value in zip(best, values, strict=True):
            if item >= 0:
                yield {"user": user, "item": keys[item], "score": value}


def _write(path: Path, rows: Iterator[dict[str, Any]], overwrite: bool) -> None:
    """All rows into a file whose ending says its format."""
    from likewise.system.files import atomic_file

    if path.suffix not in ENDINGS:
        raise OptionError(f"{path.name!r} does not say its format: end it in {', '.join(ENDINGS)}")
    refuse_output(path, overwrite=overwrite, is_folder=False)
    done = 0
    with atomic_file(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.DictWriter(
            text,
            ("user", "item", "score"),
            delimiter="\t" if path.suffix == ".tsv" else ",",
            lineterminator="\n",
        )
        if path.suffix != ".jsonl":
            writer.writeheader()
        for row in rows:
            if path.suffix == ".jsonl":
                text.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                writer.writerow(row)
            done += 1
        text.detach()
    note(f"{path}: {done:,} rows")
