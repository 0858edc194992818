"""Are sentences alike that people find alike? Cosines beside the scores of the STS benchmark."""

from __future__ import annotations

import lzma
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from likewise.errors import InputError, WrongType
from likewise.evaluate.rows import Row
from likewise.evaluate.similarity import SimilarityScore, correlated
from likewise.linalg import unit_rows

COLUMNS = (
    7  # genre, file, year, number, score, sentence, sentence; some rows say their source and licence after
)


@dataclass(frozen=True)
class SentencePairs:
    """Pairs `left[i]`, `right[i]` and how alike people find them: `scores` (n,) float64, 0 to 5 for STS."""

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    scores: np.ndarray


def evaluate(
    left: np.ndarray, right: np.ndarray, scores: np.ndarray, *, resamples: int = 1000, seed: int = 0
) -> SimilarityScore:
    """Spearman and Pearson correlation of the cosine of left (n, d) and right (n, d) with human scores (n,).

    A pair with a zero vector (an empty sentence, or only unknown words) has cosine 0 and counts, as is the custom for
    sentences; `known` says how many have none. Interval and edge cases are those of `similarity.evaluate`. Raises
    `InputError` for shapes that do not fit.
    """
    human = np.asarray(scores, np.float64)
    if left.shape != right.shape or left.ndim != 2 or human.shape != left.shape[:1]:
        raise InputError(
            f"left, right and scores have the shapes {left.shape}, {right.shape} and {human.shape}; "
            "wanted (n, dim), (n, dim) and (n,)"
        )
    cosines = np.einsum("nd,nd->n", unit_rows(left), unit_rows(right), dtype=np.float64)
    known = int((left.any(axis=1) & right.any(axis=1)).sum())
    return correlated(cosines, human, known=known, total=len(human), resamples=resamples, seed=seed)


def rows(score: SimilarityScore, name: str) -> list[Row]:
    """Both correlations as rows of a report on the set `name`."""
    counted = (score.known, score.total)
    return [
        Row(name, "spearman", score.spearman, *counted, score.interval, note=score.note),
        Row(name, "pearson", score.pearson, *counted, note=score.note),
    ]


def load(path: str | Path) -> SentencePairs:
    """The pairs of an STS benchmark file (sts-dev.csv, sts-test.csv …), plain or in xz.

    Tabs between columns, and quotes that mean nothing. Raises `InputError` for a file that cannot be read, or a line
    without a score and two sentences, by its number.
    """
    if not isinstance(path, str | Path):
        raise WrongType(f"sentence pairs are given as a file's path, not {path!r}")
    place = Path(path)
    left, right, scores = [], [], []
    for number, line in enumerate(_text(place).split("\n"), 1):
        if not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        if len(cells) < COLUMNS:
            raise InputError(f"{place}, line {number}: {len(cells)} columns between tabs, wanted {COLUMNS}")
        scores.append(_score(cells[4], f"{place}, line {number}"))
        left.append(cells[5].strip())
        right.append(cells[6].strip())
    if not scores:
        raise InputError(f"{place}: no pairs in it; wanted {COLUMNS} columns a line, as in sts-test.csv")
    return SentencePairs(place.name.partition(".")[0], tuple(left), tuple(right), np.array(scores))


def _score(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: the score is {cell[:40]!r}, wanted a finite number")
    return value


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}; give an STS file") from None
    except lzma.LZMAError as error:
        raise InputError(f"{str(path)!r} is damaged, or not xz: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{str(path)!r}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
