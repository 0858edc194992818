"""Training a small CNN on 28 × 28 pictures, against a plain PyTorch loop in float32.

    python benches/cnn.py [--rounds 5] [--threads 2] [--images 12000] [--epochs 1] [--skip-accuracy]

The peer is what tutorials write: Conv-BatchNorm-ReLU of 32, 64, pool, 128, pool, mean, a linear layer, Adam, a
DataLoader over tensors, batches of 128. likewise has stages of 32, 64 and 128, two convolutions each, and makes its
views (shifts, crops, turns) besides. One process, A B A B, medians of steps; then both learn the same pictures of MNIST
for the same epochs, and the accuracy is that on all 10,000 to test.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from torch import nn

from _images import accuracy, mnist
from likewise.neural import trainer
from likewise.neural.config import Settings
from likewise.neural.images import convolution, training
from likewise.neural.images.classification import Classify
from likewise.neural.state import State, start_state

BATCH = 128
Step = Callable[[], None]


def peer_network() -> nn.Module:
    def block(inward: int, outward: int) -> list[nn.Module]:
        return [nn.Conv2d(inward, outward, 3, padding=1), nn.BatchNorm2d(outward), nn.ReLU()]

    return nn.Sequential(
        *block(1, 32), *block(32, 64), nn.MaxPool2d(2), *block(64, 128), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip


class Peer:
    """A plain loop in float32."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255
        data = torch.utils.data.TensorDataset(x, torch.from_numpy(labels))
        self.loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
        self.network = peer_network()
        self.adam = torch.optim.Adam(self.network.parameters(), 1e-3)
        self.left = iter(self.loader)

    def step(self) -> None:
        batch = next(self.left, None)
        if batch is None:
            self.left = iter(self.loader)
            batch = next(self.left)
        self.adam.zero_grad()
        nn.functional.cross_entropy(self.network(batch[0]), batch[1]).backward()
        self.adam.step()


class Ours:
    """The steps of `likewise.neural.trainer`."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, epochs: int, threads: int) -> None:
        shape = convolution.Shape(28, 28, 1, widths=(32, 64, 128))
        self.objective = Classify(labels, 10)
        self.pixels, self.threads = pixels, threads
        self.settings = Settings(epochs=epochs, batch_size=BATCH, learning_rate=0.02, held_out=0.001)
        model = training.add_head(convolution.started(shape, 0, pixels), self.objective, 0)
        self.state: State = start_state(model, self.settings)
        self.problem = training.ImageProblem(pixels, self.objective, self.settings)
        self.state.total = epochs * self.problem.epoch_size

    def step(self) -> None:
        trainer.take_step(self.state, self.problem, self.settings)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="of each in a round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=12000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--skip-accuracy", action="store_true")
    args = parser.parse_args()
    pixels, labels, test, answers = mnist()
    pixels, labels = pixels[: args.images], labels[: args.images]
    torch.manual_seed(0)
    with trainer.only_threads(args.threads):
        speeds(pixels, labels, args.rounds, args.steps, args.threads)
        if not args.skip_accuracy:
            taught(pixels, labels, test, answers, args.epochs, args.threads)


def speeds(pixels: np.ndarray, labels: np.ndarray, rounds: int, steps: int, threads: int) -> None:
    """Images a second of wall time and of processor time."""
    both = {"likewise": Ours(pixels, labels, 1000, threads), "plain PyTorch, float32": Peer(pixels, labels)}
    print(f"{threads} threads, numbers {both['likewise'].state.numbers}, load {os.getloadavg()[0]:.1f}")
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in both}
    for name in both:
        both[name].step()
    for _ in range(rounds):
        for name, contender in both.items():
            start = time.perf_counter(), time.process_time()
            for _ in range(steps):
                contender.step()
            seconds[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    for clock, which in ((0, "wall"), (1, "processor")):
        pace = {name: steps * BATCH / median(t[clock] for t in taken) for name, taken in seconds.items()}
        ratios = sorted(p[clock] / o[clock] for o, p in zip(*seconds.values(), strict=True))
        told = "   ".join(f"{name} {value:,.0f}" for name, value in pace.items())
        print(
            f"images a second of {which} time: {told}   ratio {median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"
        )


def taught(
    pixels: np.ndarray, labels: np.ndarray, test: np.ndarray, answers: np.ndarray, epochs: int, threads: int
) -> None:
    """Accuracy after the same epochs."""
    peer, ours = Peer(pixels, labels), Ours(pixels, labels, epochs, threads)
    for _ in range(epochs * len(peer.loader)):
        peer.step()
    while ours.state.done < ours.state.total:
        ours.step()
    model = ours.state.model
    print(
        f"accuracy after {epochs} of {len(pixels):,}: likewise "
        f"{accuracy(lambda x: model.head(model.encoder(x)), model, test, answers):.4f}   plain PyTorch "
        f"{accuracy(peer.network, peer.network, test, answers):.4f}"
    )


if __name__ == "__main__":
    main()
