"""`likewise train users`: a log of interactions goes in, vectors of users and items come out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.hold_out import HoldOut, training_part
from likewise.cli.method_options import options_of_method
from likewise.cli.models import refuse_output
from likewise.cli.output import note
from likewise.cli.progress import Bar

if TYPE_CHECKING:
    from likewise.users import Users

LOG, RULES, HELD = "How the log is read", "What counts as an interaction", "Held out, to evaluate with"
ITEM2VEC, TOWERS = "Histories (item2vec)", "Attributes (two_tower)"
RUNNING = ("seed", "threads", "resume", "checkpoint_seconds")
TAKES: dict[str, tuple[str, ...]] = {
    "als": ("dim", "epochs", "unobserved", "regularisation", "exponent", "block", *RUNNING),
    "bpr": ("dim", "epochs", "learning_rate", "regularisation", "candidates", *RUNNING),
    "ease": ("dim", "regularisation"),
    "two_tower": (
        "dim",
        "epochs",
        "learning_rate",
        "hidden",
        "batch_size",
        "feature_dropout",
        "items",
        "users",
        *RUNNING,
    ),
    "item2vec": (
        "dim",
        "epochs",
        "learning_rate",
        "window",
        "negatives",
        "sample",
        "exponent",
        "popularity_weight",
        "search",
        *RUNNING,
    ),
}
EXAMPLES = (
    "likewise train users log.csv -o taste --dim 8 --seed 1",
    "likewise train users log.csv -o pairs --method ease --rating stars --at-least 3 --time when",
    "likewise train users log.csv -o known --method two_tower --items items.csv --dim 8 --epochs 2",
    "likewise train users log.csv -o judged --method bpr --dim 8 --hold-out random --held held.csv",
)


def users(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="Logs with a row for each interaction: CSV, TSV, JSON lines or Parquet, or compressed; - is stdin.",
        ),
    ],
    output: options.NewModel,
    method: Annotated[
        Literal["als", "bpr", "ease", "item2vec", "two_tower"],
        typer.Option(
            help="Alternating least squares; Bayesian personalised ranking; a weight for each pair of items; "
            "skip-gram over histories; towers over histories and attributes."
        ),
    ] = "als",
    dim: Annotated[int | None, options.learning(options.DIM, default="64, ease: one for each item")] = None,
    epochs: Annotated[
        int | None,
        options.learning("Passes over the log.", default="als: 16, bpr: 60, item2vec: 90, two_tower: 12"),
    ] = None,
    learning_rate: Annotated[
        float | None,
        options.learning(
            "Learning rate at the start.", "X", default="bpr: 0.05, item2vec: 0.05, two_tower: 0.002"
        ),
    ] = None,
    regularisation: Annotated[
        float | None,
        options.learning(
            "Weight of the squared norms of vectors, or of weights.",
            "X",
            default="als: 0.02, bpr: 0.01, ease: 200",
        ),
    ] = None,
    exponent: Annotated[
        float | None,
        options.learning(
            "als: how regularisation grows with the frequency of a row; item2vec: of counts, for sampling negatives.",
            "X",
            default="als: 1, item2vec: 0.5",
        ),
    ] = None,
    unobserved: Annotated[
        float | None, options.learning("als: weight of a pair that is not in the log.", "X", default="0.2")
    ] = None,
    block: Annotated[int | None, options.learning("als: columns solved together.", default="16")] = None,
    candidates: Annotated[
        int | None,
        options.learning("bpr: items sampled for a step; the best one is the negative.", default="4"),
    ] = None,
    window: Annotated[
        int | None,
        options.learning("Items on each side that an item predicts.", panel=ITEM2VEC, default="10"),
    ] = None,
    negatives: Annotated[
        int | None, options.learning("Negative samples for each true pair.", panel=ITEM2VEC, default="5")
    ] = None,
    sample: Annotated[
        float | None,
        options.learning("Items above this share are subsampled.", "X", ITEM2VEC, "0: none"),
    ] = None,
    popularity_weight: Annotated[
        float | None,
        options.learning("Weight of ln(number of users of an item) in its score.", "X", ITEM2VEC, "0.02"),
    ] = None,
    search: Annotated[
        bool,
        typer.Option(
            "--search",
            help="Search learning rates, exponents and popularity weights on a fifth of the log first.",
            rich_help_panel=ITEM2VEC,
        ),
    ] = False,
    items: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Attributes of items, a row each, with the id in the log's column.",
            rich_help_panel=TOWERS,
            show_default=False,
        ),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            "--users",
            metavar="FILE",
            help="Attributes of users, as --items.",
            rich_help_panel=TOWERS,
            show_default=False,
        ),
    ] = None,
    hidden: Annotated[
        int | None, options.learning("Width of the hidden layer.", panel=TOWERS, default="128")
    ] = None,
    batch_size: Annotated[
        int | None, options.learning("Interactions of a step.", panel=TOWERS, default="512")
    ] = None,
    feature_dropout: Annotated[
        float | None,
        options.learning("Share of items represented by their attributes alone.", "X", TOWERS, "0.3"),
    ] = None,
    user: Annotated[
        str, typer.Option(metavar="COLUMN", help="By header, or by number from 0.", rich_help_panel=LOG)
    ] = "user",
    item: Annotated[str, typer.Option(metavar="COLUMN", help="As --user.", rich_help_panel=LOG)] = "item",
    rating: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers; the latest of a pair.", rich_help_panel=LOG)
    ] = None,
    count: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers, summed for a pair.", rich_help_panel=LOG)
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers, or dates.", rich_help_panel=LOG)
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="Such as latin-1 or utf-16.", rich_help_panel=LOG)
    ] = "utf-8",
    at_least: Annotated[
        float | None,
        typer.Option(metavar="X", help="Lower ratings are not interactions.", rich_help_panel=RULES),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Later rows are left out.", rich_help_panel=RULES)
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", help="Interactions of a user; the latest.", rich_help_panel=RULES),
    ] = None,
    min_items: Annotated[
        int, typer.Option(metavar="N", help="Users with fewer items are left out.", rich_help_panel=RULES)
    ] = 1,
    min_users: Annotated[
        int, typer.Option(metavar="N", help="Items with fewer users are left out.", rich_help_panel=RULES)
    ] = 1,
    weigh: Annotated[
        Literal["log", "count", "one"],
        typer.Option(help="Weight of a count: 1 + ln, itself, or 1.", rich_help_panel=RULES),
    ] = "log",
    hold_out: Annotated[
        HoldOut | None,
        typer.Option(
            help="A fifth of each user's interactions; the last of each; or the latest fifth of all.",
            show_default=False,
            rich_help_panel=HELD,
        ),
    ] = None,
    held: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where they are written, as CSV, for --test.", rich_help_panel=HELD
        ),
    ] = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    checkpoint_seconds: Annotated[
        float | None, options.learning(options.CHECKPOINT_SECONDS, "S", options.RUN, default="300.0")
    ] = None,
) -> None:
    """Train vectors of the users and items of a log.

    An option that another method takes is an error.
    """
    from likewise import users as family

    given = options_of_method(
        method,
        TAKES,
        dim=dim,
        epochs=epochs,
        learning_rate=learning_rate,
        regularisation=regularisation,
        exponent=exponent,
        unobserved=unobserved,
        block=block,
        candidates=candidates,
        window=window,
        negatives=negatives,
        sample=sample,
        popularity_weight=popularity_weight,
        search=search or None,
        items=items,
        users=people,
        hidden=hidden,
        batch_size=batch_size,
        feature_dropout=feature_dropout,
        seed=seed,
        threads=threads,
        resume=resume or None,
        checkpoint_seconds=checkpoint_seconds,
    )
    reading = family.Reading(
        user=column(user),
        item=column(item),
        rating=column(rating),
        count=column(count),
        time=column(time),
        until=until,
        at_least=at_least,
        most=most,
        min_items=min_items,
        min_users=min_users,
        weigh=weigh,
        encoding=encoding,
    )
    if not resume:
        refuse_output(output, overwrite=overwrite, is_folder=True)
    with Bar() as bar:
        log: Any = inputs
        if hold_out is not None or held is not None:
            log = training_part(inputs, reading, hold_out, held, seed=seed or 0, overwrite=overwrite)
        model = getattr(family, method)(
            log, **given, reading=reading, out=output, overwrite=overwrite, report=bar
        )
    _report(output, model, held)


def column(text: Any) -> Any:
    """A column by its header, or by its number."""
    return int(text) if isinstance(text, str) and text.isdecimal() else text


def _report(output: Path, model: Users, held: Path | None) -> None:
    """What was read, where the model is, and the next command."""
    from likewise.users import ReadStats
    from likewise.users._stored import READ_STATS

    note(f"read: {ReadStats(**model.facts[READ_STATS])}")
    follow = ["likewise", "recommend", str(output), model.names.keys[0]]
    if held is not None:
        follow = ["likewise", "evaluate", str(output), "--test", str(held)]
    size = f"{len(model):,} users and {len(model.items):,} items, {model.dim:,} dimensions"
    note(f"the model is in {output}: {size}; next: {shlex.join(follow)}")
