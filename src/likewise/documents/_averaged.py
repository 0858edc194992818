"""Texts as means of the vectors of their words, weighted or not, less what all texts have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.artifacts.artifact import Contents
from likewise.documents._index import DocumentIndex, Found
from likewise.documents._options import described, refuse_function, terms_from, terms_of
from likewise.documents._saving import joined, parted
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.pool import Common, Pooled, Sif, Stepwise, pool_stepwise
from likewise.pool import pool as pool_rows
from likewise.system.cores import checked_threads
from likewise.table import Neighbour, Table
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.analysis.occurrences import Occurrences
from likewise.tokens.analysis.sentences import sentences_of

KIND = "averaged"


@final
class Averaged:
    """An `Encoder` of texts: the mean of the vectors of their words, of any length, by `weights` (v,) float32.

    With `common`, what all texts share is taken away (SIF). A word without a vector is passed over.
    `index` holds the documents it was made from, or is None.

    Parameters
    ----------
    words : Table
        Word vectors.
    terms : Terms
        How texts are split into terms.
    weights : ndarray of shape (n_words,), float32
        Weight of each word.
    common : Common or None, default None
        Common directions, which are removed.
    index : DocumentIndex or None, default None
        Documents that the model keeps.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        words: Table,
        terms: Terms,
        weights: np.ndarray,
        *,
        common: Common | None = None,
        index: DocumentIndex | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.words, self.terms, self.common, self.index = words, terms, common, index
        self.weights, self.facts = np.asarray(weights, np.float32), dict(facts or {})

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.words.dim

    @accepts_one
    def encode(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32; zeros where no word of a text is known.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        threads = checked_threads(threads)
        return self.pooled(terms_of(items, self.terms, threads), threads).vectors

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items),) bool: which texts have a word with a vector; the others are zeros.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        return ~self.pooled(terms_of(items, self.terms, 1), 1).empty

    def similar(self, item: Any, k: int = 10) -> list[Found]:
        """The k documents of largest cosine with a text.

        Parameters
        ----------
        item : str or list of str
            Text, or its tokens.
        k : int, default 10
            Number of results, at least 1.
        """
        if self.index is None:
            raise InputError("this model keeps no documents, so none can be near: make it again with them")
        return self.index.nearest(self.encode([item])[0], k)

    def similar_terms(self, item: str, k: int = 10) -> list[Neighbour]:
        """The k words nearest to a word, or else to a text.

        Parameters
        ----------
        item : str
            Key, or text.
        k : int, default 10
            Number of results, at least 1.
        """
        return (
            self.words.similar(item, k)
            if item in self.words
            else self.words.nearest(self.encode([item])[0], k)
        )

    def stepwise(self, text: str) -> Stepwise:
        """One text pooled step by step, words to sentences to paragraphs to the text, every length visible.

        Its last vector weighs paragraphs alike, so it is another than `encode` gives, which weighs words.

        Parameters
        ----------
        text : str
            One text.
        """
        sentences, paragraphs = sentences_of(text)
        found = terms_of(sentences, self.terms, 1)
        whole = np.array([0, len(paragraphs) - 1], np.int64)
        groups, names = [paragraphs, whole], ("words", "sentences", "paragraphs", "text")
        return pool_stepwise(
            self._rows(found),
            self.words.vectors,
            groups,
            weights=self.weights.astype(np.float64),
            names=names,
        )

    def pooled(self, terms: Occurrences, threads: int) -> Pooled:
        """The vectors of rows of words that were read already.

        Parameters
        ----------
        terms : Occurrences
            Terms of each text.
        threads : int or None
            Number of threads. None: all cores.
        """
        weights = self.weights.astype(np.float64)
        if self.common is None:
            return pool_rows(self._rows(terms), self.words.vectors, weights=weights, threads=threads)
        return Sif(weights, self.common).pool(self._rows(terms), self.words.vectors, threads=threads)

    def _rows(self, terms: Occurrences) -> Ragged:
        """The same rows in the ids of the words, -1 for a word without a vector."""
        return rows_of(self.words, terms)

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk; raises `InputError` where a function splits the texts."""
        refuse_function(self.terms)
        arrays = {"vectors": self.words.vectors, "weights": self.weights}
        if self.common is not None:
            arrays["directions"] = self.common.directions.astype(np.float32)
            arrays["shares"] = self.common.shares.astype(np.float32)
        facts = {
            "made": self.facts, "reading": described(self.terms), "spelling": asdict(self.words.spelling),
            "words": self.words.facts,
        }  # fmt: skip
        return joined(KIND, facts, arrays, self.words.keys, self.words.counts, self.index)

    @classmethod
    def from_contents(cls, contents: Contents) -> Averaged:
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        keys, counts, index = parted(contents)
        arrays, facts = contents.arrays, contents.facts
        spelling = Spelling(**facts["spelling"])
        words = Table(keys, arrays["vectors"], counts=counts, spelling=spelling, facts=facts["words"])
        if arrays["weights"].shape != (len(words),):
            raise ArtifactError(f"weights of the shape {arrays['weights'].shape} for {len(words):,} words")
        if index is not None and index.table.dim != words.dim:
            raise ArtifactError("documents and words have vectors of different widths")
        terms, common = terms_from(facts["reading"]), _common(arrays, words.dim)
        return cls(words, terms, arrays["weights"], common=common, index=index, facts=facts["made"])


def rows_of(words: Table, terms: Occurrences) -> Ragged:
    """Rows of terms in the ids of a table's words, -1 for a word without a vector."""
    places = words.places(terms.keys(np.arange(terms.distinct)))
    return Ragged(places.astype(np.int32)[terms.rows.ids], terms.rows.offsets)


def rounded(common: Common) -> Common:
    """What a file keeps of it, so that a model encodes the same before it was saved and after."""
    directions, shares = (
        each.astype(np.float32).astype(np.float64) for each in (common.directions, common.shares)
    )
    return Common(directions, shares)


def _common(arrays: dict[str, np.ndarray], dim: int) -> Common | None:
    if "directions" not in arrays:
        return None
    directions, shares = arrays["directions"], arrays["shares"]
    if directions.shape != (len(shares), dim):
        raise ArtifactError(f"common directions of the shape {directions.shape} for vectors of {dim}")
    return Common(directions.astype(np.float64), shares.astype(np.float64))
