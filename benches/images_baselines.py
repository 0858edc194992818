"""What an image model must beat: raw pixels and HOG, on MNIST and on fashion products.

    python benches/images_baselines.py [--sets mnist fashion] [--splits 5] [--threads 2]

MNIST: its own split; the vote of the 3 nearest by Euclidean distance and by cosine, and logistic regression on pixels
from 0 to 1. Fashion: articleType of the photos in the classes that have 20 or more; in each of `--splits` random splits
by class a fifth is tested, and a head learns from the other four fifths, or from an eighth of these (10 % of all). The
head is logistic regression with C chosen on rows held out among those to learn from. Mean and deviation over splits.
"""

from __future__ import annotations

import argparse
import tarfile
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from likewise.data.images import ImageDataset, read
from likewise.features.hog import hog
from likewise.features.pixels import pixels
from likewise.probing import given_split, nearest_labels
from likewise.system.seeds import generator

DATA = Path(__file__).parents[2] / "shared" / "data" / "images"
FEWEST = 20  # photos of a class
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # the C to choose from, of columns whose mean square is 1


def mnist(part: str) -> ImageDataset:
    """The 60,000 ("train") or 10,000 ("t10k")."""
    return read(DATA / "mnist" / f"{part}-images-idx3-ubyte.gz", channels=1)


def fashion() -> ImageDataset:
    """The 5,000 product photos at 80 × 60, their labels articleType."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(DATA / "fashion-products-5000.tar.xz") as tar:
        tar.extractall(folder, filter="data")
        sheet = DATA / "fashion-products-5000.csv"
        return read(Path(folder) / "images", size=(80, 60), labels=sheet, label_column="articleType")


def common(album: ImageDataset) -> np.ndarray:
    """The rows in classes of at least `FEWEST`."""
    counts = Counter(album.labels)
    return np.flatnonzero([counts[label] >= FEWEST for label in album.labels or ()])


def splits(labels: list[str], count: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows to test (20 %), all others, and an eighth of the others, at least one a class; by class, at random."""
    names = np.array(labels)
    for number in range(count):
        draw = generator(0, "image splits", number)
        tested, learnt, few = [], [], []
        for name in np.unique(names):
            rows = draw.permutation(np.flatnonzero(names == name))
            cut, some = round(0.2 * len(rows)), max(1, round(0.1 * len(rows)))
            tested.append(rows[:cut])
            learnt.append(rows[cut:])
            few.append(rows[cut : cut + some])
        yield np.concatenate(tested), np.concatenate(learnt), np.concatenate(few)


def linear(features: np.ndarray, labels: list[str], tested: np.ndarray, learnt: np.ndarray) -> float:
    """Accuracy of logistic regression, C chosen on a fifth held out."""
    codes = np.unique(labels, return_inverse=True)[1]
    order = generator(0, "held out").permutation(learnt)
    held, rest = order[: len(order) // 5], order[len(order) // 5 :]

    def told(strength: float, rows: np.ndarray, asked: np.ndarray) -> float:
        model = LogisticRegression(C=strength, max_iter=200)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[rows], codes[rows])
        return float((model.predict(features[asked]) == codes[asked]).mean())

    best = max(STRENGTHS, key=lambda strength: told(strength, rest, held))
    return told(best, learnt, tested)


def turned(features: np.ndarray) -> np.ndarray:
    """Columns at mean 0, together of mean square 1, and at most as many as rows: a linear head is the same on them."""
    centred = features - features.mean(axis=0)
    centred /= np.sqrt((centred**2).mean())
    if centred.shape[1] <= len(centred):
        return centred
    values, axes = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    return (axes * np.sqrt(values.clip(0)))[:, values > 1e-6 * values.max()].astype(np.float32)


def on_mnist() -> None:
    learnt, tested = mnist("train"), mnist("t10k")
    labels = [*(learnt.labels or ()), *(tested.labels or ())]
    x = np.concatenate([pixels(learnt.pixels), pixels(tested.pixels)])
    is_test = np.arange(len(x)) >= len(learnt)
    told = nearest_labels(x, labels, k=3, folds=given_split(is_test), resamples=0).value
    print(f"MNIST  pixels  3 nearest: {euclidean(x, labels, is_test):.4f} (Euclidean), {told:.4f} (cosine)")
    begin = time.perf_counter()
    told = linear(turned(x), labels, np.flatnonzero(is_test), np.flatnonzero(~is_test))
    print(f"MNIST  pixels  logistic: {told:.4f}  ({time.perf_counter() - begin:.0f} s)")
    h = hog(np.concatenate([learnt.pixels, tested.pixels]), cell=7)
    near = nearest_labels(h, labels, k=3, folds=given_split(is_test), resamples=0).value
    told = linear(turned(h), labels, np.flatnonzero(is_test), np.flatnonzero(~is_test))
    print(f"MNIST  HOG     3 nearest: {near:.4f} (cosine); logistic: {told:.4f}")


def euclidean(x: np.ndarray, labels: list[str], is_test: np.ndarray) -> float:
    """Accuracy of the vote of the 3 nearest, ties to the nearest."""
    known, asked, codes = x[~is_test], x[is_test], np.array(labels)
    squares, right = (known**2).sum(1), 0
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        apart = squares - 2 * part @ known.T
        near = np.argpartition(apart, 3, axis=1)[:, :3]
        near = np.take_along_axis(near, np.take_along_axis(apart, near, 1).argsort(1), 1)
        for row, found in enumerate(codes[~is_test][near]):
            votes = Counter(found.tolist())
            told = max(found.tolist(), key=lambda name, votes=votes: votes[name])
            right += told == codes[is_test][start + row]
    return right / len(asked)


def on_fashion(count: int, threads: int) -> None:
    album = fashion()
    rows = common(album)
    labels = [(album.labels or [])[row] for row in rows]
    images = album.pixels[rows]
    print(f"Fashion: {len(rows):,} photos of {len(set(labels))} classes")
    for name, make in (
        ("HOG", lambda: hog(images, threads=threads)),
        ("pixels at 20 × 15", lambda: pixels(images, size=(20, 15), threads=threads)),
        ("pixels", lambda: pixels(images, threads=threads)),
    ):
        begin = time.perf_counter()
        x = make()
        took = time.perf_counter() - begin
        wide, x = x.shape[1], turned(x)
        few, many = [], []
        for tested, learnt, some in splits(labels, count):
            few.append(linear(x, labels, tested, some))
            many.append(linear(x, labels, tested, learnt))
        print(
            f"Fashion  {name:18} {wide:,} numbers: 10 % of labels {np.mean(few):.3f} ± {np.std(few):.3f}, "
            f"80 % {np.mean(many):.3f} ± {np.std(many):.3f}; made in {took:.2f} s",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=["fashion", "mnist"], choices=["fashion", "mnist"])
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if "fashion" in args.sets:
        on_fashion(args.splits, args.threads)
    if "mnist" in args.sets:
        on_mnist()


if __name__ == "__main__":
    main()
