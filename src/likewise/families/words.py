"""Words: a text goes in, one vector for each of its words comes out.

    blocks of text → ids on disk (→ phrases joined) → skip-gram or CBOW → a Table

A word has one vector, whatever it means in its place: "bank" is one point.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from likewise import artifact, memory, seeds
from likewise.artifact import Contents
from likewise.data.text import blocks
from likewise.errors import InputError, OptionError
from likewise.families.card import card
from likewise.learn import sgns
from likewise.progress import Progress
from likewise.ragged import Ragged
from likewise.run import Run, begun_call
from likewise.table import Table
from likewise.tokens.corpus import Corpus, encode
from likewise.tokens.phrases import join_phrases
from likewise.tokens.rows import Split
from likewise.tokens.words import Words

log = logging.getLogger(__name__)


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
class Tuning:
    """What is seldom changed; see `learn.sgns.Settings` for each."""

    rate: float | None = None
    exponent: float = 0.75
    max_norm: float | None = None
    dynamic_window: bool = True
    replicas: int = 4
    racing: bool = False


@dataclass(frozen=True)
class Plan:
    """What a training is about to take, told before it starts."""

    rows: int
    words: int  # to train in each epoch
    vocabulary: int
    memory_bytes: int
    disk_bytes: int  # of the model
    seconds: float  # measured on this machine for some milliseconds, so roughly


Report = Callable[[Plan | Progress], None]


def word2vec(
    text: Any,
    *,
    method: sgns.Method = "skipgram",
    dim: int = 100,
    window: int = 5,
    negatives: int = 5,
    epochs: int = 5,
    min_count: int = 5,
    sample: float = 1e-4,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    tuning: Tuning = Tuning(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Table:
    """Vectors of the words of a text; words used alike are near (Mikolov et al. 2013, arXiv 1301.3781, 1310.4546).

    text: a path, a folder, a glob, "-" for standard input, a list of these, or any iterable of strings or of lists of
    tokens, which is read once. Result: a Table of (words, dim) float32, the most frequent word first, with its output
    vectors, so that `update` can go on from it. With `out` it is also saved there, with checkpoints every
    `checkpoint_seconds`; `resume` goes on from the newest one to the same bits as if never stopped.

    The same seed gives the same bits at any number of threads (not with `Tuning(racing=True)`). Without a seed one is
    drawn, logged, and stored with the table. Raises `InputError` for a text that cannot be used, `OptionError` for
    options, `Diverged` if the numbers run away, `NotEnoughMemory` before work that would not fit, `Stopped` after a
    signal.
    """
    begun = begun_seed(out) if seed is None and resume and out is not None else seed
    settings = sgns.Settings(
        method=method, dim=dim, window=window, negatives=negatives, epochs=epochs, sample=sample,
        seed=seed_or_drawn(begun), rate=tuning.rate, exponent=tuning.exponent, max_norm=tuning.max_norm,
        dynamic_window=tuning.dynamic_window, replicas=tuning.replicas, racing=tuning.racing,
    )  # fmt: skip
    threads = _threads(threads)
    call = {
        "function": "likewise.words.word2vec", "text": named(text), "min_count": min_count,
        "reading": described(reading), "training": asdict(settings), "threads": threads,
    }  # fmt: skip
    with ExitStack() as stack:
        run = None
        if out is not None:
            harmless = ("text",) if settings.racing else ("text", "threads")  # the digest tells other text
            run = stack.enter_context(
                Run(
                    out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds,
                    harmless=harmless,
                )
            )  # fmt: skip
            if run.finished:
                log.info("%s is already finished, %d of %d epochs", out, epochs, epochs)
                return artifact.load(out)
            folder = run.folder / "corpus"
        else:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="likewise-")))
        corpus = read_words(text, folder, reading, min_count, threads, watching(run, report))
        if run is not None:
            run.check_data(corpus.digest)
        if begun is None:  # said now, for before it there may be an error to say, and nothing else
            log.info("no seed was given: using seed %d", settings.seed)
        _plan(corpus, settings, threads, report)
        saved = None if run is None else run.restore()
        state = sgns.fresh(len(corpus.keys), settings) if saved is None else _restored(saved)
        for progress in sgns.train(state, corpus.ids, corpus.counts, settings, threads=threads):
            if report is not None:
                report(progress)
            if run is not None and state.epoch < settings.epochs:
                run.reached(progress, lambda: _checkpoint(state))
        facts = {
            **call,
            "text_digest": corpus.digest,
            "reading_report": asdict(corpus.reading),
            "losses": state.losses,
        }
        table = _table(corpus, state, settings, reading, {k: v for k, v in facts.items() if k != "threads"})
        if run is not None:
            run.finish(table, card=card(table))
    return table


def begun_seed(out: str | Path) -> int | None:
    """The seed that a run of `out` was begun with, drawn or given; None where there is none to go on with."""
    training = (begun_call(out) or {}).get("training")
    return training.get("seed") if isinstance(training, dict) else None


def seed_or_drawn(seed: int | None) -> int:
    """The seed given, checked, or where none is a fresh one."""
    return seeds.draw_seed() if seed is None else seeds.checked(seed)


def _threads(threads: int | None) -> int:
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise OptionError(f"threads must be a whole number of at least 1, not {threads!r}")
    return threads


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


def _plan(corpus: Corpus, settings: sgns.Settings, threads: int, report: Report | None) -> None:
    """Tell what the training takes, and refuse it where the memory is not there."""
    v, tokens = len(corpus.keys), len(corpus.ids.ids)
    needed = sgns.needed_bytes(v, tokens, settings, threads)
    memory.demand(
        needed, f"try --dim {max(1, settings.dim // 2)}, or --min-count or --max-vocabulary for fewer words"
    )
    if report is not None:
        disk = 2 * v * settings.dim * 4 + sum(len(key) + 16 for key in corpus.keys)
        seconds = sgns.expected_seconds(corpus.counts, settings, threads)
        report(Plan(len(corpus.ids), tokens, v, needed, disk, seconds))


def _checkpoint(state: sgns.State) -> Contents:
    facts = {name: getattr(state, name) for name in ("epoch", "block", "pairs", "losses")}
    facts["shard_loss"] = state.shard_loss.tolist()
    return Contents("checkpoint", facts, {"inputs": state.inputs, "outputs": state.outputs})


def _restored(saved: Contents) -> sgns.State:
    """A state that can be trained on: a checkpoint's arrays are maps that must not be written."""
    return sgns.resumed(saved.arrays["inputs"], saved.arrays["outputs"], **saved.facts)


def _table(
    corpus: Corpus, state: sgns.State, settings: sgns.Settings, reading: Reading, facts: dict[str, Any]
) -> Table:
    rule = reading.tokens
    extra = {} if not isinstance(rule, Words) else {"spelling": rule.spelling}
    vectors, outputs = (
        np.ascontiguousarray(rows[:, : settings.dim]) for rows in (state.inputs, state.outputs)
    )
    return Table(corpus.keys, vectors, counts=corpus.counts, facts=facts, outputs=outputs, **extra)


@dataclass(frozen=True)
class Update:
    """What going on with new text did to a table."""

    table: Table
    added: int  # words that are new
    seen: int  # old words that stand in the new text
    unseen: int  # old words that do not
    similarity: (
        np.ndarray
    )  # (seen + unseen,) cosine of each old word's vector with its new one, in the old order
    moved_most: list[tuple[str, float]]  # old words whose cosine fell most

    def __str__(self) -> str:
        median = float(np.median(self.similarity)) if len(self.similarity) else 1.0
        moved = ", ".join(f"{key} {cosine:.2f}" for key, cosine in self.moved_most)
        return (
            f"{self.added:,} words added; {self.seen:,} of {self.seen + self.unseen:,} old words seen again; "
            f"median cosine of old vectors with new ones {median:.3f}; moved most: {moved or 'none'}"
        )


def update(
    table: Table,
    text: Any,
    *,
    epochs: int = 5,
    min_count: int = 5,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading | None = None,
    tuning: Tuning | None = None,
    report: Report | None = None,
) -> Update:
    """Go on training a table on new text; its vocabulary grows by words that occur at least `min_count` times there.

    Old words keep their place in the space and move only as the new text asks; `Update` says how far. Method, window,
    dim and the rest are the table's own, `reading` and `tuning` too unless given. Counts are added up. Raises
    `InputError` for a table without output vectors, and as `word2vec` does.
    """
    made = table.facts.get("training")
    if table.outputs is None or not isinstance(made, dict):
        raise InputError(
            "this table keeps no output vectors, so training cannot go on: train it here with word2vec"
        )
    tuned = {} if tuning is None else asdict(tuning)
    settings = sgns.Settings(**{**made, **tuned, "epochs": epochs, "seed": seed_or_drawn(seed)})
    threads = _threads(threads)
    reading = reading_of(table) if reading is None else reading
    with TemporaryDirectory(prefix="likewise-") as folder:
        corpus = read_words(text, Path(folder), reading, 1, threads, watching(None, report))
        old = table.counts if table.counts is not None else np.ones(len(table), np.int64)
        keys, counts, ids = _joined(table.keys, old, corpus, min_count)
        memory.demand(sgns.needed_bytes(len(keys), len(ids.ids), settings, threads), "try a higher min_count")
        if seed is None:
            log.info("no seed was given: using seed %d", settings.seed)
        state = _grown(table, keys, settings)
        for progress in sgns.train(state, ids, counts, settings, threads=threads):
            if report is not None:
                report(progress)
    vectors, outputs = (
        np.ascontiguousarray(rows[:, : settings.dim]) for rows in (state.inputs, state.outputs)
    )
    updates = [
        *table.facts.get("updates", []),
        {"text": named(text), "epochs": epochs, "seed": settings.seed},
    ]
    grown = Table(
        keys,
        vectors,
        counts=counts,
        spelling=table.spelling,
        facts={**table.facts, "updates": updates},
        outputs=outputs,
    )
    return _compared(table, grown, set(corpus.keys))


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


def _joined(
    old_keys: list[str], old_counts: np.ndarray, corpus: Corpus, min_count: int
) -> tuple[list[str], np.ndarray, Ragged]:
    """Both vocabularies in one order of counts, and the new text in its ids, words that are too rare left out."""
    totals = dict(zip(old_keys, old_counts.tolist(), strict=True))
    for key, count in zip(corpus.keys, corpus.counts.tolist(), strict=True):
        if key in totals or count >= min_count:
            totals[key] = totals.get(key, 0) + count
    keys = sorted(totals, key=lambda key: (-totals[key], key))
    place = {key: position for position, key in enumerate(keys)}
    number = np.array([place.get(key, -1) for key in corpus.keys], np.int32)
    ids = number[corpus.ids.ids]
    kept = np.concatenate([[0], np.cumsum(ids >= 0)])
    offsets = kept[corpus.ids.offsets]
    offsets = offsets[np.concatenate([[True], np.diff(offsets) > 0])]
    if offsets[-1] == 0:
        raise InputError(
            f"no word of the new text is in the table or occurs {min_count} times: try a lower min_count"
        )
    return keys, np.array([totals[key] for key in keys], np.int64), Ragged(ids[ids >= 0], offsets)


def _grown(table: Table, keys: list[str], settings: sgns.Settings) -> sgns.State:
    """A state with the table's vectors in the new order, and fresh rows for the new words."""
    state = sgns.fresh(len(keys), settings)
    place = {key: position for position, key in enumerate(keys)}
    rows = np.array([place[key] for key in table.keys], np.int64)
    state.inputs[rows, : settings.dim] = table.vectors
    state.outputs[rows, : settings.dim] = table.outputs
    return state


def _compared(table: Table, grown: Table, read: set[str]) -> Update:
    again = np.array([key in read for key in table.keys], bool)
    cosine = np.sum(table.unit * grown.subset(table.keys).unit, axis=1)
    most = np.argsort(cosine, kind="stable")[:5]
    return Update(
        grown, len(grown) - len(table), int(again.sum()), int((~again).sum()), cosine,
        [(table.keys[i], float(cosine[i])) for i in most if cosine[i] < 0.999],
    )  # fmt: skip
