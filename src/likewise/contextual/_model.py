"""A model of words in context: what `transformer`, `recurrent` and a checkpoint of another program give."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.spelling import Spelling
from likewise.artifacts.artifact import Contents
from likewise.contextual import _fill_mask as filling
from likewise.contextual import _occurrences as usages
from likewise.contextual import _senses as senses
from likewise.contextual import _word_vectors as speaking
from likewise.contextual._corpus import led
from likewise.contextual._fill_mask import Filled
from likewise.contextual._occurrences import MOST_USAGES, By, Usage
from likewise.contextual._senses import Assigned, Senses
from likewise.contextual._span_pooling import checked_texts, pooled
from likewise.contextual._word_vectors import WordsInContext
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.system.extras import need
from likewise.table import Neighbour, Table
from likewise.tokens.corpus.word_pattern import Words
from likewise.tokens.subwords.tokenizer import Subwords

KIND = "contextual"
log = logging.getLogger(__name__)


@final
class Contextual:
    """An `Encoder` of texts, and of each word in its place.

    `model` is of `likewise.neural`, `subwords` cut texts for it; `words` are static vectors of words learnt from the
    same text, the baseline; `kept` are rows of the text in tokens, in which usages are looked up.
    `layers` are those whose mean a vector is.

    Parameters
    ----------
    model : torch module
        Network.
    subwords : Subwords
        Tokenizer.
    words : Table or None, default None
        Static word vectors, used as a baseline.
    kept : Ragged or None, default None
        Rows of tokens that the model keeps, in which usages are looked up.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        model: Any,
        subwords: Subwords,
        *,
        words: Table | None = None,
        kept: Ragged | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.model, self.subwords, self.words, self.facts = model, subwords, words, dict(facts or {})
        self.kept = Ragged(np.empty(0, np.int32), np.zeros(1, np.int64)) if kept is None else kept
        # Networks as small as these separate meanings best at their end: on a part of CoarseWSD-20 the last of four
        # layers had a macro-F1 of .75, the mean of all .62.
        self.layers: tuple[int, ...] = (model.shape.layers,)

    @property
    def dim(self) -> int:
        """How many numbers a vector has, of a text or of a word in it."""
        return int(self.model.width)

    @property
    def method(self) -> str:
        """What made the model."""
        return str(self.facts.get("function", "")).rpartition(".")[2]

    @accepts_one
    def encode(self, items: Sequence[str], *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32: the mean of all tokens of each text in context; zeros for a text without any.

        A text longer than the model reads at once is read in parts; nothing is cut off.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        texts = checked_texts(items)
        return pooled(self, texts, [np.array([[0, len(text)]], np.int64) for text in texts], threads=threads)

    def known(self, items: Sequence[str]) -> np.ndarray:
        """(len(items),) bool: which texts have a known token; the others are zeros.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        rows, _ = self.cut(checked_texts(items))
        unknown = self.subwords.specials.index("[UNK]")
        return np.array([bool((row != unknown).any()) for row in rows], bool)

    def cut(self, texts: Sequence[str]) -> tuple[Ragged, np.ndarray]:
        """The tokens of texts, and the characters (t, 2) that each was made from, as start:stop.

        Parameters
        ----------
        texts : iterable of str
            Texts.
        """
        rows, places = self.subwords.encode_with_places(map(led, texts))
        return rows, np.maximum(places - 1, 0)

    def encode_words(
        self, texts: Sequence[str], *, layers: Sequence[int] | None = None, threads: int | None = None
    ) -> WordsInContext:
        """A vector for each whole word in its place, its tokens pooled; `layers` as `vector` takes them.

        Parameters
        ----------
        texts : iterable of str
            Texts.
        layers : sequence of int or None, default None
            Layers whose mean is taken, from 0, the token vectors before the first layer, to -1, the last. None:
            the model's own.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        return speaking.encode_words(self, texts, layers=layers, threads=threads)

    def vector(
        self,
        word: str,
        text: str,
        span: tuple[int, int] | None = None,
        *,
        layers: Sequence[int] | None = None,
        threads: int | None = None,
    ) -> np.ndarray:
        """(dim,) float32: a word in a text. Where it stands there twice, `span` names the place, as start:stop.

        layers: numbers from 0, the token vectors before the first layer, to -1, the last; their mean is taken; by
        default the last alone. Raises `InputError` where the word is not there.

        Parameters
        ----------
        word : str
            Word.
        text : str
            A text with the word.
        span : tuple of int or None, default None
            Start and stop of the word in the text, in characters; needed if it is there more than once.
        layers : sequence of int or None, default None
            Layers whose mean is taken, from 0, the token vectors before the first layer, to -1, the last. None:
            the model's own.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        return speaking.vector(self, word, text, span, layers=layers, threads=threads)

    def usages(
        self, word: str, texts: Sequence[str] | None = None, *, most: int | None = MOST_USAGES
    ) -> list[Usage]:
        """Where a word stands in texts, or in those the model keeps; evenly from the whole where there are more.

        Parameters
        ----------
        word : str
            Word.
        texts : iterable of str or None, default None
            Texts to look for the word in. None: the texts that the model keeps.
        most : int, default 400
            Largest number of results.
        """
        return usages.found(
            word, self.texts if texts is None else checked_texts(texts), most=most, rule=self.rule
        )

    def senses(
        self,
        word: str,
        *,
        k: int | None = None,
        texts: Sequence[str] | None = None,
        by: By | None = None,
        seed: int = 0,
        threads: int | None = None,
    ) -> Senses:
        """The meanings of a word in texts, or in those kept: `k` of them, or as many as lie best apart.

        Parameters
        ----------
        word : str
            Word.
        k : int or None, default None
            Number of meanings. None: chosen by how far apart the usages are.
        texts : iterable of str or None, default None
            Texts to look for the word in. None: the texts that the model keeps.
        by : "context", "neighbours" or "joined" or None, default None
            Represent a usage by the encoder, by the mean of the context words, or by both.
        seed : int, default 0
            Seed of all random numbers.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        chosen = by or ("context" if self.words is None else "joined")
        return senses.senses(self, word, self.usages(word, texts), k=k, by=chosen, seed=seed, threads=threads)

    def assign(self, known: Senses, text: str, span: tuple[int, int] | None = None) -> Assigned:
        """Which of the meanings a word has in a text.

        Parameters
        ----------
        known : Senses
            Meanings that `senses` found.
        text : str
            A text with the word.
        span : tuple of int or None, default None
            Start and stop of the word in the text, in characters; needed if it is there more than once.
        """
        return speaking.assign(self, known, text, span)

    def similar_usages(
        self, word: str, text: str, k: int = 10, *, span: tuple[int, int] | None = None, by: By = "context"
    ) -> list[tuple[Usage, float]]:
        """The k usages of the word, in the texts kept, most like the one in a text.

        Parameters
        ----------
        word : str
            Word.
        text : str
            A text with the word.
        k : int, default 10
            Number of results, at least 1.
        span : tuple of int or None, default None
            Start and stop of the word in the text, in characters; needed if it is there more than once.
        by : "context", "neighbours" or "joined", default "context"
            Represent a usage by the encoder, by the mean of the context words, or by both.
        """
        usage = usages.place(word, checked_texts([text])[0], span, rule=self.rule)
        return senses.nearest_usages(self, usage, self.usages(word), k, by=by)

    def similar(self, item: str, k: int = 10) -> list[Neighbour]:
        """The k rows of the kept text of largest cosine with a text.

        Parameters
        ----------
        item : str
            Key, or text.
        k : int, default 10
            Number of results, at least 1.
        """
        if not len(self.kept):
            raise InputError(
                "this model keeps no text, so none can be near: make it again with keep= above 0"
            )
        return self._rows.nearest(self.encode([item])[0], k)

    def fill(self, text: str, k: int = 10) -> list[Filled]:
        """The k likeliest words for the one [MASK] of a text.

        Parameters
        ----------
        text : str
            A text with one [MASK].
        k : int, default 10
            Number of results, at least 1.
        """
        return filling.fill(self, checked_texts([text])[0], k)

    def fill_by_sum(self, text: str, k: int = 10) -> list[Neighbour]:
        """The words nearest to the sum of the word2vec vectors of the context.

        Parameters
        ----------
        text : str
            A text with one [MASK].
        k : int, default 10
            Number of results, at least 1.
        """
        if self.words is None:
            raise InputError("this model has no static vectors of words to compare with")
        return filling.by_sum(self.words, checked_texts([text])[0], k)

    @property
    def can_fill(self) -> bool:
        """Whether it predicts masked words: its vocabulary has a mask token."""
        return filling.MASK in self.subwords.specials

    @property
    def rule(self) -> Words:
        """How words are split and spelt, when one is looked for."""
        rules = self.subwords.rules
        return Words(case=rules.case, form=rules.form)

    @cached_property
    def texts(self) -> list[str]:
        """The rows of text that are kept, as decoded from their tokens."""
        return [self.subwords.decode(row).strip() for row in self.kept]

    @cached_property
    def _rows(self) -> Table:
        log.info("encoding %d rows of text once", len(self.kept))
        names = list(dict.fromkeys(self.texts))
        return Table(names, self.encode(names))

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk."""
        from likewise.neural import weights as stored

        arrays = {f"weight_{name}": array for name, array in stored.to_arrays(self.model).items()}
        arrays |= {"kept_ids": self.kept.ids, "kept_offsets": self.kept.offsets}
        facts = {"made": self.facts, "shape": asdict(self.model.shape), "kept": len(self.kept)}
        if self.words is None:
            return Contents(KIND, facts, arrays, tokenizer=self.subwords.to_json())
        facts["spelling"] = asdict(self.words.spelling)
        arrays["words"] = self.words.vectors
        return Contents(
            KIND, facts, arrays, self.words.keys, self.words.counts, tokenizer=self.subwords.to_json()
        )

    @classmethod
    def from_contents(cls, contents: Contents) -> Contextual:
        """The model that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        if contents.tokenizer is None:
            raise ArtifactError("a model of words in context without tokenizer.json")
        subwords = Subwords.from_json(contents.tokenizer)
        arrays = dict(contents.arrays)
        kept = _kept(arrays.pop("kept_ids"), arrays.pop("kept_offsets"), len(subwords))
        words = arrays.pop("words", None)
        model = filled(contents.facts["made"]["function"], contents.facts["shape"], len(subwords), arrays)
        table = None
        if words is not None:
            spelling = Spelling(**contents.facts["spelling"])
            table = Table(contents.keys or [], words, counts=contents.counts, spelling=spelling)
        return cls(model, subwords, words=table, kept=kept, facts=contents.facts["made"])


def built(function: str, shape: dict[str, Any], vocabulary: int) -> Any:
    """A network of this shape with no weights yet; `ArtifactError` for another function than there is."""
    need("torch", "neural", "a model of words in context")
    from likewise.neural import transformer
    from likewise.neural.text import recurrent
    from likewise.neural.text.language_model import LanguageModel
    from likewise.neural.text.masked import MaskedModel

    if function == "likewise.contextual.transformer":
        return MaskedModel(vocabulary, transformer.Shape(**shape))
    if function == "likewise.contextual.recurrent":
        return LanguageModel(vocabulary, recurrent.Shape(**shape))
    raise ArtifactError(f"no model of words in context is made by {function!r}")


def filled(function: str, shape: dict[str, Any], vocabulary: int, arrays: dict[str, np.ndarray]) -> Any:
    """The network with the weights that an artifact holds; raises `ArtifactError` where they do not fit the shape.

    The shapes are compared first, on a network without memory, so that a shape that lies costs nothing.
    """
    need("torch", "neural", "a model of words in context")
    import torch

    from likewise.neural import weights as stored

    weights = {n.removeprefix("weight_"): array for n, array in arrays.items() if n.startswith("weight_")}
    stray = arrays.keys() - {f"weight_{name}" for name in weights}
    if stray:
        raise ArtifactError(f"a model of words in context has no array {min(stray)[:64]!r}")
    with torch.device("meta"):
        wanted = {n: tuple(t.shape) for n, t in stored.parameters(built(function, shape, vocabulary)).items()}
    if wanted != {name: array.shape for name, array in weights.items()}:
        raise ArtifactError("the weights are not those of the shape that the model says it has")
    model = built(function, shape, vocabulary)
    stored.from_arrays(model, weights)
    return model


def _kept(ids: np.ndarray, offsets: np.ndarray, vocabulary: int) -> Ragged:
    if ids.dtype != np.int32 or offsets.dtype != np.int64 or ids.ndim != 1 or offsets.ndim != 1:
        raise ArtifactError(f"kept rows of {ids.dtype} and {offsets.dtype}")
    if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < vocabulary:
        raise ArtifactError("a kept row holds an id of no token")
    if (np.diff(offsets) < 0).any():
        raise ArtifactError("the kept rows overlap")
    return Ragged(ids, offsets)
