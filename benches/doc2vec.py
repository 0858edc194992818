"""Paragraph vectors of IMDb against gensim's Doc2Vec (`corpus_file`, 2 workers), at equal epochs.

    python benches/doc2vec.py [--documents 50000] [--epochs 5] [--rounds 2] [--method dbow]

Every trainer runs in a process of its own, in turn. Only training is timed, kernels compiled before. Quality: accuracy
of a logistic regression on the documents' vectors, trained on one half and asked about the other; and the same with
vectors that are inferred, for both halves, once the words are frozen.
"""

from __future__ import annotations

import argparse
import bz2
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "documents" / "imdb-50k.jsonl.bz2"
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SETTINGS = {"dim": 100, "window": 5, "negatives": 5, "sample": 1e-4}
MIN_COUNT = 5


def prepared(documents: int, folder: Path) -> Path:
    """Every k-th review: a line of words each, and whether it is of the test half and whether it is positive.

    They are shuffled. As the file has them, by half and label, what a trainer learns late and early would tell them
    apart, and no vector of the one half would mean what it means in the other.
    """
    with bz2.open(DATA, "rt", encoding="utf-8") as source:
        records = [json.loads(line) for line in source]
    records = records[:: max(1, len(records) // documents)]
    random.Random(0).shuffle(records)
    lines = [" ".join(WORD.findall(record["text"].lower().replace("<br />", " "))) for record in records]
    (folder / "text.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    labels = [[record["split"] == "test", record["label"] == "pos"] for record in records]
    (folder / "labels.json").write_text(json.dumps(labels))
    return folder / "text.txt"


def gensim(args: argparse.Namespace) -> tuple[float, float, Any, float, Any]:
    """Seconds and processor seconds of training and its vectors, seconds of inference and its vectors."""
    import numpy as np
    from gensim.models import Doc2Vec

    model = Doc2Vec(
        vector_size=SETTINGS["dim"], window=SETTINGS["window"], negative=SETTINGS["negatives"], min_count=MIN_COUNT,
        sample=SETTINGS["sample"], dm=int(args.method == "dm"), workers=2, epochs=args.epochs, seed=args.seed,
    )  # fmt: skip
    text = str(args.text)
    model.build_vocab(corpus_file=text)
    start, cpu = time.perf_counter(), time.process_time()
    model.train(
        corpus_file=text, total_examples=model.corpus_count, total_words=model.corpus_total_words,
        epochs=args.epochs,
    )  # fmt: skip
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    documents = args.text.read_text(encoding="utf-8").splitlines()[:: args.thin]
    start = time.perf_counter()
    inferred = np.array([model.infer_vector(line.split()) for line in documents])
    return seconds, cpu, model.dv.vectors, time.perf_counter() - start, inferred


def likewise(args: argparse.Namespace) -> tuple[float, float, Any, float, Any]:
    """The same of `learn.doc2vec`, on 2 threads."""
    import numpy as np

    from likewise.arrays.ragged import Ragged
    from likewise.data.text import blocks
    from likewise.learn.doc2vec import training as doc2vec
    from likewise.tokens.corpus.corpus import encode
    from likewise.tokens.corpus.word_pattern import Words

    settings = doc2vec.Settings(method=args.method, epochs=args.epochs, seed=args.seed, **SETTINGS)
    few = Ragged.from_rows([np.arange(100)] * 50)
    warm = doc2vec.fresh(50, 100, settings)
    for _ in doc2vec.train(warm, few, np.full(100, 50), settings, threads=2):
        pass
    doc2vec.infer(few, warm.inputs, warm.outputs, np.full(100, 50), settings)
    with TemporaryDirectory(dir=args.text.parent) as folder:
        corpus = encode(blocks(args.text), folder, words=Words("white"), min_count=MIN_COUNT, threads=2)
        state = doc2vec.fresh(len(corpus.ids), len(corpus.keys), settings)
        start, cpu = time.perf_counter(), time.process_time()
        for _ in doc2vec.train(state, corpus.ids, corpus.counts, settings, threads=2):
            pass
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        rows = Ragged.from_rows([corpus.ids[i] for i in range(0, len(corpus.ids), args.thin)])
        start = time.perf_counter()
        inferred = doc2vec.infer(rows, state.inputs, state.outputs, corpus.counts, settings, threads=2)
        trained = state.documents[:, : settings.dim]
        return seconds, cpu, trained, time.perf_counter() - start, inferred


def accuracy(vectors: Any, labels: Any) -> float:
    """Of a logistic regression on standardised vectors, on the test half."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    is_test, is_positive = labels.T
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    model.fit(vectors[~is_test], is_positive[~is_test])
    return float(model.score(vectors[is_test], is_positive[is_test]))


def run_one(args: argparse.Namespace) -> None:
    """In a process of its own: train, infer, score, print."""
    import numpy as np

    labels = np.array(json.loads((args.text.parent / "labels.json").read_text()))
    trainer = {"gensim": gensim, "likewise": likewise}[args.run]
    seconds, cpu, vectors, inferring, inferred = trainer(args)
    found = {
        "seconds an epoch": seconds / args.epochs,
        "processor seconds an epoch": cpu / args.epochs,
        "accuracy": accuracy(vectors, labels),
        "microseconds to infer": 1e6 * inferring / len(inferred),
        "accuracy inferred": accuracy(inferred, labels[:: args.thin]),
    }
    print(json.dumps(found))


def compare(args: argparse.Namespace, method: str) -> None:
    """A B A B …, and the medians."""
    found: dict[str, list[dict[str, float]]] = {"gensim": [], "likewise": []}
    for seed in range(1, args.rounds + 1):
        for name, runs in found.items():
            command = [sys.executable, __file__, "--run", name, "--method", method, "--seed", str(seed)]
            command += ["--text", str(args.text), "--epochs", str(args.epochs), "--thin", str(args.thin)]
            child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            runs.append(json.loads(child.stdout.splitlines()[-1]))
            print(method, name, {key: round(value, 4) for key, value in runs[-1].items()}, flush=True)
    for key in ("seconds an epoch", "processor seconds an epoch", "microseconds to infer"):
        ratios = [a[key] / b[key] for a, b in zip(found["gensim"], found["likewise"], strict=True)]
        print(f"{method}: {key}: {median(ratios):.1f} times less ({min(ratios):.1f} to {max(ratios):.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--method", choices=["dbow", "dm"], help="only this one")
    parser.add_argument("--thin", type=int, default=10, help="every how manieth document is inferred")
    parser.add_argument("--text", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        run_one(args)
        return
    if not DATA.exists():
        sys.exit(f"this bench needs {DATA}")
    with TemporaryDirectory() as folder:
        args.text = prepared(args.documents, Path(folder))
        for method in [args.method] if args.method else ["dbow", "dm"]:
            compare(args, method)


if __name__ == "__main__":
    main()
