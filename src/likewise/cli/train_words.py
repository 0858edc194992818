"""`likewise train words`: a text goes in, a vector for each of its words comes out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.method_options import options_of_method
from likewise.cli.options import LEARNING, RUN, TEXT
from likewise.cli.output import note
from likewise.cli.progress import Bar

if TYPE_CHECKING:
    from likewise.table import Table
    from likewise.words import SubwordTable

PARTS, PAIRS = "Parts of words (fasttext)", "Pairs of words (glove)"
PREDICTING = (
    "negatives",
    "sample",
    "learning_rate",
    "exponent",
    "max_norm",
    "dynamic_window",
    "replicas",
    "racing",
)
TAKES: dict[str, tuple[str, ...]] = {
    "skipgram": PREDICTING,
    "cbow": PREDICTING,
    "fasttext": (*PREDICTING, "architecture", "shortest", "longest", "buckets", "storage"),
    "glove": ("learning_rate", "x_max", "alpha"),
}
TUNED = ("learning_rate", "exponent", "max_norm", "dynamic_window", "replicas", "racing")
EXAMPLES = (
    "likewise train words corpus.txt -o m",
    "likewise train words corpus.txt -o m300 --method cbow --dim 300 --window 10 --seed 1",
    "likewise train words reviews.jsonl --field text -o reviews --phrases 1 --min-count 2",
    "likewise train words corpus.txt -o parts --method fasttext --dim 50 --storage int8",
)


def words(
    inputs: options.Inputs,
    output: options.NewModel,
    method: Annotated[
        Literal["skipgram", "cbow", "fasttext", "glove"],
        typer.Option(
            help="Each word predicts its neighbours; they together predict it; the same with parts of words; or counts "
            "of pairs are fitted.",
            rich_help_panel=LEARNING,
        ),
    ] = "skipgram",
    dim: Annotated[int, options.learning(options.DIM)] = 100,
    window: Annotated[int | None, options.learning(options.WINDOW, default="5, glove: 10")] = None,
    negatives: Annotated[int | None, options.learning(options.NEGATIVES, default="5")] = None,
    epochs: Annotated[int | None, options.learning(options.EPOCHS, default="5, glove: 25")] = None,
    sample: Annotated[float | None, options.learning(options.SAMPLE, "X", default="1e-4")] = None,
    learning_rate: Annotated[
        float | None,
        options.learning(
            "Initial learning rate; falls to 0, but not for glove.",
            "X",
            default="skipgram: 0.025, cbow: 0.04, fasttext and glove: 0.05",
        ),
    ] = None,
    exponent: Annotated[
        float | None, options.learning("Of the counts, for drawing noise words.", "X", default="0.75")
    ] = None,
    max_norm: Annotated[float | None, options.learning("No vector grows longer than this.", "X")] = None,
    dynamic_window: Annotated[
        bool | None,
        typer.Option(
            "--dynamic-window/--fixed-window",
            help="Draw each window from 1 to --window, so that near words count more.",
            show_default="dynamic",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    replicas: Annotated[
        int | None,
        options.learning(
            "Shards of the text that threads can share; part of the seed's promise.", default="4"
        ),
    ] = None,
    architecture: Annotated[
        Literal["skipgram", "cbow"] | None,
        typer.Option(help="What is predicted.", show_default="skipgram", rich_help_panel=PARTS),
    ] = None,
    shortest: Annotated[
        int | None, options.learning("Characters of an n-gram.", panel=PARTS, default="3")
    ] = None,
    longest: Annotated[
        int | None, options.learning("Characters of an n-gram.", panel=PARTS, default="6")
    ] = None,
    buckets: Annotated[
        int | None, options.learning("n-grams are hashed to so many.", panel=PARTS, default="2000000")
    ] = None,
    storage: Annotated[
        Literal["float32", "float16", "int8"] | None,
        typer.Option(help="How n-grams are kept.", show_default="float32", rich_help_panel=PARTS),
    ] = None,
    x_max: Annotated[
        float | None, options.learning("Pairs counted less often weigh less.", "X", PAIRS, "10")
    ] = None,
    alpha: Annotated[float | None, options.learning("How much less.", "X", PAIRS, "0.75")] = None,
    tokens: Annotated[
        Literal["words", "white"],
        typer.Option(help="Split as Unicode parts words, or at white space only.", rich_help_panel=TEXT),
    ] = "words",
    case: Annotated[
        Literal["lower", "keep"], typer.Option(help="What becomes of capitals.", rich_help_panel=TEXT)
    ] = "lower",
    min_count: options.MinCount = 5,
    max_vocabulary: Annotated[
        int | None, options.learning("Only the most frequent words.", panel=TEXT)
    ] = None,
    phrases: Annotated[
        int, options.learning("Passes that join words which keep company: new york to new_york.", panel=TEXT)
    ] = 0,
    phrase_threshold: Annotated[
        float, options.learning("How many times more often than by chance a pair must occur.", "X", TEXT)
    ] = 100.0,
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
    """Vectors of the words of a text, such that words used in similar contexts are near (word2vec, fastText, GloVe).

    Ctrl-C keeps a checkpoint; the same command with --resume goes on from it.
    """
    from likewise import words as family
    from likewise.tokens.corpus.word_pattern import Words

    given = options_of_method(
        method,
        TAKES,
        negatives=negatives,
        sample=sample,
        learning_rate=learning_rate,
        exponent=exponent,
        max_norm=max_norm,
        dynamic_window=dynamic_window,
        replicas=replicas,
        racing=racing or None,
        architecture=architecture,
        shortest=shortest,
        longest=longest,
        buckets=buckets,
        storage=storage,
        x_max=x_max,
        alpha=alpha,
    )
    shared = {name: value for name, value in (("window", window), ("epochs", epochs)) if value is not None}
    reading = family.Reading(
        tokens=Words(kind=tokens, case=case), field=field, column=column, encoding=encoding, errors=errors,
        max_vocabulary=max_vocabulary, phrases=phrases, phrase_threshold=phrase_threshold,
    )  # fmt: skip
    function, chosen = _call(method, given)
    with Bar() as bar:
        made = getattr(family, function)(
            inputs, **chosen, **shared, dim=dim, min_count=min_count, seed=seed, threads=threads, reading=reading,
            out=output, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=bar,
        )  # fmt: skip
    report_saved(output, made)


def _call(method: str, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The function of a method, and its own options as it takes them."""
    from likewise.words import Tuning

    if method == "glove":
        return "glove", given
    chosen = {name: value for name, value in given.items() if name not in (*TUNED, "architecture")}
    chosen["tuning"] = Tuning(**{name: value for name, value in given.items() if name in TUNED})
    if method == "fasttext":
        return "fasttext", {**chosen, "method": given.get("architecture", "skipgram")}
    return "word2vec", {**chosen, "method": method}


def report_saved(output: Path, table: Table | SubwordTable) -> None:
    """Where the model is, and what to type next."""
    word = next((key for key in table.keys[:100] if len(key) > 3), table.keys[0])
    follow = shlex.join(["likewise", "similar", str(output), word])
    note(f"the model is in {output}: {len(table):,} words, {table.dim} dimensions; next: {follow}")
