"""Text to table by skip-gram or CBOW, with checkpoints on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.tokens.corpus.corpus import Corpus
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.fit import Saving, Training, fit
from likewise.training.inputs import describe_input
from likewise.training.model_card import card
from likewise.training.plan import Plan, Report
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.words._options import Reading, facts_of, read_words


@dataclass(frozen=True)
class Tuning:
    """What is seldom changed; see `learn.sgns.Settings` for each."""

    learning_rate: float | None = None
    exponent: float = 0.75
    max_norm: float | None = None
    dynamic_window: bool = True
    replicas: int = 4
    racing: bool = False


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
    begun = recorded_seed(seed, out, resume=resume)
    settings = sgns.Settings(
        method=method,
        dim=dim,
        window=window,
        negatives=negatives,
        epochs=epochs,
        sample=sample,
        seed=draw_seed_if_none(begun),
        learning_rate=tuning.learning_rate,
        exponent=tuning.exponent,
        max_norm=tuning.max_norm,
        dynamic_window=tuning.dynamic_window,
        replicas=tuning.replicas,
        racing=tuning.racing,
    )
    threads = checked_threads(threads)
    call = {
        "function": "likewise.words.word2vec", "text": describe_input(text), "min_count": min_count,
        "reading": reading.as_facts(), "training": asdict(settings), "threads": threads,
    }  # fmt: skip
    training = Training(
        call=call,
        epochs=epochs,
        read=lambda work: read_words(text, work.folder(), reading, min_count, threads, work.watch),
        digest=lambda corpus: corpus.digest,
        plan=lambda corpus: _plan(corpus, settings, threads),
        start=lambda corpus: sgns.fresh(len(corpus.keys), settings),
        resume=sgns.resumed,
        train=lambda corpus, state: sgns.train(state, corpus.ids, corpus.counts, settings, threads=threads),
        is_under_way=lambda state: state.epoch < settings.epochs,
        model=lambda corpus, state: _table(corpus, state, settings, reading, call),
        card=card,
        harmless=("text",) if settings.racing else ("text", "threads"),  # other text has another digest
    )
    drawn = settings.seed if begun is None else None
    return fit(training, Saving(out, overwrite, resume, checkpoint_seconds), drawn_seed=drawn, report=report)


def _plan(corpus: Corpus, settings: sgns.Settings, threads: int) -> Plan:
    """What the training takes; `NotEnoughMemory` where that is not there."""
    v, tokens = len(corpus.keys), len(corpus.ids.ids)
    needed = sgns.needed_bytes(v, tokens, settings, threads)
    memory.demand(
        needed, f"try --dim {max(1, settings.dim // 2)}, or --min-count or --max-vocabulary for fewer words"
    )
    disk = 2 * v * settings.dim * 4 + sum(len(key) + 16 for key in corpus.keys)
    return Plan(
        len(corpus.ids), tokens, v, needed, disk, sgns.expected_seconds(corpus.counts, settings, threads)
    )


def _table(
    corpus: Corpus, state: sgns.State, settings: sgns.Settings, reading: Reading, call: dict[str, Any]
) -> Table:
    rule = reading.tokens
    extra = {} if not isinstance(rule, Words) else {"spelling": rule.spelling}
    vectors, outputs = (
        np.ascontiguousarray(rows[:, : settings.dim]) for rows in (state.inputs, state.outputs)
    )
    facts = facts_of(call, corpus, state.losses)
    return Table(corpus.keys, vectors, counts=corpus.counts, facts=facts, outputs=outputs, **extra)
