"""Skip-gram and CBOW with negative sampling over any ragged ids: words, walks, histories.

Sources: Mikolov et al. 2013 (arXiv 1310.4546); the shared noise words of Ji et al. 2016 (arXiv 1604.04661); the CBOW
gradient of İrsoy et al. 2021 (arXiv 2012.15332). The same bits come out at any number of threads, see `replicas`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from likewise.arrays.linalg import aligned_zeros
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.row_stream import Source
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns import steps
from likewise.learn.sgns.epoch import EpochDriver
from likewise.system import seeds
from likewise.system.progress import Progress

Method = Literal["skipgram", "cbow"]
LEARNING_RATES = {
    "skipgram": 0.025,
    "cbow": 0.04,
}  # CBOW makes n times fewer steps, each with the gradient of a mean
REPORT_SECONDS = 0.25
POSITION_SECONDS = 2.5e-7  # of gathering, sampling and barriers, which no timing of rows shows


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
        check_integer("dim", self.dim, 1, 65536)
        check_integer("window", self.window, 1, 10_000)
        check_integer("negatives", self.negatives, 1, 1000)
        check_integer("epochs", self.epochs, 1, 1_000_000)
        check_integer("replicas", self.replicas, 1, 64)
        seeds.checked(self.seed)
        if self.method not in LEARNING_RATES:
            raise OptionError(f"method must be 'skipgram' or 'cbow', not {self.method!r}")
        for name in ("learning_rate", "max_norm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise OptionError(f"{name} must be a number above 0, not {value!r}")
        if not 0 <= self.sample < np.inf or not np.isfinite(self.exponent):
            raise OptionError(
                f"sample must be at least 0 and exponent finite, not {self.sample!r}, {self.exponent!r}"
            )

    @property
    def first_learning_rate(self) -> float:
        return LEARNING_RATES[self.method] if self.learning_rate is None else self.learning_rate


def check_integer(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise OptionError(f"{name} must be a whole number from {least} to {most:,}, not {value!r}")


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


def needed_bytes(vocabulary: int, tokens: int, settings: Settings, threads: int) -> int:
    """Memory that `train` holds besides the ids on disk, and what turns the result into a table."""
    columns = padded(settings.dim)
    cut = settings.dim if settings.dim < columns else 0  # a table copies the rows to cut them
    rows = 2 * vocabulary * (columns + cut) * FLOAT_BYTES
    return rows + EpochDriver.needed_bytes(vocabulary, tokens, settings, threads)


def expected_seconds(counts: np.ndarray, settings: Settings, threads: int) -> float:
    """Roughly how long `train` takes here: the work in multiplications, at the speed that a few of them show now."""
    positions = float((counts * draws.keep_probability(counts, settings.sample)).sum()) * settings.epochs
    neighbours = float(settings.window + 1 if settings.dynamic_window else 2 * settings.window)
    tiles = 1 + -(-max(0, settings.negatives - 5) // 6)
    rows = neighbours
    if settings.method == "cbow":  # it moves as many rows, and multiplies one
        rows = 1 + neighbours / 2
    seconds = positions * (rows * tiles * steps.seconds_of_a_row(padded(settings.dim)) + POSITION_SECONDS)
    return seconds / min(threads, threads if settings.racing else settings.replicas)


def train(
    state: State, ids: Ragged | Source, counts: np.ndarray, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train `state` in place, to the end; yields a few times a second, where the state is whole and may be stored.

    ids: rows of int32 below v, all of them or a `Source` that makes them. counts (v,) int64: how often each id occurs,
    most frequent first. The bits depend on `settings` alone, not on `threads` or on when the generator is advanced
    (unless `racing`). Raises `Diverged` if the loss is not finite, `InputError` if there is only one word.
    """
    if len(counts) < 2:
        raise InputError(f"training needs at least 2 different words; this text has {len(counts)}")
    driver = EpochDriver(state, ids, counts, settings, threads)
    if len(state.shard_loss) != driver.shards:
        state.shard_loss = np.zeros(driver.shards)
    blocks = 1
    while state.epoch < settings.epochs:
        last = min(state.block + blocks, driver.part_end(state.block))
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
                f"try learning rate {settings.first_learning_rate / 10:g}, or max_norm"
            )
        if state.block == driver.blocks:
            end_epoch(state, settings, mean)
        done = state.epoch * driver.tokens + driver.tokens_before(state.block)
        yield Progress(
            "training", done, settings.epochs * driver.tokens, "words", mean,
            min(state.epoch + 1, settings.epochs), settings.epochs, driver.learning_rate(state.epoch, state.block),
        )  # fmt: skip


def end_epoch(state: State, settings: Settings, mean_loss: float) -> None:
    if settings.max_norm is not None:
        bound_rows(state, settings.max_norm)
    state.losses.append(mean_loss)
    state.epoch, state.block, state.pairs = state.epoch + 1, 0, 0
    state.shard_loss[:] = 0


def bound_rows(state: State, largest: float) -> None:
    """Shorten every row to norm `largest` exactly; during an epoch rows are only bounded as their word comes by."""
    for rows in (state.inputs, state.outputs):
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        # A hair below, because float32 rounds the products and a promise of "at most" must hold.
        np.multiply(
            rows, np.minimum(1.0, largest * (1 - 1e-6) / np.maximum(norms, 1e-30)), out=rows, casting="unsafe"
        )
