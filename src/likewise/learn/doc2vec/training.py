"""Paragraph vectors: a vector for each document, learnt by predicting its words (Le & Mikolov 2014, arXiv 1405.4053).

Two models. DBOW: the document's vector alone predicts each word, with negative sampling; `words=True` trains the words
by skip-gram alongside, in the same space. DM: the mean of the document's vector and of the context words predicts the
word. The same bits come out at any number of threads, see `replicas`; `infer` gives vectors of new documents.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from likewise.arrays.linalg import aligned_zeros, first_not_finite
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError
from likewise.learn.doc2vec import inference as paragraph_inference
from likewise.learn.doc2vec.epoch import EpochDriver
from likewise.learn.doc2vec.state import Method, Settings, State, fresh, resumed
from likewise.learn.epochs import train_epochs
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns.state import padded
from likewise.system import seeds
from likewise.system.options import check_int
from likewise.system.progress import Progress

__all__ = ["Method", "Settings", "State", "fresh", "infer", "needed_bytes", "resumed", "train"]


def needed_bytes(documents: int, vocabulary: int, settings: Settings) -> int:
    """Memory that `train` holds besides the ids on disk, and what turns the result into a table."""
    columns = padded(settings.dim)
    cut = settings.dim if settings.dim < columns else 0  # a table copies the rows to cut them
    rows = documents + (2 if settings.has_inputs else 1) * vocabulary
    return rows * (columns + cut) * FLOAT_BYTES + EpochDriver.needed_bytes(vocabulary, settings)


def train(
    state: State, ids: Ragged, counts: np.ndarray, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train `state` in place, to the end; yields a few times a second, where the state is whole and may be stored.

    ids: documents as rows of int32 below v, of any length. counts (v,) int64: how often each id occurs, most frequent
    first. The bits depend on `settings` alone, not on `threads` or on when the generator is advanced. A document
    without words keeps its start vector. Raises `Diverged` when a number is no longer finite, `InputError` where
    there is only one word.
    """
    if len(counts) < 2:
        raise InputError(f"doc2vec needs at least 2 different words; this text has {len(counts)}")
    driver = EpochDriver(state, ids, counts, settings, threads)
    yield from train_epochs(
        state, driver, epochs=settings.epochs, first_learning_rate=settings.first_learning_rate
    )


def infer(
    rows: Ragged,
    inputs: np.ndarray | None,
    outputs: np.ndarray,
    counts: np.ndarray,
    settings: Settings,
    *,
    epochs: int | None = None,
    threads: int = 1,
) -> np.ndarray:
    """(n, dim) float32: a vector for each document of `rows`, the words' rows frozen.

    inputs (v, ·; DM only) and outputs (v, ·) are those of a trained `State`, with or without the columns beyond `dim`;
    counts (v,) those of its text. A document's vector depends on its own ids, `settings` and `epochs` (None: those of
    `settings`) alone, to the bit. Ids outside 0 … v − 1 are unknown and left out; a document of none else is zero.
    """
    epochs = settings.epochs if epochs is None else epochs
    check_int("epochs", epochs, 1, 1_000_000)
    if settings.method == "dm" and inputs is None:
        raise InputError("a model of method 'dm' needs the words' input rows, and they are None")
    ids, offsets = _known(rows, len(counts))
    probability = draws.keep_probability(counts, settings.sample)
    noise = paragraph_inference.strata(
        counts.astype(np.float64) ** settings.exponent, settings.negatives, settings.seed
    )
    left = 1.0 - (np.arange(epochs) + 0.5) / epochs
    found = paragraph_inference.run(
        ids,
        offsets,
        None if settings.method == "dbow" or inputs is None else _widened(inputs),
        _widened(outputs),
        probability,
        noise,
        settings.first_learning_rate * left,
        seeds.state(settings.seed, "doc2vec.infer"),
        settings.window,
        threads,
    )[:, : settings.dim]
    if first_not_finite(found) is not None:
        raise Diverged(
            f"document {first_not_finite(found)} got a vector that is not finite: are the rows of the model?"
        )
    return np.ascontiguousarray(found)


def _known(rows: Ragged, vocabulary: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and offsets without those of unknown words."""
    ids, offsets = np.asarray(rows.ids), np.asarray(rows.offsets)
    is_known = (ids >= 0) & (ids < vocabulary)
    before = np.concatenate([[0], np.cumsum(is_known)])
    return ids[is_known].astype(np.int32), before[offsets].astype(np.int64)


def _widened(rows: np.ndarray) -> np.ndarray:
    """Rows of whole cache lines, as float32."""
    wide = aligned_zeros((len(rows), padded(rows.shape[1])))
    wide[:, : rows.shape[1]] = rows
    return wide
