"""Vectors from anywhere: ask, judge, save, convert and draw them. python examples/your_own_vectors.py OUT

The vectors here count the letters of each word, so that words of the same letters are near.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import likewise
from likewise.evaluate import SimilaritySet, evaluate
from likewise.report import word_map

WORDS = [
    "listen",
    "silent",
    "enlist",
    "stone",
    "notes",
    "onset",
    "king",
    "queen",
    "bread",
    "butter",
    "violin",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def main(out: Path) -> None:
    counts = np.array([[word.count(letter) for letter in LETTERS] for word in WORDS], np.float32)
    table = likewise.Table(WORDS, counts, facts={"made": "letters counted"})
    print(table.similar("listen", k=3))

    alike = SimilaritySet(
        "alike", (("king", "queen"), ("bread", "butter"), ("stone", "king")), (9.0, 8.0, 1.0)
    )
    print(evaluate(table, [alike]))

    out.mkdir(exist_ok=True)
    likewise.save(table, out / "model", overwrite=True)
    likewise.formats.write(table, out / "letters.vec", overwrite=True)
    (out / "map.svg").write_text(word_map(table, title="Words by their letters"), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
