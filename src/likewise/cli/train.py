"""`likewise train` and its `words`, and `likewise update`: a text goes in, a model comes out."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from likewise.cli import options, train_documents
from likewise.cli.bar import Bar
from likewise.cli.helping import Sectioned, examples
from likewise.cli.models import opened_table, refuse_output
from likewise.cli.options import LEARNING, RUN, TEXT
from likewise.cli.show import note

if TYPE_CHECKING:
    from likewise.table import Table

app = typer.Typer(no_args_is_help=True, help="Train a model on your own data.")
app.command(cls=Sectioned, epilog=examples(*train_documents.EXAMPLES))(train_documents.documents)


@app.command(
    cls=Sectioned,
    epilog=examples(
        "likewise train words corpus.txt -o m",
        "likewise train words corpus.txt -o m300 --method cbow --dim 300 --window 10 --seed 1",
        "likewise train words reviews.jsonl --field text -o reviews --phrases 1 --min-count 2",
    ),
)
def words(
    inputs: options.Inputs,
    output: options.NewModel,
    method: Annotated[
        Literal["skipgram", "cbow"],
        typer.Option(
            help="Each word predicts its neighbours, or they together predict it.", rich_help_panel=LEARNING
        ),
    ] = "skipgram",
    dim: Annotated[int, options.learning(options.DIM)] = 100,
    window: Annotated[int, options.learning(options.WINDOW)] = 5,
    negatives: Annotated[int, options.learning(options.NEGATIVES)] = 5,
    epochs: options.Epochs = 5,
    sample: Annotated[float, options.learning(options.SAMPLE, "X")] = 1e-4,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="First step size, falling to 0. Without it, 0.025 for skipgram, 0.04 for cbow.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    exponent: Annotated[
        float,
        typer.Option(metavar="X", help="Of the counts, for drawing noise words.", rich_help_panel=LEARNING),
    ] = 0.75,
    max_norm: Annotated[
        float | None,
        typer.Option(metavar="X", help="No vector grows longer than this.", rich_help_panel=LEARNING),
    ] = None,
    dynamic_window: Annotated[
        bool,
        typer.Option(
            "--dynamic-window/--fixed-window",
            help="Draw each window from 1 to --window, so that near words count more.",
            rich_help_panel=LEARNING,
        ),
    ] = True,
    replicas: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Shards of the text that threads can share; part of the seed's promise.",
            rich_help_panel=LEARNING,
        ),
    ] = 4,
    tokens: Annotated[
        Literal["words", "white"],
        typer.Option(help="Split as Unicode parts words, or at white space only.", rich_help_panel=TEXT),
    ] = "words",
    case: Annotated[
        Literal["lower", "keep"], typer.Option(help="What becomes of capitals.", rich_help_panel=TEXT)
    ] = "lower",
    min_count: options.MinCount = 5,
    max_vocabulary: Annotated[
        int | None,
        typer.Option(metavar="N", help="Only the most frequent words.", rich_help_panel=TEXT),
    ] = None,
    phrases: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Passes that join words which keep company: new york to new_york.",
            rich_help_panel=TEXT,
        ),
    ] = 0,
    phrase_threshold: Annotated[
        float,
        typer.Option(metavar="X", help="How much more often than chance they meet.", rich_help_panel=TEXT),
    ] = 10.0,
    field: options.Field = None,
    column: options.Column = None,
    encoding: options.Encoding = "utf-8",
    errors: options.Errors = "strict",
    seed: options.Seed = None,
    threads: options.Threads = None,
    racing: Annotated[
        bool,
        typer.Option("--racing", help="Faster, and never the same bits twice.", rich_help_panel=RUN),
    ] = False,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    checkpoint_seconds: Annotated[float, options.learning(options.CHECKPOINT_SECONDS, "S", RUN)] = 300.0,
) -> None:
    """Vectors of the words of a text, such that words used alike are near (word2vec).

    Ctrl-C keeps a checkpoint; the same command with --resume goes on from it.
    """
    from likewise.families.words import Reading, Tuning, word2vec
    from likewise.tokens.words import Words

    reading = Reading(
        tokens=Words(kind=tokens, case=case), field=field, column=column, encoding=encoding, errors=errors,
        max_vocabulary=max_vocabulary, phrases=phrases, phrase_threshold=phrase_threshold,
    )  # fmt: skip
    tuning = Tuning(
        rate=rate, exponent=exponent, max_norm=max_norm, dynamic_window=dynamic_window, replicas=replicas,
        racing=racing,
    )  # fmt: skip
    with Bar() as bar:
        table = word2vec(
            inputs, method=method, dim=dim, window=window, negatives=negatives, epochs=epochs,
            min_count=min_count, sample=sample, seed=seed, threads=threads, reading=reading, tuning=tuning,
            out=output, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=bar,
        )  # fmt: skip
    _tell(output, table)


def update(
    model: options.Model,
    inputs: options.Inputs,
    output: options.NewModel,
    epochs: options.Epochs = 5,
    min_count: options.MinCount = 5,
    field: options.Field = None,
    column: options.Column = None,
    encoding: options.Encoding = "utf-8",
    errors: options.Errors = "strict",
    seed: options.Seed = None,
    threads: options.Threads = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Go on training a model on new text.

    Its vocabulary grows by the new words. Method, window and the way of reading are the model's own.
    The old model stays as it is.
    """
    from likewise import artifact
    from likewise.families import words as family

    refuse_output(output, overwrite=overwrite, is_folder=True)
    table = opened_table(model, "update")
    reading = replace(family.reading_of(table), field=field, column=column, encoding=encoding, errors=errors)
    with Bar() as bar:
        changed = family.update(
            table, inputs, epochs=epochs, min_count=min_count, seed=seed, threads=threads, reading=reading,
            report=bar,
        )  # fmt: skip
    artifact.save(changed.table, output, overwrite=overwrite)
    note(str(changed))
    _tell(output, changed.table)


def _tell(output: Path, table: Table) -> None:
    """Where the model is, and what to type next."""
    word = next((key for key in table.keys[:100] if len(key) > 3), table.keys[0])
    follow = shlex.join(["likewise", "similar", str(output), word])
    note(f"the model is in {output}: {len(table):,} words, {table.dim} numbers each; next: {follow}")
