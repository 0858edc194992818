"""`likewise train` and its commands, and `likewise update`."""

from __future__ import annotations

from dataclasses import replace

import typer

from likewise.cli import (
    options,
    train_context,
    train_documents,
    train_graph,
    train_images,
    train_users,
    train_words,
)
from likewise.cli.help import Sectioned, examples
from likewise.cli.models import open_table, refuse_output
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.cli.train_words import report_saved

app = typer.Typer(no_args_is_help=True, help="Train a model on your own data.")
for command, lines in (
    (train_words.words, train_words.EXAMPLES),
    (train_documents.documents, train_documents.EXAMPLES),
    (train_graph.graph, train_graph.EXAMPLES),
    (train_context.context, train_context.EXAMPLES),
    (train_users.users, train_users.EXAMPLES),
    (train_images.images, train_images.EXAMPLES),
):
    app.command(cls=Sectioned, epilog=examples(*lines))(command)


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
    """Continue the training of a model on new text.

    Its vocabulary grows by the new words. Method, window and tokenization are those of the model.
    The old model is not changed.
    """
    from likewise import words as family
    from likewise.artifacts import artifact

    refuse_output(output, overwrite=overwrite, is_folder=True)
    table = open_table(model, "update")
    reading = replace(
        family.Reading.of_table(table), field=field, column=column, encoding=encoding, errors=errors
    )
    with Bar() as bar:
        changed = family.update(
            table, inputs, epochs=epochs, min_count=min_count, seed=seed, threads=threads, reading=reading,
            report=bar,
        )  # fmt: skip
    artifact.save(changed.table, output, overwrite=overwrite)
    note(str(changed))
    report_saved(output, changed.table)
