"""Text classification: accuracy and time of `documents.classify` against fastText's supervised method.

    python benches/classify.py [--rounds 2] [--epochs 10] [--learning-rate 0.5]

Both get the same words, in lower case, words and pairs of words, 100 dimensions, one thread. A B A B in one process;
the time is that of training, with reading; ratios of medians. Sets with a published split are tested on it, the others
on a tenth drawn at random. Needs `pip install fasttext-wheel`.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from statistics import median
from typing import Any

import fasttext
import numpy as np

from _documents import TASKS, Task
from likewise import documents

WORD = re.compile(r"\w+")


def split(task: Task) -> np.ndarray:
    """Which rows are tested."""
    if task.is_test is not None:
        return task.is_test
    return np.random.default_rng(0).random(len(task.texts)) < 0.1


def ours(
    texts: list[str], labels: list[str], test: list[str], args: argparse.Namespace
) -> tuple[float, list[Any]]:
    """Seconds of training, and the predictions."""
    start = time.perf_counter()
    model = documents.classify(
        texts, labels, epochs=args.epochs, learning_rate=args.learning_rate, seed=1, threads=1
    )
    return time.perf_counter() - start, model.predict(test)


def theirs(
    texts: list[str], labels: list[str], test: list[str], args: argparse.Namespace
) -> tuple[float, list[Any]]:
    """The same by fastText."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {text}\n" for text, label in zip(texts, labels, strict=True))
        file.flush()
        start = time.perf_counter()
        model = fasttext.train_supervised(
            file.name, dim=100, epoch=args.epochs, lr=args.learning_rate, wordNgrams=2, thread=1, verbose=0
        )
        seconds = time.perf_counter() - start
    found = [model.f.predict(text + "\n", 1, 0.0, "strict") for text in test]
    return seconds, [row[0][1].removeprefix("__label__") if row else "" for row in found]


def main() -> None:
    """Run the rounds and print a row a set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=0.5)
    args = parser.parse_args()
    documents.classify(["a b", "c d"] * 9, ["a", "b"] * 9, seed=1)  # compiles
    for name_of_set, load in TASKS.items():
        task = load()
        texts = [" ".join(WORD.findall(text.lower())) for text in task.texts]
        is_test = split(task)
        train = [
            [row for row, tested in zip(rows, is_test, strict=True) if not tested]
            for rows in (texts, task.labels)
        ]
        order = np.random.default_rng(1).permutation(len(train[0]))  # fastText takes them as they come
        train = [[rows[row] for row in order] for rows in train]
        test = [text for text, tested in zip(texts, is_test, strict=True) if tested]
        truth = [label for label, tested in zip(task.labels, is_test, strict=True) if tested]
        seconds: dict[str, list[float]] = {"likewise": [], "fastText": []}
        accuracy = {}
        for _ in range(args.rounds):
            for name, run in (("likewise", ours), ("fastText", theirs)):
                took, found = run(*train, test, args)
                seconds[name].append(took)
                accuracy[name] = float(
                    np.mean([one == other for one, other in zip(found, truth, strict=True)])
                )
        ratio = median(seconds["fastText"]) / median(seconds["likewise"])
        spread = "; ".join(f"{name} {min(each):.2f}-{max(each):.2f} s" for name, each in seconds.items())
        print(
            f"{name_of_set}: accuracy {accuracy['likewise']:.4f}, fastText {accuracy['fastText']:.4f}; "
            f"{ratio:.1f} times as fast ({spread}; {len(test):,} tested)",
            flush=True,
        )


if __name__ == "__main__":
    main()
