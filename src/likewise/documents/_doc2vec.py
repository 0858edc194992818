"""Documents to paragraph vectors: read, numbered, trained with checkpoints, and put on their shelf."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.documents._card import card
from likewise.documents._options import (
    Reading,
    Report,
    call_of,
    counted,
    described,
    read,
    refuse_function,
    single,
)
from likewise.documents._paragraph_vectors import Paragraphs, digest, shelved, vocabulary
from likewise.learn.doc2vec import training as learner
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.tokens.corpus.custom_tokenizer import Split
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed

log = logging.getLogger(__name__)


def doc2vec(
    text: Any,
    *,
    method: learner.Method = "dbow",
    dim: int = 100,
    window: int = 5,
    negatives: int = 5,
    epochs: int = 20,
    min_count: int = 5,
    sample: float = 1e-4,
    train_words: bool = False,
    tokens: Words | Split = Words(),
    keep: bool = True,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Paragraphs:
    """Paragraph vectors (Le and Mikolov 2014): a text has a vector of its own, which predicts its words.

    method: "dbow" predicts them from the text's vector alone (with `train_words`, words get vectors by skip-gram
    alongside); "dm" from its mean with the words around. New texts are fitted with all else frozen, each by itself. The
    same seed gives the same bits at any number of threads, also where a run was stopped and gone on with by `resume`.
    Raises as `tfidf` does, and `Diverged` if the numbers run away.
    """
    begun = recorded_seed(seed, out, resume=resume)
    settings = learner.Settings(
        method=method, dim=dim, window=window, negatives=negatives, epochs=epochs, sample=sample, words=train_words,
        seed=draw_seed_if_none(begun),
    )  # fmt: skip
    terms = single(tokens)
    call = call_of(
        "doc2vec",
        text,
        reading,
        terms=described(terms),
        min_count=min_count,
        keep=keep,
        training=asdict(settings),
    )
    with ExitStack() as stack:
        if out is not None:
            refuse_function(terms)
        run = stack.enter_context(
            owned(
                out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds,
            )
        )  # fmt: skip
        if run is not None and run.finished:
            return made_before(run, epochs)
        threads = checked_threads(threads)
        found = read(text, reading, terms, threads, report)
        words, counts, rows = vocabulary(found, min_count)
        if run is not None:
            run.check_data(digest(words, rows))
        if begun is None:
            log.info("no seed was given: using seed %d", settings.seed)
        needed = learner.needed_bytes(len(rows), len(words), settings)
        memory.demand(needed, f"try --dim {max(1, dim // 2)}, or a higher --min-count")
        saved = None if run is None else run.restore()
        state = learner.fresh(len(rows), len(words), settings) if saved is None else _restored(saved)
        steps = learner.train(state, rows, counts, settings, threads=threads)
        driven(steps, run, report, lambda: state.epoch < epochs, lambda: _checkpoint(state))
        facts = {**call, **counted(found), "losses": state.losses}
        inputs = None if state.inputs is None else np.ascontiguousarray(state.inputs[:, :dim])
        model = Paragraphs(
            words, counts, terms, settings, np.ascontiguousarray(state.outputs[:, :dim]), inputs=inputs,
            shelf=shelved(found, rows, state, dim) if keep else None, facts=facts,
        )  # fmt: skip
        if run is not None:
            run.finish(model, card=card(model))
    return model


def _restored(saved: Contents) -> learner.State:
    """A state that can be trained on: a checkpoint's arrays are maps that must not be written."""
    arrays = saved.arrays
    return learner.resumed(arrays["documents"], arrays.get("inputs"), arrays["outputs"], **saved.facts)


def _checkpoint(state: learner.State) -> Contents:
    facts = {name: getattr(state, name) for name in ("epoch", "block", "pairs", "losses")}
    facts["shard_loss"] = state.shard_loss.tolist()
    arrays = {"documents": state.documents, "outputs": state.outputs}
    if state.inputs is not None:
        arrays["inputs"] = state.inputs
    return Contents("checkpoint", facts, arrays)
