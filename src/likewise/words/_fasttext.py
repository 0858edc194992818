"""fastText: a text goes in, a vector for each of its words comes out, and for words that are made of the same parts.

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
from likewise.learn.fasttext.ngram_rows import Subwords, grouped
from likewise.learn.kernels import quantise as narrow
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
    """Vectors of words and of their character n-grams (Bojanowski et al. 2017, arXiv 1607.04606).

    A word's vector is the mean of its own and those of its n-grams of `shortest` to `longest` characters, so words with
    common parts are near, rare words are learnt better, and unseen words have vectors. n-grams are hashed to `buckets`;
    `storage` keeps those rows as float32, float16 or int8. All else, errors and promises too, as `word2vec`.
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
    if storage not in narrow.KINDS:
        raise OptionError(f"storage must be one of {', '.join(narrow.KINDS)}, not {storage!r}")
    threads = checked_threads(threads)
    call = {
        "function": "likewise.words.fasttext", "text": describe_input(text), "min_count": min_count,
        "reading": reading.as_facts(), "training": asdict(words), "shortest": shortest, "longest": longest,
        "buckets": buckets, "storage": storage, "threads": threads,
    }  # fmt: skip

    def read(work: Workspace) -> tuple[Corpus, Subwords]:
        corpus = read_words(text, work.folder(), reading, min_count, threads, work.watch)
        return corpus, grouped(hashed(corpus.keys, shortest, longest, buckets), corpus.counts)

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
    """A model that fastText itself wrote (`.bin`); unseen words get the vectors that fastText gives them.

    Raises `InputError` for a file that is quantized, damaged, or no such model.
    """
    found = binary.read(path)
    v, dim = len(found.keys), found.rows.shape[1]
    has_ngrams = found.buckets > 0 and found.longest > 0
    ngrams = hashed(found.keys, found.shortest, found.longest, found.buckets) if has_ngrams else None
    rows = _with_own(ngrams, v)
    vectors = compose.vectors_of(found.rows, rows, dim=dim)
    facts: dict[str, Any] = {
        "function": "likewise.words.read_fasttext", "from": str(path), "method": found.method,
        "window": found.window, "epochs": found.epochs, "negatives": found.negatives,
    }  # fmt: skip
    table = Table(found.keys, vectors, counts=found.counts, spelling=Spelling(), facts=facts)
    every = np.arange(found.buckets, dtype=np.int32)
    kept = narrow.stored(np.ascontiguousarray(found.rows[v:]), storage)
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
    rows = narrow.stored(np.ascontiguousarray(state.inputs[used, :dim]), storage)
    ngrams = Ngrams(
        rows, subwords.buckets, places.astype(np.int32), settings.shortest, settings.longest, settings.buckets
    )
    return SubwordTable(table, ngrams)
