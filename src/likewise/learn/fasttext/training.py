"""Skip-gram and CBOW with character n-grams: fastText's unsupervised models (Bojanowski et al. 2017, arXiv 1607.04606).

A word's vector is the mean of its own row and the rows of its n-grams, so words with common n-grams share
parameters, and an unseen word has a vector too. Outputs are one row a word. In CBOW the mean is taken of the words'
vectors. The same bits come out at any number of threads, see `fasttext_epoch`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.learn.epochs import train_epochs
from likewise.learn.fasttext.epoch import SubwordEpochDriver
from likewise.learn.fasttext.ngram_rows import Subwords
from likewise.learn.fasttext.state import Settings, fresh
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.state import State, padded, resumed
from likewise.system.progress import Progress

__all__ = ["Settings", "State", "expected_seconds", "fresh", "needed_bytes", "resumed", "train"]

ROW_SECONDS = 3e-10  # of one element of one row, read at random and later added to


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

    def end_epoch() -> None:
        if words.max_norm is not None:
            sgns.bound_rows(state, words.max_norm)

    yield from train_epochs(
        state, driver, epochs=words.epochs, first_learning_rate=words.first_learning_rate, end_epoch=end_epoch,
        hint=", or max_norm",
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
