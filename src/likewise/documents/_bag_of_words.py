"""Bag of words and tf-idf as an encoder: the simple high-dimensional vectors that embeddings must beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, final

import numpy as np

from likewise import features
from likewise.arrays.linalg import top_k
from likewise.artifacts.artifact import Contents
from likewise.documents._index import Found
from likewise.documents._options import described, refuse_function, terms_from, terms_of
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.features import Vocabulary, Weighting
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.tokens.analysis.analyzer import Terms

if TYPE_CHECKING:
    from scipy.sparse import csr_array

KIND = "features"


@final
class Features:
    """An `Encoder` of texts with one dimension a term: its count, weighed as `vocabulary` says.

    `sparse` is the form to work with; `encode` writes all the zeros out. The documents that it was made from are kept
    as `rows` (n, v) CSR with their `ids` and `beginnings`, or not at all (None, [], []).

    Parameters
    ----------
    vocabulary : Vocabulary
        Terms and their weights.
    terms : Terms
        How texts are split into terms.
    rows : csr_array or None, default None
        Features of the documents.
    ids : list of str, default ()
        Names of the documents.
    beginnings : list of str, default ()
        How each document begins.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        terms: Terms,
        *,
        rows: csr_array | None = None,
        ids: Sequence[str] = (),
        beginnings: Sequence[str] = (),
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.vocabulary, self.terms = vocabulary, terms
        self.rows, self.ids, self.beginnings = rows, list(ids), list(beginnings)
        self.facts = dict(facts or {})

    @property
    def dim(self) -> int:
        """How many terms there are."""
        return len(self.vocabulary)

    def sparse(self, items: Sequence[Any], *, threads: int | None = None) -> csr_array:
        """(len(items), dim) float32 CSR; a text without a known term is a row without entries.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        threads = checked_threads(threads)
        return features.transform(self.vocabulary, terms_of(items, self.terms, threads), threads=threads)

    @accepts_one
    def encode(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items), dim) float32 with every zero written out; `NotEnoughMemory` where that is too much.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        rows = self.sparse(items)
        memory.demand(rows.shape[0] * self.dim * 4, "use sparse(), or encode fewer texts at a time")
        return rows.toarray()

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items),) bool: which texts have a term of the vocabulary; the others are zeros.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        return np.diff(self.sparse(items).indptr) > 0

    def similar(self, item: Any, k: int = 10) -> list[Found]:
        """The k documents of largest cosine with a text; raises `InputError` where there is none to compare.

        Parameters
        ----------
        item : str or list of str
            Text, or its tokens.
        k : int, default 10
            Number of results, at least 1.
        """
        if self.rows is None:
            raise InputError("this model keeps no documents, so none can be near: make it again with them")
        query = self.sparse([item])
        if query.nnz == 0:
            raise InputError(
                "the text has no term that the model knows, so nothing is nearer to it than anything else"
            )
        products = (self.rows @ query.T).toarray().ravel()
        lengths = np.sqrt(self.rows.multiply(self.rows).sum(axis=1)) * np.sqrt(query.multiply(query).sum())
        scores = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        best = top_k(scores[None], min(k, len(scores)))[0]
        return [Found(self.ids[i], float(scores[i]), self.beginnings[i]) for i in best]

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk; raises `InputError` where a function splits the texts."""
        refuse_function(self.terms)
        arrays: dict[str, np.ndarray] = {}
        if self.vocabulary.idf is not None:
            arrays["idf"] = self.vocabulary.idf
        if self.rows is not None:
            arrays |= {"counts": self.rows.data, "columns": self.rows.indices, "offsets": self.rows.indptr}
        facts = {
            "made": self.facts, "reading": described(self.terms), "weighting": asdict(self.vocabulary.weighting),
            "terms": self.dim,
        }  # fmt: skip
        labels = [""] * self.dim + self.beginnings
        return Contents(KIND, facts, arrays, self.vocabulary.keys + self.ids, labels=labels)

    @classmethod
    def from_contents(cls, contents: Contents) -> Features:
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        facts, arrays, keys, labels = contents.facts, contents.arrays, contents.keys, contents.labels
        if keys is None or labels is None or type(facts.get("terms")) is not int:
            raise ArtifactError("it does not say which of its keys are terms")
        n = facts["terms"]
        if "idf" in arrays and arrays["idf"].shape != (n,):
            raise ArtifactError(f"idf of the shape {arrays['idf'].shape} for {n:,} terms")
        vocabulary = Vocabulary(keys[:n], Weighting(**facts["weighting"]), arrays.get("idf"))
        rows = _stored_rows(arrays, len(keys) - n, n)
        return cls(
            vocabulary, terms_from(facts["reading"]), rows=rows, ids=keys[n:], beginnings=labels[n:],
            facts=facts["made"],
        )  # fmt: skip


def _stored_rows(arrays: dict[str, np.ndarray], n: int, v: int) -> csr_array | None:
    from scipy.sparse import csr_array

    if "offsets" not in arrays:
        return None
    rows = csr_array((arrays["counts"], arrays["columns"], arrays["offsets"]), shape=(n, v))
    rows.check_format(full_check=True)
    rows.has_canonical_format = True
    return rows
