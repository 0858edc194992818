"""What the benches of word vectors share: the text, one run of each trainer in a process of its own, the comparison.

The text is English Wikipedia (`../shared/data/words/enwiki-core-2018.txt.bz2`), lower-cased, one paragraph a line,
words parted by single spaces, so that every trainer sees the same tokens. Only training is timed: reading has a bench.
"""

from __future__ import annotations

import argparse
import bz2
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "words"
TEXT = SHARED / "enwiki-core-2018.txt.bz2"
SETS = ("similarity/EN-WS-353-ALL.txt", "similarity/EN-SIMLEX-999.txt", "analogy/questions-words.txt")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
MIN_COUNT, SAMPLE, NEGATIVES = 5, 1e-4, 5
# What a processor without AVX-512 tells Numba about itself.
NARROW = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+sse4.2,+popcnt,+bmi,+bmi2,+f16c",
}


def options(description: str, **defaults: Any) -> argparse.Namespace:
    """The command line of a bench; `--run` is how it calls itself for one run."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in {
        "words": 10_000_000, "dim": 300, "window": 10, "epochs": 1, "rounds": 3, "threads": 2, **defaults,
    }.items():  # fmt: skip
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--text", type=Path, help="a prepared text, to save the preparing")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    return parser.parse_args()


def prepared(words: int, folder: Path) -> Path:
    """The first `words` words of the Wikipedia text in a file."""
    path, seen = folder / "text.txt", 0
    with bz2.open(TEXT, "rt", encoding="utf-8") as source, path.open("w", encoding="utf-8") as target:
        for line in source:
            found = [] if line.startswith(("<doc ", "</doc>")) else WORD.findall(line.lower())
            if found:
                target.write(" ".join(found) + "\n")
                seen += len(found)
            if seen >= words:
                break
    return path


def train_gensim(
    args: argparse.Namespace, method: str, corpus_file: bool
) -> tuple[float, float, list[str], Any]:
    """(seconds, CPU seconds, keys, vectors) of gensim's Word2Vec."""
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    model = Word2Vec(
        vector_size=args.dim, window=args.window, negative=NEGATIVES, sample=SAMPLE, min_count=MIN_COUNT,
        sg=int(method == "skipgram"), workers=args.threads, seed=args.seed, epochs=args.epochs,
        alpha=0.025 if method == "skipgram" else 0.05,
    )  # fmt: skip
    source = (
        {"corpus_file": str(args.text)} if corpus_file else {"corpus_iterable": LineSentence(str(args.text))}
    )
    model.build_vocab(**source)
    wall, cpu = time.perf_counter(), time.process_time()
    model.train(
        **source, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=args.epochs
    )
    return time.perf_counter() - wall, time.process_time() - cpu, model.wv.index_to_key, model.wv.vectors


def train_likewise(
    args: argparse.Namespace, method: str, racing: bool, replicas: int = 4
) -> tuple[float, float, list[str], Any]:
    """(seconds, CPU seconds, keys, vectors) of `learn.sgns`, its kernels compiled before."""
    import numpy as np

    from likewise.arrays.ragged import Ragged
    from likewise.data.text import blocks
    from likewise.learn.sgns import training as sgns
    from likewise.tokens.corpus.corpus import encode
    from likewise.tokens.corpus.word_pattern import Words

    settings = sgns.Settings(
        method=method, dim=args.dim, window=args.window, negatives=NEGATIVES, epochs=args.epochs, sample=SAMPLE,
        seed=args.seed, racing=racing, replicas=replicas,
    )  # fmt: skip
    ids = np.arange(50_000, dtype=np.int32) % 100
    warm = sgns.fresh(100, settings)
    with TemporaryDirectory(dir=args.text.parent) as folder:
        corpus = encode(
            blocks(args.text), folder, words=Words("white"), min_count=MIN_COUNT, threads=args.threads
        )
        small = Ragged(ids, np.array([0, len(ids)]))
        for _ in sgns.train(warm, small, np.full(100, 500), settings, threads=args.threads):
            pass
        state = sgns.fresh(len(corpus.keys), settings)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in sgns.train(state, corpus.ids, corpus.counts, settings, threads=args.threads):
            pass
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall, cpu, corpus.keys, state.inputs[:, : settings.dim]


def scores(keys: list[str], vectors: Any) -> dict[str, float]:
    """Spearman with WordSim-353 and SimLex-999, Google analogies among the 50,000 most frequent words."""
    import numpy as np

    from likewise.evaluate import evaluate, load
    from likewise.table import Table

    table = Table(keys, np.ascontiguousarray(vectors), counts=np.arange(len(keys), 0, -1))
    report = evaluate(table, [load(SHARED / name) for name in SETS], restrict=50_000, baselines=False)
    found = {}
    for row in report.to_json():
        found[f"{row['set']} {row['metric']}"] = row["value"]
    return found


def run_one(args: argparse.Namespace, trainers: dict[str, Any]) -> None:
    """In a process of its own: train, score, print."""
    wall, cpu, keys, vectors = trainers[args.run](args)
    print(json.dumps({"seconds": wall, "cpu": cpu, "scores": scores(keys, vectors)}))


def compare(
    args: argparse.Namespace, trainers: dict[str, Any], environments: dict[str, dict[str, str]] | None = None
) -> None:
    """A B A B …: every trainer in turn, `rounds` times with seeds 1, 2, …; print medians, spread and ratios."""
    if args.run:
        run_one(args, trainers)
        return
    if not TEXT.exists() and args.text is None:
        sys.exit(f"this bench needs {TEXT}, or --text")
    with TemporaryDirectory() as folder:
        text = args.text or prepared(args.words, Path(folder))
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in trainers}
        for seed in range(1, args.rounds + 1):
            for name in trainers:
                command = [
                    sys.executable,
                    sys.argv[0],
                    "--run",
                    name,
                    "--text",
                    str(text),
                    "--seed",
                    str(seed),
                ]
                for option in ("dim", "window", "epochs", "threads"):
                    command += [f"--{option}", str(getattr(args, option))]
                env = {**os.environ, **(environments or {}).get(name, {})}
                done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
                runs[name].append(json.loads(done.stdout.splitlines()[-1]))
                print(f"  seed {seed} {name}: {runs[name][-1]['seconds']:.2f} s", file=sys.stderr, flush=True)
    _print(args, runs)


def _print(args: argparse.Namespace, runs: dict[str, list[dict[str, Any]]]) -> None:
    peer = next(iter(runs))
    print(
        f"dim {args.dim}, window {args.window}, {args.epochs} epochs, {args.threads} threads, {args.rounds} rounds"
    )
    for name, all_runs in runs.items():
        seconds = [run["seconds"] for run in all_runs]
        ratios = [other["seconds"] / run["seconds"] for other, run in zip(runs[peer], all_runs, strict=True)]
        cpu = [other["cpu"] / run["cpu"] for other, run in zip(runs[peer], all_runs, strict=True)]
        quality = "  ".join(
            f"{key} {'/'.join(format(run['scores'][key], '.3f') for run in all_runs)}"
            for key in all_runs[0]["scores"]
        )
        print(
            f"{name:28} {median(seconds):7.2f} s ({min(seconds):.2f}–{max(seconds):.2f})  {median(ratios):5.1f}x "
            f"({min(ratios):.1f}–{max(ratios):.1f}), by CPU {median(cpu):.1f}x  {quality}"
        )
