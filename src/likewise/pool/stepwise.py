"""Tokens to sentences to paragraphs to documents: each step pools what the step before has made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.pool.rows import Method, Pooled, pool, spans

NAMES = ("tokens", "sentences", "paragraphs", "documents")


@dataclass(frozen=True)
class Stepwise:
    """`steps[0]` holds the sentences, the last the documents; `groups[i]` says what was pooled into `steps[i]`.

    Parameters
    ----------
    steps : tuple of Pooled
        Vectors of each step.
    groups : tuple of ndarray
        Offsets of what was pooled into each step.
    names : sequence of str
        Names of the tokens and of each step.
    """

    steps: tuple[Pooled, ...]
    groups: tuple[np.ndarray, ...]  # offsets, into the tokens first, then into the step before
    names: tuple[str, ...]  # of the tokens and of each step

    @property
    def vectors(self) -> np.ndarray:
        """(n, dim) float32: the last step's, one for each document."""
        return self.steps[-1].vectors

    @property
    def empty(self) -> np.ndarray:
        """(n,) bool: the documents that nothing was pooled into."""
        return self.steps[-1].empty

    @property
    def lengths(self) -> tuple[int, ...]:
        """The sequence of lengths: how many tokens, sentences, paragraphs, documents there are."""
        return int(self.groups[0][-1]), *(len(step.vectors) for step in self.steps)

    def lengths_of(self, document: int) -> tuple[int, ...]:
        """The same sequence for one document alone, which ends in 1.

        Parameters
        ----------
        document : int
            Number of the document.
        """
        n = len(self.vectors)
        if not -n <= document < n:
            raise IndexError(f"document {document} of {n}")
        begin = document % n
        end = begin + 1
        found = [1]
        for offsets in reversed(self.groups):
            begin, end = int(offsets[begin]), int(offsets[end])
            found.append(end - begin)
        return tuple(reversed(found))

    def __str__(self) -> str:
        return " → ".join(f"{n:,} {name}" for n, name in zip(self.lengths, self.names, strict=True))


def pool_stepwise(
    rows: Ragged,
    vectors: np.ndarray,
    groups: Sequence[np.ndarray],
    *,
    methods: Method | Sequence[Method] = "mean",
    weights: np.ndarray | None = None,
    names: Sequence[str] = NAMES,
    threads: int | None = None,
) -> Stepwise:
    """Pool rows of tokens into sentences, then sentences into `groups[0]`, those into `groups[1]`, and so on.

    rows, vectors and weights are as `pool` takes them; each of `groups` holds offsets into what the step before made:
    group i is [offsets[i], offsets[i + 1]). `methods` is one for all steps, or one for each. A sentence without known
    tokens is passed over in its paragraph, so that it does not draw a mean to zero. Raises `InputError` for groups
    that do not cover the step before, `OptionError` for methods or names that do not fit.

    Parameters
    ----------
    rows : Ragged
        Ids of each row: row i is pooled into vector i.
    vectors : ndarray of shape (n, dim), float32
        Vectors that the ids of `rows` index.
    groups : sequence of ndarray
        Offsets into the vectors of the step before, one array a step.
    methods : str or sequence of str, default "mean"
        Pooling method of all steps, or of each.
    weights : ndarray of shape (v,), float64, or None, default None
        Weight of each id. None: all are 1.
    names : sequence of str, optional
        Names of the tokens and of each step.
    threads : int or None, default None
        Number of threads. None: all cores.
    """
    n = 1 + len(groups)
    each = [methods] * n if isinstance(methods, str) else list(methods)
    if len(each) != n:
        raise OptionError(f"{n} steps want one method or {n}, not {len(each)}")
    if len(names) < n + 1:
        raise OptionError(f"{n} steps want {n + 1} names, of the tokens and of each step, not {len(names)}")
    chosen = (*names[:n], names[-1])  # whatever lies between, the last are the documents
    steps = [pool(rows, vectors, method=each[0], weights=weights, threads=threads)]
    bounds = [np.asarray(rows.offsets, np.int64)]
    for offsets, method, name in zip(groups, each[1:], chosen[1:], strict=False):
        below = spans(offsets)
        before = steps[-1]
        if len(below.ids) != len(before.vectors):
            raise InputError(
                f"groups end at {len(below.ids):,}, but there are {len(before.vectors):,} {name}"
            )
        present = Ragged(np.where(before.empty, np.int32(-1), below.ids), below.offsets)
        steps.append(pool(present, before.vectors, method=method, threads=threads))
        bounds.append(below.offsets)
    return Stepwise(tuple(steps), tuple(bounds), chosen)
