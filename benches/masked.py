"""Masked-language-model training, 4 layers × 256 and 16,000 pieces, against transformers' BertForMaskedLM.

    python benches/masked.py [--sequences 28] [--rounds 3] [--threads 2] [--compile]

Every step of both learns from the same sequences of 16 to 128 pieces: likewise packs them into rows and scores the
hidden places, the peer pads them and scores all places, as its `labels` do. The peer is timed as it comes, in float32
and bfloat16, and without its dropout, which likewise does not have; `--compile` adds bfloat16 with torch.compile. One
process, A B A B, the median of the rounds; padding is not counted. The peer: `pip install transformers`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from likewise.arrays.ragged import Ragged
from likewise.neural import packing, precision
from likewise.neural import weights as stored
from likewise.neural.optimizer import Method, make_optimizer
from likewise.neural.text import masked
from likewise.neural.transformer import Shape
from likewise.system.seeds import generator

VOCABULARY, MASK, SPECIAL, LONGEST, DIM, LAYERS, HEADS = 16_000, 4, (0, 1, 2, 3), 128, 256, 4, 4
Step = Callable[[], None]


def sequences(n: int) -> Ragged:
    random = generator(0, "bench.masked")
    return Ragged.from_rows([random.integers(5, VOCABULARY, k) for k in random.integers(16, LONGEST, n)])


def likewise_step(rows: Ragged, numbers: str, method: Method = "muon") -> Step:
    """One step of `likewise.neural.trainer`, hiding and packing included."""
    shape = Shape(LAYERS, DIM, HEADS, 4 * DIM, LONGEST)
    model, objective = masked.MaskedModel(VOCABULARY, shape), masked.Masked(VOCABULARY, MASK, SPECIAL)
    stored.start(model, 0)
    by = make_optimizer(model, method, 0.01)
    counter = iter(range(10**9))

    def step() -> None:
        layout = packing.packed(rows.lengths, width=LONGEST, lead=shape.lead)
        batch = objective.example(rows.ids, layout, generator(0, "bench.hiding", next(counter)))
        model.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=numbers == "bfloat16"):
            loss = objective.loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        by.step(1e-4)

    return step


def peer(vocabulary: int, dropout: float) -> torch.nn.Module:
    """transformers' model of the same size."""
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=vocabulary, hidden_size=DIM, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=4 * DIM, max_position_embeddings=LONGEST,
        hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
    )  # fmt: skip
    return BertForMaskedLM(config).train()


def peer_step(rows: Ragged, *, half: bool, dropout: float = 0.1, compiled: bool = False) -> Step:
    """One step as the peer's own examples do it: padded rows, labels of -100 where nothing is asked."""
    model = peer(VOCABULARY, dropout)
    adam = torch.optim.AdamW(model.parameters(), 1e-4)
    run = torch.compile(model) if compiled else model
    layout, random = packing.alone(rows.lengths), np.random.default_rng(0)

    def step() -> None:
        chosen = random.random(len(rows.ids)) < 0.15
        shown, labels = np.where(chosen, MASK, rows.ids), np.where(chosen, rows.ids, -100)
        padded = (
            torch.from_numpy(layout.spread(a.astype(np.int64), e)) for a, e in ((shown, 0), (labels, -100))
        )
        ids, answers = padded
        there = torch.from_numpy((layout.sequences >= 0).astype(np.int64))
        adam.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = run(input_ids=ids, attention_mask=there, labels=answers).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()

    return step


def contenders(rows: Ragged, *, compiled: bool) -> dict[str, Step]:
    numbers = precision.chosen("auto", DIM, torch.device("cpu"))
    steps = {f"likewise, auto: {numbers}": likewise_step(rows, numbers)}
    steps["likewise, AdamW alone"] = likewise_step(rows, numbers, "adamw")
    if numbers != "float32":
        steps["likewise, float32"] = likewise_step(rows, "float32")
    steps["transformers, float32"] = peer_step(rows, half=False)
    steps["transformers, float32, no dropout"] = peer_step(rows, half=False, dropout=0.0)
    steps["transformers, bfloat16"] = peer_step(rows, half=True)
    if compiled:
        steps["transformers, bfloat16, compiled"] = peer_step(rows, half=True, compiled=True)
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sequences", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rows = sequences(args.sequences)
    try:
        steps = contenders(rows, compiled=args.compile)
    except ImportError:
        sys.exit("the peer is not there: pip install transformers")
    print(
        f"{len(rows)} sequences, {len(rows.ids)} pieces a step, {args.threads} threads, load {os.getloadavg()[0]:.1f}"
    )
    for step in steps.values():
        step()  # the first one takes memory and compiles
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(args.rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    ours = next(iter(seconds))
    for name, taken in seconds.items():
        ratio = median(theirs / own for theirs, own in zip(taken, seconds[ours], strict=True))
        print(f"{name:36s} {len(rows.ids) / median(taken):8.0f} pieces/s   likewise is {ratio:5.2f}x as fast")
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
