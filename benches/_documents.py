"""The labelled sets and sentence pairs that the benches of documents read, from the shared data."""

from __future__ import annotations

import bz2
import csv
import json
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[2] / "shared" / "data" / "documents"


@dataclass(frozen=True)
class Task:
    """Texts with labels; `is_test` (n,) marks the published test rows, None where folds are drawn."""

    texts: list[str]
    labels: list[str]
    is_test: np.ndarray | None = None


def _two(train: list[tuple[str, str]], test: list[tuple[str, str]]) -> Task:
    labels, texts = zip(*train, *test, strict=True)
    return Task(list(texts), list(labels), np.arange(len(texts)) >= len(train))


def _lines(name: str, separator: str) -> list[tuple[str, str]]:
    encoding = "latin-1" if name.startswith("sentences") else "utf-8"
    with lzma.open(DATA / name, "rt", encoding=encoding, newline="\n") as file:
        rows = [line.rstrip("\n").split(separator, 1) for line in file]
    return [(row[0], row[1]) for row in rows]


def imdb() -> Task:
    """25,000 reviews to learn from and 25,000 to test, two classes."""
    with bz2.open(DATA / "imdb-50k.jsonl.bz2", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return Task(
        [row["text"] for row in rows], [str(row["label"]) for row in rows],
        np.array([row["split"] == "test" for row in rows]),
    )  # fmt: skip


def ag_news() -> Task:
    """The 7,600 rows of the published test set, four classes; title and text joined."""
    with lzma.open(DATA / "ag_news" / "test.csv.xz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return Task([" ".join(row[1:]) for row in rows], [row[0] for row in rows])


def subj() -> Task:
    """10,000 sentences, subjective or not."""
    labels, texts = zip(*_lines("sentences/subj.all.xz", " "), strict=True)
    return Task(list(texts), list(labels))


TASKS: dict[str, Callable[[], Task]] = {
    "R8": lambda: _two(
        _lines("r8/r8-train-all-terms.txt.xz", "\t"), _lines("r8/r8-test-all-terms.txt.xz", "\t")
    ),
    "TREC": lambda: _two(
        _lines("sentences/TREC.train.all.xz", " "), _lines("sentences/TREC.test.all.xz", " ")
    ),
    "SST-2": lambda: _two(
        _lines("sentences/stsa.binary.train.xz", " "), _lines("sentences/stsa.binary.test.xz", " ")
    ),
    "Subj": subj,
    "AG News": ag_news,
    "IMDb": imdb,
}


def sts(part: str) -> tuple[list[str], list[str], np.ndarray]:
    """Left and right sentences of a part of the STS benchmark, and how alike people find them, 0 to 5."""
    with lzma.open(DATA / "stsbenchmark" / f"sts-{part}.csv.xz", "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [row[5] for row in rows], [row[6] for row in rows], np.array([float(row[4]) for row in rows])
