"""The simple high-dimensional vectors that everything is compared with: sparse, one row a text, one column a term.

The numbers are those of scikit-learn's `CountVectorizer`, `TfidfVectorizer` and `HashingVectorizer` for the same terms
and options, in float32. They do not depend on `threads`. Rows without a known term are rows without entries.
"""

from __future__ import annotations

from itertools import compress
from operator import ne
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import OptionError
from likewise.features import counting
from likewise.features.hashes import hashed_columns
from likewise.features.vocabulary import Vocabulary, VocabularyOptions, none_left
from likewise.features.weighting import Weighting, inverse_frequency, weigh

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "TermRows",
    "Vocabulary",
    "VocabularyOptions",
    "Weighting",
    "bag_of_words",
    "hashing",
    "one_hot",
    "tf_idf",
    "transform",
]


class TermKeys(Protocol):
    """How numbers are spelt, and their places in the code point order of the spellings."""

    def __call__(self, numbers: np.ndarray, /) -> list[str]: ...
    def order(self, numbers: np.ndarray) -> np.ndarray: ...


class TermRows(Protocol):
    """What `tokens.occurrences.read` gives: rows of term numbers below `distinct`, and how numbers are spelt."""

    @property
    def rows(self) -> Ragged: ...
    @property
    def distinct(self) -> int: ...
    @property
    def keys(self) -> TermKeys: ...


def one_hot(
    terms: TermRows, options: VocabularyOptions | None = None, *, threads: int = 1
) -> tuple[Vocabulary, csr_array]:
    """The vocabulary, and (n, v) float32 CSR with 1 where a row has a term.

    Parameters
    ----------
    terms : Occurrences
        Terms of each text.
    options : VocabularyOptions or None, default None
        Which terms become columns. None: all.
    threads : int or None, default 1
        Number of threads. None: all cores.
    """
    return _fit(terms, options, Weighting(binary=True, norm=None), threads)


def bag_of_words(
    terms: TermRows, options: VocabularyOptions | None = None, *, threads: int = 1
) -> tuple[Vocabulary, csr_array]:
    """The vocabulary, and (n, v) float32 CSR: how often a row has a term.

    Parameters
    ----------
    terms : Occurrences
        Terms of each text.
    options : VocabularyOptions or None, default None
        Which terms become columns. None: all.
    threads : int or None, default 1
        Number of threads. None: all cores.
    """
    return _fit(terms, options, Weighting(norm=None), threads)


def tf_idf(
    terms: TermRows,
    options: VocabularyOptions | None = None,
    *,
    sublinear_tf: bool = False,
    smooth_idf: bool = True,
    norm: Literal["l1", "l2"] | None = "l2",
    threads: int = 1,
) -> tuple[Vocabulary, csr_array]:
    """The vocabulary with idf, and (n, v) float32 CSR: term frequency times ln((1 + n) / (1 + df)) + 1, each row
    divided by its norm (Salton & Buckley 1988). `sublinear_tf` takes 1 + ln of the frequency; without
    `smooth_idf` the idf is ln(n / df) + 1.

    Parameters
    ----------
    terms : Occurrences
        Terms of each text.
    options : VocabularyOptions or None, default None
        Which terms become columns. None: all.
    sublinear_tf : bool, default False
        Use 1 + log of a count in its place.
    smooth_idf : bool, default True
        Add one document with every term.
    norm : "l1", "l2" or None, default "l2"
        Norm that each row is scaled to.
    threads : int or None, default 1
        Number of threads. None: all cores.
    """
    weighting = Weighting(sublinear_tf=sublinear_tf, norm=norm)
    return _fit(terms, options, weighting, threads, smooth_idf)


def transform(vocabulary: Vocabulary, terms: TermRows, *, threads: int = 1) -> csr_array:
    """(n, v) float32 CSR of new rows by what was fitted; terms that are no column are left out.

    Parameters
    ----------
    vocabulary : Vocabulary
        Terms and their weights.
    terms : Occurrences
        Terms of each text.
    threads : int or None, default 1
        Number of threads. None: all cores.
    """
    columns = vocabulary.columns(terms.keys(np.arange(terms.distinct)))
    return _matrix(terms, columns, len(vocabulary), vocabulary.weighting, vocabulary.idf, threads)


def hashing(
    terms: TermRows,
    *,
    n_features: int = 2**20,
    signed: bool = True,
    norm: Literal["l1", "l2"] | None = "l2",
    threads: int = 1,
) -> csr_array:
    """(n, n_features) float32 CSR: counts of terms in hashed columns, no vocabulary (Weinberger et al. 2009).

    `signed` gives each term a sign, so that terms which share a column cancel in the mean.

    Parameters
    ----------
    terms : Occurrences
        Terms of each text.
    n_features : int, default 1048576
        Number of columns, 1 to 2^31 - 1.
    signed : bool, default True
        Give each term a sign, so that terms in one column cancel in the mean.
    norm : "l1", "l2" or None, default "l2"
        Norm that each row is scaled to.
    threads : int or None, default 1
        Number of threads. None: all cores.
    """
    if not 1 <= n_features <= 2**31 - 1:
        raise OptionError(f"n_features must be 1 to 2^31 - 1, not {n_features}")
    columns, signs = hashed_columns(terms.keys(np.arange(terms.distinct)), n_features)
    return _matrix(terms, columns, n_features, Weighting(norm=norm), None, threads, signs if signed else None)


def _fit(
    terms: TermRows,
    options: VocabularyOptions | None,
    weighting: Weighting,
    threads: int,
    smooth: bool | None = None,
) -> tuple[Vocabulary, csr_array]:
    """Choose the columns, count, weigh; `smooth` None for no idf."""
    options, n = options or VocabularyOptions(), len(terms.rows)
    documents = counting.frequencies(terms.rows, terms.distinct, threads)
    kept = options.kept(documents, n)
    if len(kept) == 0:
        raise none_left(options, int(np.count_nonzero(documents)), n)
    kept = kept[terms.keys.order(kept)]
    kept = kept[
        options.limited(len(kept), lambda: np.bincount(terms.rows.ids, minlength=terms.distinct)[kept])
    ]
    spelt = terms.keys(kept)
    is_new = np.fromiter(map(ne, spelt, ["", *spelt]), np.bool_, len(spelt))
    keys = list(compress(spelt, is_new))  # a token that holds a space may be spelt as a run of two is
    columns = np.full(terms.distinct, -1, np.int32)
    columns[kept] = np.cumsum(is_new) - 1
    counts = _matrix(terms, columns, len(keys), Weighting(norm=None), None, threads)
    idf = None
    if smooth is not None:
        unique = len(keys) == len(kept)
        own = documents[kept] if unique else np.bincount(counts.indices, minlength=len(keys))
        idf = inverse_frequency(own, n, smooth)
    weigh(counts.data, counts.indices, counts.indptr, weighting, idf, threads)
    return Vocabulary(keys, weighting, idf), counts


def _matrix(
    terms: TermRows,
    columns: np.ndarray,
    width: int,
    weighting: Weighting,
    idf: np.ndarray | None,
    threads: int,
    signs: np.ndarray | None = None,
) -> csr_array:
    """The weighed counts of all rows; number i adds 1, or its sign, to columns[i]."""
    from scipy.sparse import csr_array

    data, indices, offsets = counting.counts(terms.rows, columns, signs, threads)
    weigh(data, indices, offsets, weighting, idf, threads)
    if offsets[-1] < 2**31:  # SciPy would otherwise make the columns int64 as well
        offsets = offsets.astype(np.int32)
    matrix = csr_array((data, indices, offsets), shape=(len(terms.rows), width))
    matrix.has_canonical_format = True
    return matrix
