"""Training a small vision transformer on 28 × 28 pictures, against one of nn.TransformerEncoder in float32.

    python benches/vit.py [--rounds 5] [--threads 2] [--images 8000] [--epochs 2] [--skip-accuracy]

Both: patches of 4 × 4 by one matrix, 4 layers, 128 numbers, 4 heads, perceptrons of 512. The peer takes the mean of the
patches, learns by AdamW with a fused step at its better rate, sees a DataLoader over tensors; likewise answers by its
class token, and makes views besides. With `--stem conv`, likewise's own default stem. One process, A B A B, medians.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from _images import accuracy, mnist
from likewise.neural import trainer
from likewise.neural.config import Settings
from likewise.neural.images import training
from likewise.neural.images import vit as vision
from likewise.neural.images.classification import Classify
from likewise.neural.state import State, start_state

BATCH, DIM, LAYERS, HEADS, PATCH = 128, 128, 4, 4, 4


class PeerNetwork(nn.Module):
    """As tutorials write it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(PATCH * PATCH, DIM)
        self.positions = nn.Parameter(torch.zeros(1, 49, DIM))
        layer = nn.TransformerEncoderLayer(
            DIM, HEADS, 4 * DIM, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.body = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.head = nn.Linear(DIM, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = F.unfold(x, PATCH, stride=PATCH).transpose(1, 2)
        return self.head(self.body(self.embed(patches) + self.positions).mean(1))


class Peer:
    """A plain loop in float32."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, learning_rate: float = 1e-3) -> None:
        x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255
        data = torch.utils.data.TensorDataset(x, torch.from_numpy(labels))
        self.loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
        self.network = PeerNetwork()
        self.adam = torch.optim.AdamW(self.network.parameters(), learning_rate, fused=True)
        self.left = iter(self.loader)

    def step(self) -> None:
        batch = next(self.left, None)
        if batch is None:
            self.left = iter(self.loader)
            batch = next(self.left)
        self.adam.zero_grad()
        F.cross_entropy(self.network(batch[0]), batch[1]).backward()
        self.adam.step()


class Ours:
    """The steps of `likewise.neural.trainer`."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, epochs: int, stem: vision.Stem) -> None:
        shape = vision.Shape(28, 28, 1, PATCH, DIM, LAYERS, HEADS, 4 * DIM, stem=stem)
        self.objective, self.pixels = Classify(labels, 10), pixels
        self.settings = Settings(epochs=epochs, batch_size=BATCH, learning_rate=0.01, held_out=0.001)
        model = training.add_head(vision.started(shape, 0, pixels), self.objective, 0)
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
    parser.add_argument("--steps", type=int, default=2, help="of each in a round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--stem", default="linear", choices=["linear", "conv"])
    parser.add_argument("--skip-accuracy", action="store_true")
    args = parser.parse_args()
    pixels, labels, test, answers = mnist()
    pixels, labels = pixels[: args.images], labels[: args.images]
    torch.manual_seed(0)
    with trainer.only_threads(args.threads):
        speeds(pixels, labels, args)
        if not args.skip_accuracy:
            taught(pixels, labels, test, answers, args)


def speeds(pixels: np.ndarray, labels: np.ndarray, args: argparse.Namespace) -> None:
    """Images a second of wall time and of processor time."""
    ours = Ours(pixels, labels, 1000, args.stem)
    print(f"{args.threads} threads, numbers {ours.state.numbers}, load {os.getloadavg()[0]:.1f}")
    both: dict[str, Ours | Peer] = {"likewise": ours, "nn.TransformerEncoder, float32": Peer(pixels, labels)}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in both}
    for contender in both.values():
        contender.step()
    for _ in range(args.rounds):
        for name, contender in both.items():
            start = time.perf_counter(), time.process_time()
            for _ in range(args.steps):
                contender.step()
            seconds[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    for clock, which in ((0, "wall"), (1, "processor")):
        pace = {name: args.steps * BATCH / median(t[clock] for t in taken) for name, taken in seconds.items()}
        ratios = sorted(p[clock] / o[clock] for o, p in zip(*seconds.values(), strict=True))
        told = "   ".join(f"{name} {value:,.0f}" for name, value in pace.items())
        print(
            f"images a second of {which} time: {told}   ratio {median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"
        )


def taught(
    pixels: np.ndarray, labels: np.ndarray, test: np.ndarray, answers: np.ndarray, args: argparse.Namespace
) -> None:
    """Accuracy after the same epochs."""
    ours = Ours(pixels, labels, args.epochs, args.stem)
    while ours.state.done < ours.state.total:
        ours.step()
    model = ours.state.model
    own = accuracy(lambda x: model.head(model.encoder(x)), model, test, answers)
    told = []
    for learning_rate in (1e-3, 3e-3):
        peer = Peer(pixels, labels, learning_rate)
        for _ in range(args.epochs * len(peer.loader)):
            peer.step()
        told.append(accuracy(peer.network, peer.network, test, answers))
    print(
        f"accuracy after {args.epochs} of {len(pixels):,}: likewise {own:.4f}   nn.TransformerEncoder {max(told):.4f}"
    )


if __name__ == "__main__":
    main()
