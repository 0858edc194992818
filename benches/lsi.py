"""A tf-idf matrix to its LSA, against gensim's LsiModel as it comes; both get the same matrix.

    python benches/lsi.py [--texts enwiki|imdb] [--passages 60000] [--dim 300] [--rounds 3] [--threads 2] [--min-df 5]

The texts are those of tfidf.py; tf-idf by likewise is not in the time. The model alone: likewise's comes with the
vectors of the documents, gensim's without. Each run is a process of its own, A B A B; ratios of medians by wall and by
CPU time; `energy` is the share of the matrix's sum of squares that its projection on the model's axes keeps.
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

from likewise import features
from likewise.data.text import blocks
from likewise.tokens.analysis.occurrences import read
from tfidf import TEXTS, passages, timed


def with_gensim(matrix: Any, dim: int, threads: int) -> np.ndarray:
    """The axes (v, dim); its threads are those of BLAS."""
    from gensim.matutils import Sparse2Corpus
    from gensim.models import LsiModel

    return LsiModel(Sparse2Corpus(matrix, documents_columns=False), num_topics=dim).projection.u


def with_likewise(matrix: Any, dim: int, threads: int) -> np.ndarray:
    """The axes (v, dim)."""
    from likewise.learn.factorise import lsa

    return lsa.fit(matrix, dim, threads=threads).terms


WAYS = {"gensim": with_gensim, "likewise": with_likewise}


def measure(name: str, args: argparse.Namespace) -> None:
    """In a process of its own: compile and import on a few texts, then all; print what it took."""
    found = read(blocks(iter(passages(args.passages, args.texts))), threads=args.threads)
    _, matrix = features.tf_idf(found, features.VocabularyOptions(min_df=args.min_df), threads=args.threads)
    WAYS[name](matrix[:1500], 20, args.threads)
    wall, cpu, axes = timed(lambda: WAYS[name](matrix, args.dim, args.threads))
    status = Path("/proc/self/status").read_text()
    kept = np.square(matrix @ axes, dtype=np.float64).sum()
    print(
        json.dumps(
            {
                "seconds": wall,
                "cpu": cpu,
                "energy": float(kept / np.square(matrix.data, dtype=np.float64).sum()),
                "peak_mb": int(status.split("VmHWM:")[1].split()[0]) // 1024,
                "terms": matrix.shape[1],
            }
        )
    )


def main() -> None:
    """Run the rounds and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in {"passages": 60_000, "dim": 300, "rounds": 3, "threads": 2, "min-df": 5}.items():
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
        f"{args.passages:,} passages of {args.texts}, dim {args.dim}, {args.threads} threads, {args.rounds} rounds"
    )
    for name, got in medians.items():
        ratio = {key: medians["gensim"][key] / got[key] for key in ("seconds", "cpu")}
        spread = [run["seconds"] for run in runs[name]]
        print(
            f"{name:10} {got['seconds']:7.2f} s ({min(spread):.2f} to {max(spread):.2f}) {got['cpu']:7.2f} CPU s  "
            f"{got['peak_mb']:6.0f} MB  {got['terms']:,.0f} terms, energy {got['energy']:.4f}  "
            f"{ratio['seconds']:.1f}x ({ratio['cpu']:.1f}x by CPU)"
        )


if __name__ == "__main__":
    main()
