"""`likewise distil`: an encoder of texts made into a table of words, or into a smaller transformer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from likewise.cli import options
from likewise.cli.models import open_encoder, refuse_output
from likewise.cli.options import LEARNING
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.errors import OptionError

if TYPE_CHECKING:
    from likewise.table import Table

STUDENT = "A smaller transformer (--layers)"


def distil(
    model: options.Model,
    inputs: options.Inputs,
    output: options.NewModel,
    dim: Annotated[int | None, options.learning(options.DIM, default="256, or the teacher's")] = None,
    most: Annotated[int | None, options.learning("Words that get a vector.", default="60000")] = None,
    a: Annotated[
        float | None,
        options.learning("Of SIF: words above this share of the text count less.", "X", default="0.001"),
    ] = None,
    layers: Annotated[
        int | None,
        options.learning("Of a transformer to make instead of a table.", panel=STUDENT, default=False),
    ] = None,
    epochs: Annotated[int | None, options.learning(options.EPOCHS, panel=STUDENT, default="1")] = None,
    field: options.Field = None,
    column: options.Column = None,
    encoding: options.Encoding = "utf-8",
    errors: options.Errors = "strict",
    seed: Annotated[int, options.learning("Of what is held out, and of the order.", panel=LEARNING)] = 0,
    threads: options.Threads = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Make an encoder of texts small and fast, on texts of your own.

    A table of words, whose mean stands for the encoder's vector of a text, hundreds of times as fast; or with --layers
    a smaller transformer. How much of what the teacher says was kept is measured on texts held out.
    """
    from likewise.data.text import blocks
    from likewise.tokens.corpus.custom_tokenizer import texts_of

    if layers is None and epochs is not None:
        raise OptionError("--epochs is of a transformer of --layers: name them, or leave it out")
    if layers is not None and (dim or most or a):
        raise OptionError(
            "--dim, --most and --a are of a table, and --layers makes a transformer: leave them out"
        )
    refuse_output(output, overwrite=overwrite, is_folder=layers is None)
    teacher = open_encoder(model)
    read = blocks(inputs, field=field, column=column, encoding=encoding, errors=errors)
    texts = [text for text in texts_of(read, errors) if text.strip()]
    with Bar() as bar:
        if layers is None:
            facts = _as_table(
                teacher, texts, output, bar, dim or 256, most or 60_000, a or 1e-3, seed, threads, overwrite
            )
        else:
            facts = _as_transformer(teacher, texts, output, bar, layers, epochs, seed, threads, overwrite)
    note(f"{output}: {facts}")


def _as_table(
    teacher: Any, texts: list[str], output: Path, bar: Bar, dim: int, most: int, a: float, seed: int,
    threads: int | None, overwrite: bool,
) -> str:  # fmt: skip
    from likewise.artifacts import artifact
    from likewise.contextual._distil import distil as made

    table: Table = made(teacher, texts, dim=dim, most=most, a=a, seed=seed, threads=threads, report=bar)
    artifact.save(table, output, overwrite=overwrite)
    kept = f"; {table.facts['kept']:.2f} of the similarity of texts is kept" if "kept" in table.facts else ""
    return f"{len(table):,} words, {table.dim} dimensions{kept}"


def _as_transformer(
    teacher: Any, texts: list[str], output: Path, bar: Bar, layers: int, epochs: int | None, seed: int,
    threads: int | None, overwrite: bool,
) -> str:  # fmt: skip
    from likewise.contextual._fine_tuning import distil_transformer
    from likewise.contextual._pretrained import save_pretrained
    from likewise.errors import InputError

    if not hasattr(teacher, "subwords"):
        raise InputError("--layers wants a transformer to learn from: leave it out for a table of words")
    student = distil_transformer(
        teacher, texts, layers=layers, epochs=epochs, seed=seed, threads=threads, report=bar
    )
    save_pretrained(student, output, overwrite=overwrite)
    far = student.facts["history"][-1]["held_out"]
    return f"{layers} layers; on texts held out the cosine with the teacher's vectors is {1 - far:.2f}"
