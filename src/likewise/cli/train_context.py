"""`likewise train context`: a text goes in, an encoder of words in their places comes out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.models import refuse_output
from likewise.cli.options import LEARNING, RUN, TEXT
from likewise.cli.output import note
from likewise.cli.progress import Bar

BUDGET = "The budget (one of these; without any, 10 epochs)"
EXAMPLES = (
    "likewise train context articles.txt -o context --tokens 20000",
    "likewise train context articles.txt -o recurrent --method recurrent --epochs 1 --seed 1",
)


def context(
    inputs: options.Inputs,
    output: options.NewModel,
    method: Annotated[
        Literal["transformer", "recurrent"],
        typer.Option(
            help="Predicts masked words from their context; or, by LSTMs, the next word and the previous one.",
            rich_help_panel=LEARNING,
        ),
    ] = "transformer",
    preset: Annotated[
        Literal["tiny", "small", "base"],
        typer.Option(
            help="2 layers × 128, 4 × 256 or 8 × 512 (recurrent: 1, 2, 2); for a text of thousands, millions, tens of "
            "millions of words.",
            rich_help_panel=LEARNING,
        ),
    ] = "tiny",
    epochs: Annotated[int | None, options.learning(options.EPOCHS, panel=BUDGET, default=False)] = None,
    tokens: Annotated[
        int | None,
        options.learning("Tokens to learn from, in all epochs together.", panel=BUDGET, default=False),
    ] = None,
    hours: Annotated[
        float | None,
        options.learning("About so long: made into tokens by the speed measured.", "X", BUDGET, False),
    ] = None,
    learning_rate: Annotated[
        float, options.learning("Highest learning rate; rises, then falls to 0.", "X")
    ] = 1e-3,
    batch_size: Annotated[
        int | None,
        options.learning("Tokens of a training step.", default="tiny: 512, small: 2048, base: 4096"),
    ] = None,
    case: Annotated[
        Literal["lower", "keep"],
        typer.Option(help="Whether Bank and bank are one word.", rich_help_panel=TEXT),
    ] = "lower",
    field: options.Field = None,
    column: options.Column = None,
    encoding: options.Encoding = "utf-8",
    errors: options.Errors = "strict",
    keep: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Tokens of the text that stay with the model, for `senses` and `similar`; 0 keeps none.",
            rich_help_panel=RUN,
        ),
    ] = 2_000_000,
    seed: options.Seed = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Without it, all cores. The same number gives the same bits; another, the same but for rounding.",
            rich_help_panel=RUN,
        ),
    ] = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    checkpoint_seconds: Annotated[float, options.learning(options.CHECKPOINT_SECONDS, "S", RUN)] = 300.0,
) -> None:
    """A model of words in context: a word has a vector in each place where it stands.

    Each row of the text is read by itself: a sentence or a paragraph. Besides the encoder, skip-gram learns vectors of
    whole words, whose mean is the simple answer that the encoder is to beat.
    """
    from likewise import contextual as family

    reading = family.Reading(field=field, column=column, encoding=encoding, errors=errors, case=case)
    if not resume:
        refuse_output(output, overwrite=overwrite, is_folder=True)
    with Bar() as bar:
        model = getattr(family, method)(
            inputs,
            preset=preset,
            epochs=epochs,
            tokens=tokens,
            hours=hours,
            learning_rate=learning_rate,
            batch_size=batch_size,
            keep=keep,
            seed=seed,
            threads=threads,
            reading=reading,
            out=output,
            overwrite=overwrite,
            resume=resume,
            checkpoint_seconds=checkpoint_seconds,
            report=bar,
        )
    from likewise.neural.distributed import (
        is_main_process,  # torch is loaded by now, and not before it is needed
    )

    if is_main_process():
        _report(output, model)


def _report(output: Path, model: Any) -> None:
    """Where the model is, what it learnt, and what to type next."""
    look = model.facts["looks"][-1]
    note(
        f"the model is in {output}: {model.dim} numbers for a word in its place; held-out loss {look['held_out']:.2f}, "
        f"by frequency alone {look['chance']:.2f}; next: "
        + shlex.join(["likewise", "fill", str(output), "the [MASK] of the river"])
    )
