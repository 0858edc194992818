"""Which terms become columns, and what is kept of a fit: the keys, their idf and the weighting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np

from likewise.errors import InputError, OptionError
from likewise.features.weighting import Weighting


@dataclass(frozen=True)
class Vocabulary:
    """Column i is the term keys[i]; keys rise in code point order. `idf` (v,) float32, None where none is used.

    Parameters
    ----------
    keys : sequence of str
        Keys.
    weighting : Weighting
        Weights of counts.
    idf : ndarray or None, default None
        Inverse document frequency of each term.
    """

    keys: list[str]
    weighting: Weighting
    idf: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def column_of(self) -> dict[str, int]:
        """Term to column."""
        return {key: column for column, key in enumerate(self.keys)}

    def columns(self, keys: list[str]) -> np.ndarray:
        """(len(keys),) int32: the column of each term, -1 where it has none.

        Parameters
        ----------
        keys : sequence of str
            Terms.
        """
        column_of = self.column_of
        return np.array([column_of.get(key, -1) for key in keys], np.int32)


@dataclass(frozen=True)
class VocabularyOptions:
    """Which terms are kept: those in at least `min_df` and at most `max_df` rows (a whole number of rows, or a
    share of all between 0.0 and 1.0), and of these the `max_features` most frequent in all, ties by key.

    Parameters
    ----------
    min_df : int or float, default 1
        Leave out terms that are in fewer documents: a number, or a share from 0 to 1.
    max_df : int or float, default 1.0
        Leave out terms that are in more documents: a number, or a share from 0 to 1.
    max_features : int or None, default None
        Keep only the most frequent terms. None: all.
    """

    min_df: int | float = 1
    max_df: int | float = 1.0
    max_features: int | None = None

    def __post_init__(self) -> None:
        for name in ("min_df", "max_df"):
            value = getattr(self, name)
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not (value >= 1 if whole else isinstance(value, float) and 0 <= value <= 1):
                raise OptionError(f"{name} must be rows from 1, or a share from 0.0 to 1.0, not {value!r}")
        if self.max_features is not None and self.max_features < 1:
            raise OptionError(
                f"max_features must be at least 1, or None for no limit, not {self.max_features}"
            )

    def kept(self, documents: np.ndarray, n: int) -> np.ndarray:
        """The numbers of the terms that stand in enough rows and not in too many of the n.

        Parameters
        ----------
        documents : ndarray, int64
            Number of documents that each term is in.
        n : int
            Number of documents, or of terms.
        """
        least, most = (
            value if isinstance(value, Integral) else value * n for value in (self.min_df, self.max_df)
        )
        if most < least and n > 0:
            raise OptionError(
                f"max_df {self.max_df} is fewer rows than min_df {self.min_df}, of {n:,} rows; try a lower min_df"
            )
        return np.flatnonzero((documents > 0) & (documents >= least) & (documents <= most))

    def limited(self, n: int, totals: Callable[[], np.ndarray]) -> np.ndarray:
        """Which of n terms are kept, in their order; `totals()` says how often each occurs.

        Parameters
        ----------
        n : int
            Number of documents, or of terms.
        totals : callable
            Gives how often each term occurs.
        """
        if self.max_features is None or self.max_features >= n:
            return np.arange(n)
        return np.sort(np.argsort(-totals(), kind="stable")[: self.max_features])


def none_left(options: VocabularyOptions, distinct: int, n: int) -> InputError:
    """What to say where no term is kept."""
    if distinct == 0:
        return InputError(f"no term in {n:,} rows; a vocabulary needs text")
    return InputError(
        f"none of {distinct:,} terms stands in at least {options.min_df} and at most {options.max_df} of {n:,} rows; "
        f"try min_df=1, max_df=1.0"
    )
