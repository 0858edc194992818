"""Word vectors with character n-grams: a table, and for a word not in it the mean of its n-grams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.artifacts.artifact import Contents
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError, UnknownKey, WrongType
from likewise.learn.fasttext.ngram_rows import known
from likewise.learn.kernels import quantise as quantising
from likewise.learn.kernels.quantise import QuantisedRows
from likewise.pool import pool
from likewise.table import Neighbour, Table
from likewise.tokens.analysis.character_ngrams import hashed

KIND = "subwords"


@dataclass(frozen=True)
class Ngrams:
    """Vectors of character n-grams, found by their hash.

    Parameters
    ----------
    rows : QuantisedRows
        Vectors, (n, dim).
    buckets : array of int32, shape (u,)
        Hashes of the n-grams that have a vector, ascending.
    places : array of int32, shape (u,)
        Row of each of them in `rows`.
    shortest : int
        Characters of the shortest n-grams.
    longest : int
        Characters of the longest n-grams.
    hashes : int
        Hashes are below this number.
    """

    rows: QuantisedRows
    buckets: np.ndarray
    places: np.ndarray
    shortest: int
    longest: int
    hashes: int

    def vectors(self, words: list[str]) -> np.ndarray:
        """Mean of the n-gram vectors of each word.

        Parameters
        ----------
        words : list of str
            Words.

        Returns
        -------
        array of float32, shape (n, dim)
            Zeros for a word of which no n-gram is known.
        """
        found = known(hashed(words, self.shortest, self.longest, self.hashes), self.buckets, self.places)
        used, at = np.unique(found.ids, return_inverse=True)
        rows = quantising.dequantise(self.rows, used)
        if len(used) == 0:
            return np.zeros((len(words), rows.shape[1]), np.float32)
        return pool(Ragged(at.astype(np.int32), found.offsets), rows).vectors


@final
class SubwordTable:
    """Word vectors with character n-grams for unseen words.

    An `Encoder`, as `fasttext` trains and `read_fasttext` reads.

    Parameters
    ----------
    table : Table
        The words of the text.
    ngrams : Ngrams
        The n-grams, which give vectors to other words.

    References
    ----------
    Bojanowski et al. 2017, arXiv 1607.04606.
    """

    def __init__(self, table: Table, ngrams: Ngrams) -> None:
        if ngrams.rows.values.shape[1:] != (table.dim,):
            raise InputError(
                f"n-grams have {ngrams.rows.values.shape[1:]} dimensions and words {table.dim}: they must be the same"
            )
        self.table, self.ngrams = table, ngrams

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return self.table.dim

    @property
    def keys(self) -> list[str]:
        """The words of the text."""
        return self.table.keys

    @property
    def facts(self) -> dict[str, Any]:
        """How it was made."""
        return self.table.facts

    def __len__(self) -> int:
        return len(self.table)

    def __contains__(self, item: object) -> bool:
        return item in self.table

    def __getitem__(self, item: str) -> np.ndarray:
        return self.encode([item])[0]

    @accepts_one
    def encode(self, items: Sequence[str]) -> np.ndarray:
        """Vectors of words, seen or unseen.

        Parameters
        ----------
        items : sequence of str
            Words.

        Returns
        -------
        array of float32, shape (len(items), dim)
            Zeros for an unseen word of which no n-gram is known.
        """
        places = self.table.places(items)
        vectors = np.zeros((len(places), self.dim), np.float32)
        vectors[places >= 0] = self.table.vectors[places[places >= 0]]
        unseen = np.flatnonzero(places < 0)
        if len(unseen):
            vectors[unseen] = self.ngrams.vectors([self.table.spelling(items[i]) for i in unseen.tolist()])
        return vectors

    def known(self, items: Sequence[str]) -> np.ndarray:
        """Which words have a vector, their own or of n-grams.

        Parameters
        ----------
        items : sequence of str
            Words.

        Returns
        -------
        array of bool, shape (len(items),)
            True where `encode` gives a vector that is not zero.
        """
        return np.asarray(self.encode(items).any(axis=1))

    def similar(self, item: str, k: int = 10) -> list[Neighbour]:
        """The words of the text that are most similar to a word.

        Parameters
        ----------
        item : str
            A word, seen or unseen. It is left out of the result.
        k : int, default 10
            Number of results.

        Returns
        -------
        list of Neighbour
            Words of the text with their cosine similarity, largest first.

        Raises
        ------
        UnknownKey
            If the word is unseen and none of its n-grams is known.
        """
        if item in self.table:
            return self.table.similar(item, k)
        vector = self.encode([item])[0]
        if not vector.any():
            raise UnknownKey(
                f"{item!r} is not among the {len(self):,} words, and none of its n-grams is known"
            )
        return self.table.nearest(vector, k)

    def nearest(self, vector: np.ndarray, k: int = 10, leave_out: Iterable[str] = ()) -> list[Neighbour]:
        """The words of the text that are most similar to a vector.

        Parameters
        ----------
        vector : array of float, shape (dim,)
            The vector.
        k : int, default 10
            Number of results.
        leave_out : iterable of str, default ()
            Words to leave out.

        Returns
        -------
        list of Neighbour
            Words of the text with their cosine similarity, largest first.
        """
        return self.table.nearest(vector, k, leave_out)

    def similarity(self, a: str, b: str) -> float:
        """Cosine similarity of two words, seen or unseen.

        Parameters
        ----------
        a : str
            A word.
        b : str
            Another word.

        Returns
        -------
        float
            0 if either has no vector.
        """
        left, right = unit_rows(self.encode([a, b])).astype(np.float64)
        return float(np.clip(left @ right, -1, 1))

    def analogy(
        self, a: str, b: str, c: str, k: int = 10, *, method: Literal["add", "multiply"] = "add"
    ) -> list[Neighbour]:
        """Solve the analogy: `a` is to `b` as `c` is to which word?

        As `Table.analogy`, but the given words may be unseen.

        Parameters
        ----------
        a : str
            First word.
        b : str
            Second word.
        c : str
            Third word.
        k : int, default 10
            Number of results.
        method : "add" or "multiply", default "add"
            Score of a candidate: 3CosAdd or 3CosMul.

        Returns
        -------
        list of Neighbour
            Words of the text with their cosine similarity, largest first.

        References
        ----------
        Levy and Goldberg 2014, "Linguistic Regularities in Sparse and Explicit Word Representations".
        """
        return self.over([a, b, c]).analogy(a, b, c, k, method=method)

    def over(self, items: Iterable[str]) -> Table:
        """The table with a row for each unseen item that has a vector.

        Parameters
        ----------
        items : iterable of str
            Words.

        Returns
        -------
        Table
            The words of the text, then the unseen ones, with a count of 0.
        """
        if isinstance(items, str | bytes):
            raise WrongType(f"got one {type(items).__name__}; wrap it in a list")
        unseen = [key for key in dict.fromkeys(map(self.table.spelling, items)) if key not in self.table]
        vectors = self.encode(unseen)
        there = np.asarray(vectors.any(axis=1))
        if not there.any():
            return self.table
        keys = [key for key, has in zip(unseen, there, strict=True) if has]
        counts = self.table.counts
        return Table(
            self.keys + keys,
            np.concatenate([self.table.vectors, vectors[there]]),
            counts=None if counts is None else np.concatenate([counts, np.zeros(len(keys), np.int64)]),
            spelling=self.table.spelling,
            facts=self.facts,
        )

    def contents(self) -> Contents:
        """What is saved to disk.

        Returns
        -------
        Contents
            Facts and arrays.
        """
        parts = self.ngrams
        arrays = {
            "vectors": self.table.vectors, "rows": parts.rows.values, "scales": parts.rows.scales,
            "buckets": parts.buckets, "places": parts.places,
        }  # fmt: skip
        shape = {"shortest": parts.shortest, "longest": parts.longest, "hashes": parts.hashes}
        facts = {"spelling": asdict(self.table.spelling), "made": self.facts, "ngrams": shape}
        return Contents(KIND, facts, arrays, self.keys, self.table.counts)

    @classmethod
    def from_contents(cls, contents: Contents) -> SubwordTable:
        """Make a model from what was saved.

        Parameters
        ----------
        contents : Contents
            Facts and arrays.

        Returns
        -------
        SubwordTable
            The model.

        Raises
        ------
        ArtifactError
            If the contents do not fit together.
        """
        arrays, facts = contents.arrays, contents.facts
        rows, scales, buckets, places = (arrays[name] for name in ("rows", "scales", "buckets", "places"))
        if rows.ndim != 2 or scales.shape not in ((0,), (len(rows),)) or buckets.shape != places.shape:
            raise ArtifactError(
                f"n-grams of the shapes {rows.shape}, {scales.shape}, {buckets.shape}, {places.shape}"
            )
        if (rows.dtype == np.int8) != (len(scales) == len(rows) > 0) and len(rows):
            raise ArtifactError(f"rows of {rows.dtype} with {len(scales)} scales")
        if len(places) and (places.min() < 0 or places.max() >= len(rows) or (np.diff(buckets) <= 0).any()):
            raise ArtifactError("the n-grams are not in ascending order, or refer to rows that do not exist")
        assert contents.keys is not None
        table = Table(
            contents.keys, arrays["vectors"], counts=contents.counts, spelling=Spelling(**facts["spelling"]),
            facts=facts["made"],
        )  # fmt: skip
        return cls(table, Ngrams(QuantisedRows(rows, scales), buckets, places, **facts["ngrams"]))

    def __repr__(self) -> str:
        n = self.ngrams
        return f"SubwordTable({len(self):,} words × {self.dim}, {len(n.buckets):,} n-grams of {n.shortest}–{n.longest})"
