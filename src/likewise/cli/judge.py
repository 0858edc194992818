"""`likewise evaluate`: are the vectors any good, and better than simple answers?"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from likewise.cli import options
from likewise.cli.models import is_model, opened
from likewise.cli.show import is_table_wanted, note, records, text
from likewise.errors import InputError


def evaluate(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... SET",
            help="Models, then sets: files of word pairs, analogies, categories or odd words, or the standard "
            "wordsim353, simlex999, google-analogies.",
        ),
    ],
    restrict: Annotated[
        int | None,
        typer.Option(metavar="N", help="Analogies: only among the N most frequent words; papers differ."),
    ] = None,
    method: Annotated[
        Literal["add", "multiply"], typer.Option(help="Analogies: 3CosAdd or 3CosMul.")
    ] = "add",
    baselines: Annotated[
        bool, typer.Option("--baselines/--no-baselines", help="What a score must beat, beside it.")
    ] = True,
    seed: Annotated[int, typer.Option(metavar="N", help="Of random baselines and intervals.")] = 0,
    as_json: options.AsJson = False,
) -> None:
    """Scores on word sets, beside what they must beat.

    Several models, trained with different seeds, give means and how much they spread.
    """
    from likewise.evaluate import evaluate as measure
    from likewise.evaluate import load, over_seeds

    models, sets = _told_apart(given)
    loaded = [load(one) for one in sets]
    tables = [opened(model) for model in models]
    if len(tables) == 1:
        report = measure(tables[0], loaded, restrict=restrict, method=method, baselines=baselines, seed=seed)
    else:
        report = over_seeds(tables, loaded, restrict=restrict, method=method, seed=seed)
    if is_table_wanted(as_json):
        text(str(report))
        return
    records(report.to_json(), as_json=True)
    for warning in report.warnings:
        note(f"warning: {warning}")


def _told_apart(given: list[str]) -> tuple[list[str], list[str]]:
    """Models and sets, each in the order given; the first argument is a model whatever it is called."""
    models = [name for place, name in enumerate(given) if place == 0 or is_model(name)]
    sets = [name for place, name in enumerate(given) if place > 0 and not is_model(name)]
    if not sets:
        raise InputError(
            f"{given[-1]!r} is a model, and there is no set to measure it with: name a file or wordsim353"
        )
    return models, sets
