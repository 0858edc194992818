"""How a text becomes words on disk: what every method of this family begins with."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from likewise.artifacts.run import Run, begun_call
from likewise.data.text import blocks
from likewise.errors import InputError
from likewise.system import seeds
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.tokens.corpus.corpus import Corpus, encode
from likewise.tokens.corpus.custom_tokenizer import Split
from likewise.tokens.corpus.phrases import join_phrases
from likewise.tokens.corpus.word_pattern import Words


@dataclass(frozen=True)
class Reading:
    """How a text becomes words; the defaults suit plain text in any language that parts words."""

    tokens: Words | Split = field(
        default_factory=Words
    )  # a rule, or your own function from a row to its words
    field: str | None = None  # of JSON lines
    column: str | None = None  # of CSV, TSV or Parquet
    encoding: str = "utf-8"
    errors: Literal["strict", "replace"] = "strict"  # at bytes that are not text in the encoding
    max_vocabulary: int | None = None  # only the most frequent words
    phrases: int = 0  # passes that join words which keep company: new york → new_york
    phrase_threshold: float = 10.0  # how much more often than chance


@dataclass(frozen=True)
class Plan:
    """What a training is about to take, told before it starts."""

    rows: int
    words: int  # to train in each epoch
    vocabulary: int
    memory_bytes: int
    disk_bytes: int  # of the model
    seconds: float | None  # measured on this machine for some milliseconds, so roughly; None: not foreseen
    named: tuple[str, str, str] = ("rows", "words", "different")  # what the first three are counts of


Report = Callable[[Plan | Progress], None]


def begun_seed(seed: int | None, out: str | Path | None, *, resume: bool) -> int | None:
    """The seed that is given, or that the run which is to be resumed was begun with; None where one is to be drawn."""
    if seed is not None or out is None or not resume:
        return seed
    call = begun_call(out) or {}
    parts = [part for part in (call, *call.values()) if isinstance(part, dict)]
    return next((part["seed"] for part in parts if type(part.get("seed")) is int), None)


def seed_or_drawn(seed: int | None) -> int:
    """The seed given, checked, or where none is a fresh one."""
    return seeds.draw_seed() if seed is None else seeds.checked(seed)


def named(text: Any) -> Any:
    """What a call records of its text: the paths, or that it was given from Python."""
    if isinstance(text, str | os.PathLike):
        return os.fspath(text)
    if isinstance(text, list | tuple) and text and all(isinstance(item, os.PathLike) for item in text):
        return [os.fspath(item) for item in text]
    if (
        isinstance(text, list | tuple)
        and text
        and all(isinstance(item, str) and os.path.exists(item) for item in text[:99])
    ):
        return list(text)
    return f"given from Python as a {type(text).__name__}"


def described(reading: Reading) -> dict[str, Any]:
    """The options of reading as JSON values; a function is recorded by its name."""
    values = {name: getattr(reading, name) for name in Reading.__dataclass_fields__}
    tokens = reading.tokens
    values["tokens"] = (
        asdict(tokens) if isinstance(tokens, Words) else f"function {getattr(tokens, '__qualname__', tokens)}"
    )
    return values


def watching(run: Run | None, report: Report | None) -> Callable[[Progress], None]:
    """What stages before the training tell of themselves goes to `report`, and a signal to stop is heard there."""

    def watch(progress: Progress) -> None:
        if report is not None:
            report(progress)
        if run is not None:
            run.reached(progress, None)

    return watch


def place_of(run: Run | None, stack: ExitStack) -> Path:
    """Where ids, and what is made of them on the way, lie on disk while there is need of them."""
    if run is not None:
        return run.folder / "corpus"
    return Path(stack.enter_context(TemporaryDirectory(prefix="likewise-")))


def read_words(
    text: Any, folder: Path, reading: Reading, min_count: int, threads: int, watch: Callable[[Progress], None]
) -> Corpus:
    """The text as ids on disk in `folder`, phrases joined."""
    found = blocks(
        text, field=reading.field, column=reading.column, encoding=reading.encoding, errors=reading.errors
    )
    corpus = encode(
        found, folder, words=reading.tokens, min_count=min_count, max_vocabulary=reading.max_vocabulary,
        errors=reading.errors, threads=threads, progress=watch,
    )  # fmt: skip
    if reading.phrases:
        corpus = join_phrases(
            corpus,
            folder / "phrases",
            threshold=reading.phrase_threshold,
            min_count=min_count,
            passes=reading.phrases,
        )
    if len(corpus.keys) < 2:
        raise InputError(
            f"the vocabulary is one word, {corpus.keys[0]!r}: a window needs at least 2 different words"
        )
    return corpus


def reading_of(table: Table) -> Reading:
    """How the text of a table was read, but for where in its files it stood (field, column, encoding, errors).

    A table from elsewhere says only how its keys are spelt. Raises `InputError` where a function of the caller's split
    the text: give a `Reading` with that function.
    """
    made = table.facts.get("reading")
    if not isinstance(made, dict):
        return Reading(tokens=Words(form=table.spelling.form, case=table.spelling.case))
    if not isinstance(made.get("tokens"), dict):
        raise InputError(
            f"the text of this table was split by the {made.get('tokens')}: give reading= with it"
        )
    return Reading(
        tokens=Words(**made["tokens"]), phrases=made["phrases"], phrase_threshold=made["phrase_threshold"]
    )
