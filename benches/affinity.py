"""Affinity of tasks: what probing costs, and whether the groups it proposes do what it promised on fashion products.

    python benches/affinity.py cost
    python benches/affinity.py fashion ../shared/data/images [--trunk hog|cnn] [--epochs N]

Cost: the same training with and without a probe every 10 steps, in turns, in one process; CPU time of the processor.
Fashion: seven label columns of 5,000 pictures as tasks, by a perceptron on HOG with coarse colours or a small cnn.
"""

from __future__ import annotations

import argparse
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from likewise import probing, tasks
from likewise.data.images import read
from likewise.features.hog import hog
from likewise.features.pixels import pixels
from likewise.tasks._training import bench, taught

COLUMNS = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "usage")


def cost(rounds: int) -> None:
    """Seconds of CPU with probes over those without, for several numbers of tasks and two trunks."""
    from likewise.neural.multitask.affinity import Probes

    random = np.random.default_rng(0)
    made: dict[str, Any] = {
        "perceptron": random.standard_normal((6000, 300)).astype(np.float32),
        "cnn": random.integers(0, 256, (1000, 24, 24, 3), np.uint8),
    }
    for kind, items in made.items():
        for n in (2, 4, 7):
            labels = {f"t{i}": random.integers(0, 10, len(items)).tolist() for i in range(n)}
            training = tasks.TrainingConfig(
                epochs={"perceptron": 4, "cnn": 4}[kind], batch_size={"perceptron": 48, "cnn": 80}[kind]
            )
            own = bench(items, labels, None, training)
            ratios = []
            for _ in range(rounds):
                spent = []
                for probe in (None, Probes(["classes"] * n, 0.01)):
                    begin = time.process_time()
                    taught(own, list(labels), 1, 1, None, "", probe=probe, every=10)
                    spent.append(time.process_time() - begin)
                ratios.append(spent[1] / spent[0])
            told = f"{np.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
            print(f"{kind:10} {n} tasks: {told} times plain training, allowed {1 + n / 10:.1f}", flush=True)


def fashion(folder: Path, kind: str, epochs: int, seeds: int) -> None:
    """The affinity of seven tasks, the groups for two and three networks, and what retraining says of them."""
    album = images(folder)
    labels = {name: [cell or None for cell in album.columns[name]] for name in COLUMNS}
    items = album if kind == "cnn" else features(album.pixels)
    training = tasks.TrainingConfig(epochs=epochs)
    begin = time.process_time()
    found = tasks.affinity(items, labels, training=training, seeds=seeds, seed=1, threads=1)
    print(f"{found}\nranks in rows:\n{found.ranks}\n{time.process_time() - begin:.0f} CPU s", flush=True)
    chosen = {f"groups, k = {k}": probing.group(found.matrix, found.tasks, k) for k in (2, 3)}
    for name, grouping in chosen.items():
        print(f"{name}\n{grouping}")
    begin = time.process_time()
    train = tasks.trainer(items, labels, training=training, threads=1)
    print(probing.confirm(chosen, train, seeds=seeds, seed=100))
    print(f"{time.process_time() - begin:.0f} CPU s")


def images(folder: Path) -> Any:
    """The photos, 40 × 30, with their columns of labels."""
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(folder / "fashion-products-5000.tar.xz") as packed:
            packed.extractall(place, filter="data")
        return read(Path(place) / "images", labels=folder / "fashion-products-5000.csv", size=(40, 30))


def features(photos: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients, and pixels of 10 × 8, each block scaled to like spread."""
    blocks = [hog(photos, cell=5), pixels(photos, size=(10, 8))]
    return np.hstack([block / block.std() for block in blocks]).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("cost", "fashion"))
    parser.add_argument("folder", nargs="?", default="../shared/data/images", type=Path)
    parser.add_argument("--trunk", choices=("hog", "cnn"), default="hog")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if args.what == "cost":
        cost(args.rounds)
    else:
        fashion(args.folder, args.trunk, args.epochs, args.seeds)


if __name__ == "__main__":
    main()
