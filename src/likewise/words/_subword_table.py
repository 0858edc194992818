"""Word vectors that know parts of words: a table, and the mean of its character n-grams for a word not in it."""

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
from likewise.learn.kernels import quantise as narrow
from likewise.learn.kernels.quantise import Stored
from likewise.pool import pool
from likewise.table import Neighbour, Table
from likewise.tokens.analysis.character_ngrams import hashed

KIND = "subwords"


@dataclass(frozen=True)
class Ngrams:
    """Rows of the n-grams of `shortest` to `longest` characters, found by their hash below `hashes`.

    The n-gram with the hash `buckets[i]` (u,) int32, rising, has row `places[i]` (u,) int32 of `rows`.
    """

    rows: Stored
    buckets: np.ndarray
    places: np.ndarray
    shortest: int
    longest: int
    hashes: int

    def vectors(self, words: list[str]) -> np.ndarray:
        """(n, dim) float32: the mean of the rows of each word's n-grams, zeros where none is known."""
        found = known(hashed(words, self.shortest, self.longest, self.hashes), self.buckets, self.places)
        used, at = np.unique(found.ids, return_inverse=True)
        rows = narrow.read(self.rows, used)
        if len(used) == 0:
            return np.zeros((len(words), rows.shape[1]), np.float32)
        return pool(Ragged(at.astype(np.int32), found.offsets), rows).vectors


@final
class SubwordTable:
    """An `Encoder` of words: `table` holds those of the text, `ngrams` make the others (Bojanowski et al. 2017)."""

    def __init__(self, table: Table, ngrams: Ngrams) -> None:
        if ngrams.rows.values.shape[1:] != (table.dim,):
            raise InputError(f"n-grams of {ngrams.rows.values.shape[1:]} numbers for words of {table.dim}")
        self.table, self.ngrams = table, ngrams

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
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
        """(len(items), dim) float32; zeros for a word that is unknown and of which no n-gram is known."""
        places = self.table.places(items)
        vectors = np.zeros((len(places), self.dim), np.float32)
        vectors[places >= 0] = self.table.vectors[places[places >= 0]]
        unseen = np.flatnonzero(places < 0)
        if len(unseen):
            vectors[unseen] = self.ngrams.vectors([self.table.spelling(items[i]) for i in unseen.tolist()])
        return vectors

    def known(self, items: Sequence[str]) -> np.ndarray:
        """(len(items),) bool: which words have a vector, of their own or of their n-grams."""
        return np.asarray(self.encode(items).any(axis=1))

    def similar(self, item: str, k: int = 10) -> list[Neighbour]:
        """The k words of the text of largest cosine with a word, seen or not, itself left out.

        Raises `UnknownKey` for a word of which no n-gram is known.
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
        """The k words of the text of largest cosine with `vector` (dim,), those in `leave_out` left out."""
        return self.table.nearest(vector, k, leave_out)

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two words, seen or not; 0 where either has no vector."""
        left, right = unit_rows(self.encode([a, b])).astype(np.float64)
        return float(np.clip(left @ right, -1, 1))

    def analogy(
        self, a: str, b: str, c: str, k: int = 10, *, method: Literal["add", "multiply"] = "add"
    ) -> list[Neighbour]:
        """`a` is to `b` as `c` is to what? As `Table.analogy`, but the words asked may be unseen."""
        return self.over([a, b, c]).analogy(a, b, c, k, method=method)

    def over(self, items: Iterable[str]) -> Table:
        """The table with a row more for each item that is not in it and has a vector."""
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
        """What `likewise.artifacts.artifact` writes to disk."""
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
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none."""
        arrays, facts = contents.arrays, contents.facts
        rows, scales, buckets, places = (arrays[name] for name in ("rows", "scales", "buckets", "places"))
        if rows.ndim != 2 or scales.shape not in ((0,), (len(rows),)) or buckets.shape != places.shape:
            raise ArtifactError(
                f"n-grams of the shapes {rows.shape}, {scales.shape}, {buckets.shape}, {places.shape}"
            )
        if (rows.dtype == np.int8) != (len(scales) == len(rows) > 0) and len(rows):
            raise ArtifactError(f"rows of {rows.dtype} with {len(scales)} scales")
        if len(places) and (places.min() < 0 or places.max() >= len(rows) or (np.diff(buckets) <= 0).any()):
            raise ArtifactError("n-grams are out of order, or have rows that are not there")
        assert contents.keys is not None
        table = Table(
            contents.keys, arrays["vectors"], counts=contents.counts, spelling=Spelling(**facts["spelling"]),
            facts=facts["made"],
        )  # fmt: skip
        return cls(table, Ngrams(Stored(rows, scales), buckets, places, **facts["ngrams"]))

    def __repr__(self) -> str:
        n = self.ngrams
        return f"SubwordTable({len(self):,} words × {self.dim}, {len(n.buckets):,} n-grams of {n.shortest}–{n.longest})"
