"""Skip-gram and CBOW with character n-grams: fastText's unsupervised models (Bojanowski et al. 2017, arXiv 1607.04606).

A word's vector is the mean of its own row and the rows of its n-grams, so words with common n-grams share
parameters, and an unseen word has a vector too. Outputs are one row a word. In CBOW the mean is taken of the words'
vectors. The same bits come out at any number of threads, see `fasttext_epoch`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from likewise.arrays.linalg import aligned_zeros
from likewise.arrays.ragged import Ragged
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.fasttext.epoch import SubwordEpochDriver
from likewise.learn.fasttext.ngram_rows import Subwords
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.training import State, padded
from likewise.system import seeds
from likewise.system.progress import Progress

ROW_SECONDS = 3e-10  # of one element of one row, read at random and later added to
# fastText's initial learning rate, twice that of word2vec: a mean of twenty rows starts near zero.
LEARNING_RATES = {"skipgram": 0.05, "cbow": 0.06}
LONGEST = 64  # characters of an n-gram
MOST_BUCKETS = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """Options of the training; all of them change the vectors and are recorded with them."""

    words: sgns.Settings = field(
        default_factory=sgns.Settings
    )  # all that training shares with words alone; a learning rate of None is LEARNING_RATES'
    shortest: int = 3  # characters of an n-gram, with the < and > that mark its ends
    longest: int = 6
    buckets: int = 2_000_000  # n-grams are hashed to this many; two in one bucket share a row

    def __post_init__(self) -> None:
        if self.words.learning_rate is None:  # said here, so that it is recorded
            object.__setattr__(
                self, "words", replace(self.words, learning_rate=LEARNING_RATES[self.words.method])
            )
        sgns.check_integer("shortest", self.shortest, 1, LONGEST)
        sgns.check_integer("longest", self.longest, 1, LONGEST)
        sgns.check_integer("buckets", self.buckets, 1, MOST_BUCKETS)
        if self.shortest > self.longest:
            raise OptionError(
                f"shortest must not be above longest, and {self.shortest} is above {self.longest}"
            )


def fresh(subwords: Subwords, settings: Settings) -> State:
    """Inputs (subwords.size, padded dim) uniform in ±1/dim, as fastText starts; outputs (v, padded dim) zero."""
    columns = padded(settings.words.dim)
    inputs, outputs = (aligned_zeros((rows, columns)) for rows in (subwords.size, len(subwords.rows)))
    random = seeds.generator(settings.words.seed, "subword_sgns.start")
    uniform = random.random((subwords.size, settings.words.dim), dtype=np.float32)
    inputs[:, : settings.words.dim] = (2 * uniform - 1) / np.float32(settings.words.dim)
    return State(inputs, outputs)


resumed = sgns.resumed  # a state is rows and how far it came, here as there


def needed_bytes(vocabulary: int, tokens: int, subwords: Subwords, settings: Settings, threads: int) -> int:
    """Memory that `train` holds besides the ids on disk, and what turns the result into a table."""
    columns = padded(settings.words.dim)
    rows = (vocabulary + subwords.size) * columns + (vocabulary + subwords.size) * settings.words.dim
    lists = len(subwords.weights) * 8 + len(subwords.buckets) * 8 + vocabulary * 8
    return (
        rows * FLOAT_BYTES
        + lists
        + SubwordEpochDriver.needed_bytes(vocabulary, tokens, subwords, settings, threads)
    )


def expected_seconds(counts: np.ndarray, subwords: Subwords, settings: Settings, threads: int) -> float:
    """Roughly how long `train` takes here: the time for words alone, and that of the rows they are made of."""
    words = settings.words
    kept = counts * draws.keep_probability(counts, words.sample)
    elements = float((kept * subwords.rows.lengths).sum()) * words.epochs * padded(words.dim)
    rows = elements * ROW_SECONDS / min(threads, threads if words.racing else words.replicas)
    return sgns.expected_seconds(counts, words, threads) + rows


def train(
    state: State, ids: Ragged, counts: np.ndarray, subwords: Subwords, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train `state` in place, to the end; yields a few times a second, where the state is whole and may be stored.

    ids: rows of int32 below v. counts (v,) int64: how often each id occurs, most frequent first. subwords: the rows
    of each word, from `group_ngrams`. The bits depend on `settings` alone, not on `threads` or on when the
    generator is advanced (unless `racing`). Raises `Diverged` when a number is no longer finite, `InputError`
    where there is only one word, or the parts do not fit each other.
    """
    _check_fit(state, counts, subwords)
    words = settings.words
    driver = SubwordEpochDriver(state, ids, counts, subwords, settings, threads)
    if len(state.shard_loss) != driver.shards:
        state.shard_loss = np.zeros(driver.shards)
    blocks = 1
    while state.epoch < words.epochs:
        last = min(state.block + blocks, driver.blocks)
        start = time.monotonic()
        state.pairs += driver.run(state.epoch, state.block, last, state.shard_loss)
        pace = (time.monotonic() - start) / (last - state.block)
        blocks = max(1, min(4 * blocks, round(sgns.REPORT_SECONDS / max(pace, 1e-9))))
        state.block = last
        mean = float(state.shard_loss.sum()) / max(1, state.pairs)
        if not np.isfinite(mean):
            raise Diverged(
                f"the loss is no longer finite at epoch {state.epoch + 1} of {words.epochs}, "
                f"{state.block / driver.blocks:.0%} of its text, learning rate {words.first_learning_rate:g}: "
                f"try learning rate {words.first_learning_rate / 10:g}, or max_norm"
            )
        if state.block == driver.blocks:
            sgns.end_epoch(state, words, mean)
        done = state.epoch * driver.tokens + driver.tokens_before(state.block)
        yield Progress(
            "training", done, words.epochs * driver.tokens, "words", mean,
            min(state.epoch + 1, words.epochs), words.epochs, driver.learning_rate(state.epoch, state.block),
        )  # fmt: skip


def _check_fit(state: State, counts: np.ndarray, subwords: Subwords) -> None:
    if len(counts) < 2:
        raise InputError(f"training needs at least 2 different words; this text has {len(counts)}")
    expected, given = (
        (subwords.size, len(counts), len(counts)),
        (len(state.inputs), len(state.outputs), len(subwords.rows)),
    )
    if expected != given:
        raise InputError(
            f"input rows, output rows and words with subwords must be {expected}, not {given}: "
            "make the state from the subwords of this vocabulary"
        )
