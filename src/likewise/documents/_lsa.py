"""Latent semantic analysis as an encoder: texts and terms in one space of a few hundred dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, final

import numpy as np

from likewise import features
from likewise.artifacts.artifact import Contents
from likewise.documents._index import DocumentIndex, Found
from likewise.documents._options import described, refuse_function, terms_from, terms_of
from likewise.documents._saving import joined, parted
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.features import Vocabulary, Weighting
from likewise.learn.kernels import sparse_product as sparse
from likewise.system.cores import checked_threads
from likewise.table import Neighbour, Table
from likewise.tokens.analysis.analyzer import Terms

KIND = "lsa"


@final
class Lsa:
    """An `Encoder` of texts: their weighed terms times `vectors` (v, dim) float32, whose columns are orthonormal.

    `values` (dim,) float32 are the singular values; `index` holds the documents it was made from, or is None.

    Parameters
    ----------
    vocabulary : Vocabulary
        Terms and their weights.
    terms : Terms
        How texts are split into terms.
    vectors : ndarray of shape (n_terms, dim), float32
        Vector of each term.
    values : ndarray of shape (dim,), float32
        Singular values.
    index : DocumentIndex or None, default None
        Documents that the model keeps.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        terms: Terms,
        vectors: np.ndarray,
        values: np.ndarray,
        *,
        index: DocumentIndex | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.vocabulary, self.terms, self.vectors, self.index = vocabulary, terms, vectors, index
        self.values, self.facts = np.asarray(values, np.float32), dict(facts or {})

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.vectors.shape[1]

    @accepts_one
    def encode(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32: where each text stands; zeros where it has no known term.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        threads = checked_threads(threads)
        rows = features.transform(self.vocabulary, terms_of(items, self.terms, threads), threads=threads)
        return sparse.times(rows, self.vectors, threads)

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items),) bool: which texts have a term of the vocabulary; the others are zeros.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        found = terms_of(items, self.terms, 1)
        columns = self.vocabulary.columns(found.keys(np.arange(found.distinct)))
        return np.array([bool((columns[row] >= 0).any()) for row in found.rows], bool)

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
        """The k terms nearest to a term of the vocabulary, or else to a text (Deerwester et al. 1990, p. 398–399).

        Terms are compared with terms as rows of V Σ; a text x V, as x V Σ^-1/2 with rows of V Σ^1/2.

        Parameters
        ----------
        item : str
            Key, or text.
        k : int, default 10
            Number of results, at least 1.
        """
        if item in self.table:
            return self.table.similar(item, k)
        text = self.encode([item])[0]
        if not text.any():
            raise InputError(f"no term of {item!r} is known to the model")
        half = np.sqrt(self.values)
        return Table(self.vocabulary.keys, self.vectors * half).nearest(text / half, k)

    @cached_property
    def table(self) -> Table:
        """The terms as a Table of V Σ, whose cosines are those of the terms over the documents."""
        return Table(self.vocabulary.keys, self.vectors * self.values, spelling=_spelling(self.terms))

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk; raises `InputError` where a function splits the texts."""
        refuse_function(self.terms)
        arrays = {"terms": self.vectors, "values": self.values}
        if self.vocabulary.idf is not None:
            arrays["idf"] = self.vocabulary.idf
        facts = {
            "made": self.facts, "reading": described(self.terms), "weighting": asdict(self.vocabulary.weighting),
        }  # fmt: skip
        return joined(KIND, facts, arrays, self.vocabulary.keys, None, self.index)

    @classmethod
    def from_contents(cls, contents: Contents) -> Lsa:
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        keys, _, index = parted(contents)
        arrays, facts = contents.arrays, contents.facts
        vectors, values = arrays["terms"], arrays["values"]
        if vectors.ndim != 2 or vectors.dtype != np.float32 or vectors.shape != (len(keys), len(values)):
            raise ArtifactError(f"terms of the shape {vectors.shape} for {len(keys):,} terms")
        if "idf" in arrays and arrays["idf"].shape != (len(keys),):
            raise ArtifactError(f"idf of the shape {arrays['idf'].shape} for {len(keys):,} terms")
        if index is not None and index.table.dim != vectors.shape[1]:
            raise ArtifactError("documents and terms have vectors of different widths")
        vocabulary = Vocabulary(keys, Weighting(**facts["weighting"]), arrays.get("idf"))
        return cls(
            vocabulary, terms_from(facts["reading"]), vectors, values, index=index, facts=facts["made"]
        )


def _spelling(terms: Terms) -> Any:
    from likewise.arrays.spelling import Spelling
    from likewise.tokens.corpus.word_pattern import Words

    return terms.words.spelling if isinstance(terms.words, Words) else Spelling()
