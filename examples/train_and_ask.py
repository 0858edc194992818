"""Learn words from a text and ask about them: python examples/train_and_ask.py TEXT [WORD ...]"""

from __future__ import annotations

import sys
from pathlib import Path

import likewise


def main(text: str, asked: list[str]) -> None:
    table = likewise.words.word2vec(Path(text), dim=50, epochs=10, seed=1)
    print(f"{len(table):,} words, {table.dim} numbers each; loss by epoch:")
    print(" ".join(f"{loss:.3f}" for loss in table.facts["losses"]))

    for word in asked or table.keys[10:13]:
        if word in table:
            near = ", ".join(f"{key} {cosine:.2f}" for key, cosine in table.similar(word, k=5))
            print(f"{word}: {near}")
        else:
            print(f"{word}: not in the text, or too rare")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
