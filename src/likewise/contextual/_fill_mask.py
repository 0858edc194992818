"""A masked word predicted from its context: by the encoder, and by the sum of the word2vec vectors of the context
words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.contextual._corpus import led
from likewise.contextual._occurrences import Usage
from likewise.contextual._span_pooling import Reader
from likewise.errors import InputError
from likewise.table import Neighbour, Table
from likewise.tokens.corpus.word_pattern import pattern

MASK = "[MASK]"


class Filled(NamedTuple):
    """A word for the masked place, and its probability among the words that are one token.

    Parameters
    ----------
    word : str
        Word.
    probability : float
        Probability among whole words.
    """

    word: str
    probability: float


def fill(reader: Reader, text: str, k: int = 10) -> list[Filled]:
    """The k likeliest words for the one [MASK] of a text. Only words that are one token can be predicted.

    A recurrent model multiplies the predictions of both directions and divides by the frequency of the word. Raises
    `InputError` where the text has no [MASK], or several.
    """
    before, after = parted(text)
    scores = masked_scores(reader, [(before, after)])[0]
    keys, ids = whole_words(reader.subwords)
    chances = np.exp(scores[ids] - scores[ids].max())
    chances /= chances.sum()
    best = np.argsort(-chances, kind="stable")[: max(0, k)]
    return [Filled(keys[i], float(chances[i])) for i in best]


def parted(text: str) -> tuple[str, str]:
    """What stands before and after the one [MASK]."""
    count = text.count(MASK)
    if count != 1:
        raise InputError(f"{text[:80]!r} has {count} times {MASK}: write it once, in place of the word")
    before, _, after = text.partition(MASK)
    return before, after


def by_sum(words: Table, text: str, k: int = 10) -> list[Neighbour]:
    """The words nearest to the sum of the word2vec vectors of the context words, whatever their order."""
    context = [word for part in parted(text) for word in pattern().findall(part) if word in words]
    if not context:
        raise InputError(f"no word in the context of {MASK} has a vector: {text[:80]!r}")
    return words.nearest(words.vectors[words.places(context)].sum(axis=0), k, leave_out=context)


def substitutes(reader: Reader, usages: Sequence[Usage]) -> np.ndarray:
    """(n, v) float32: the log-probability of every whole word in the place of each usage's word, hidden."""
    scores = masked_scores(reader, [(one.text[: one.start], one.text[one.stop :]) for one in usages])
    _, ids = whole_words(reader.subwords)
    chosen = scores[:, ids]
    top = chosen.max(axis=1, keepdims=True)
    return chosen - top - np.log(np.exp(chosen - top).sum(axis=1, keepdims=True))


def whole_words(subwords: Any) -> tuple[list[str], np.ndarray]:
    """The tokens that are whole words: the words, and their ids (w,) int64."""
    return _whole_words(subwords)


@lru_cache(maxsize=4)
def _whole_words(subwords: Any) -> tuple[list[str], np.ndarray]:
    keys, ids = [], []
    is_by_bytes = any(key.startswith("Ġ") for key in subwords.keys)
    for number, key in enumerate(subwords.keys):
        begins = key.startswith("Ġ") if is_by_bytes else not key.startswith("##")
        if number < len(subwords.specials) or not begins:
            continue
        word = subwords.decode([number]).strip()
        if pattern().fullmatch(word):
            keys.append(word)
            ids.append(number)
    return keys, np.array(ids, np.int64)


def masked_scores(reader: Reader, parts: Sequence[tuple[str, str]]) -> np.ndarray:
    """(n, v) float32 scores of every token between what stands before and after; of long texts only the nearest
    context is read."""
    import torch

    from likewise.neural.text.language_model import LanguageModel

    model = reader.model
    mask = reader.subwords.specials.index(MASK)
    rows, slots = _rows(reader, parts, mask)
    model.eval()
    found = []
    for first in range(0, len(rows), 64):
        some = range(first, min(first + 64, len(rows)))
        batch = Ragged.from_rows([rows[i] for i in some])
        layout = model.arrange(batch.lengths)
        at = layout.slots[batch.offsets[:-1] + slots[first : first + len(some)]]
        ids = torch.from_numpy(layout.spread(batch.ids.astype(np.int64), 0))
        given = (ids, torch.from_numpy(layout.positions), torch.from_numpy(layout.sequences))
        with torch.inference_mode():
            if isinstance(model, LanguageModel):
                scores = _both_ways(model, given, at, slots[first : first + len(some)], batch.lengths)
            else:
                scores = model(*given, (torch.from_numpy(at),))[0].float()
        found.append(scores.numpy())
    return np.concatenate(found)


def _rows(reader: Reader, parts: Sequence[tuple[str, str]], mask: int) -> tuple[list[list[int]], np.ndarray]:
    """Tokens with the mask among them, as many as the model reads, and the mask's place in each."""
    room = reader.model.shape.longest - reader.model.shape.lead
    sides = reader.subwords.encode(
        side for before, after in parts for side in (led(before.strip()).rstrip(), after)
    )
    rows, places = [], []
    for i in range(len(parts)):
        before, after = sides[2 * i], sides[2 * i + 1]
        left = min(len(before), max(room // 2, room - 1 - len(after)))
        right = min(len(after), room - 1 - left)
        rows.append([*before[len(before) - left :].tolist(), mask, *after[:right].tolist()])
        places.append(left)
    return rows, np.array(places, np.int64)


def _both_ways(model: Any, given: Any, at: np.ndarray, places: np.ndarray, lengths: np.ndarray) -> Any:
    """The product of both directions' predictions, divided by the frequency of the token, which each includes."""
    import torch

    has_left, has_right = places > 0, places < lengths - 1
    ahead, behind = np.where(has_left, at - 1, at), np.where(has_right, at + 1, at)
    scores = model(*given, (torch.from_numpy(ahead), torch.from_numpy(behind)))
    sure = [s.float().log_softmax(-1) for s in scores]
    there = [torch.from_numpy(side)[:, None] for side in (has_left, has_right)]
    prior = model.bias.float().log_softmax(-1)
    both = (there[0] & there[1]).float()
    return torch.where(there[0], sure[0], 0.0) + torch.where(there[1], sure[1], 0.0) - both * prior
