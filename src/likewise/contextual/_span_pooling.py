"""Vectors of stretches of text in context: a word, or the whole, as the mean of its tokens in some layers.

One path for all: texts are split into tokens, these into windows of what the model reads, and each stretch is a row of
weights over the tokens in it. A text longer than a window is read in parts about as long as each other;
every token is read once, and nothing is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError, WrongType
from likewise.system.cores import checked_threads

TOKENS = 16384  # whose hidden vectors of all layers are in memory at a time


class Reader(Protocol):
    """What reads tokens in context: `model` is of `likewise.neural`, `layers` those whose mean is used if not said.

    `cut` gives the tokens of texts, and the characters (t, 2) that each was made from, as start:stop.
    """

    @property
    def model(self) -> Any: ...

    @property
    def subwords(self) -> Any: ...

    def cut(self, texts: Sequence[str]) -> tuple[Ragged, np.ndarray]: ...

    @property
    def layers(self) -> tuple[int, ...]: ...


def checked_texts(texts: Any) -> list[str]:
    """Texts as a list; `WrongType` for one bare string or an item that is none."""
    if isinstance(texts, str | bytes):
        raise WrongType(f"got one {type(texts).__name__}; wrap it in a list")
    listed = list(texts)
    for item in listed:
        if not isinstance(item, str):
            raise WrongType(f"items are texts, not {type(item).__name__}: {item!r:.60}")
    return [str.encode(text, "utf-8", "replace").decode() for text in listed]


def checked_layers(layers: Sequence[int] | None, reader: Reader) -> tuple[int, ...]:
    """The layers, counted from 0 (token vectors before the first) and from -1 (the last); `OptionError` for others."""
    count = reader.model.shape.layers + 1
    if layers is None:
        layers = reader.layers
    wanted = [layers] if isinstance(layers, int) else list(layers)
    if not wanted or any(isinstance(n, bool) or not -count <= n < count for n in wanted):
        raise OptionError(f"layers are from 0 to {count - 1}, or -1 for the last, not {tuple(wanted)}")
    return tuple(n % count for n in wanted)


def pooled(
    reader: Reader,
    texts: Sequence[str],
    spans: Sequence[np.ndarray],
    *,
    layers: Sequence[int] | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """(m, width) float32: the mean of the tokens in each stretch, texts in their order; zeros where there is none.

    spans: for each text (s, 2) int64, stretches as start:stop of its characters, rising and not overlapping; m is the
    sum of all s. A token belongs to a stretch that it shares a character with. `layers` are those whose mean is taken.
    """
    each = by_layer(reader, texts, spans, layers=layers, threads=threads)
    return sum(each[1:], start=each[0]) / np.float32(len(each))


def by_layer(
    reader: Reader,
    texts: Sequence[str],
    spans: Sequence[np.ndarray],
    *,
    layers: Sequence[int] | None = None,
    threads: int | None = None,
) -> list[np.ndarray]:
    """What `pooled` takes the mean of: (m, width) float32 for each of the layers, in one reading."""
    from likewise.neural.threads import only_threads

    chosen = checked_layers(layers, reader)
    found = [[np.zeros((0, reader.model.width), np.float32)] for _ in chosen]
    with only_threads(checked_threads(threads)):
        for first, last in _portions(texts):
            part = _of_portion(reader, texts[first:last], spans[first:last], chosen)
            for of_layer, vectors in zip(found, part, strict=True):
                of_layer.append(vectors)
    return [np.concatenate(of_layer) for of_layer in found]


def _portions(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of texts that are not too long together: a token is about four characters or more, rarely fewer."""
    first = characters = 0
    for i, text in enumerate(texts):
        if i > first and characters + len(text) > 4 * TOKENS:
            yield first, i
            first = i
            characters = 0
        characters += len(text)
    if first < len(texts):
        yield first, len(texts)


def _of_portion(
    reader: Reader, texts: Sequence[str], spans: Sequence[np.ndarray], layers: tuple[int, ...]
) -> list[np.ndarray]:
    from scipy.sparse import csr_array

    rows, places = reader.cut(texts)
    starts, stops = _membership(rows.offsets, places, spans)
    counts = stops - starts
    offsets = np.concatenate([[0], np.cumsum(counts)])
    members = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, counts)
    weights = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
    matrix = csr_array((weights, members, offsets), shape=(len(starts), len(rows.ids)))
    found = [np.zeros((len(starts), reader.model.width), np.float32) for _ in layers]
    for part, (first, last) in _of_windows(reader, rows):
        own = matrix[:, first:last]
        for vectors, layer in zip(found, layers, strict=True):
            vectors += own @ part[layer]
    return found


def _of_windows(reader: Reader, rows: Ragged) -> Iterator[tuple[list[np.ndarray], tuple[int, int]]]:
    """Hidden vectors of all layers, of tokens from a:b of all, a bounded number at a time."""
    from likewise.neural.packing import cut
    from likewise.neural.text.hidden_states import hidden

    shape = reader.model.shape
    begins, ends = cut(rows.offsets, shape.longest - shape.lead)
    first = 0
    while first < len(begins):
        last = max(first + 1, int(np.searchsorted(ends, begins[first] + TOKENS, "right")))
        offsets = np.concatenate([begins[first:last], ends[last - 1 : last]]) - begins[first]
        window = Ragged(rows.ids[begins[first] : ends[last - 1]], offsets)
        yield hidden(reader.model, window).tokens, (int(begins[first]), int(ends[last - 1]))
        first = last


def _membership(
    offsets: np.ndarray, places: np.ndarray, spans: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The first token of each stretch and the one after its last, both (m,) int64."""
    starts, stops = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i, wanted in enumerate(spans):
        own = places[offsets[i] : offsets[i + 1]]
        lo = np.searchsorted(own[:, 1], wanted[:, 0], "right")
        hi = np.searchsorted(own[:, 0], wanted[:, 1], "left")
        starts.append(offsets[i] + lo)
        stops.append(offsets[i] + np.maximum(hi, lo))
    return np.concatenate(starts), np.concatenate(stops)


def checked_span(text: str, span: tuple[int, int]) -> np.ndarray:
    """(1, 2): one stretch of a text; `InputError` where it is none."""
    start, stop = span
    if not 0 <= start < stop <= len(text):
        raise InputError(f"characters {start}:{stop} are none of a text of {len(text)}: {text[:60]!r}")
    return np.array([[start, stop]], np.int64)
