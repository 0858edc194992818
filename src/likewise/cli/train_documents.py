"""`likewise train documents`: texts go in, a model comes out that gives any text a vector."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.method_options import option_as_typed, options_of_method
from likewise.cli.models import open_table, refuse_output
from likewise.cli.options import RUN
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.errors import OptionError

if TYPE_CHECKING:
    from likewise.documents import Reading
    from likewise.table import Table

TERMS = "Terms (bag_of_words, tfidf, lsa)"
MEANS = "Means of words (averaged, sif)"
LEARNT = "Learnt vectors (lsa, doc2vec, and words where --words gives none)"
OF_TERMS = ("terms", "ngrams", "min_df", "max_df", "max_features")
OF_WORDS = ("dim", "window", "negatives", "epochs", "min_count", "sample", "seed")
TAKES: dict[str, tuple[str, ...]] = {
    "bag_of_words": OF_TERMS,
    "tfidf": (*OF_TERMS, "sublinear"),
    "lsa": (*OF_TERMS, "sublinear", "dim", "seed"),
    "averaged": ("words", "weighting", *OF_WORDS),
    "sif": ("words", "a", "components", *OF_WORDS),
    "doc2vec": ("architecture", "train_words", *OF_WORDS, "resume", "checkpoint_seconds"),
}
LIBRARY = {"sublinear": "sublinear_tf", "architecture": "method"}  # what the functions call them
EXAMPLES = (
    "likewise train documents reviews.jsonl --field text -o reviews-lsa --dim 10",
    "likewise train documents corpus.txt -o tfidf --method tfidf --ngrams 1-2 --min-df 2",
    "likewise train words corpus.txt -o w",
    "likewise train documents corpus.txt -o sif --method sif --words w",
)


def documents(
    inputs: options.Inputs,
    output: options.NewModel,
    method: Annotated[
        Literal["bag_of_words", "tfidf", "lsa", "averaged", "sif", "doc2vec"],
        typer.Option(
            help="Counts of terms; counts weighed by rarity; these in few dimensions; means of word vectors; means "
            "weighed by rarity, less what all texts share; vectors that predict a text's words."
        ),
    ] = "lsa",
    terms: Annotated[
        Literal["word", "char", "char_wb"] | None,
        typer.Option(
            help="Words, runs of characters, or those within words.",
            show_default="word",
            rich_help_panel=TERMS,
        ),
    ] = None,
    ngrams: Annotated[
        str | None,
        options.learning("How long a run is, such as 1-2 or 3.", "N-N", TERMS, "1, char: 3-5"),
    ] = None,
    min_df: Annotated[
        str | None,
        options.learning("Terms in fewer documents go: a number, or a share such as 0.01.", "X", TERMS, "1"),
    ] = None,
    max_df: Annotated[str | None, options.learning("Terms in more documents go.", "X", TERMS, "1.0")] = None,
    max_features: Annotated[
        int | None, options.learning("Only the most frequent terms.", panel=TERMS)
    ] = None,
    sublinear: Annotated[
        bool | None,
        typer.Option(
            "--sublinear/--no-sublinear",
            help="1 + log of a count in its place.",
            show_default="lsa: on, tfidf: off",
            rich_help_panel=TERMS,
        ),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Word vectors. Without it, skip-gram learns them from this text first.",
            rich_help_panel=MEANS,
        ),
    ] = None,
    weighting: Annotated[
        Literal["none", "idf"] | None,
        typer.Option(
            help="averaged: words alike, or rare ones more.", show_default="none", rich_help_panel=MEANS
        ),
    ] = None,
    a: Annotated[
        float | None,
        options.learning("sif: the smaller, the less frequent words weigh.", "X", MEANS, "from the text"),
    ] = None,
    components: Annotated[
        int | None,
        options.learning("sif: shared directions to take away.", panel=MEANS, default="5, with --a: 1"),
    ] = None,
    architecture: Annotated[
        Literal["dbow", "dm"] | None,
        typer.Option(
            help="doc2vec: the text alone predicts its words, or with the context words.",
            show_default="dbow",
            rich_help_panel=LEARNT,
        ),
    ] = None,
    train_words: Annotated[
        bool,
        typer.Option(
            "--train-words", help="doc2vec, dbow: words get vectors too, alongside.", rich_help_panel=LEARNT
        ),
    ] = False,
    dim: Annotated[
        int | None, options.learning(options.DIM, panel=LEARNT, default="lsa: 300, else 100")
    ] = None,
    window: Annotated[int | None, options.learning(options.WINDOW, panel=LEARNT, default="5")] = None,
    negatives: Annotated[int | None, options.learning(options.NEGATIVES, panel=LEARNT, default="5")] = None,
    epochs: Annotated[
        int | None, options.learning(options.EPOCHS, panel=LEARNT, default="doc2vec: 20, words: 5")
    ] = None,
    min_count: Annotated[int | None, options.learning(options.MIN_COUNT, panel=LEARNT, default="5")] = None,
    sample: Annotated[
        float | None, options.learning(options.SAMPLE, "X", panel=LEARNT, default="1e-4")
    ] = None,
    unit: options.Unit = "line",
    field: options.Field = None,
    column: options.Column = None,
    id: options.Id = None,
    encoding: options.Encoding = "utf-8",
    errors: options.Errors = "strict",
    keep: Annotated[
        bool,
        typer.Option(
            "--documents/--no-documents",
            help="Keep the documents' vectors and beginnings, for `similar`.",
            rich_help_panel=RUN,
        ),
    ] = True,
    seed: options.Seed = None,
    threads: options.Threads = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="doc2vec: go on with a run that was stopped.", rich_help_panel=RUN),
    ] = False,
    overwrite: options.Overwrite = False,
    checkpoint_seconds: Annotated[
        float | None,
        options.learning(f"doc2vec: {options.CHECKPOINT_SECONDS.lower()}", "S", RUN, default="300.0"),
    ] = None,
) -> None:
    """Train a model with a vector for each document, and for any new text.

    Options stand under the methods that take them; given to another method they are an error.
    """
    from likewise import documents as family

    given = options_of_method(
        method, TAKES, terms=terms, ngrams=ngrams, min_df=min_df, max_df=max_df, max_features=max_features,
        sublinear=sublinear, words=words, weighting=weighting, a=a, components=components, architecture=architecture,
        train_words=train_words or None,
        dim=dim, window=window, negatives=negatives, epochs=epochs, min_count=min_count, sample=sample, seed=seed,
        resume=resume or None, checkpoint_seconds=checkpoint_seconds,
    )  # fmt: skip
    _refuse_both(given)
    reading = family.Reading(unit=unit, field=field, column=column, id=id, encoding=encoding, errors=errors)
    if not resume:
        refuse_output(output, overwrite=overwrite, is_folder=True)
    chosen = _chosen(given)
    with Bar() as bar:
        if method in ("averaged", "sif"):
            table = _words(inputs, given, reading, threads, bar)
            chosen = {"words": table, **{k: v for k, v in chosen.items() if k not in ("words", *OF_WORDS)}}
        model = getattr(family, method)(
            inputs, **chosen, keep=keep, threads=threads, reading=reading, out=output, overwrite=overwrite,
            report=bar,
        )  # fmt: skip
    _report(output, model, inputs, keep)


def _refuse_both(given: Mapping[str, Any]) -> None:
    """Raise `OptionError` for two options that exclude each other."""
    if given.get("train_words") and given.get("architecture") == "dm":
        raise OptionError("--train-words is of --architecture dbow, and dm learns words anyway: leave it out")
    ignored = [name for name in OF_WORDS if name in given and "words" in given]
    if ignored:
        raise OptionError(
            f"{option_as_typed(ignored[0])} is of learning words, and --words gives learnt ones: leave out one of both"
        )


def _chosen(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options as the library takes them: those of terms gathered in `Terms` and `VocabularyOptions`."""
    from likewise.documents import Terms, VocabularyOptions

    chosen = {LIBRARY.get(name, name): value for name, value in given.items() if name not in OF_TERMS}
    if "terms" in given or "ngrams" in given:
        kind = given.get("terms", "word")
        shortest, longest = (
            _range(given["ngrams"]) if "ngrams" in given else (1, 1) if kind == "word" else (3, 5)
        )
        chosen["terms"] = Terms(kind=kind, shortest=shortest, longest=longest)
    limits = {name: _share(name, given[name]) for name in ("min_df", "max_df") if name in given}
    if limits or "max_features" in given:
        chosen["vocabulary"] = VocabularyOptions(**limits, max_features=given.get("max_features"))
    return chosen


def _range(text: str) -> tuple[int, int]:
    """ "1-2" as (1, 2), "3" as (3, 3)."""
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)
    if found is None:
        raise OptionError(f"--ngrams is a length such as 2, or a range such as 1-2, not {text!r}")
    return int(found[1]), int(found[2] or found[1])


def _share(name: str, text: str) -> int | float:
    """ "2" as 2 documents, "0.5" as a share of them."""
    try:
        return int(text) if re.fullmatch(r"\d+", text) else float(text)
    except ValueError:
        raise OptionError(
            f"{option_as_typed(name)} is a number of documents such as 2, or a share such as 0.01, not {text!r}"
        ) from None


def _words(
    inputs: list[Path], given: Mapping[str, Any], reading: Reading, threads: int | None, bar: Bar
) -> Table:
    """The word vectors that were given, or else those of this text."""
    from likewise import words

    if "words" in given:
        return open_table(given["words"], "train documents --words")
    if Path("-") in inputs:
        raise OptionError(
            "standard input can be read once, and learning words reads it twice: give a file, or --words"
        )
    note("no --words: skip-gram learns the words of this text first")
    how = words.Reading(
        field=reading.field, column=reading.column, encoding=reading.encoding, errors=reading.errors
    )
    learning = {name: given[name] for name in OF_WORDS if name in given}
    return words.word2vec(inputs, **learning, threads=threads, reading=how, report=bar)


def _report(output: Path, model: Any, inputs: list[Path], keep: bool) -> None:
    """Where the model is, and what to type next."""
    counted = f"{model.facts['documents']:,} documents, {model.dim:,} dimensions"
    empty = model.facts["empty"]
    flagged = f"; {empty:,} without a word" if empty else ""
    follow = (
        ["similar", str(output), "some text"]
        if keep
        else ["encode", str(output), str(inputs[0]), "-o", "v.npy"]
    )
    note(f"the model is in {output}: {counted}{flagged}; next: {shlex.join(['likewise', *follow])}")
