"""Documents to paragraph vectors: read, numbered, trained with checkpoints, and indexed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.documents._card import card
from likewise.documents._options import (
    Collection,
    Reading,
    Report,
    call_of,
    counted,
    described,
    read,
    refuse_function,
    single,
)
from likewise.documents._paragraph_vectors import Paragraphs, digest, index_of, vocabulary
from likewise.learn.doc2vec import training as learner
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.corpus.custom_tokenizer import Split
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.fit import Saving, Training, Workspace, fit
from likewise.training.seeds import draw_seed_if_none, recorded_seed


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
    alongside); "dm" from its mean with the context words. New texts are fitted with all else frozen, each by itself.
    The same seed gives the same bits at any number of threads, also where a run was stopped and gone on with by
    `resume`. Raises as `tfidf` does, and `Diverged` if the numbers run away.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    method : "dbow" or "dm", default "dbow"
        The text's vector alone predicts its words, or its mean with the context words does.
    dim : int, default 100
        Length of the vectors.
    window : int, default 5
        Context words on each side, for "dm" and `train_words`.
    negatives : int, default 5
        Negative samples of each word, 1 to 1,000.
    epochs : int, default 20
        Passes over the documents, 1 to 1,000,000.
    min_count : int, default 5
        Words that occur less often are left out.
    sample : float, default 0.0001
        Words above this share of the text are subsampled; 0 keeps all.
    train_words : bool, default False
        With "dbow", also train word vectors by skip-gram.
    tokens : Words or callable, default Words()
        A splitting rule, or a function from a text to the list of its tokens.
    keep : bool, default True
        Keep the documents, so that the nearest ones to a text can be found.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
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
    if out is not None:
        refuse_function(terms)

    def read_documents(work: Workspace) -> tuple[Collection, list[str], np.ndarray, Ragged]:
        found = read(text, reading, terms, checked_threads(threads), report)
        return found, *vocabulary(found, min_count)

    training = Training(
        call=call,
        epochs=epochs,
        read=read_documents,
        digest=lambda data: digest(data[1], data[3]),
        plan=lambda data: memory.demand(
            learner.needed_bytes(len(data[3]), len(data[1]), settings),
            f"try --dim {max(1, dim // 2)}, or a higher --min-count",
        ),
        start=lambda data: learner.fresh(len(data[3]), len(data[1]), settings),
        resume=learner.resumed,
        train=lambda data, state: learner.train(
            state, data[3], data[2], settings, threads=checked_threads(threads)
        ),
        is_under_way=lambda state: state.epoch < epochs,
        model=lambda data, state: _model(*data, state, settings, terms, call, keep=keep),
        card=card,
    )
    drawn = settings.seed if begun is None else None
    return fit(training, Saving(out, overwrite, resume, checkpoint_seconds), drawn_seed=drawn, report=report)


def _model(
    found: Collection, words: list[str], counts: np.ndarray, rows: Ragged, state: learner.State,
    settings: learner.Settings, terms: Terms, call: dict[str, Any], *, keep: bool,
) -> Paragraphs:  # fmt: skip
    """The trained vectors without the columns that only kernels use."""
    dim = settings.dim
    inputs = None if state.inputs is None else np.ascontiguousarray(state.inputs[:, :dim])
    return Paragraphs(
        words, counts, terms, settings, np.ascontiguousarray(state.outputs[:, :dim]), inputs=inputs,
        index=index_of(found, rows, state, dim) if keep else None,
        facts={**call, **counted(found), "losses": state.losses},
    )  # fmt: skip
