"""Do embeddings beat the raw features? Accuracy on six labelled sets of texts, beside what scikit-learn's reach.

    python benches/tasks.py [--words FOLDER] [--tasks R8 TREC SST-2 Subj 'AG News' IMDb] [--dim 300]

Raw: tf-idf of words, and of words and pairs of neighbours, sublinear. LSA of the latter. With --words, a model of word
vectors, also their mean and SIF. Features and LSA see the texts to test, never their labels, and so did the peers'.
Logistic heads, their strength chosen on rows held out among those to learn from. The peers' cells were measured with
scikit-learn (the best of uni- and bigrams, C 1 and 10) and, for words, with 300 numbers after one pass.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import likewise
from _documents import TASKS, Task
from likewise import documents
from likewise.documents import Terms
from likewise.probing import classify, given_split
from likewise.system.cores import checked_threads

PEERS = {  # tf-idf, LSA-300, mean of own word vectors, SIF, MiniLM
    "IMDb": (0.909, 0.880, 0.790, 0.796, None),
    "R8": (0.971, 0.974, 0.948, 0.946, 0.962),
    "SST-2": (0.808, 0.755, 0.716, 0.713, 0.813),
    "TREC": (0.896, 0.850, 0.858, 0.834, 0.902),
    "Subj": (0.913, 0.887, 0.878, 0.871, None),
    "AG News": (0.881, 0.863, 0.867, 0.867, 0.882),
}
BIGRAMS = Terms(longest=2)


def representations(task: Task, words: Any, dim: int) -> dict[str, Any]:
    """Name to a function that makes the features of all texts."""
    texts = task.texts
    made = {
        "words": lambda: documents.tfidf(texts, sublinear_tf=True, keep=False).sparse(texts),
        "tf-idf": lambda: documents.tfidf(texts, terms=BIGRAMS, sublinear_tf=True, keep=False).sparse(texts),
        "LSA": lambda: documents.lsa(
            texts, dim=dim, terms=BIGRAMS, vocabulary=documents.VocabularyOptions(min_df=2), seed=1
        ).encode(texts),
    }
    if words is not None:
        made["mean"] = lambda: documents.averaged(texts, words=words, keep=False).encode(texts)
        made["SIF"] = lambda: documents.sif(texts, words=words, a=1e-3, keep=False).encode(texts)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", help="the folder of a model of word vectors")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--dim", type=int, default=300)
    args = parser.parse_args()
    words = likewise.load(args.words) if args.words else None
    print(f"{checked_threads(None)} threads")
    for name in args.tasks:
        task = TASKS[name]()
        folds = 5 if task.is_test is None else given_split(task.is_test)
        peers: dict[str, float | None] = dict(
            zip(("tf-idf", "LSA", "mean", "SIF", "MiniLM"), PEERS[name], strict=True)
        )
        peers["words"] = peers["tf-idf"]  # theirs is the better of both
        print(
            f"{name}: {len(task.texts):,} texts, commonest class {commonest(task):.3f}, MiniLM {peers['MiniLM']}"
        )
        for kind, make in representations(task, words, args.dim).items():
            begin = time.perf_counter()
            x = make()
            took = time.perf_counter() - begin
            probe = classify(x, task.labels, folds=folds)
            low, high = probe.scores[0].interval or (np.nan, np.nan)
            print(
                f"  {kind:7} {probe.value:.3f} ({low:.3f} to {high:.3f})  peer {peers[kind]:.3f}  {x.shape[1]:,} wide, "
                f"{took:.1f} s to make, {probe.seconds:.1f} s to judge",
                flush=True,
            )


def commonest(task: Task) -> float:
    """The share of the commonest label."""
    return max(np.unique(task.labels, return_counts=True)[1]) / len(task.labels)


if __name__ == "__main__":
    main()
