"""Where a word stands in texts, and vectors of these places: by the encoder, by the context words, and by both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from likewise.contextual._span_pooling import Reader, pooled
from likewise.errors import InputError, OptionError
from likewise.pool import sif_weights
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words, pattern

By = Literal["context", "neighbours", "joined"]
WAYS: tuple[By, ...] = ("context", "neighbours", "joined")
MOST_USAGES = 400  # of a word, of which meanings are made
SNIPPET_SIDE = 40  # characters to each side that a person is shown


class Speaker(Reader, Protocol):
    """A reader that also has static word vectors and a rule of spelling, and may predict masked words."""

    @property
    def words(self) -> Table | None: ...

    @property
    def rule(self) -> Words: ...

    @property
    def can_fill(self) -> bool: ...


@dataclass(frozen=True)
class Usage:
    """A word at characters start:stop of a text.

    Parameters
    ----------
    text : str
        A text with the word.
    start : int
        First character of the word.
    stop : int
        Character after the word.
    """

    text: str
    start: int
    stop: int

    @property
    def shown(self) -> str:
        """The word in brackets with its context, on one line."""
        before, after = self.text[: self.start], self.text[self.stop :]
        left = before if len(before) <= SNIPPET_SIDE else "…" + before[-SNIPPET_SIDE:].partition(" ")[2]
        right = after if len(after) <= SNIPPET_SIDE else after[:SNIPPET_SIDE].rpartition(" ")[0] + "…"
        return " ".join(f"{left}[{self.text[self.start : self.stop]}]{right}".split())


def found(word: str, texts: Iterable[str], *, most: int | None = None, rule: Words = Words()) -> list[Usage]:
    """Every place of a word, spelt by `rule`, at most `most` of them, evenly from the whole."""
    spelt = rule.spelling
    key = spelt(word)
    usages = [
        Usage(text, match.start(), match.end())
        for text in texts
        if key in spelt(text)
        for match in pattern().finditer(text)
        if spelt(match.group()) == key
    ]
    if most is None or len(usages) <= most:
        return usages
    return [usages[i * len(usages) // most] for i in range(most)]


def place(word: str, text: str, span: tuple[int, int] | None = None, *, rule: Words = Words()) -> Usage:
    """The one place of a word in a text, or the one that `span` names.

    Raises `InputError` where the word is absent, there more than once, or not at the span.
    """
    there = found(word, [text], rule=rule)
    if span is not None:
        chosen = [usage for usage in there if (usage.start, usage.stop) == tuple(span)]
        if chosen:
            return chosen[0]
        spans = ", ".join(f"{usage.start}:{usage.stop}" for usage in there) or "nowhere"
        raise InputError(f"{word!r} is not at {span[0]}:{span[1]} of {text[:80]!r}: it stands at {spans}")
    if not there:
        raise InputError(f"the word {word!r} is not in {text[:80]!r}")
    if len(there) > 1:
        spans = ", ".join(f"{usage.start}:{usage.stop}" for usage in there)
        raise InputError(
            f"{word!r} stands {len(there)} times in {text[:80]!r}: name one by span=, of {spans}"
        )
    return there[0]


def represent(
    speaker: Speaker,
    usages: Sequence[Usage],
    by: By,
    *,
    layers: Sequence[int] | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """(n, d) float32 of usages, rows of length 1 where anything is known.

    "context": the encoder's vectors of the word; "neighbours": the mean of the static vectors of its context words,
    rare ones weighing more (SIF), which is the baseline for the encoder; "joined": both, one after the
    other. Raises `OptionError` for another word, or where the model has no static vectors.
    """
    if by not in WAYS:
        raise OptionError(f"by must be one of {', '.join(WAYS)}, not {by!r}")
    if by == "context":
        spans = [np.array([[usage.start, usage.stop]], np.int64) for usage in usages]
        return unit(pooled(speaker, [usage.text for usage in usages], spans, layers=layers, threads=threads))
    if by == "neighbours":
        return unit(neighbours(speaker, usages))
    ways: tuple[By, ...] = ("context", "neighbours")
    return joined([represent(speaker, usages, one, layers=layers, threads=threads) for one in ways])


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of all parts, concatenated, of length 1."""
    return unit(np.concatenate(list(parts), axis=1))


def neighbours(speaker: Speaker, usages: Sequence[Usage]) -> np.ndarray:
    """(n, d) float32: weighted means of the static vectors of all words of each text but the queried one."""
    table = speaker.words
    if table is None:
        raise OptionError("this model has no static vectors of words: give some, or use by='context'")
    weights = (
        np.ones(len(table)) if table.counts is None or not table.counts.any() else sif_weights(table.counts)
    )
    out = np.zeros((len(usages), table.dim), np.float32)
    for row, usage in enumerate(usages):
        context = pattern().findall(usage.text[: usage.start]) + pattern().findall(usage.text[usage.stop :])
        ids = table.places(context)
        ids = ids[ids >= 0]
        if len(ids):
            out[row] = weights[ids].astype(np.float32) @ table.vectors[ids] / len(ids)
    return out


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1, float32; zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)
