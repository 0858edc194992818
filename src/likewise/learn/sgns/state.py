"""Options and state of skip-gram and CBOW."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from likewise.arrays.linalg import aligned_zeros
from likewise.errors import OptionError
from likewise.system import seeds
from likewise.system.options import check_float, check_int

Method = Literal["skipgram", "cbow"]
LEARNING_RATES = {
    "skipgram": 0.025,
    "cbow": 0.04,
}  # CBOW makes n times fewer steps, each with the gradient of a mean


@dataclass(frozen=True)
class Settings:
    """Options of the training; all of them change the vectors and are recorded with them."""

    method: Method = "skipgram"
    dim: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    learning_rate: float | None = (
        None  # initial learning rate; falls linearly to 0. None: 0.025 for skip-gram, 0.04 for CBOW
    )
    sample: float = 1e-4  # words above this share of the text are thinned out; 0 keeps all
    exponent: float = 0.75  # of the counts, for drawing noise words
    max_norm: float | None = None  # every vector's norm stays at most this
    dynamic_window: bool = (
        True  # a window of 1 … window, drawn for each position, so that near words count more
    )
    replicas: int = 4  # logical shards of the text; more of them can use more threads
    racing: bool = False  # Hogwild: threads write without order; faster, never the same bits twice
    seed: int = 0

    def __post_init__(self) -> None:
        check_int("dim", self.dim, 1, 65536)
        check_int("window", self.window, 1, 10_000)
        check_int("negatives", self.negatives, 1, 1000)
        check_int("epochs", self.epochs, 1, 1_000_000)
        check_int("replicas", self.replicas, 1, 64)
        seeds.checked(self.seed)
        if self.method not in LEARNING_RATES:
            raise OptionError(f"method must be 'skipgram' or 'cbow', not {self.method!r}")
        for name in ("learning_rate", "max_norm"):
            value = getattr(self, name)
            if value is not None:
                check_float(name, value, 0, above=True)
        check_float("sample", self.sample, 0)
        check_float("exponent", self.exponent, -10, 10)

    @property
    def first_learning_rate(self) -> float:
        return LEARNING_RATES[self.method] if self.learning_rate is None else self.learning_rate


@dataclass
class State:
    """State of a training, which a checkpoint stores: rows (v, padded dim) float32 and the progress.

    `inputs` are the word vectors, `outputs` those of the predicted words. Columns
    beyond `dim` are zero and stay zero.
    """

    inputs: np.ndarray
    outputs: np.ndarray
    epoch: int = 0
    block: int = 0
    # Of the epoch under way, summed over the pairs of each shard: a single sum would depend on when it is read.
    shard_loss: np.ndarray = field(default_factory=lambda: np.zeros(0))
    pairs: int = 0
    losses: list[float] = field(default_factory=list)  # mean loss a pair, one for each finished epoch


def padded(dim: int) -> int:
    """Columns of a row of `dim` dimensions, padded to whole cache lines."""
    return -(-dim // 16) * 16


def fresh(vocabulary: int, settings: Settings) -> State:
    """Inputs uniform in ±1/(2·dim), outputs zero, as word2vec.c starts."""
    inputs, outputs = (aligned_zeros((vocabulary, padded(settings.dim))) for _ in range(2))
    random = seeds.generator(settings.seed, "sgns.start")
    uniform = random.random((vocabulary, settings.dim), dtype=np.float32)
    inputs[:, : settings.dim] = (uniform - np.float32(0.5)) / np.float32(settings.dim)
    return State(inputs, outputs)


def resumed(
    inputs: np.ndarray,
    outputs: np.ndarray,
    epoch: int,
    block: int,
    shard_loss: list[float],
    pairs: int,
    losses: list[float],
) -> State:
    """The state that a checkpoint holds; the rows are copied, for they may be a map that must not be written."""
    rows = [aligned_zeros(array.shape) for array in (inputs, outputs)]
    rows[0][:], rows[1][:] = inputs, outputs
    return State(rows[0], rows[1], epoch, block, np.array(shard_loss, np.float64), pairs, list(losses))
