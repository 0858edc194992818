"""Which sequences are trained on when: a shuffled order for each epoch, from the seed alone, and some held out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.neural import packing
from likewise.neural.packing import Group, Layout
from likewise.neural.text.batch import Example
from likewise.system import seeds

CHUNK = 64  # batches that are packed together; more would fill rows better by less than 1 %
MAX_HELD_OUT = 32768  # tokens: enough to measure a loss to about 0.02


class Objective(Protocol):
    """What an encoder is trained for: `masked.Masked`, `language_model.Language`."""

    vocabulary: int
    share: float  # of the positions that are predicted

    def groups(
        self, lengths: np.ndarray, slots: int, shape: Any, random: np.random.Generator
    ) -> Iterator[Group]: ...

    def example(self, ids: np.ndarray, layout: Layout, random: np.random.Generator) -> Example: ...

    def loss(self, model: nn.Module, batch: Example) -> Tensor: ...


@dataclass(frozen=True)
class Sequences:
    """Sequences (m,) of `ids` from `starts` to `stops`; the ids can be memory-mapped."""

    ids: np.ndarray
    starts: np.ndarray
    stops: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> np.ndarray:
        return self.stops - self.starts

    @property
    def tokens(self) -> int:
        return int(self.lengths.sum())

    def __getitem__(self, members: np.ndarray) -> Sequences:
        return Sequences(self.ids, self.starts[members], self.stops[members])

    def joined(self) -> np.ndarray:
        """Their ids one after the other, (t,) int32 in memory of their own."""
        parts = [self.ids[a:b] for a, b in zip(self.starts, self.stops, strict=True)]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)


def split(
    corpus: Ragged, vocabulary: int, longest: int, share: float, seed: int
) -> tuple[Sequences, Sequences]:
    """The sequences to train on and the held-out ones: about `share` of the tokens, at most `MAX_HELD_OUT`.

    Rows longer than `longest` are cut into equal parts. Raises `InputError` if an id is not below `vocabulary`, or if
    there are not two sequences.
    """
    whole = Sequences(corpus.ids, *packing.cut(np.asarray(corpus.offsets), longest))
    if len(whole) < 2:
        raise InputError(
            f"{len(whole)} sequences with tokens: training needs 2 or more, one of them to be held out"
        )
    if corpus.ids.min() < 0 or corpus.ids.max() >= vocabulary:
        raise InputError(
            f"token ids must be from 0 to {vocabulary - 1}, not {corpus.ids.min()} to {corpus.ids.max()}"
        )
    order = seeds.generator(seed, "context.held_out").permutation(len(whole))
    most = min(MAX_HELD_OUT, share * whole.tokens)
    held = max(1, int(np.searchsorted(np.cumsum(whole.lengths[order]), most, side="right")))
    return whole[np.sort(order[held:])], whole[np.sort(order[:held])]


def token_counts(ids: np.ndarray, vocabulary: int) -> np.ndarray:
    """(v,) int64: how often each id occurs; reads a million at a time, because the ids can be on disk."""
    total = np.zeros(vocabulary, np.int64)
    for start in range(0, len(ids), 1 << 20):
        total += np.bincount(ids[start : start + (1 << 20)], minlength=vocabulary)
    return total


def chunk_count(sequences: Sequences, slots: int) -> int:
    """How many chunks an epoch has, each of about `CHUNK` batches."""
    return max(1, round(sequences.tokens / (CHUNK * slots)))


def batches(
    sequences: Sequences, objective: Objective, shape: Any, slots: int, seed: int, epoch: int, chunk: int
) -> list[tuple[Sequences, Layout]]:
    """The batches of one chunk of an epoch; each epoch has every sequence once."""
    count = chunk_count(sequences, slots)
    order = seeds.generator(seed, "context.order", epoch).permutation(len(sequences))
    part = sequences[order[len(order) * chunk // count : len(order) * (chunk + 1) // count]]
    random = seeds.generator(seed, "context.batches", epoch * count + chunk)
    return pack_batches(part, objective, shape, slots, random)


def pack_batches(
    part: Sequences, objective: Objective, shape: Any, slots: int, random: np.random.Generator
) -> list[tuple[Sequences, Layout]]:
    """All of `part` in batches of about `slots` positions."""
    packed = []
    for group in objective.groups(part.lengths, slots, shape, random):
        members = part[group.members]
        layout = packing.layout(members.lengths, group.rows, group.starts, group.width, lead=shape.lead)
        packed.append((members, layout))
    return packed
