"""Is a wide window better than a narrow one, or is it chance? python examples/evaluate_over_seeds.py TEXT [SET ...]

Each way is trained with three seeds. A difference of the means that is not well above the spread is none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import likewise
from likewise.evaluate import over_seeds

SEEDS = (1, 2, 3)


def main(text: str, sets: list[str]) -> None:
    for window in (2, 10):
        tables = [
            likewise.words.word2vec(Path(text), dim=50, window=window, epochs=10, seed=seed) for seed in SEEDS
        ]
        print(f"window {window}, {len(SEEDS)} seeds")
        print(over_seeds(tables, sets))
        print()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["wordsim353", "simlex999"])
