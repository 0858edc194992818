"""Skip-gram and CBOW as one would write them down: float64, position by position, every shard on a whole copy.

Blocks, kept tokens and noise words come from the functions that the fast one uses, which have tests of their own. That
all shards may train a whole copy here, and be summed after, is the law that the fast one's sharing of rows must keep.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.learn.sgns import epoch as sgns_epoch
from likewise.learn.sgns import replicas
from likewise.learn.sgns import training as sgns
from likewise.learn.sgns.training import Settings
from likewise.learn.sgns.windows import END, FIRST, LAST, START, gather

MASK = 2**64 - 1

GAMMA = 0x9E3779B97F4A7C15
OWN, WIDTH = 2**40, 64  # addresses that draw_noise is given instead of real ones


def weight(n: int, window: int) -> float:
    """How often a CBOW position with n context words counts."""
    return n


def train(ids: Ragged, counts: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Input rows, output rows (v, dim) float64, and the mean loss of each epoch."""
    state = sgns.fresh(len(counts), settings)
    plan = sgns_epoch.EpochDriver(state, ids, counts, settings, 1)
    rows = [array[:, : settings.dim].astype(float) for array in (state.inputs, state.outputs)]
    losses = []
    for epoch in range(settings.epochs):
        loss = pairs = 0.0
        for block in range(plan.blocks):
            gained, seen = train_block(plan, rows, epoch, block)
            loss, pairs = loss + gained, pairs + seen
        losses.append(loss / max(1, pairs))
        if settings.max_norm is not None:
            for array in rows:
                array *= np.minimum(1, settings.max_norm / np.maximum(np.linalg.norm(array, axis=1), 1e-30))[
                    :, None
                ]
    return rows[0], rows[1], losses


def train_block(
    plan: sgns_epoch.EpochDriver, rows: list[np.ndarray], epoch: int, block: int
) -> tuple[float, int]:
    """One block of every shard, each on its own copy of all rows, then the sum of what they changed."""
    texts = [gathered(plan, epoch, block, shard) for shard in range(plan.shards)]
    standing = [set(words.tolist()) for words, _ in texts]
    loss, pairs, changes = 0.0, 0, []
    for shard, (words, segments) in enumerate(texts):
        own = [array.copy() for array in rows]
        noise = noise_words(plan, texts, standing, epoch, block, shard)
        gained, seen = train_shard(plan, own, words, segments, noise, epoch, block, shard)
        changes.append([after - before for after, before in zip(own, rows, strict=True)])
        loss, pairs = loss + gained, pairs + seen
    shares = (None, None) if plan.settings.racing else plan.copies[2:4]
    for m, array in enumerate(rows):
        for row in range(len(array)):
            moved = [change[m][row] for change in changes if change[m][row].any()]
            sharing = plan.shards if row < plan.n_frequent else sum(row in words for words in standing)
            if sharing <= 1:
                assert len(moved) <= 1, "two shards have written a row that no shard has a copy of"
                scale = 1.0
            else:
                scale = scale_of(shares[m][row] * plan.learning_rate(epoch, block), sharing)
            array[row] += scale * sum(moved, np.zeros(array.shape[1]))
    return loss, pairs


def scale_of(share: float, shards: int) -> float:
    closed = 1 - math.exp(-share)
    return (1 - (1 - closed) ** shards) / (shards * closed) if share > 1e-6 else 1.0


def gathered(
    plan: sgns_epoch.EpochDriver, epoch: int, block: int, shard: int
) -> tuple[np.ndarray, np.ndarray]:
    ids, offsets, keep = plan.text[:3]
    window, seed = plan.options[1], int(plan.options[5])
    first, last = (len(ids) * s // plan.shards for s in (shard, shard + 1))
    start, end = (first + (last - first) * b // plan.blocks for b in (block, block + 1))
    words, segments = np.zeros(end - start + 2 * window, np.int32), np.zeros((end - start + 1, 4), np.int32)
    epoch_seed = np.uint64(block_state(seed, epoch, -1, 0))
    n = gather(ids, offsets, start, end, window, keep, epoch_seed, words, segments)
    return words[: segments[n - 1, END] if n else 0], segments[:n]


def noise_words(plan, texts, standing, epoch, block, shard):  # type: ignore[no-untyped-def]
    """The noise words of a shard's block, in order."""
    words, segments = texts[shard]
    negatives, seed = plan.options[3], int(plan.options[5])
    threshold, alias = plan.text[3:5]
    state = np.uint64(block_state(seed, epoch, block, shard))
    rows = np.zeros((len(words) + 1) * negatives, np.int64)
    if plan.settings.racing:
        n = sgns_epoch.draw_noise_anywhere(
            words, segments, len(segments), negatives, threshold, alias, state, 0, WIDTH, rows
        )
        return rows[:n] // WIDTH
    v, stamp = len(plan.text[2]), 1
    seen, replica_indices = (
        np.zeros((v, -(-plan.shards // 8) * 8), np.uint8),
        np.zeros((v, plan.shards), np.int32),
    )
    for other, there in enumerate(standing):
        seen[[word for word in there if word >= plan.n_frequent], other] = stamp
    shared = [
        w for w in standing[shard] if w >= plan.n_frequent and sum(w in there for there in standing) > 1
    ]
    replica_indices[shared, shard] = plan.n_frequent + np.arange(len(shared))
    n = replicas.draw_noise(
        words,
        segments,
        len(segments),
        negatives,
        threshold,
        alias,
        state,
        plan.n_frequent,
        seen.view(np.uint64),
        shard,
        stamp,
        (shard + block) % plan.shards,
        replica_indices,
        0,
        OWN,
        WIDTH,
        rows,
    )
    by_slot = np.array([*range(plan.n_frequent), *shared], np.int64)
    return np.array([by_slot[(at - OWN) // WIDTH] if at >= OWN else at // WIDTH for at in rows[:n]], np.int64)


def train_shard(plan, rows, words, segments, noise, epoch, block, shard):  # type: ignore[no-untyped-def]
    """Every position of a shard's block, in order; changes `rows` and returns (loss, pairs)."""
    settings = plan.settings
    learning_rate, reaches = plan.learning_rate(epoch, block), windows(plan, epoch, block, shard)
    loss, pairs, drawn = 0.0, 0, 0
    for begin, end, first, last in segments[:, [START, END, FIRST, LAST]].tolist():
        for position in range(first, last):
            reach = next(reaches)
            near = range(max(begin, position - reach), min(end, position + reach + 1))
            context = [int(words[other]) for other in near if other != position]
            wrong = noise[drawn : drawn + settings.negatives]
            drawn += settings.negatives
            step = skipgram if settings.method == "skipgram" else cbow
            often = weight(len(context), settings.window) if settings.method == "cbow" else 1
            loss += step(*rows, context, int(words[position]), wrong, learning_rate * often)
            pairs += len(context) if settings.method == "skipgram" else 1
            if settings.max_norm is not None:
                for array in rows:
                    norm = np.linalg.norm(array[words[position]])
                    array[words[position]] *= min(1, settings.max_norm / max(norm, 1e-30))
    return loss, pairs


def tiles(centre: int, wrong: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Output words and labels by sixes: the true word and five of noise, then six more of noise, …"""
    outputs = np.array([centre, *wrong])
    labels = np.zeros(len(outputs))
    labels[0] = 1
    for start in range(0, len(outputs), 6):
        yield outputs[start : start + 6], labels[start : start + 6]


def errors(vectors: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """label − σ(vector · output) for each pair, and the loss of all of them."""
    predicted = 1 / (1 + np.exp(-np.clip(vectors @ outputs.T, -15, 15)))
    return labels - predicted, float(-np.log(1 - np.abs(labels - predicted)).sum())


def skipgram(inputs, outputs, context, centre, wrong, learning_rate):  # type: ignore[no-untyped-def]
    """Mikolov et al. 2013 (arXiv 1310.4546), equation 4, for every word of the context at once; the loss."""
    loss = 0.0
    for words, labels in tiles(centre, wrong):
        error, gained = errors(inputs[context], outputs[words], labels)
        old, change = outputs[words], np.zeros((len(words), outputs.shape[1]))
        for j, word in enumerate(context):  # a word may stand twice in a context
            change += learning_rate * np.outer(error[j], inputs[word])
            inputs[word] += learning_rate * error[j] @ old
        np.add.at(outputs, words, change)
        loss += gained
    return loss


def cbow(inputs, outputs, context, centre, wrong, learning_rate):  # type: ignore[no-untyped-def]
    """The mean of the context predicts the centre, and each word of it gets its part of the gradient."""
    loss, n = 0.0, len(context)
    for words, labels in tiles(centre, wrong):
        mean = inputs[context].mean(axis=0)
        [error], gained = errors(mean[None], outputs[words], labels)
        change = learning_rate * error @ outputs[words]
        np.add.at(outputs, words, learning_rate * np.outer(error, mean))
        np.add.at(inputs, context, np.broadcast_to(change / n, (n, len(change))))
        loss += gained
    return loss


def windows(plan: sgns_epoch.EpochDriver, epoch: int, block: int, shard: int) -> Iterator[int]:
    """How far each position looks: `window`, or a draw of 1 … window (xorshift64*)."""
    window, is_dynamic, seed = plan.options[1], plan.options[2], int(plan.options[5])
    x = mixed(block_state(seed, epoch, block, shard))
    while True:
        x ^= x >> 12
        x ^= x << 25 & MASK
        x ^= x >> 27
        yield window - ((x * 0x2545F4914F6CDD1D & MASK) >> 33) % window if is_dynamic else window


def mixed(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def block_state(seed: int, epoch: int, block: int, shard: int) -> int:
    x = mixed((seed + epoch * GAMMA) & MASK)
    x = mixed((x + block * GAMMA) & MASK)
    return mixed((x + shard * GAMMA) & MASK) | 1
