"""Are meanings separated? Usages of ambiguous words against their annotated meanings.

CoarseWSD-20 (Loureiro et al. 2021, Computational Linguistics 47:2): 20 nouns of Wikipedia; a test usage has the meaning
whose centroid of training usages is nearest. WiC (Pilehvar and Camacho-Collados 2019): do two usages of a word mean the
same? Predicted by a threshold on their cosine, set on the training part.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from likewise.errors import InputError
from likewise.evaluate.rows import Row

Spans = Sequence[tuple[int, int]]  # the characters of a text that are the word, as start:stop
Represent = Callable[[Sequence[str], Spans], np.ndarray]  # n texts and the place of a word in each → (n, d)


@dataclass(frozen=True)
class Usages:
    """n texts, where the word stands in each, and what it means there: (n,) int64 numbers of `meanings`."""

    texts: list[str]
    spans: list[tuple[int, int]]
    codes: np.ndarray


@dataclass(frozen=True)
class Ambiguous:
    """One word with its meanings, and usages to learn them from and to be tested on."""

    word: str
    meanings: list[str]
    train: Usages
    test: Usages


@dataclass(frozen=True)
class Pairs:
    """Two usages of a word each, and whether they mean the same: `same` (n,) bool."""

    first: Usages
    second: Usages
    same: np.ndarray


@dataclass(frozen=True)
class WiC:
    """Pairs to set the threshold on, and test pairs."""

    train: Pairs
    test: Pairs


@dataclass(frozen=True)
class SenseScores:
    """`micro`: the share of all test usages predicted right; `macro`: F1, the mean over meanings of a word, then over
    words.

    `words` has (micro, macro, usages) of each word.
    """

    micro: float
    macro: float
    words: dict[str, tuple[float, float, int]]


def is_coarse(name: str | os.PathLike[str]) -> bool:
    """Whether a folder looks like CoarseWSD-20: a folder for each word, with its classes."""
    folder = Path(name)
    return folder.is_dir() and any((each / "classes_map.txt").is_file() for each in sorted(folder.iterdir()))


def is_wic(name: str | os.PathLike[str]) -> bool:
    """Whether a folder looks like WiC."""
    return (Path(name) / "dev.data.txt").is_file() and (Path(name) / "train.gold.txt").is_file()


def coarse(folder: str | os.PathLike[str]) -> list[Ambiguous]:
    """The words of a folder in the layout of CoarseWSD-20; raises `InputError` where a file is not as it should be."""
    found = [each for each in sorted(Path(folder).iterdir()) if (each / "classes_map.txt").is_file()]
    if not found:
        raise InputError(
            f"{folder} has no folder with a classes_map.txt: wanted one for each word, as CoarseWSD-20 has"
        )
    return [_ambiguous(each) for each in found]


def _ambiguous(folder: Path) -> Ambiguous:
    import json

    try:
        classes = json.loads((folder / "classes_map.txt").read_text(encoding="utf-8"))
        meanings = [classes[str(i)] for i in range(len(classes))]
        return Ambiguous(folder.name, meanings, *(_part(folder, part, len(meanings)) for part in PARTS))
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{folder}: not as CoarseWSD-20 has it ({error})") from error


PARTS = ("train", "test")


def _part(folder: Path, part: str, meanings: int) -> Usages:
    data = (folder / f"{part}.data.txt").read_text(encoding="utf-8").splitlines()
    gold = (folder / f"{part}.gold.txt").read_text(encoding="utf-8").split()
    if len(data) != len(gold):
        raise ValueError(f"{part}: {len(data)} texts and {len(gold)} meanings")
    codes = np.array([int(code) for code in gold], np.int64)
    if len(codes) and not 0 <= codes.min() <= codes.max() < meanings:
        raise ValueError(f"{part}: meanings are numbers below {meanings}")
    texts, spans = [], []
    for line in data:
        place, _, text = line.partition("\t")
        texts.append(text)
        spans.append(_span(text, int(place)))
    return Usages(texts, spans, codes)


def _span(text: str, place: int) -> tuple[int, int]:
    """The characters of the token at `place`, of tokens with one space between them."""
    tokens = text.split(" ")
    if not 0 <= place < len(tokens):
        raise ValueError(f"token {place} of {len(tokens)}: {text[:60]!r}")
    start = sum(len(token) + 1 for token in tokens[:place])
    return start, start + len(tokens[place])


def wic(folder: str | os.PathLike[str]) -> WiC:
    """The training part and the development part of WiC; the test part's answers were never published."""
    return WiC(_pairs(Path(folder), "train"), _pairs(Path(folder), "dev"))


def _pairs(folder: Path, part: str) -> Pairs:
    try:
        lines = (folder / f"{part}.data.txt").read_text(encoding="utf-8").splitlines()
        gold = (folder / f"{part}.gold.txt").read_text(encoding="utf-8").split()
        rows = [line.split("\t") for line in lines]
        sides = []
        for side in (0, 1):
            places = [int(row[2].split("-")[side]) for row in rows]
            texts = [row[3 + side] for row in rows]
            spans = [_span(text, place) for text, place in zip(texts, places, strict=True)]
            sides.append(Usages(texts, spans, np.zeros(len(rows), np.int64)))
        same = np.array([{"T": True, "F": False}[code] for code in gold])
        if len(same) != len(rows):
            raise ValueError(f"{len(rows)} pairs and {len(same)} answers")
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise InputError(f"{folder}, {part}: not as WiC has it ({error})") from error
    return Pairs(sides[0], sides[1], same)


def evaluate_words(represent: Represent, words: Sequence[Ambiguous]) -> SenseScores:
    """Each test usage by the nearest centroid of the meanings, by cosine; every training usage counts alike in its own.

    Not centred on all usages of the word: most are of one meaning, whose centroid then comes to nothing, and the mean
    of word vectors falls from .94 to .79.
    """
    scores = {each.word: score(each, nearest_meanings(represent, each)) for each in words}
    total = sum(n for _, _, n in scores.values())
    return SenseScores(
        sum(micro * n for micro, _, n in scores.values()) / total,
        float(np.mean([macro for _, macro, _ in scores.values()])),
        scores,
    )


def nearest_meanings(represent: Represent, each: Ambiguous) -> np.ndarray:
    """(n,) the meaning predicted for each test usage."""
    train, test = (unit(represent(part.texts, part.spans)) for part in (each.train, each.test))
    codes = np.unique(each.train.codes)
    centroids = unit(np.stack([train[each.train.codes == code].mean(axis=0) for code in codes]))
    return codes[(test @ centroids.T).argmax(axis=1)]


def commonest_meaning(each: Ambiguous) -> np.ndarray:
    """(n,) the meaning that is commonest in training, for every test usage: what a score is compared with first."""
    return np.full(len(each.test.codes), np.bincount(each.train.codes).argmax())


def score(each: Ambiguous, predicted: np.ndarray) -> tuple[float, float, int]:
    """(share predicted right, mean F1 over the meanings, usages) of one word."""
    true = each.test.codes
    f1 = []
    for code in np.union1d(true, each.train.codes):
        hits = int(np.count_nonzero((predicted == code) & (true == code)))
        named = int(np.count_nonzero(predicted == code)) + int(np.count_nonzero(true == code))
        f1.append(2 * hits / max(1, named))
    return float(np.mean(predicted == true)), float(np.mean(f1)), len(true)


def evaluate_pairs(represent: Represent, pairs: WiC) -> float:
    """The share of pairs predicted right by the threshold on the cosine that is best on the training pairs."""
    train, test = (_cosines(represent, part) for part in (pairs.train, pairs.test))
    order = np.argsort(train, kind="stable")
    rights = np.cumsum(np.where(pairs.train.same[order], -1, 1))  # up to i "other", the rest "same"
    best = int(rights.argmax())
    threshold = train[order[best]] if rights[best] > 0 else -np.inf
    return float(np.mean((test > threshold) == pairs.test.same))


def _cosines(represent: Represent, pairs: Pairs) -> np.ndarray:
    first, second = (unit(represent(side.texts, side.spans)) for side in (pairs.first, pairs.second))
    return np.einsum("nd,nd->n", first, second)


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors in float64, of length 1; zeros stay zeros."""
    vectors = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def measured(representations: dict[str, Represent], found: list[Ambiguous] | WiC, name: str) -> list[Row]:
    """The rows of a report: each representation on one of the sets, what is simplest first."""
    if isinstance(found, WiC):
        n = len(found.test.same)
        chance = max(np.mean(found.test.same), 1 - np.mean(found.test.same))
        rows = [Row(name, "accuracy, commonest", float(chance), n, n)]
        return rows + [
            Row(name, f"accuracy, {by}", evaluate_pairs(one, found), n, n)
            for by, one in representations.items()
        ]
    n = sum(len(each.test.codes) for each in found)
    simplest = [score(each, commonest_meaning(each)) for each in found]
    predicted = {
        "commonest meaning": (
            sum(m * k for m, _, k in simplest) / n,
            float(np.mean([f for _, f, _ in simplest])),
        )
    }
    for by, one in representations.items():
        scores = evaluate_words(one, found)
        predicted[by] = (scores.micro, scores.macro)
    return [
        Row(name, f"{measure}, {by}", value, n, n)
        for by, values in predicted.items()
        for measure, value in zip(("micro-F1", "macro-F1"), values, strict=True)
    ]
