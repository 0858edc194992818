"""The STS benchmark by means of own word vectors: Spearman's correlation with people, dev and test.

    likewise train words enwiki.txt -o words --dim 300 --window 10 --epochs 5 --seed 1
    python benches/sentences.py words

What sentences have in common is found on the train part, which has no part in the scores; what to use is chosen on dev.
Measured before with the same text, 3 epochs: mean .532, SIF .603. MiniLM, trained on a billion pairs, has .820.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import likewise
from _documents import sts
from likewise import documents
from likewise.evaluate.sentences import evaluate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", help="the folder of a model of word vectors")
    words = likewise.load(parser.parse_args().words)
    left, right, _ = sts("train")
    fitted: dict[str, Any] = {
        "mean": documents.averaged(left + right, words=words),
        "idf": documents.averaged(left + right, words=words, weighting="idf"),
        "SIF": documents.sif(left + right, words=words, a=1e-3),
        "SIF, 10 components": documents.sif(left + right, words=words, a=1e-3, components=10),
        "SIF, 20 components": documents.sif(left + right, words=words, a=1e-3, components=20),
        "uSIF": documents.sif(left + right, words=words),
    }
    for name, model in fitted.items():
        told = []
        for part in ("dev", "test"):
            score = evaluate(*(model.encode(side) for side in sts(part)[:2]), sts(part)[2])
            low, high = score.interval or (0.0, 0.0)
            told.append(f"{part} {score.spearman:.3f} ({low:.3f} to {high:.3f})")
        print(f"{name:20}", "  ".join(told))
    speed(fitted["mean"])


def speed(model: Any) -> None:
    """Short sentences a second, the best of five."""
    sentences = [" ".join(text.split()[:10]) for text in sts("train")[0]] * 30
    model.encode(sentences[:2000])
    best = 0.0
    for _ in range(5):
        begin = time.perf_counter()
        model.encode(sentences)
        best = max(best, len(sentences) / (time.perf_counter() - begin))
    print(f"{best:,.0f} sentences of at most 10 words a second")


if __name__ == "__main__":
    main()
