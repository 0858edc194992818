"""Paragraph vectors: a vector for each document, learnt by predicting its words (Le & Mikolov 2014, arXiv 1405.4053).

Two models. DBOW: the document's vector alone predicts each word, with negative sampling; `words=True` trains the words
by skip-gram alongside, in the same space. DM: the mean of the document's vector and of the context words predicts the
word. The same bits come out at any number of threads, see `replicas`; `infer` gives vectors of new documents.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from likewise.arrays.linalg import aligned_zeros, first_not_finite
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.doc2vec import inference as paragraph_inference
from likewise.learn.doc2vec.epoch import EpochDriver
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns.training import REPORT_SECONDS, check_integer, padded
from likewise.system import seeds
from likewise.system.progress import Progress

Method = Literal["dbow", "dm"]
LEARNING_RATES = {
    "dbow": 0.05,
    "dm": 0.04,
}  # skip-gram's 0.025 leaves documents far from where some ten epochs could bring them


@dataclass(frozen=True)
class Settings:
    """Options of the training; all of them change the vectors and are recorded with them."""

    method: Method = "dbow"
    dim: int = 100
    window: int = 5  # of the context words of DM and `words`; drawn from 1 … window for each position
    negatives: int = 5
    epochs: int = 10
    learning_rate: float | None = (
        None  # initial learning rate; falls linearly to 0. None: 0.05 for DBOW, 0.04 for DM
    )
    sample: float = 1e-4  # words above this share of the text are thinned out; 0 keeps all
    exponent: float = 0.75  # of the counts, for drawing noise words
    words: bool = False  # DBOW: train the words by skip-gram alongside; DM always has vectors of words
    replicas: int = 4  # logical shards of the text; more of them can use more threads
    seed: int = 0

    def __post_init__(self) -> None:
        check_integer("dim", self.dim, 1, 65536)
        check_integer("window", self.window, 1, 10_000)
        check_integer("negatives", self.negatives, 1, 1000)
        check_integer("epochs", self.epochs, 1, 1_000_000)
        check_integer("replicas", self.replicas, 1, 64)
        seeds.checked(self.seed)
        if self.method not in LEARNING_RATES:
            raise OptionError(f"method must be 'dbow' or 'dm', not {self.method!r}")
        if not isinstance(self.words, bool):
            raise OptionError(f"words must be True or False, not {self.words!r}")
        if self.words and self.method == "dm":
            raise OptionError("words=True is of method 'dbow'; 'dm' trains the words anyway, leave it out")
        if self.learning_rate is not None and not 0 < self.learning_rate < np.inf:
            raise OptionError(f"learning_rate must be a number above 0, not {self.learning_rate!r}")
        if not 0 <= self.sample < np.inf or not np.isfinite(self.exponent):
            raise OptionError(
                f"sample must be at least 0 and exponent finite, not {self.sample!r}, {self.exponent!r}"
            )

    @property
    def first_learning_rate(self) -> float:
        return LEARNING_RATES[self.method] if self.learning_rate is None else self.learning_rate

    @property
    def has_inputs(self) -> bool:
        """Whether words have vectors of their own, besides those that predict them."""
        return self.words or self.method == "dm"


@dataclass
class State:
    """State of a training, which a checkpoint stores: rows (·, padded dim) float32 and the progress.

    `documents` (n, ·) are the vectors of the documents, `inputs` (v, ·) those of the words, None for DBOW without
    `words`, `outputs` (v, ·) what words are predicted with. Columns beyond `dim` are zero and stay zero.
    """

    documents: np.ndarray
    inputs: np.ndarray | None
    outputs: np.ndarray
    epoch: int = 0
    block: int = 0
    # Of the epoch under way, summed over the words of each shard: a single sum would depend on when it is read.
    shard_loss: np.ndarray = field(default_factory=lambda: np.zeros(0))
    pairs: int = 0
    losses: list[float] = field(
        default_factory=list
    )  # mean loss a predicted word, one for each finished epoch


def fresh(documents: int, vocabulary: int, settings: Settings) -> State:
    """Documents and inputs uniform in ±1/(2·dim), outputs zero, as word2vec.c starts."""
    starts = [_random_rows(documents, settings, "doc2vec.documents"), None]
    if settings.has_inputs:
        starts[1] = _random_rows(vocabulary, settings, "doc2vec.words")
    assert starts[0] is not None
    return State(starts[0], starts[1], aligned_zeros((vocabulary, padded(settings.dim))))


def _random_rows(n: int, settings: Settings, stage: str) -> np.ndarray:
    rows = aligned_zeros((n, padded(settings.dim)))
    uniform = seeds.generator(settings.seed, stage).random((n, settings.dim), dtype=np.float32)
    rows[:, : settings.dim] = (uniform - np.float32(0.5)) / np.float32(settings.dim)
    return rows


def resumed(
    documents: np.ndarray,
    inputs: np.ndarray | None,
    outputs: np.ndarray,
    epoch: int,
    block: int,
    shard_loss: list[float],
    pairs: int,
    losses: list[float],
) -> State:
    """The state that a checkpoint holds; the rows are copied, for they may be a map that must not be written."""
    copied = [None if rows is None else _copy(rows) for rows in (documents, inputs, outputs)]
    assert copied[0] is not None
    assert copied[2] is not None
    return State(
        copied[0], copied[1], copied[2], epoch, block, np.array(shard_loss, np.float64), pairs, list(losses)
    )


def _copy(rows: np.ndarray) -> np.ndarray:
    copy = aligned_zeros(rows.shape)
    copy[:] = rows
    return copy


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
    if len(state.shard_loss) != driver.shards:
        state.shard_loss = np.zeros(driver.shards)
    blocks = 1
    while state.epoch < settings.epochs:
        last = min(state.block + blocks, driver.blocks)
        start = time.monotonic()
        state.pairs += driver.run(state.epoch, state.block, last, state.shard_loss)
        pace = (time.monotonic() - start) / (last - state.block)
        blocks = max(1, min(4 * blocks, round(REPORT_SECONDS / max(pace, 1e-9))))
        state.block = last
        mean = float(state.shard_loss.sum()) / max(1, state.pairs)
        if not np.isfinite(mean):
            raise Diverged(
                f"the loss is no longer finite at epoch {state.epoch + 1} of {settings.epochs}, "
                f"{state.block / driver.blocks:.0%} of its text, learning rate {settings.first_learning_rate:g}: "
                f"try learning rate {settings.first_learning_rate / 10:g}"
            )
        if state.block == driver.blocks:
            state.losses.append(mean)
            state.epoch, state.block, state.pairs = state.epoch + 1, 0, 0
            state.shard_loss[:] = 0
        done = state.epoch * driver.tokens + driver.tokens * state.block // driver.blocks
        yield Progress(
            "training", done, settings.epochs * driver.tokens, "words", mean,
            min(state.epoch + 1, settings.epochs), settings.epochs, driver.learning_rate(state.epoch, state.block),
        )  # fmt: skip


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
    check_integer("epochs", epochs, 1, 1_000_000)
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
