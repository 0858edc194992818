"""Skip-gram with character n-grams (fastText) against gensim with two workers: seconds of training, and the quality.

python benches/subwords.py [--dim 100 --window 5 --epochs 1 --words 10000000 --rounds 2 --method skipgram]

A quarter of the words of WordSim-353 and SimLex-999 is taken out of the text before anybody sees it. "unseen" is the
Spearman correlation over the pairs with such a word, whose vector both must make from its n-grams; the other scores are
over what is left. Finding the n-grams is part of our time and not of gensim's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _word2vec import MIN_COUNT, NEGATIVES, SAMPLE, SETS, SHARED, TEXT, compare, options, prepared, scores

BUCKETS, SHORTEST, LONGEST = 2_000_000, 3, 6
EVERY = 4  # one word in so many is held out


def pairs() -> list[tuple[str, list[tuple[str, str, float]]]]:
    """The pairs of each similarity set with what people said."""
    found = []
    for name in SETS[:2]:
        lines = [line.lower().split() for line in (SHARED / name).read_text(encoding="utf-8").splitlines()]
        found.append((Path(name).stem, [(a, b, float(score)) for a, b, score in lines]))
    return found


def held_out() -> set[str]:
    words = {word for _, rows in pairs() for a, b, _ in rows for word in (a, b)}
    return set(sorted(words)[::EVERY])


def without(path: Path, missing: set[str], folder: Path) -> Path:
    """The text without some words."""
    target = folder / "held-out.txt"
    with path.open(encoding="utf-8") as source, target.open("w", encoding="utf-8") as out:
        for line in source:
            out.write(" ".join(word for word in line.split() if word not in missing) + "\n")
    return target


def train_gensim(args: argparse.Namespace, method: str) -> tuple[float, float, list[str], Any, Any]:
    """(seconds, CPU seconds, keys, vectors, vector of a word never seen) of gensim's FastText."""
    from gensim.models import FastText

    model = FastText(
        vector_size=args.dim, window=args.window, negative=NEGATIVES, sample=SAMPLE, min_count=MIN_COUNT,
        sg=int(method == "skipgram"), workers=args.threads, seed=args.seed, epochs=args.epochs,
        alpha=0.05, min_n=SHORTEST, max_n=LONGEST, bucket=BUCKETS,
    )  # fmt: skip
    model.build_vocab(corpus_file=str(args.text))
    wall, cpu = time.perf_counter(), time.process_time()
    model.train(
        corpus_file=str(args.text), total_examples=model.corpus_count, total_words=model.corpus_total_words,
        epochs=args.epochs,
    )  # fmt: skip
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall, cpu, model.wv.index_to_key, model.wv.vectors, lambda words: model.wv[words]


def train_likewise(
    args: argparse.Namespace, method: str, racing: bool = False
) -> tuple[float, float, list[str], Any, Any]:
    """The same of `learn.subword_sgns`, its kernels compiled before."""
    import numpy as np

    from likewise.arrays.ragged import Ragged
    from likewise.data.text import blocks
    from likewise.learn.fasttext import compose
    from likewise.learn.fasttext import training as subword_sgns
    from likewise.learn.fasttext.ngram_rows import group_ngrams
    from likewise.learn.sgns import training as sgns
    from likewise.tokens.analysis.character_ngrams import hashed
    from likewise.tokens.corpus.corpus import encode
    from likewise.tokens.corpus.word_pattern import Words

    words = sgns.Settings(
        method=method, dim=args.dim, window=args.window, negatives=NEGATIVES, epochs=args.epochs,
        sample=SAMPLE, seed=args.seed, racing=racing,
    )  # fmt: skip
    settings = subword_sgns.Settings(words, SHORTEST, LONGEST, BUCKETS)
    n, t = settings, args.threads
    toy, counts = Ragged(np.arange(50_000, dtype=np.int32) % 100, np.array([0, 50_000])), np.full(100, 500)
    subwords = group_ngrams(hashed([str(i) for i in range(100)], n.shortest, n.longest, n.buckets), counts)
    warm = subword_sgns.fresh(subwords, settings)
    for _ in subword_sgns.train(warm, toy, counts, subwords, settings, threads=t):
        pass
    with TemporaryDirectory(dir=args.text.parent) as folder:
        corpus = encode(blocks(args.text), folder, words=Words("white"), min_count=MIN_COUNT, threads=t)
        wall, cpu = time.perf_counter(), time.process_time()
        subwords = group_ngrams(hashed(corpus.keys, n.shortest, n.longest, n.buckets), corpus.counts)
        state = subword_sgns.fresh(subwords, settings)
        for _ in subword_sgns.train(state, corpus.ids, corpus.counts, subwords, settings, threads=t):
            pass
        vectors = compose.word_vectors(state.inputs, subwords, dim=args.dim, threads=t)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

    def unseen(words: list[str]) -> np.ndarray:
        rows = subwords.known(hashed(words, n.shortest, n.longest, n.buckets))
        return compose.compose_vectors(state.inputs, rows, dim=args.dim)

    return wall, cpu, corpus.keys, vectors, unseen


def train_racing(args: argparse.Namespace, method: str) -> tuple[float, float, list[str], Any, Any]:
    return train_likewise(args, method, racing=True)


def unseen_scores(keys: list[str], vectors: Any, unseen: Any) -> dict[str, float]:
    """Spearman over the pairs with a held-out word; a pair whose other word is in neither is left out."""
    import numpy as np
    from scipy.stats import spearmanr

    missing, places = sorted(held_out()), {key: i for i, key in enumerate(keys)}
    made = dict(zip(missing, unseen(missing), strict=True))
    found = {}
    for name, rows in pairs():
        near, said = [], []
        for a, b, score in rows:
            both = [made[w] if w in made else vectors[places[w]] for w in (a, b) if w in made or w in places]
            if len(both) == 2 and (a in made or b in made):
                near.append(both[0] @ both[1] / (np.linalg.norm(both[0]) * np.linalg.norm(both[1]) + 1e-30))
                said.append(score)
        found[f"{name} unseen ({len(said)} pairs)"] = float(spearmanr(near, said).statistic)
    return found


def trainers(method: str) -> dict[str, Any]:
    both = {"gensim": train_gensim, "likewise, racing": train_racing, "likewise": train_likewise}
    return {f"{name}, {method}": partial(train, method=method) for name, train in both.items()}


def run_one(args: argparse.Namespace) -> None:
    """In a process of its own: train, score, print."""
    wall, cpu, keys, vectors, unseen = trainers(args.run.rpartition(" ")[2])[args.run](args)
    found = {**scores(keys, vectors), **unseen_scores(keys, vectors, unseen)}
    print(json.dumps({"seconds": wall, "cpu": cpu, "scores": found}))


def main() -> None:
    args = options(__doc__ or "", dim=100, window=5, rounds=2, method="skipgram")
    if args.run:
        run_one(args)
        return
    if not TEXT.exists() and args.text is None:
        sys.exit(f"this bench needs {TEXT}, or --text")
    with TemporaryDirectory() as folder:
        text = args.text or prepared(args.words, Path(folder))
        args.text = without(text, held_out(), Path(folder))
        compare(args, trainers(args.method))


if __name__ == "__main__":
    main()
