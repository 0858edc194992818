"""Do likewise and transformers' BertForMaskedLM learn as much from the same pieces? The loss, not the time.

    python benches/masked_loss.py [--steps 200] [--threads 2]

4 layers × 256, 16,000 pieces of the tour's text, 28 sequences of 16 to 128 pieces a step; both see the same sequences
with the same places hidden, in the same order, by the same rates (up to .001), the peer without dropout. Printed: the
mean loss of the last fifth of the steps, in nats a hidden piece, and of guessing by frequency. Three seeds.
The peer: `pip install transformers`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch

from likewise.arrays.ragged import Ragged
from likewise.neural import packing
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.optimizer import BETAS, EPS, Method, make_optimizer
from likewise.neural.text import masked
from likewise.neural.transformer import Shape
from likewise.system.seeds import generator
from likewise.tokens.subwords.tokenizer import Subwords
from likewise.tour import corpora
from masked import DIM, HEADS, LAYERS, LONGEST, VOCABULARY, peer

SEQUENCES = 28


def batches(subwords: Subwords, texts: list[str], seed: int) -> Iterator[Ragged]:
    """Sequences of 16 to 128 pieces, drawn from the whole text."""
    ids = subwords.encode(texts).ids
    random = generator(seed, "bench.masked_loss")
    while True:
        lengths = random.integers(16, LONGEST, SEQUENCES)
        starts = random.integers(len(ids) - LONGEST, size=SEQUENCES)
        yield Ragged.from_rows([ids[a : a + n] for a, n in zip(starts, lengths, strict=True)])


def objective_of(subwords: Subwords) -> masked.Masked:
    special = tuple(range(len(subwords.specials)))
    return masked.Masked(len(subwords), subwords.specials.index("[MASK]"), special)


def ours(
    objective: masked.Masked, rows: Iterator[Ragged], steps: int, seed: int, method: Method
) -> list[float]:
    shape = Shape(LAYERS, DIM, HEADS, 4 * DIM, LONGEST)
    model, losses, settings = masked.MaskedModel(objective.vocabulary, shape), [], Settings()
    stored.start(model, seed)
    by = make_optimizer(model, method, 0.01)
    for step in range(steps):
        some = next(rows)
        layout = packing.packed(some.lengths, width=LONGEST, lead=shape.lead)
        batch = objective.example(some.ids, layout, generator(seed, "bench.hiding", step))
        model.zero_grad(set_to_none=True)
        loss = objective.loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        by.step(settings.learning_rate_at(step / steps))
        losses.append(float(loss.detach()))
    return losses


def theirs(objective: masked.Masked, rows: Iterator[Ragged], steps: int, seed: int) -> list[float]:
    torch.manual_seed(seed)
    model, losses, settings = peer(objective.vocabulary, 0.0), [], Settings()
    adam = torch.optim.AdamW(model.parameters(), 1e-3, betas=BETAS, eps=EPS, weight_decay=0.01)
    for step in range(steps):
        some = next(rows)
        batch = objective.example(
            some.ids, packing.alone(some.lengths), generator(seed, "bench.hiding", step)
        )
        labels = torch.full((batch.ids.numel(),), -100)
        labels[batch.targets[0]] = batch.answers[0]
        for group in adam.param_groups:
            group["lr"] = settings.learning_rate_at(step / steps)
        adam.zero_grad(set_to_none=True)
        there = (batch.sequences >= 0).long()
        loss = model(input_ids=batch.ids, attention_mask=there, labels=labels.view_as(batch.ids)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        losses.append(float(loss.detach()))
    return losses


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    texts = [f" {text}" for text in (*corpora.glosses(), *corpora.articles())]
    subwords = Subwords.train(texts, size=VOCABULARY)
    objective, last = objective_of(subwords), max(1, args.steps // 5)
    counts = np.bincount(subwords.encode(texts).ids, minlength=VOCABULARY)
    share = counts[counts > 0] / counts.sum()
    print(f"guessing by frequency {-(share * np.log(share)).sum():.3f}", flush=True)
    for seed in range(args.seeds):
        told = {
            "likewise, AdamW": ours(objective, batches(subwords, texts, seed), args.steps, seed, "adamw"),
            "likewise, Muon": ours(objective, batches(subwords, texts, seed), args.steps, seed, "muon"),
            "transformers, AdamW": theirs(objective, batches(subwords, texts, seed), args.steps, seed),
        }
        print(
            f"seed {seed}",
            {name: round(float(np.mean(losses[-last:])), 3) for name, losses in told.items()},
            flush=True,
        )


if __name__ == "__main__":
    main()
