"""The slow twin of `doc2vec`: float64 NumPy, one pair or position after the other, a whole model a shard.

What is drawn at random comes from the kernels (`collect`), what is computed does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import slow_sgns

from likewise.arrays.ragged import Ragged
from likewise.learn.doc2vec import training as doc2vec
from likewise.learn.doc2vec.epoch import EpochDriver, collect

Rows = list[np.ndarray]  # of documents, of words, of outputs


def train(ids: Ragged, counts: np.ndarray, settings: doc2vec.Settings) -> tuple[Rows, list[float]]:
    state = doc2vec.fresh(len(ids), len(counts), settings)
    plan = EpochDriver(state, ids, counts, settings, 1)
    inputs = np.zeros_like(state.outputs) if state.inputs is None else state.inputs
    rows = [array[:, : settings.dim].astype(float) for array in (state.documents, inputs, state.outputs)]
    losses = []
    for epoch in range(settings.epochs):
        loss = pairs = 0.0
        for block in range(plan.blocks):
            gained, seen = train_block(plan, rows, epoch, block)
            loss, pairs = loss + gained, pairs + seen
        losses.append(loss / pairs)
    return rows, losses


def train_block(plan: EpochDriver, rows: Rows, epoch: int, block: int) -> tuple[float, int]:
    """Every shard on its own copy of all rows, then the sum of what they changed."""
    loss, pairs, changes = 0.0, 0, []
    standing: dict[int, list[set[int]]] = {1: [], 2: []}  # noise words have no input rows
    for shard in range(plan.shards):
        words, segments, ends, amounts = collected(plan, epoch, block, shard)
        own = [array.copy() for array in rows]
        gained, seen = train_shard(plan, own, words, segments, ends, amounts, epoch, block, shard)
        changes.append([after - before for after, before in zip(own, rows, strict=True)])
        standing[1].append(set(words[: amounts[1]].tolist()))
        standing[2].append(set(words.tolist()))
        loss, pairs = loss + gained, pairs + seen
    assert all(sum(change[0][row].any() for change in changes) <= 1 for row in range(len(rows[0])))
    rows[0] += sum(change[0] for change in changes)
    for m, shares in ((1, plan.copies[2]), (2, plan.copies[3])):
        for row in range(len(rows[m])):
            sharing = plan.shards if row < plan.n_frequent else sum(row in words for words in standing[m])
            scale = (
                slow_sgns.scale_of(shares[row] * plan.learning_rate(epoch, block), sharing)
                if sharing > 1
                else 1.0
            )
            rows[m][row] += scale * sum(change[m][row] for change in changes)
    return loss, pairs


def collected(plan: EpochDriver, epoch: int, block: int, shard: int) -> Any:
    words, segments, ends, amounts = (np.zeros_like(array[shard]) for array in plan.buffers[:4])
    n = collect(
        block, plan.blocks, epoch, shard, plan.shards, plan.text, plan.options, words, segments, ends, amounts
    )
    return words[:n], segments[: amounts[0]], ends, amounts


def train_shard(plan, rows, words, segments, ends, amounts, epoch, block, shard):  # type: ignore[no-untyped-def]
    settings, learning_rate = plan.settings, plan.learning_rate(epoch, block)
    gathered, bag = amounts[1], amounts[2]
    noise = words[gathered + bag :].reshape(-1, settings.negatives)
    reaches = draws_of(plan, epoch, block, shard)
    if settings.method == "dm":
        return windows(rows, words, segments, noise, reaches, learning_rate), len(noise)
    if settings.words:
        position_noise = iter(noise)
        for begin, end, first, last, _ in segments.tolist():
            for at in range(first, last):
                reach = next(reaches)
                context = [
                    int(words[o]) for o in range(max(begin, at - reach), min(end, at + reach + 1)) if o != at
                ]
                slow_sgns.skipgram(
                    rows[1], rows[2], context, int(words[at]), next(position_noise), learning_rate
                )
    streams = [list(handfuls(words, segments[ends[d] : ends[d + 1]])) for d in range(6)]
    loss = bags(
        rows, streams, words[gathered : gathered + bag].reshape(-1, 6, settings.negatives), learning_rate
    )
    return loss, sum(len(taken) for stream in streams for _, taken in stream)


def draws_of(plan: EpochDriver, epoch: int, block: int, shard: int) -> Iterator[int]:
    state, window = (
        slow_sgns.mixed(slow_sgns.block_state(int(plan.options[4]), epoch, block, shard)),
        plan.settings.window,
    )
    while True:
        state ^= state >> 12
        state ^= state << 25 & slow_sgns.MASK
        state ^= state >> 27
        yield window - ((state * 0x2545F4914F6CDD1D & slow_sgns.MASK) >> 33) % window


def handfuls(words: np.ndarray, segments: np.ndarray) -> Iterator[tuple[int, list[int]]]:
    """A stream's documents and up to six of their words at a time."""
    for _, _, first, last, document in segments.tolist():
        for start in range(first, last, 6):
            yield document, words[start : min(start + 6, last)].tolist()


def step(x: np.ndarray, y: np.ndarray, labels: np.ndarray, counts: np.ndarray, learning_rate: float) -> float:
    """Rows of x (a, d) and y (b, d), all pairs (a, b) that count, one step along the gradient; the loss before it."""
    errors, _ = slow_sgns.errors(x, y, labels)
    errors = np.where(counts, errors, 0)
    change = learning_rate * errors.T @ x
    x += learning_rate * errors @ y
    y += change
    return float(-np.log(1 - np.abs(errors)).sum())


def bags(rows, streams, noise, learning_rate):  # type: ignore[no-untyped-def]
    documents, _, outputs = rows
    loss = 0.0
    for t in range(max(map(len, streams))):
        there = [stream[t] for stream in streams if t < len(stream)]
        errors = [slow_sgns.errors(documents[[who]], outputs[taken], np.ones(1)) for who, taken in there]
        for (document, taken), ([error], gained) in zip(there, errors, strict=True):
            change = learning_rate * error @ outputs[taken]  # a word of two of the six moves in between
            np.add.at(outputs, taken, learning_rate * np.outer(error, documents[document]))
            documents[document] += change
            loss += gained
        places = max(len(taken) for _, taken in there)
        together = max(1, 30 // noise.shape[2])
        for first in range(0, places, together):
            wrong = noise[t, first : min(first + together, places)]
            place = first + np.repeat(np.arange(len(wrong)), noise.shape[2])
            wrong = wrong.ravel()
            who = [document for document, _ in there]
            counts = np.array(
                [[p < len(w) and w[p] != z for p, z in zip(place, wrong, strict=True)] for _, w in there]
            )
            error, _ = slow_sgns.errors(documents[who], outputs[wrong], np.zeros(1))
            error = np.where(counts, error, 0)
            loss -= np.log(1 - np.abs(error)).sum()
            old, change = documents[who], np.zeros((len(who), documents.shape[1]))
            for j, word in enumerate(wrong):  # a noise word may come twice, and moves in between
                change += learning_rate * np.outer(error[:, j], outputs[word])
                outputs[word] += learning_rate * error[:, j] @ old
            documents[who] += change
    return float(loss)


def windows(rows, words, segments, noise, reaches, learning_rate):  # type: ignore[no-untyped-def]
    documents, inputs, outputs = rows
    loss, wrong = 0.0, iter(noise)
    for begin, end, first, last, document in segments.tolist():
        for at in range(first, last):
            reach = next(reaches)
            context = [
                int(words[o]) for o in range(max(begin, at - reach), min(end, at + reach + 1)) if o != at
            ]
            n = len(context) + 1
            mean = (documents[document] + inputs[context].sum(axis=0)) / n
            moved = mean.copy()
            for targets, labels in slow_sgns.tiles(int(words[at]), next(wrong)):
                [error], gained = slow_sgns.errors(moved[None], outputs[targets], labels)
                change = learning_rate * n * error @ outputs[targets]
                np.add.at(outputs, targets, learning_rate * n * np.outer(error, moved))
                moved = moved + change
                loss += gained
            documents[document] += (moved - mean) / n
            np.add.at(inputs, context, (moved - mean) / n)
    return loss
