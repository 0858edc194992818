"""Texts in memory to tf-idf vectors, against scikit-learn's TfidfVectorizer, both by their own rule of words.

    python benches/tfidf.py [--texts enwiki|imdb] [--passages 60000] [--rounds 3] [--threads 2] [--ngrams 1] ...

The passages are paragraphs of English Wikipedia of at least 50 words, or reviews of IMDb. One process, A B A B;
ratios of medians, by wall and by CPU time. With --same both get the same words (scikit-learn's rule, in Python for
both), and the numbers are compared.
"""

from __future__ import annotations

import argparse
import bz2
import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer

from likewise import features
from likewise.data.text import blocks
from likewise.tokens.analysis.analyzer import Terms, scikit_words
from likewise.tokens.analysis.occurrences import read

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TEXTS = ("enwiki", "imdb")


def passages(n: int, name: str = "enwiki") -> list[str]:
    """The first n paragraphs of at least 50 words, or the first n reviews."""
    if name == "imdb":
        with bz2.open(DATA / "documents" / "imdb-50k.jsonl.bz2", "rt", encoding="utf-8") as file:
            return [json.loads(line)["text"] for line in islice(file, n)]
    with bz2.open(DATA / "words" / "enwiki-core-2018.txt.bz2", "rt", encoding="utf-8") as file:
        long = (line.rstrip("\n") for line in file if line.count(" ") >= 49 and not line.startswith("<"))
        return list(islice(long, n))


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds, CPU seconds, result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def main() -> None:
    """Run the rounds and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in {"passages": 60_000, "rounds": 3, "threads": 2, "ngrams": 1, "min-df": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--texts", choices=TEXTS, default="enwiki")
    parser.add_argument("--same", action="store_true")
    args = parser.parse_args()
    texts = passages(args.passages, args.texts)
    words = {"words": scikit_words} if args.same else {}
    terms = Terms(longest=args.ngrams, **words)

    def ours() -> Any:
        found = read(blocks(iter(texts), block_bytes=1 << 20), terms, threads=args.threads)
        return features.tf_idf(found, features.VocabularyOptions(min_df=args.min_df), threads=args.threads)[1]

    def theirs() -> Any:
        return TfidfVectorizer(ngram_range=(1, args.ngrams), min_df=args.min_df).fit_transform(texts)

    few, texts = texts, texts[:100]
    ours()
    texts = few
    runs: dict[str, list[tuple[float, float, Any]]] = {"scikit-learn": [], "likewise": []}
    for _ in range(args.rounds):
        for name, work in (("scikit-learn", theirs), ("likewise", ours)):
            runs[name].append(timed(work))
    print(
        f"{len(texts):,} passages of {args.texts}, {sum(map(len, texts)) / 1e6:.0f} MB, {args.threads} threads"
    )
    medians = {name: [median(run[i] for run in own) for i in (0, 1)] for name, own in runs.items()}
    for name, (wall, cpu) in medians.items():
        matrix = runs[name][0][2]
        first, spread = medians["scikit-learn"], [run[0] for run in runs[name]]
        print(
            f"{name:14} {wall:6.2f} s ({min(spread):.2f} to {max(spread):.2f}) {cpu:6.2f} CPU s  "
            f"{matrix.shape[1]:,} terms, {matrix.nnz:,} entries  "
            f"{first[0] / wall:.1f}x ({first[1] / cpu:.1f}x by CPU)"
        )
    if args.same:
        print("largest difference", abs(runs["scikit-learn"][0][2] - runs["likewise"][0][2]).max())


if __name__ == "__main__":
    main()
