"""Paragraph vectors as an encoder: a text's vector is the one that predicts its words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.artifacts.artifact import Contents
from likewise.documents._averaged import rows_of
from likewise.documents._index import DocumentIndex, Found
from likewise.documents._options import Collection, described, refuse_function, terms_from, terms_of
from likewise.documents._saving import joined, parted
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.learn.doc2vec import training as doc2vec
from likewise.learn.doc2vec.training import Settings, State
from likewise.system.cores import checked_threads
from likewise.system.options import check_int
from likewise.table import Neighbour, Table
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.corpus.word_pattern import Words

KIND = "doc2vec"


@final
class Paragraphs:
    """An `Encoder` of texts by doc2vec: `outputs` (v, dim) predict the words, and each text is fitted to its own.

    A text's vector depends on its own words alone, whatever it is encoded with. `inputs` (v, dim) are the vectors of
    the words, None for DBOW without them. `index` holds the documents as they were trained, or is None.

    Parameters
    ----------
    words : list of str
        Words, the most frequent first.
    counts : ndarray of shape (n,), int64
        How often each key was seen.
    terms : Terms
        How texts are split into terms.
    settings : Settings
        Options of the training.
    outputs : ndarray of shape (n_words, dim), float32
        Vectors that predict the words.
    inputs : ndarray of shape (n_words, dim), float32, or None, default None
        Vectors of the words.
    index : DocumentIndex or None, default None
        Documents that the model keeps.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        words: list[str],
        counts: np.ndarray,
        terms: Terms,
        settings: Settings,
        outputs: np.ndarray,
        *,
        inputs: np.ndarray | None = None,
        index: DocumentIndex | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.terms, self.settings, self.index, self.facts = terms, settings, index, dict(facts or {})
        spelling = terms.words.spelling if isinstance(terms.words, Words) else Spelling()
        self.outputs = Table(words, outputs, counts=counts, spelling=spelling)
        self.words = None if inputs is None else Table(words, inputs, counts=counts, spelling=spelling)

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.outputs.dim

    @accepts_one
    def encode(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32: inferred for each text by itself; zeros where no word of it is known.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        threads = checked_threads(threads)
        rows = rows_of(self.outputs, terms_of(items, self.terms, threads))
        inputs = None if self.words is None else self.words.vectors
        counts = self.outputs.counts
        assert counts is not None
        return doc2vec.infer(rows, inputs, self.outputs.vectors, counts, self.settings, threads=threads)

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items),) bool: which texts have a known word; the others are zeros.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        rows = rows_of(self.outputs, terms_of(items, self.terms, 1))
        return np.array([bool((row >= 0).any()) for row in rows], bool)

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
        """The k words nearest to a word; raises `InputError` where words were given no vectors.

        Parameters
        ----------
        item : str
            Key, or text.
        k : int, default 10
            Number of results, at least 1.
        """
        if self.words is None:
            raise InputError(
                "DBOW gives words no vectors of their own: train with train_words=True, or by DM"
            )
        return self.words.similar(item, k)

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk; raises `InputError` where a function splits the texts."""
        refuse_function(self.terms)
        arrays = {"outputs": self.outputs.vectors}
        if self.words is not None:
            arrays["inputs"] = self.words.vectors
        facts = {"made": self.facts, "reading": described(self.terms), "settings": asdict(self.settings)}
        return joined(KIND, facts, arrays, self.outputs.keys, self.outputs.counts, self.index)

    @classmethod
    def from_contents(cls, contents: Contents) -> Paragraphs:
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        keys, counts, index = parted(contents)
        arrays, facts = contents.arrays, contents.facts
        settings = Settings(**facts["settings"])
        for name in arrays:
            if arrays[name].shape[1:] != (settings.dim,):
                raise ArtifactError(f"{name} of the shape {arrays[name].shape} for vectors of {settings.dim}")
        return cls(
            keys, counts, terms_from(facts["reading"]), settings, arrays["outputs"], inputs=arrays.get("inputs"),
            index=index, facts=facts["made"],
        )  # fmt: skip


def vocabulary(found: Collection, min_count: int) -> tuple[list[str], np.ndarray, Ragged]:
    """(words, their counts (v,) int64, the documents in their ids): the most frequent first, ties by spelling.

    Raises `InputError` where fewer than two different words occur `min_count` times.
    """
    rows = found.terms.rows
    counts = np.bincount(rows.ids, minlength=found.terms.distinct)
    often = np.flatnonzero(counts >= check_int("min_count", min_count, 1, 1 << 62))
    if len(often) < 2:
        raise InputError(
            f"{len(often)} of {np.count_nonzero(counts):,} words occur {min_count} times, and 2 are wanted: "
            f"try a lower min_count"
        )
    spelt = found.terms.keys(often)
    order = sorted(range(len(often)), key=lambda i: (-counts[often[i]], spelt[i]))
    numbers = np.full(found.terms.distinct, -1, np.int32)
    numbers[often[order]] = np.arange(len(order))
    ids = numbers[rows.ids]
    kept = np.concatenate([[0], np.cumsum(ids >= 0)])
    known = Ragged(ids[ids >= 0], kept[rows.offsets].astype(np.int64))
    return [spelt[i] for i in order], counts[often[order]].astype(np.int64), known


def digest(words: list[str], rows: Ragged) -> str:
    """The SHA-256 of the documents in ids, with their words."""
    found = hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass"))
    for array in (rows.ids, rows.offsets):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def index_of(found: Collection, rows: Ragged, state: State, dim: int) -> DocumentIndex:
    """The documents as they were trained; one without a known word is zero."""
    vectors = np.ascontiguousarray(state.documents[:, :dim])
    vectors[rows.lengths == 0] = 0
    return DocumentIndex(found.ids, vectors, found.beginnings, found.lengths)
