"""MNIST by a network of our own: its accuracy, and what its vectors are worth, beside an untrained one of its shape.

    python benches/mnist.py [--method cnn] [--epochs 8] [--threads 2] [--images 60000]

Taught on the 60,000 (2 % of them held out), asked about the 10,000. Vectors: the vote of the 3 nearest by cosine, and
logistic regression. `images_baselines.py` has the same of raw pixels and HOG.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

import images_baselines
from images_baselines import linear, turned
from likewise import images
from likewise.images import ImageEncoder
from likewise.probing import given_split, nearest_labels

RUNS = {
    "cnn": {"dim": 128, "epochs": 8, "learning_rate": 0.02},
    "vit": {"dim": 128, "epochs": 6, "learning_rate": 0.01, "patch": 8},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", default="cnn", choices=RUNS)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000)
    args = parser.parse_args()
    learnt, tested = images_baselines.mnist("train"), images_baselines.mnist("t10k")
    learnt = learnt.taken(np.arange(args.images))
    how = {**RUNS[args.method], **({"epochs": args.epochs} if args.epochs else {})}
    wall, used = time.perf_counter(), time.process_time()
    model = getattr(images, args.method)(learnt, **how, keep=False, seed=0, threads=args.threads)
    wall, used = time.perf_counter() - wall, time.process_time() - used
    right = np.mean(np.array(model.classify(tested.pixels)) == np.array(tested.labels))
    path = " → ".join(f"{a}×{b}" for a, b in model.sizes)
    print(f"{args.method} {how} {path}: accuracy {right:.4f}")
    print(f"{used / 60:.1f} minutes of processor time, {args.threads} threads, {wall / 60:.1f} of wall time")
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    pixels = np.concatenate([learnt.pixels, tested.pixels])
    labels = [*(learnt.labels or ()), *(tested.labels or ())]
    told("taught", model, pixels, labels, len(learnt), args.threads)
    shape = {name: how[name] for name in ("dim", "patch") if name in how}
    untaught = images.random_network(learnt, method=args.method, seed=0, **shape)
    told("untrained", untaught, pixels, labels, len(learnt), args.threads)


def told(
    name: str, model: ImageEncoder, pixels: np.ndarray, labels: list[str], known: int, threads: int
) -> None:
    """Print what the vectors are worth."""
    start = time.process_time()
    vectors = model.encode(pixels, threads=threads)
    pace = len(pixels) / (time.process_time() - start)
    is_test = np.arange(len(pixels)) >= known
    near = nearest_labels(vectors, labels, k=3, folds=given_split(is_test), resamples=0).value
    probe = linear(turned(vectors), labels, np.flatnonzero(is_test), np.flatnonzero(~is_test))
    print(f"{name}: 3 nearest {near:.4f}, logistic {probe:.4f}")
    print(f"{pace:,.0f} pictures encoded a second of processor time", flush=True)


if __name__ == "__main__":
    main()
