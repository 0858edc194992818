"""5,000 product photos without a label: what contrast learns of them, beside an untrained network of the same shape.

    python benches/fashion.py [--epochs 40] [--splits 5] [--threads 2] [--student]

articleType, the classes of 20 photos or more, on the splits of `images_baselines.py`: a linear head on 10 % and on
80 %, and Recall@1 and @5 among all photos; the same of HOG, and of both together. `--student` teaches a smaller network
by the vectors of the first, and compares the vote of the 3 nearest of both.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

from images_baselines import common, fashion, linear, splits, turned
from likewise import images
from likewise.features.hog import hog
from likewise.images import ImageEncoder

SHAPE = {"dim": 128, "pool": "grid"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--student", action="store_true")
    args = parser.parse_args()
    album = fashion()
    rows = common(album)
    part = album.taken(rows)
    print(f"{len(album):,} photos, {len(part):,} in {len(part.classes)} classes", flush=True)
    untaught = images.random_network(album, seed=0, **SHAPE, threads=args.threads)
    told("untrained", untaught.encode(part.pixels, threads=args.threads), part, args)
    model = taught("contrast", album, args, objective="contrast", epochs=args.epochs, batch_size=256, **SHAPE)
    learnt, gradients = model.encode(part.pixels, threads=args.threads), hog(part.pixels)
    told("contrast", learnt, part, args)
    told("HOG", gradients, part, args)
    told("contrast beside HOG", np.concatenate([levelled(learnt), levelled(gradients)], axis=1), part, args)
    if args.student:
        pupil = taught("student", album, args, teacher=model, epochs=args.epochs, dim=64, pool="grid")
        told("student", pupil.encode(part.pixels, threads=args.threads), part, args)


def taught(name: str, album: object, args: argparse.Namespace, **how: object) -> ImageEncoder:
    """A network, and what it took."""
    wall, used = time.perf_counter(), time.process_time()
    model = images.cnn(album, **how, keep=False, seed=0, threads=args.threads)  # type: ignore[arg-type]
    wall, used = time.perf_counter() - wall, time.process_time() - used
    parameters = sum(p.numel() for p in model.network.parameters())
    print(f"{name}: {parameters:,} parameters, {args.epochs} epochs, {used / 60:.1f} minutes of processor time, "
          f"{args.threads} threads, {wall / 60:.1f} of wall time, load {os.getloadavg()[0]:.1f}; "
          f"{model.facts['history'][-1]}", flush=True)  # fmt: skip
    return model


def levelled(vectors: np.ndarray) -> np.ndarray:
    """The vectors moved to mean 0, with a mean square length of 1."""
    moved = vectors - vectors.mean(axis=0)
    return moved / np.sqrt((moved**2).sum(axis=1).mean())


def told(name: str, vectors: np.ndarray, part: object, args: argparse.Namespace) -> None:
    """Print what the vectors are worth."""
    labels = part.labels
    one, five, near = retrieved(vectors, np.array(labels))
    features = turned(vectors)
    few, many = [], []
    for tested, learnt, some in splits(labels, args.splits):
        few.append(linear(features, labels, tested, some))
        many.append(linear(features, labels, tested, learnt))
    print(f"{name} ({vectors.shape[1]} numbers): linear head on 10 % {np.mean(few):.3f} ± {np.std(few):.3f}, on 80 % "
          f"{np.mean(many):.3f} ± {np.std(many):.3f}; Recall@1 {one:.3f}, @5 {five:.3f}; 3 nearest {near:.3f}",
          flush=True)  # fmt: skip


def retrieved(vectors: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """Recall@1, Recall@5, and accuracy of the vote of the 3 nearest, each photo among all others, by cosine."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    near = labels[np.argsort(-scores, axis=1, kind="stable")[:, :5]]
    hits = near == labels[:, None]
    same = near[:, 1] == near[:, 2]
    vote = np.where(same, near[:, 1], near[:, 0])
    return float(hits[:, 0].mean()), float(hits.any(1).mean()), float((vote == labels).mean())


if __name__ == "__main__":
    main()
