"""Texts in memory to LSA vectors, against scikit-learn: TfidfVectorizer, then TruncatedSVD as it comes.

    python benches/lsa.py [--texts enwiki|imdb] [--passages 60000] [--dim 300] [--rounds 1] [--threads 2] [--min-df 5]

The passages are those of tfidf.py. Each run is a process of its own, A B A B; ratios of medians by wall and by CPU
time; `energy` is the share of the sum of squares of the run's own tf-idf that its vectors keep; MB its peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tfidf import TEXTS, passages, timed


def with_scikit_learn(texts: list[str], args: argparse.Namespace) -> tuple[Any, Any]:
    """tf-idf and vectors."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    matrix = TfidfVectorizer(min_df=args.min_df).fit_transform(texts)
    return matrix, TruncatedSVD(args.dim, random_state=0).fit_transform(matrix)


def with_likewise(texts: list[str], args: argparse.Namespace) -> tuple[Any, Any]:
    """tf-idf and vectors."""
    from likewise import features
    from likewise.data.text import blocks
    from likewise.learn.factorise import lsa
    from likewise.tokens.analysis.occurrences import read

    found = read(blocks(iter(texts), block_bytes=1 << 20), threads=args.threads)
    _, matrix = features.tf_idf(found, features.VocabularyOptions(min_df=args.min_df), threads=args.threads)
    del found
    return matrix, lsa.fit(matrix, args.dim, threads=args.threads).documents


WAYS = {"scikit-learn": with_scikit_learn, "likewise": with_likewise}


def measure(name: str, args: argparse.Namespace) -> None:
    """In a process of its own: compile and import on a few texts, then all; print what it took."""
    texts = passages(args.passages, args.texts)
    few = argparse.Namespace(**{**vars(args), "dim": 20})
    WAYS[name](texts[:2000], few)
    wall, cpu, (matrix, vectors) = timed(lambda: WAYS[name](texts, args))
    total = np.square(matrix.data, dtype=np.float64).sum()
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    energy = float(np.square(vectors, dtype=np.float64).sum() / total)
    print(
        json.dumps({"seconds": wall, "cpu": cpu, "energy": energy, "peak_mb": peak, "terms": matrix.shape[1]})
    )


def main() -> None:
    """Run the rounds and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in {"passages": 60_000, "dim": 300, "rounds": 1, "threads": 2, "min-df": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--texts", choices=TEXTS, default="enwiki")
    parser.add_argument("--run", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        measure(args.run, args)
        return
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for name in list(WAYS) * args.rounds:
        command = [sys.executable, __file__, *sys.argv[1:], "--run", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs[name].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {name: {key: median(run[key] for run in own) for key in own[0]} for name, own in runs.items()}
    print(
        f"{args.passages:,} passages of {args.texts}, dim {args.dim}, {args.threads} threads, medians of {args.rounds}"
    )
    for name, got in medians.items():
        spread = [run["seconds"] for run in runs[name]]
        ratio = {key: medians["scikit-learn"][key] / got[key] for key in ("seconds", "cpu")}
        print(
            f"{name:14} {got['seconds']:7.2f} s ({min(spread):.2f} to {max(spread):.2f}) "
            f"{got['cpu']:7.2f} CPU s  {got['peak_mb']:6.0f} MB  "
            f"{got['terms']:,.0f} terms, energy {got['energy']:.4f}  "
            f"{ratio['seconds']:.1f}x ({ratio['cpu']:.1f}x by CPU)"
        )


if __name__ == "__main__":
    main()
