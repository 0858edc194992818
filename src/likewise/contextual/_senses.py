"""The meanings of a word: its usages in clusters, each shown by its nearest usages and by what could stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from likewise.contextual._fill_mask import substitutes, whole_words
from likewise.contextual._occurrences import By, Speaker, Usage, represent
from likewise.errors import InputError
from likewise.learn.kernels import spherical_kmeans as spherical
from likewise.learn.kernels.spherical_kmeans import Clusters

FEWEST = 4  # usages below which nothing can be said of meanings
MOST_MEANINGS = 6
LEAST = 0.05  # margin between meanings, in cosines, below which a word has one
SHOWN, QUERIED = 3, 24  # usages shown of a meaning, and those that substitutes are predicted for
CANDIDATES = 200  # likeliest words, among which substitutes are chosen


@dataclass(frozen=True)
class Meaning:
    """`share` of the usages, the most typical of these, and words that could stand in their place, best first.

    Parameters
    ----------
    number : int
        Number of the meaning, from 1.
    share : float
        Share of the usages.
    usages : tuple of str
        Most typical usages.
    substitutes : tuple of str
        Words that could stand in the place of the word, best first.
    """

    number: int
    share: float
    usages: tuple[str, ...]
    substitutes: tuple[str, ...]


class Assigned(NamedTuple):
    """A meaning by number, its cosine with the usage, and by how much that is above the next meaning's.

    Parameters
    ----------
    number : int
        Number of the meaning, from 1.
    cosine : float
        Cosine similarity of the usage and the meaning.
    margin : float
        How much the cosine is above that of the next meaning.
    """

    number: int
    cosine: float
    margin: float


@dataclass(frozen=True, eq=False)
class Senses:
    """The meanings of `word`, the most frequent first; `margin`, in cosines, says how far apart they are.

    Parameters
    ----------
    word : str
        Word.
    by : "context", "neighbours" or "joined"
        Represent a usage by the encoder, by the mean of the context words, or by both.
    meanings : tuple of Meaning
        Meanings, the most frequent first.
    usages : tuple of Usage
        Usages of the word.
    codes : ndarray of shape (n,), int
        Meaning of each usage, from 0.
    centres : ndarray of shape (n_meanings, d)
        Mean of the usages of each meaning, at unit length.
    margin : float
        How far apart the meanings are, in cosines.
    """

    word: str
    by: By
    meanings: tuple[Meaning, ...]
    usages: tuple[Usage, ...]
    codes: np.ndarray  # (n,) the meaning of each usage, from 0
    centres: np.ndarray  # (meanings, d) of length 1
    margin: float


def senses(
    speaker: Speaker, word: str, usages: Sequence[Usage], *, k: int | None = None, by: By = "joined", seed: int = 0,
    threads: int | None = None,
) -> Senses:  # fmt: skip
    """Cluster usages into meanings, `k` of them, or as many as lie best apart; raises `InputError` for too few."""
    if len(usages) < FEWEST:
        raise InputError(
            f"{word!r} stands {len(usages)} times in the texts, and meanings want {FEWEST} usages or more: give "
            "more text"
        )
    rows = represent(speaker, usages, by, threads=threads)
    found = (
        spherical.select_k(rows, MOST_MEANINGS, least=LEAST, seed=seed)
        if k is None
        else spherical.clusters(rows, k, seed=seed)
    )
    return Senses(
        word,
        by,
        _meanings(speaker, usages, rows, found),
        tuple(usages),
        found.codes,
        found.centres,
        found.margin,
    )


def assign(speaker: Speaker, known: Senses, usage: Usage, *, threads: int | None = None) -> Assigned:
    """The meaning whose centre is nearest to a usage; ties go to the more frequent one."""
    similarity = known.centres @ represent(speaker, [usage], known.by, threads=threads)[0].astype(np.float64)
    best = int(similarity.argmax())
    others = np.delete(similarity, best)
    margin = float(similarity[best] - others.max()) if len(others) else 0.0
    return Assigned(best + 1, float(similarity[best]), margin)


def nearest_usages(
    speaker: Speaker, usage: Usage, usages: Sequence[Usage], k: int = 10, *, by: By = "context",
    threads: int | None = None,
) -> list[tuple[Usage, float]]:  # fmt: skip
    """The k usages most like one, with their cosines; ties in the order of the text."""
    if not usages:
        return []
    rows = represent(speaker, usages, by, threads=threads)
    similarity = rows @ represent(speaker, [usage], by, threads=threads)[0]
    order = np.argsort(-similarity, kind="stable")[: max(0, k)]
    return [(usages[i], float(similarity[i])) for i in order]


def _meanings(
    speaker: Speaker, usages: Sequence[Usage], rows: np.ndarray, found: Clusters
) -> tuple[Meaning, ...]:
    typical = [_typical(rows, found, code) for code in range(len(found.centres))]
    words = _substitutes(speaker, [[usages[i] for i in chosen[:QUERIED]] for chosen in typical])
    return tuple(
        Meaning(
            code + 1,
            float(np.mean(found.codes == code)),
            tuple(usages[i].shown for i in chosen[:SHOWN]),
            words[code],
        )
        for code, chosen in enumerate(typical)
    )


def _typical(rows: np.ndarray, found: Clusters, code: int) -> list[int]:
    """The usages of a meaning, those nearest to its centre first, each text once."""
    own = np.flatnonzero(found.codes == code)
    return own[np.argsort(-(rows[own] @ found.centres[code]), kind="stable")].tolist()


def _substitutes(speaker: Speaker, groups: list[list[Usage]]) -> list[tuple[str, ...]]:
    """Words likely in the usages of a group, and likelier there than in the other groups."""
    if not speaker.can_fill:
        return [() for _ in groups]
    words, _ = whole_words(speaker.subwords)
    own = {usage.text[usage.start : usage.stop].lower() for group in groups for usage in group}
    means = np.stack([substitutes(speaker, group).mean(axis=0) for group in groups])
    chosen_words = []
    for mean in means:
        likely = np.argsort(-mean, kind="stable")[:CANDIDATES]
        score = 2 * mean[likely] - means.mean(axis=0)[likely]
        order = likely[np.argsort(-score, kind="stable")]
        chosen_words.append(tuple(words[i] for i in order if words[i].lower() not in own)[:8])
    return chosen_words
