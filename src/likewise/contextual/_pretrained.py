"""Texts → vectors by a checkpoint: trained by someone else, or here and saved in the hub's layout."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.contextual import _occurrences as usages
from likewise.contextual import _senses as senses
from likewise.contextual import _word_vectors as speaking
from likewise.contextual._hub import loading
from likewise.contextual._hub.loading import Checkpoint
from likewise.contextual._occurrences import MOST_USAGES, By, Usage
from likewise.contextual._senses import Assigned, Senses
from likewise.contextual._span_pooling import checked_texts
from likewise.contextual._word_vectors import WordsInContext
from likewise.encoder import accepts_one
from likewise.errors import InputError, OptionError, WrongType
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words

if TYPE_CHECKING:
    from likewise.neural.text.hidden_states import Hidden

log = logging.getLogger(__name__)
Long = Literal["cut", "mean"]
Precision = Literal["float32", "bfloat16", "auto"]
TEXTS = 65536  # encoded at a time, so that their ids are no matter


@dataclass(frozen=True, eq=False)
class Encoded:
    """`vectors` (n, dim) float32; `known` (n,) bool, False where a text has no known token and so zeros; `lengths` (n,)
    int64 in tokens; `truncated` (n,) bool: which were cut.
    """

    vectors: np.ndarray
    known: np.ndarray
    lengths: np.ndarray
    truncated: np.ndarray


@final
class Pretrained:
    """An `Encoder` of texts, and of the tokens in them: `hidden` gives what `likewise.neural.text.hidden_states` does.

    `subwords` splits texts into tokens, `model` is the transformer, `layers` those that stand for a word in its place,
    `longest` the slots of a sequence, `words` static vectors of words, the baseline, if any are given.

    Parameters
    ----------
    checkpoint : Checkpoint
        Network, tokenizer and head of a checkpoint.
    long : "cut" or "mean", default "cut"
        Cut texts that are longer than the model reads, or encode them in parts and take the mean.
    precision : str, default "float32"
        Precision of matrix products: "auto", "float32" or "bfloat16".
    words : Table or None, default None
        Static word vectors, used as a baseline.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        long: Long = "cut",
        precision: Precision = "float32",
        words: Table | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        if long not in ("cut", "mean"):
            raise OptionError(f"long must be 'cut' or 'mean', not {long!r}")
        self.checkpoint, self.long, self.precision = checkpoint, long, precision
        self.model, self.subwords, self.head = checkpoint.model, checkpoint.tokenizer, checkpoint.head
        self.longest, self.words, self.facts = checkpoint.longest, words, dict(facts or {})
        self.prepare()

    def prepare(self) -> None:
        """Lay the weights out for encoding; call it again after they were trained."""
        self.model.lay_out(_numbers(self.precision, self.model))

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.head.dim(self.model.width)

    @property
    def layers(self) -> tuple[int, ...]:
        """The last four layers, or all there are."""
        layers = self.model.shape.layers
        return tuple(range(max(1, layers - 3), layers + 1))

    @property
    def most(self) -> int:
        """How many tokens a sequence can have besides special tokens."""
        return self.longest - self.model.shape.lead

    @accepts_one
    def encode(self, items: Sequence[str], *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32; zeros where a text has no known token. What was cut is counted in a warning.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        return self.encoded(items, threads=threads).vectors

    def known(self, items: Sequence[str]) -> np.ndarray:
        """(len(items),) bool: which texts have a known token; the others are zeros.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        return self._known(self.tokens_of(items))

    def similar(self, item: str, k: int = 10) -> list[Any]:
        """A checkpoint keeps no texts to be near to; raises `InputError` with what can be done instead.

        Parameters
        ----------
        item : str
            Key, or text.
        k : int, default 10
            Number of results, at least 1.
        """
        raise InputError(
            "a checkpoint keeps no texts, so none can be near: `likewise encode` writes vectors of yours, and "
            "`likewise distil` makes a table of words, which can be searched"
        )

    def encoded(self, items: Sequence[str], *, threads: int | None = None) -> Encoded:
        """`encode`, with what became of each text.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        _refuse_bare(items)
        empty: list[np.ndarray] = [
            np.zeros((0, self.dim), np.float32),
            np.zeros(0, bool),
            np.zeros(0, np.int64),
        ]
        gathered = [[part] for part in empty]
        with _only_threads(checked_threads(threads)):
            for start in range(0, len(items), TEXTS):
                rows = self.tokens_of(items[start : start + TEXTS])
                known = self._known(rows)
                found = (self._vectors(only(rows, known)), known, rows.lengths)
                for parts, part in zip(gathered, found, strict=True):
                    parts.append(part)
        vectors, known, lengths = (np.concatenate(parts) for parts in gathered)
        truncated = (lengths > self.most) & (self.long == "cut")
        if truncated.any():
            log.warning("%s", cut_note(truncated, self.longest, int(lengths.max()) + self.model.shape.lead))
        return Encoded(vectors, known, lengths, truncated)

    def tokens_of(self, items: Sequence[str]) -> Ragged:
        """The ids of each text, all of them, without specials.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        """
        _refuse_bare(items)
        is_lowered = self.checkpoint.is_lowered
        return self.subwords.encode(
            item.lower() if is_lowered and isinstance(item, str) else item for item in items
        )

    def cut(self, texts: Sequence[str]) -> tuple[Ragged, np.ndarray]:
        """The tokens of texts, and the characters (t, 2) that each was made from, as start:stop.

        Parameters
        ----------
        texts : iterable of str
            Texts.
        """
        return self.subwords.encode_with_places(map(_lowered, texts) if self.checkpoint.is_lowered else texts)

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
        """(width,) float32: a word in a text. Where it stands there twice, `span` names the place, as start:stop.

        layers: numbers from 0, the token vectors before the first layer, to -1, the last; their mean is taken; by
        default that of the last four. Raises `InputError` where the word is not there.

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

    def usages(self, word: str, texts: Sequence[str], *, most: int | None = MOST_USAGES) -> list[Usage]:
        """Where a word stands in texts; evenly from the whole where there are more.

        Parameters
        ----------
        word : str
            Word.
        texts : iterable of str or None
            Texts to look for the word in. None: the texts that the model keeps.
        most : int, default 400
            Largest number of results.
        """
        return usages.found(word, checked_texts(texts), most=most, rule=self.rule)

    def senses(
        self,
        word: str,
        *,
        texts: Sequence[str] | None = None,
        k: int | None = None,
        by: By | None = None,
        seed: int = 0,
        threads: int | None = None,
    ) -> Senses:
        """The meanings of a word in texts: `k` of them, or as many as lie best apart; without substitutes.

        Parameters
        ----------
        word : str
            Word.
        texts : iterable of str or None, default None
            Texts to look for the word in. None: the texts that the model keeps.
        k : int or None, default None
            Number of meanings. None: chosen by how far apart the usages are.
        by : "context", "neighbours" or "joined" or None, default None
            Represent a usage by the encoder, by the mean of the context words, or by both.
        seed : int, default 0
            Seed of all random numbers.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        if texts is None:
            raise InputError("a checkpoint keeps no text: give texts= in which the word is used")
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

    @property
    def can_fill(self) -> bool:
        """Never: the head of a checkpoint that predicts masked words is not read."""
        return False

    @cached_property
    def rule(self) -> Words:
        """How words are spelt: in lower case where the tokens are lower case."""
        same = self.tokens_of(["Bank"]).ids.tolist() == self.tokens_of(["bank"]).ids.tolist()
        return Words(case="lower" if same else "keep")

    def hidden(
        self, items: Sequence[str], *, threads: int | None = None
    ) -> tuple[Hidden, Ragged, np.ndarray]:
        """(the vectors after every layer, the ids of the tokens, their places in the text (t, 2) int32 as start:stop).

        A text longer than the model reads is cut.

        Parameters
        ----------
        items : sequence
            Items to encode: texts, or lists of tokens; one text alone gives one vector.
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        from likewise.neural.text.hidden_states import hidden

        rows, places = self.subwords.encode_with_places(items)
        shorter = np.minimum(rows.lengths, self.most)
        rows, places = heads_of(rows, shorter), places[_kept(rows, shorter)]
        with _only_threads(checked_threads(threads)):
            return hidden(self.model, rows), rows, places

    def _vectors(self, rows: Ragged) -> np.ndarray:
        """(n, dim), zeros for an empty row; a long one by the mean of its parts, as they are before `head.steps`."""
        from likewise.neural import packing
        from likewise.neural.pretrained import encoding

        if self.long == "cut":
            rows = heads_of(rows, np.minimum(rows.lengths, self.most))
            found = encoding.pooled(self.model, rows, self.head.pooling)
        else:
            starts, stops = packing.cut(rows.offsets, self.most)
            owners = np.searchsorted(rows.offsets, starts, side="right") - 1
            parts = Ragged(rows.ids, np.append(starts, len(rows.ids)))
            vectors = encoding.pooled(self.model, parts, self.head.pooling)
            found = np.zeros((len(rows), self.model.width))
            shares = (stops - starts) / np.maximum(rows.lengths[owners], 1)
            np.add.at(found, owners, vectors * shares[:, None])
            found = found.astype(np.float32)
        made = self.head.finish(found)
        made[rows.lengths == 0] = 0
        return made.astype(np.float32, copy=False)

    def _known(self, rows: Ragged) -> np.ndarray:
        owners = np.repeat(np.arange(len(rows)), rows.lengths)
        is_known = rows.ids != (-1 if self.subwords.unknown is None else self.subwords.unknown)
        return np.bincount(owners[is_known], minlength=len(rows)) > 0


def from_pretrained(
    folder: str | Path,
    *,
    long: Long = "cut",
    precision: Precision = "float32",
    words: Table | None = None,
) -> Pretrained:
    """The encoder in a folder of `transformers` or `sentence-transformers`: of BERT, DistilBERT, RoBERTa and MPNet.

    Nothing is fetched and nothing in the folder is run: JSON and safetensors are read, and pickles and code refused.
    Vectors equal those of the program that wrote it, up to rounding; a folder without `modules.json` gives the mean of
    the tokens. A text longer than the model reads is cut, which is counted, or with `long="mean"` encoded in parts.
    `precision="bfloat16"` is twice as fast on processors that have it, with cosines of .9999 to float32; "auto" takes
    it where a short test finds it faster. `words` are static vectors, such as `likewise.words.word2vec` makes, to have
    the baseline. Raises `ArtifactError` in one line for a folder that is none of these.

    Parameters
    ----------
    folder : str or Path
        Folder of a checkpoint.
    long : "cut" or "mean", default "cut"
        Cut texts that are longer than the model reads, or encode them in parts and take the mean.
    precision : str, default "float32"
        Precision of matrix products: "auto", "float32" or "bfloat16".
    words : Table or None, default None
        Static word vectors, used as a baseline.
    """
    need("torch", "neural", "a trained checkpoint")
    facts = {"function": "contextual.from_pretrained"}
    return Pretrained(loading.load(folder), long=long, precision=precision, words=words, facts=facts)


def as_sentences(model: Any, *, long: Long = "cut", precision: Precision = "float32") -> Pretrained:
    """A transformer made here as an encoder of whole texts: the mean of its last layer, as other programs take it.

    model: what `likewise.contextual.transformer` gives. Fine-tune it by `contrastive` to compare sentences.

    Parameters
    ----------
    model : Contextual
        Encoder that was trained here.
    long : "cut" or "mean", default "cut"
        Cut texts that are longer than the model reads, or encode them in parts and take the mean.
    precision : str, default "float32"
        Precision of matrix products: "auto", "float32" or "bfloat16".
    """
    if type(model.model).__name__ != "MaskedModel":
        raise InputError(f"a model made by {model.method!r} has no layout in the hub: only a transformer has")
    made = loading.of_masked(model.model, model.subwords)
    return Pretrained(made, long=long, precision=precision, facts={"function": "contextual.as_sentences"})


def save_pretrained(model: Any, folder: str | Path, *, overwrite: bool = False) -> None:
    """Write an encoder so that `transformers` and `sentence-transformers` load it, with equal vectors.

    model: a `Pretrained`, or what `likewise.contextual.transformer` gives, which is then `as_sentences`. Left out: the
    head that fills in words. Raises `OutputExists`, `ArtifactError` where the folder holds anything else, `InputError`
    for a recurrent model, which has no such layout, and `NotEnoughSpace`.

    Parameters
    ----------
    model : Contextual or Pretrained
        Encoder.
    folder : str or Path
        Folder of a checkpoint.
    overwrite : bool, default False
        Replace what is already in the output.
    """
    from likewise.contextual._hub import saving

    encoder = model if isinstance(model, Pretrained) else as_sentences(model)
    saving.save(encoder.checkpoint, folder, overwrite=overwrite)


def heads_of(rows: Ragged, lengths: np.ndarray) -> Ragged:
    """The first `lengths` (n,) ids of each row."""
    if np.array_equal(lengths, rows.lengths):
        return rows
    return Ragged(rows.ids[_kept(rows, lengths)], np.concatenate([[0], np.cumsum(lengths)]))


def only(rows: Ragged, kept: np.ndarray) -> Ragged:
    """The same rows, those emptied that are not kept."""
    return heads_of(rows, np.where(kept, rows.lengths, 0))


def _kept(rows: Ragged, lengths: np.ndarray) -> np.ndarray:
    places = np.arange(len(rows.ids)) - np.repeat(rows.offsets[:-1], rows.lengths)
    return places < np.repeat(lengths, rows.lengths)


def cut_note(truncated: np.ndarray, longest: int, most: int) -> str:
    """What a person should know of texts that were cut."""
    return (
        f"{int(truncated.sum()):,} of {len(truncated):,} texts cut at {longest} tokens (longest {most:,}); "
        "long='mean' reads all of them"
    )


def _numbers(precision: str, model: Any) -> Any:
    import torch

    from likewise.neural.precision import resolve_precision

    resolved = resolve_precision(precision, model.width, model.token_embedding.weight.device)
    return torch.bfloat16 if resolved == "bfloat16" else torch.float32


@contextmanager
def _only_threads(threads: int) -> Iterator[None]:
    from likewise.neural.threads import only_threads

    with only_threads(threads):
        yield


def _lowered(text: str) -> str:
    """In lower case, as long as before: a letter whose small form is longer stays as it is."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _refuse_bare(items: Any) -> None:
    if isinstance(items, str):
        raise WrongType("got one str; wrap it in a list")
