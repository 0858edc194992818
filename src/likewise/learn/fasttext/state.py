"""Options and state of fastText."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from likewise.arrays.linalg import aligned_zeros
from likewise.errors import OptionError
from likewise.learn.fasttext.ngram_rows import Subwords
from likewise.learn.sgns.state import Settings as SkipgramSettings
from likewise.learn.sgns.state import State, padded
from likewise.system import seeds
from likewise.system.options import check_int

# fastText's initial learning rate, twice that of word2vec: a mean of twenty rows starts near zero.
LEARNING_RATES = {"skipgram": 0.05, "cbow": 0.06}
LONGEST = 64  # characters of an n-gram
MOST_BUCKETS = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """Options of the training; all of them change the vectors and are recorded with them."""

    words: SkipgramSettings = field(
        default_factory=SkipgramSettings
    )  # all that training shares with words alone; a learning rate of None is LEARNING_RATES'
    shortest: int = 3  # characters of an n-gram, with the < and > that mark its ends
    longest: int = 6
    buckets: int = 2_000_000  # n-grams are hashed to this many; two in one bucket share a row

    def __post_init__(self) -> None:
        if self.words.learning_rate is None:  # said here, so that it is recorded
            object.__setattr__(
                self, "words", replace(self.words, learning_rate=LEARNING_RATES[self.words.method])
            )
        check_int("shortest", self.shortest, 1, LONGEST)
        check_int("longest", self.longest, 1, LONGEST)
        check_int("buckets", self.buckets, 1, MOST_BUCKETS)
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
