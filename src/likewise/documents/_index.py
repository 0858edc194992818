"""The documents that a model was made from, kept so that the nearest ones to a text can be found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from likewise.errors import InputError
from likewise.table import Table


class Found(NamedTuple):
    """A document: its name, its cosine similarity to the query, and how it begins.

    Parameters
    ----------
    key : str
        Name.
    score : float
        Cosine similarity to the query.
    text : str
        How the document begins.
    """

    key: str
    score: float
    text: str


class DocumentIndex:
    """n documents by name, with (n, dim) float32 vectors and how each begins.

    Parameters
    ----------
    ids : list of str
        Names of the documents.
    vectors : ndarray of shape (n_documents, dim), float32
        Vector of each document.
    beginnings : list of str
        How each document begins.
    lengths : ndarray of shape (n_documents,), int64
        Number of terms of each document.
    """

    def __init__(
        self, ids: list[str], vectors: np.ndarray, beginnings: list[str], lengths: np.ndarray
    ) -> None:
        self.table = Table(ids, vectors, counts=lengths)
        self.beginnings = beginnings

    def __len__(self) -> int:
        return len(self.table)

    def nearest(self, vector: np.ndarray, k: int) -> list[Found]:
        """The k documents of largest cosine with `vector` (dim,).

        Parameters
        ----------
        vector : ndarray of shape (dim,)
            Query vector.
        k : int
            Number of results, at least 1.
        """
        if not vector.any():
            raise InputError(
                "the text has no term that the model knows, so nothing is nearer to it than anything else"
            )
        places, scores = self.table.nearest_many(vector[None], k)
        pairs = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        return [Found(self.table.keys[place], score, self.beginnings[place]) for place, score in pairs]
