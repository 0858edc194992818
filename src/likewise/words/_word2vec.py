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
    """Options of `word2vec` and `fasttext` that are seldom changed.

    Parameters
    ----------
    learning_rate : float or None, default None
        Initial learning rate, above 0; it falls linearly to 0. None: 0.025 for skip-gram, 0.04 for CBOW.
    exponent : float, default 0.75
        Noise words are sampled in proportion to their count to this power.
    max_norm : float or None, default None
        Largest norm of a vector. None sets no limit.
    dynamic_window : bool, default True
        Draw a window from 1 to `window` for each position, so that near words count more.
    replicas : int, default 4
        Logical shards of the text, 1 to 64. More of them can use more threads; the vectors depend on it.
    racing : bool, default False
        Hogwild: threads update shared vectors without waiting. Faster, not reproducible.
    """

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
    """Train word vectors by skip-gram or CBOW with negative sampling.

    Words that are used in similar contexts get similar vectors. The same seed gives the same bits at any number of
    threads, but not with `Tuning(racing=True)`.

    Parameters
    ----------
    text : str, Path, or iterable
        A path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable of texts or of lists of
        tokens, which is read once; or records or a data frame, of which `reading` names the field or column.
    method : "skipgram" or "cbow", default "skipgram"
        Model of Mikolov et al. 2013.
    dim : int, default 100
        Length of the vectors, 1 to 65,536.
    window : int, default 5
        Context words on each side, 1 to 10,000.
    negatives : int, default 5
        Noise words for each position, 1 to 1,000.
    epochs : int, default 5
        Passes over the text, 1 to 1,000,000.
    min_count : int, default 5
        Words that occur less often have no vector.
    sample : float, default 1e-4
        Occurrences of words above this share of the text are subsampled. 0 keeps all.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, optional
        How text is split into words.
    tuning : Tuning, optional
        Options that are seldom changed.
    out : str, Path or None, default None
        Folder to save the model to. Checkpoints are kept next to it during training.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Table
        (words, dim) float32, the most frequent word first, with the output vectors that `update` needs.

    Raises
    ------
    InputError
        If the text cannot be used.
    OptionError
        If an option is out of range.
    Diverged
        If the loss is no longer finite.
    NotEnoughMemory
        Before work that does not fit in memory.
    Stopped
        After a signal to stop; with `out`, a checkpoint is saved first.

    References
    ----------
    Mikolov et al. 2013, arXiv 1301.3781 and 1310.4546. Shared noise words: Ji et al. 2016, arXiv 1604.04661. Gradient
    of CBOW: İrsoy et al. 2021, arXiv 2012.15332.

    Examples
    --------
    >>> table = word2vec(["a king and a queen", "the queen and the king"] * 9, dim=8, seed=1)
    >>> table.similar("king", 1)[0].key in table
    True
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
