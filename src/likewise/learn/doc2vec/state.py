"""Options and state of doc2vec."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from likewise.arrays.linalg import aligned_zeros
from likewise.errors import OptionError
from likewise.learn.sgns.state import padded
from likewise.system import seeds
from likewise.system.options import check_float, check_int

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
        check_int("dim", self.dim, 1, 65536)
        check_int("window", self.window, 1, 10_000)
        check_int("negatives", self.negatives, 1, 1000)
        check_int("epochs", self.epochs, 1, 1_000_000)
        check_int("replicas", self.replicas, 1, 64)
        seeds.checked(self.seed)
        if self.method not in LEARNING_RATES:
            raise OptionError(f"method must be 'dbow' or 'dm', not {self.method!r}")
        if not isinstance(self.words, bool):
            raise OptionError(f"words must be True or False, not {self.words!r}")
        if self.words and self.method == "dm":
            raise OptionError("words=True is of method 'dbow'; 'dm' trains the words anyway, leave it out")
        if self.learning_rate is not None:
            check_float("learning_rate", self.learning_rate, 0, above=True)
        check_float("sample", self.sample, 0)
        check_float("exponent", self.exponent, -10, 10)

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
