"""Training of a text encoder on sequences of tokens, as a problem of the trainer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch

from likewise.arrays.ragged import Ragged
from likewise.neural import diagnostics, trainer
from likewise.neural.config import Settings
from likewise.neural.diagnostics import Evaluation
from likewise.neural.distributed import SINGLE_PROCESS, DistributedContext
from likewise.neural.packing import Layout
from likewise.neural.state import State
from likewise.neural.text import sampling
from likewise.neural.text.batch import Example
from likewise.neural.text.sampling import Objective, Sequences
from likewise.system import seeds
from likewise.system.progress import Progress


class TextProblem:
    """Sequences of tokens and an objective; raises `InputError` as `sampling.split` does.

    corpus: rows of int32 token ids below `objective.vocabulary`, which can be memory-mapped. held_out: the share of the
    tokens to hold out; None is that of the settings.
    """

    unit = "tokens"
    evaluations = trainer.EVALUATIONS

    def __init__(
        self,
        corpus: Ragged,
        objective: Objective,
        shape: Any,
        settings: Settings,
        *,
        held_out: float | None = None,
    ) -> None:
        self.corpus, self.objective, self.shape, self.settings = corpus, objective, shape, settings
        self.training, self.held_out = sampling.split(
            corpus,
            objective.vocabulary,
            shape.longest - shape.lead,
            held_out or settings.held_out,
            settings.seed,
        )
        self.epoch_size = self.training.tokens
        self.chunks = sampling.chunk_count(self.training, settings.batch_size)

    def batches(self, epoch: int, chunk: int) -> list[tuple[Sequences, Layout]]:
        """The sequences and the layout of each batch of a chunk."""
        size, seed = self.settings.batch_size, self.settings.seed
        return sampling.batches(self.training, self.objective, self.shape, size, seed, epoch, chunk)

    def count(self, members: tuple[Sequences, Layout]) -> int:
        """Tokens of a batch."""
        return members[0].tokens

    def example(self, members: tuple[Sequences, Layout], step: int) -> Example:
        """The batch, with targets that are drawn for the step."""
        random = seeds.generator(self.settings.seed, "context.questions", step)
        return self.objective.example(members[0].joined(), members[1], random)

    def loss(self, model: Any, batch: Example) -> torch.Tensor:
        """The mean loss of a target, in nats."""
        return self.objective.loss(model, batch)

    @cached_property
    def held_out_batches(self) -> list[Example]:
        """The held-out sequences, with the same targets at every evaluation."""
        random = seeds.generator(self.settings.seed, "context.held_questions")
        packed = sampling.pack_batches(
            self.held_out, self.objective, self.shape, self.settings.batch_size, random
        )
        return [self.objective.example(sequences.joined(), layout, random) for sequences, layout in packed]

    @cached_property
    def baseline(self) -> float:
        """The held-out loss of predicting each token by its frequency."""
        counts = sampling.token_counts(self.corpus.ids, self.objective.vocabulary)
        return unigram_baseline_loss(counts, self.held_out_batches)

    def evaluate(self, model: Any, share_done: float) -> Evaluation:
        """The held-out loss, next to the unigram baseline, and the cosine similarity of the tokens' vectors."""
        return diagnostics.evaluate(
            model, self.held_out_batches, self.loss, _vectors, self.baseline, share_done, unit="tokens", data="text"
        )  # fmt: skip


def _vectors(model: Any, batch: Example) -> torch.Tensor:
    """The last layer's vectors of all tokens."""
    last = model.every(batch.ids, batch.positions, batch.sequences)[-1].float()
    return last[batch.sequences >= 0]


def unigram_baseline_loss(counts: np.ndarray, batches: list[Example]) -> float:
    """Cross-entropy in nats of the batches' targets under the frequencies (v,) of the tokens, each count one more."""
    answers = np.concatenate([answer.numpy() for batch in batches for answer in batch.answers])
    smoothed = counts + 1.0
    return float(-np.log(smoothed[answers] / smoothed.sum()).mean()) if len(answers) else 0.0


def train(
    state: State,
    corpus: Ragged,
    objective: Objective,
    settings: Settings,
    *,
    threads: int = 1,
    compiled: bool = False,
    context: DistributedContext = SINGLE_PROCESS,
) -> Iterator[Progress]:
    """Train `state` on a corpus in place, to the end; see `TextProblem` and `trainer.train`."""
    problem = TextProblem(corpus, objective, state.model.shape, settings)
    return trainer.train(state, problem, settings, threads=threads, compiled=compiled, context=context)
