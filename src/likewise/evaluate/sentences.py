"""Are sentences similar that people find similar? Cosines against the scores of the STS benchmark."""

from __future__ import annotations

import csv
import io
import lzma
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from likewise.errors import InputError, WrongType
from likewise.evaluate.rows import Row
from likewise.evaluate.similarity import SimilarityScore, correlated

STANDARD = "stsbenchmark"  # also the folder that its archive unpacks to
TESTS = ("sts-test.csv", "sts-test.csv.xz")
COLUMNS = (
    7  # genre, file, year, number, score, sentence, sentence; some rows say their source and licence after
)
HEADER = ("sentence1", "sentence2", "score")
FORMATS = (
    f"wanted {COLUMNS} columns between tabs, the score the fifth and the sentences after it, as in sts-test.csv, or "
    "CSV or TSV with the columns sentence1, sentence2, score"
)
Encode = Callable[[Sequence[str]], Any]  # texts to (n, dim) vectors, dense or sparse
CEILING = (
    "a ceiling, as quoted and not measured here: .820 Spearman of all-MiniLM-L6-v2, which learnt from a billion pairs "
    "of sentences"
)


@dataclass(frozen=True)
class SentencePairs:
    """Pairs `left[i]`, `right[i]` and how alike people find them: `scores` (n,) float64, 0 to 5 for STS."""

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    scores: np.ndarray


def evaluate(
    left: Any, right: Any, scores: np.ndarray, *, resamples: int = 1000, seed: int = 0
) -> SimilarityScore:
    """Spearman and Pearson correlation of the cosine of left (n, d) and right (n, d), dense or sparse, with human
    scores (n,).

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
    dots, squares = _products(left, right), _products(left, left) * _products(right, right)
    known = squares > 0
    cosines = np.divide(dots, np.sqrt(squares), out=np.zeros(len(human)), where=known)
    return correlated(
        cosines, human, known=int(known.sum()), total=len(human), resamples=resamples, seed=seed
    )


def measured(
    encode: Encode, pairs: SentencePairs, *, baselines: Mapping[str, Encode] | None = None, seed: int = 0
) -> list[Row]:
    """Both correlations as rows of a report, with those of `baselines`: simpler ways to make vectors of texts."""
    score = evaluate(encode(pairs.left), encode(pairs.right), pairs.scores, seed=seed)
    baseline_scores = {
        name: evaluate(simple(pairs.left), simple(pairs.right), pairs.scores, resamples=0)
        for name, simple in (baselines or {}).items()
    }
    found = []
    for row in rows(score, pairs.name):
        simple = {name: getattr(one, row.metric) for name, one in baseline_scores.items()}
        found.append(replace(row, baselines=simple, bar=max(simple.values(), default=None)))
    return found


def _products(left: Any, right: Any) -> np.ndarray:
    """(n,) float64: the inner product of each row with that of the other."""
    if hasattr(left, "tocsr"):
        return np.asarray(left.astype(np.float64).multiply(right).sum(axis=1)).reshape(-1)
    return np.einsum("nd,nd->n", left, right, dtype=np.float64)


def rows(score: SimilarityScore, name: str) -> list[Row]:
    """Both correlations as rows of a report on the set `name`."""
    counted = (score.known, score.total)
    notes = [note for note in (score.note, CEILING if name == "sts-test" else "") if note]
    return [
        Row(name, "spearman", score.spearman, *counted, score.interval, note="; ".join(notes)),
        Row(name, "pearson", score.pearson, *counted, score.pearson_interval, note=score.note),
    ]


def is_pairs(given: str | Path) -> bool:
    """Whether it is the standard set, or a file that begins as one of sentence pairs does."""
    if str(given) == STANDARD:
        return True
    try:
        lines = _text(_file(Path(given))).split("\n")
    except InputError:
        return False
    first = next((line for line in lines if line.strip()), "")
    cells = first.rstrip("\r").split("\t")
    if _delimiter(first) is not None:
        return True
    is_score = [_number(cell) is not None for cell in cells[4:COLUMNS]]
    return is_score == [True, False, False]


def load(path: str | Path) -> SentencePairs:
    """The pairs of an STS benchmark file (sts-dev.csv, sts-test.csv …) or of its folder, plain or in xz.

    Tabs between columns, and quotes that mean nothing; or CSV or TSV with a header that has sentence1, sentence2 and
    score. Raises `InputError` for a file that cannot be read, or a line without a score and two sentences.
    """
    if not isinstance(path, str | Path):
        raise WrongType(f"sentence pairs are given as a file's path, not {path!r}")
    place = _file(Path(path))
    left, right, scores = [], [], []
    for where, score, one, other in _lines(_text(place), str(place)):
        value = _number(score)
        if value is None:
            raise InputError(f"{where}: the score is {score[:40]!r}, wanted a finite number")
        scores.append(value)
        left.append(one.strip())
        right.append(other.strip())
    if not scores:
        raise InputError(f"{place}: no pairs in it; {FORMATS}")
    return SentencePairs(place.name.partition(".")[0], tuple(left), tuple(right), np.array(scores))


def _file(path: Path) -> Path:
    """The file itself, or the test set in the folder of the benchmark."""
    if path.is_dir():
        found = next((path / name for name in TESTS if (path / name).is_file()), None)
        if found is None:
            raise InputError(f"the folder {str(path)!r} holds no {TESTS[0]}; name a file of sentence pairs")
        return found
    if str(path) == STANDARD and not path.exists():
        raise InputError(
            f"{STANDARD} comes with no package: get Stsbenchmark.tar.gz from the STS wiki (ixa2.si.ehu.eus/stswiki), "
            f"unpack it here, or give the path of its {TESTS[0]}; {FORMATS}"
        )
    return path


def _lines(text: str, name: str) -> Iterator[tuple[str, str, str, str]]:
    """Where each pair stands, its score, and its sentences."""
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = _delimiter(first)
    if delimiter is not None:
        yield from _under_header(text, delimiter, name)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            cells = line.rstrip("\r").split("\t")
            if len(cells) < COLUMNS:
                raise InputError(f"{name}, line {number}: {len(cells)} columns between tabs; {FORMATS}")
            yield f"{name}, line {number}", cells[4], cells[5], cells[6]


def _under_header(text: str, delimiter: str, name: str) -> Iterator[tuple[str, str, str, str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(row for row in reader if row)]
        one, other, score = (header.index(column) for column in HEADER)
        for cells in reader:
            where = f"{name}, line {reader.line_num}"
            if cells and len(cells) != len(header):
                raise InputError(f"{where}: {len(cells)} columns, the header has {len(header)}")
            if cells:
                yield where, cells[score], cells[one], cells[other]
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num}: {error}; {FORMATS}") from None


def _delimiter(header: str) -> str | None:
    """What parts the cells of a header that names sentence1, sentence2 and score; None where it is none."""
    for mark in "\t,":
        if set(HEADER) <= {cell.strip().strip('"').lower() for cell in header.split(mark)}:
            return mark
    return None


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


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
