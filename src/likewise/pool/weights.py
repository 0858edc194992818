"""How much each word counts in a mean: the rarer, the more."""

from __future__ import annotations

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.system.options import check_float


def idf_weights(rows: Ragged, v: int) -> np.ndarray:
    """(v,) float64: ln((1 + n) / (1 + df)) + 1, where df of the n rows hold the id at least once.

    Smoothed as in scikit-learn's TfidfVectorizer (Spärck Jones 1972 without the smoothing); never 0, so that a word
    that stands in all rows still counts. Ids of -1 are passed over.

    Parameters
    ----------
    rows : Ragged
        Ids of each row: row i is pooled into vector i.
    v : int
        Number of different ids.
    """
    row = np.repeat(np.arange(len(rows)), rows.lengths)
    known = rows.ids >= 0
    once = np.unique(row[known] * np.int64(v) + rows.ids[known])
    df = np.bincount(once % v, minlength=v)
    return np.log((1 + len(rows)) / (1 + df)) + 1


def sif_weights(counts: np.ndarray, *, a: float = 1e-3) -> np.ndarray:
    """(v,) float64: a / (a + p), smooth inverse frequency (Arora, Liang and Ma 2017, section 3).

    `counts` (v,): how often each word was seen; p is its share. A word never seen weighs 1.

    Parameters
    ----------
    counts : ndarray of shape (n,), int64
        How often each key was seen.
    a : float or None, default 0.001
        Parameter of SIF (Arora et al. 2017): smaller values give frequent words less weight. None: by the
        text.
    """
    check_float("a", a, 0, above=True)
    return a / (a + _shares(counts))


def usif_weights(counts: np.ndarray, *, mean_length: float) -> np.ndarray:
    """(v,) float64: a / (a / 2 + p) with a from the text itself (Ethayarajh 2018, section 4, equation 8).

    a = (1 - α) / (α Z), Z = v / 2, α the share of words whose p is above 1 - (1 - 1 / v)^n, which is the chance of a
    word in a random walk of n steps; n = `mean_length`, the mean number of words in a sentence.

    Parameters
    ----------
    counts : ndarray of shape (n,), int64
        How often each key was seen.
    mean_length : float
        Mean length of a sentence in words.
    """
    p = _shares(counts)
    check_float("mean_length", mean_length, 0, above=True)
    common = np.mean(p > 1 - (1 - 1 / len(p)) ** mean_length)
    share = min(max(common, 1 / len(p)), 1 - 1 / (2 * len(p)))  # so that a is defined, and above 0
    a = (1 - share) / (share * len(p) / 2)
    return a / (a / 2 + p)


def _shares(counts: np.ndarray) -> np.ndarray:
    seen = np.asarray(counts, np.float64)
    if seen.ndim != 1 or len(seen) == 0 or not np.isfinite(seen).all() or (seen < 0).any() or seen.sum() == 0:
        raise InputError(
            "counts are (v,) finite numbers from 0, not all 0: give how often each word was seen"
        )
    return seen / seen.sum()
