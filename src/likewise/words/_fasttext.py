"""fastText: vectors of the words of a text, and of unseen words that share character n-grams with them.

blocks of text → ids on disk (→ phrases joined) → n-grams of each word → skip-gram or CBOW over both → a SubwordTable
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.data import fasttext as binary
from likewise.errors import OptionError
from likewise.learn.fasttext import compose
from likewise.learn.fasttext import training as subword_sgns
from likewise.learn.fasttext.ngram_rows import Subwords, group_ngrams
from likewise.learn.kernels import quantise as quantising
from likewise.learn.kernels.quantise import Kind
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.training import State
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.tokens.analysis.character_ngrams import hashed
from likewise.tokens.corpus.corpus import Corpus
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.fit import Saving, Training, Workspace, fit
from likewise.training.inputs import describe_input
from likewise.training.model_card import card
from likewise.training.plan import Plan, Report
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.words._options import Reading, facts_of, read_words
from likewise.words._subword_table import Ngrams, SubwordTable
from likewise.words._word2vec import Tuning


def fasttext(
    text: Any,
    *,
    method: sgns.Method = "skipgram",
    dim: int = 100,
    window: int = 5,
    negatives: int = 5,
    epochs: int = 5,
    min_count: int = 5,
    sample: float = 1e-4,
    shortest: int = 3,
    longest: int = 6,
    buckets: int = 2_000_000,
    storage: Kind = "float32",
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    tuning: Tuning = Tuning(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> SubwordTable:
    """Train vectors of words and of their character n-grams.

    A word's vector is the mean of its own row and those of its n-grams. So words with common parts are near, rare words
    get better vectors, and unseen words have vectors. The same seed gives the same bits at any number of threads, but
    not with `Tuning(racing=True)`.

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
    shortest : int, default 3
        Characters of the shortest n-grams, 1 to 64, with the < and > that mark the ends of a word.
    longest : int, default 6
        Characters of the longest n-grams, 1 to 64.
    buckets : int, default 2,000,000
        n-grams are hashed to this many rows, 1 to 2**31 - 1.
    storage : "float32", "float16" or "int8", default "float32"
        dtype of the n-gram rows in the model.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, optional
        How text is split into words.
    tuning : Tuning, optional
        Options that are seldom changed. The learning rate is 0.05 for skip-gram, 0.06 for CBOW if None.
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
    SubwordTable
        An encoder with a vector for each word of the text, and for unseen words that share n-grams with them.

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
    Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", arXiv 1607.04606.

    Examples
    --------
    >>> model = fasttext(["the king and the queen"] * 9, dim=8, buckets=100, seed=1)
    >>> model.encode(["king", "kings"]).shape
    (2, 8)
    """
    begun = recorded_seed(seed, out, resume=resume)
    words = sgns.Settings(
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
    settings = subword_sgns.Settings(words, shortest, longest, buckets)
    if storage not in quantising.KINDS:
        raise OptionError(f"storage must be one of {', '.join(quantising.KINDS)}, not {storage!r}")
    threads = checked_threads(threads)
    call = {
        "function": "likewise.words.fasttext", "text": describe_input(text), "min_count": min_count,
        "reading": reading.as_facts(), "training": asdict(words), "shortest": shortest, "longest": longest,
        "buckets": buckets, "storage": storage, "threads": threads,
    }  # fmt: skip

    def read(work: Workspace) -> tuple[Corpus, Subwords]:
        corpus = read_words(text, work.folder(), reading, min_count, threads, work.watch)
        return corpus, group_ngrams(hashed(corpus.keys, shortest, longest, buckets), corpus.counts)

    training = Training(
        call=call,
        epochs=epochs,
        read=read,
        digest=lambda data: data[0].digest,
        plan=lambda data: _plan(*data, settings, threads),
        start=lambda data: subword_sgns.fresh(data[1], settings),
        resume=sgns.resumed,
        train=lambda data, state: subword_sgns.train(
            state, data[0].ids, data[0].counts, data[1], settings, threads=threads
        ),
        is_under_way=lambda state: state.epoch < epochs,
        model=lambda data, state: _table(*data, state, settings, storage, reading, call, threads),
        card=lambda model: card(model.table),
        harmless=("text",) if words.racing else ("text", "threads"),
    )
    drawn = words.seed if begun is None else None
    return fit(training, Saving(out, overwrite, resume, checkpoint_seconds), drawn_seed=drawn, report=report)


def read_fasttext(path: str | Path, *, storage: Kind = "float32") -> SubwordTable:
    """Read a model that fastText itself wrote (`.bin`).

    Unseen words get the vectors that fastText gives them.

    Parameters
    ----------
    path : str or Path
        The file.
    storage : "float32", "float16" or "int8", default "float32"
        dtype of the n-gram rows in memory.

    Returns
    -------
    SubwordTable
        The words of the model and its n-grams.

    Raises
    ------
    InputError
        If the file is quantized, damaged, or not a fastText model.

    References
    ----------
    Bojanowski et al. 2017, arXiv 1607.04606.
    """
    found = binary.read(path)
    v, dim = len(found.keys), found.rows.shape[1]
    has_ngrams = found.buckets > 0 and found.longest > 0
    ngrams = hashed(found.keys, found.shortest, found.longest, found.buckets) if has_ngrams else None
    rows = _with_own(ngrams, v)
    vectors = compose.compose_vectors(found.rows, rows, dim=dim)
    facts: dict[str, Any] = {
        "function": "likewise.words.read_fasttext", "from": str(path), "method": found.method,
        "window": found.window, "epochs": found.epochs, "negatives": found.negatives,
    }  # fmt: skip
    table = Table(found.keys, vectors, counts=found.counts, spelling=Spelling(), facts=facts)
    every = np.arange(found.buckets, dtype=np.int32)
    kept = quantising.quantise(np.ascontiguousarray(found.rows[v:]), storage)
    longest = max(found.longest, 1)
    shape = (min(max(found.shortest, 1), longest), longest, max(found.buckets, 1))
    return SubwordTable(table, Ngrams(kept, every, every.copy(), *shape))


def _with_own(ngrams: Ragged | None, v: int) -> Ragged:
    """Rows of input rows: each word's own, then those of its n-grams, which come after the words."""
    own = np.arange(v, dtype=np.int32)
    if ngrams is None:
        return Ragged(own, np.arange(v + 1, dtype=np.int64))
    ids = np.insert(ngrams.ids + np.int32(v), ngrams.offsets[:-1], own)
    return Ragged(ids.astype(np.int32), ngrams.offsets + np.arange(v + 1))


def _plan(corpus: Corpus, subwords: Subwords, settings: subword_sgns.Settings, threads: int) -> Plan:
    """What the training takes; `NotEnoughMemory` where that is not there."""
    v, tokens, dim = len(corpus.keys), len(corpus.ids.ids), settings.words.dim
    needed = subword_sgns.needed_bytes(v, tokens, subwords, settings, threads)
    memory.demand(needed, f"try --dim {max(1, dim // 2)}, or --min-count or --buckets for fewer rows")
    disk = (v + subwords.size) * dim * 4 + sum(len(key) + 16 for key in corpus.keys)
    seconds = subword_sgns.expected_seconds(corpus.counts, subwords, settings, threads)
    return Plan(len(corpus.ids), tokens, v, needed, disk, seconds)


def _table(
    corpus: Corpus,
    subwords: Subwords,
    state: State,
    settings: subword_sgns.Settings,
    storage: Kind,
    reading: Reading,
    call: dict[str, Any],
    threads: int,
) -> SubwordTable:
    """The composed vectors of the words, and the rows of the n-grams that occur in them."""
    dim = settings.words.dim
    vectors = compose.word_vectors(state.inputs, subwords, dim=dim, threads=threads)
    rule = reading.tokens
    spelling = rule.spelling if isinstance(rule, Words) else Spelling()
    facts = facts_of(call, corpus, state.losses)
    table = Table(corpus.keys, vectors, counts=corpus.counts, spelling=spelling, facts=facts)
    used, places = np.unique(subwords.places, return_inverse=True)
    rows = quantising.quantise(np.ascontiguousarray(state.inputs[used, :dim]), storage)
    ngrams = Ngrams(
        rows, subwords.buckets, places.astype(np.int32), settings.shortest, settings.longest, settings.buckets
    )
    return SubwordTable(table, ngrams)
