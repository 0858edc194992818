"""fastText as one would write it down: float64, a row for every bucket; shards as `slow_sgns` trains them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import slow_sgns

from likewise.arrays.ragged import Ragged
from likewise.learn.fasttext import training as subword_sgns
from likewise.learn.fasttext.epoch import SubwordEpochDriver
from likewise.learn.fasttext.ngram_rows import Subwords


def members(ngrams: Ragged, buckets: int) -> list[np.ndarray]:
    """Rows of each word in a matrix of v own rows and then every bucket's."""
    v = len(ngrams)
    return [np.append(word, v + ngrams[word]) for word in range(v)]


def train(
    ids: Ragged, counts: np.ndarray, ngrams: Ragged, subwords: Subwords, settings: subword_sgns.Settings
) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Rows (v + buckets, dim), output rows (v, dim) and losses. Rows that `subwords` makes one start as one."""
    state = subword_sgns.fresh(subwords, settings)
    plan = told(SubwordEpochDriver(state, ids, counts, subwords, settings, 1), settings)
    words, of, v = settings.words, members(ngrams, settings.buckets), len(counts)
    inputs = np.zeros((v + settings.buckets, words.dim))
    inputs[:v] = state.inputs[:v, : words.dim]
    inputs[v + subwords.buckets] = state.inputs[subwords.places, : words.dim]
    outputs, losses = state.outputs[:, : words.dim].astype(float), []
    closing = closings(counts, of, plan, words)
    for epoch in range(words.epochs):
        loss = pairs = 0.0
        for block in range(plan.blocks):
            gained, seen = train_block(plan, inputs, outputs, of, closing, words.max_norm, epoch, block)
            loss, pairs = loss + gained, pairs + seen
        losses.append(loss / max(1, pairs))
        for array in (inputs, outputs):
            bound(array, range(len(array)), words.max_norm)
    return inputs, outputs, losses


def told(plan: Any, settings: subword_sgns.Settings) -> Any:
    """The plan for `slow_sgns`: whether threads race, and that norms are bounded here."""
    words = replace(plan.settings, racing=settings.words.racing, max_norm=None)
    return SimpleNamespace(**{**vars(plan), "settings": words, "learning_rate": plan.learning_rate})


def bound(array: np.ndarray, rows: Any, largest: float | None) -> None:
    for row in rows if largest is not None else ():
        array[row] *= min(1, largest / max(np.linalg.norm(array[row]), 1e-30))


def closings(counts: np.ndarray, of: list[np.ndarray], plan: Any, words: Any) -> np.ndarray:
    """How often each word's rows are moved from one meeting to the next, on average, times the curvature."""
    from likewise.learn.kernels import sampling as draws
    from likewise.learn.sgns import epoch as sgns_epoch

    kept = counts * draws.keep_probability(counts, words.sample) / plan.blocks
    moved: dict[int, float] = {}
    for word, rows in enumerate(of):
        for row in rows.tolist():
            moved[row] = moved.get(row, 0.0) + kept[word]
    mean = np.array([np.mean([moved[row] for row in rows.tolist()]) for rows in of])
    return sgns_epoch.CURVATURE * (words.window + 1 if words.dynamic_window else 2 * words.window) * mean


def train_block(plan, inputs, outputs, of, closing, largest, epoch, block):  # type: ignore[no-untyped-def]
    """One block of every shard on vectors made before any of them has learnt; then all changes, on every row."""
    texts = [slow_sgns.gathered(plan, epoch, block, shard) for shard in range(plan.shards)]
    standing = [set(words.tolist()) for words, _ in texts]
    learning_rate = plan.learning_rate(epoch, block)
    before = np.array([inputs[rows].mean(axis=0) for rows in of])
    old, loss, pairs = outputs.copy(), 0.0, 0
    changes = np.zeros((plan.shards, *outputs.shape))
    for shard, (words, segments) in enumerate(texts):
        own = [before.copy(), old.copy()]
        noise = slow_sgns.noise_words(plan, texts, standing, epoch, block, shard)
        gained, seen = slow_sgns.train_shard(plan, own, words, segments, noise, epoch, block, shard)
        bound(own[1], standing[shard], largest)
        changes[shard] = own[1] - old
        for word in standing[shard]:
            move = (own[0][word] - before[word]) / max(1.0, closing[word] * learning_rate)
            np.add.at(inputs, of[word], move)
        loss, pairs = loss + gained, pairs + seen
    for row in range(len(outputs)):
        sharing = plan.shards if row < plan.n_frequent else sum(row in words for words in standing)
        scale = 1.0
        if sharing > 1 and not plan.settings.racing:
            scale = slow_sgns.scale_of(plan.copies[3][row] * learning_rate, sharing)
        outputs[row] += scale * changes[:, row].sum(axis=0)
    for word in set().union(*standing):
        bound(inputs, of[word], largest)
    return loss, pairs
