"""Words in their places, by whatever reads texts in context: a model made here, or a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from likewise.contextual import _occurrences as usages
from likewise.contextual import _senses as senses
from likewise.contextual._occurrences import Speaker
from likewise.contextual._senses import Assigned, Senses
from likewise.contextual._span_pooling import checked_span, checked_texts, pooled
from likewise.tokens.corpus.word_pattern import pattern


class WordsInContext(NamedTuple):
    """The words of n texts: `words[i]` of text i, `spans[i]` (w, 2) their characters, `vectors[i]` (w, dim).

    Parameters
    ----------
    words : tuple of tuple of str
        Words of each text.
    spans : tuple of tuple of (int, int)
        Start and stop of each word.
    vectors : ndarray of shape (n, dim), float32
        Vectors.
    """

    words: list[list[str]]
    spans: list[np.ndarray]
    vectors: list[np.ndarray]


def encode_words(
    speaker: Speaker,
    texts: Sequence[str],
    *,
    layers: Sequence[int] | None = None,
    threads: int | None = None,
) -> WordsInContext:
    """A vector for each whole word in its place, its tokens pooled."""
    listed = checked_texts(texts)
    matches = [list(pattern().finditer(text)) for text in listed]
    spans = [np.array([match.span() for match in found], np.int64).reshape(-1, 2) for found in matches]
    vectors = pooled(speaker, listed, spans, layers=layers, threads=threads)
    ends = np.cumsum([len(one) for one in spans])[:-1]
    words = [[match.group() for match in found] for found in matches]
    return WordsInContext(words, spans, np.split(vectors, ends) if listed else [])


def vector(
    speaker: Speaker,
    word: str,
    text: str,
    span: tuple[int, int] | None = None,
    *,
    layers: Sequence[int] | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """(dim,) float32: a word in a text; raises `InputError` where it is not there, or twice and no span says which."""
    usage = usages.place(word, checked_texts([text])[0], span, rule=speaker.rule)
    spans = [checked_span(usage.text, (usage.start, usage.stop))]
    return pooled(speaker, [usage.text], spans, layers=layers, threads=threads)[0]


def assign(speaker: Speaker, known: Senses, text: str, span: tuple[int, int] | None = None) -> Assigned:
    """Which of the meanings a word has in a text."""
    usage = usages.place(known.word, checked_texts([text])[0], span, rule=speaker.rule)
    return senses.assign(speaker, known, usage)
