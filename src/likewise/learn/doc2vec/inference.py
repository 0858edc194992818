"""Vectors of new documents under frozen words: the same for the same ids, whatever else is in the batch.

The steps are those of training, on copies of the words' rows. What training samples is taken in expectation
where that is cheap: a document starts at zero, a frequent word counts with the probability that it would be kept, and
noise words come from strata of equal probability, in an order that is the same for every document. What is left to
randomness for DM, its windows, is drawn by a generator that starts from the document's own ids.
"""

from __future__ import annotations

from threading import Thread

import numpy as np
from numba import float32, int64, njit, uint64

from likewise.arrays.linalg import aligned_zeros
from likewise.learn.doc2vec import steps as paragraph_steps
from likewise.learn.doc2vec.steps import DOCUMENTS, PLACES, dbow_step, dm_step
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.register_tiles import FLAGS, mean, spread_change
from likewise.learn.kernels.sampling import advance, random_bits
from likewise.learn.kernels.simd import FLOAT_BYTES, WIDTH
from likewise.learn.sgns.epoch import take_loss
from likewise.learn.sgns.steps import workspace
from likewise.system import seeds
from likewise.system.compiled import GAMMA, mixed

NOISE_WORDS = 2**17  # that are drawn once; documents of more than some ten thousand words see them again
STRIDE = 911  # between the noise of one epoch and of the next


def strata(weights: np.ndarray, negatives: int, seed: int) -> np.ndarray:
    """(m, negatives) int32 words by their weights (v,); m is a multiple of six.

    Each row has a word of every `negatives`-th part of all probability, each six rows one of every 6 · `negatives`-th.
    """
    handfuls = max(64, NOISE_WORDS // (PLACES * negatives))
    parts = (np.arange(negatives) * PLACES + np.arange(PLACES)[:, None]).astype(np.float64)
    random = seeds.generator(seed, "doc2vec.noise")
    points = (parts + random.random((handfuls, PLACES, negatives))) / (PLACES * negatives)
    sums = np.cumsum(weights / weights.sum())
    words = np.minimum(np.searchsorted(sums, points, side="right"), len(weights) - 1)
    return words.reshape(-1, negatives).astype(np.int32)


@njit(nogil=True, inline="always")
def copy_row(rows, row, scratch, at):  # type: ignore[no-untyped-def]
    for x in range(rows.shape[1]):
        scratch[at, x] = rows[row, x]


@njit(**FLAGS)
def bags(ids, offsets, order, outputs, keep, noise, learning_rates, documents, floats, tiles, scratch, tally):  # type: ignore[no-untyped-def]
    """DBOW: documents `order`, six at a time, their words in handfuls of six."""
    width, negatives = int64(outputs.shape[1] * FLOAT_BYTES), noise.shape[1]
    scratch_at = int64(scratch.ctypes.data)  # six tiles of copied words, then noise words, then a spare row
    first_noise, spare = DOCUMENTS * PLACES, len(scratch) - 1
    addresses, taken = tiles[DOCUMENTS], np.zeros(DOCUMENTS, np.int64)
    weights = np.zeros((DOCUMENTS, PLACES), np.float32)
    noise_rows = scratch_at + width * (first_noise + np.arange(PLACES * negatives))
    for group in range(0, len(order), DOCUMENTS):
        longest = 0
        for d in range(DOCUMENTS):
            is_there = group + d < len(order)
            addresses[d] = scratch_at + width * spare
            if is_there:
                row = order[group + d]
                addresses[d] = int64(documents.ctypes.data) + width * row
                longest = max(longest, offsets[row + 1] - offsets[row])
        for epoch in range(len(learning_rates)):
            for start in range(0, longest, PLACES):
                for d in range(DOCUMENTS):
                    row = order[min(group + d, len(order) - 1)]
                    left = offsets[row + 1] - offsets[row] - start if group + d < len(order) else 0
                    taken[d] = max(0, min(PLACES, left))
                    for i in range(PLACES):
                        tiles[d, i] = scratch_at + width * spare
                        weights[d, i] = (
                            0  # not even the error of a settled pair, which another batch would not have
                        )
                        if i < taken[d]:
                            word = ids[offsets[row] + start + i]
                            weights[d, i] = keep[word]
                            copy_row(outputs, word, scratch, d * PLACES + i)
                            tiles[d, i] = scratch_at + width * (d * PLACES + i)
                places = min(PLACES, longest - start)
                at = (start + PLACES * STRIDE * epoch) % len(noise)
                for i in range(places):
                    for k in range(negatives):
                        copy_row(outputs, noise[at + i, k], scratch, first_noise + i * negatives + k)
                dbow_step(
                    addresses,
                    tiles,
                    taken,
                    noise_rows,
                    0,
                    places,
                    negatives,
                    width,
                    learning_rates[epoch],
                    weights,
                    floats,
                    tally,
                )
            take_loss(tally)


@njit(**FLAGS)
def content_key(ids: np.ndarray, start: int, end: int, seed: int) -> int:
    """64 bits that depend on a document's ids and their order alone."""
    key = uint64(seed)
    for i in range(start, end):
        key = mixed((key ^ uint64(ids[i])) * uint64(GAMMA) + uint64(1))
    return key


@njit(**FLAGS)
def context_words(ids, first, last, position, reach, keep, seed, inputs_at, width, context):  # type: ignore[no-untyped-def]
    """Write the addresses of up to `reach` kept words on either side after the document's; returns how many rows."""
    n = 1
    for step in (-1, 1):
        other, found = position + step, 0
        while first <= other < last and found < reach:
            if draws.is_kept(seed, other - first, keep[ids[other]]):
                context[n] = inputs_at + width * int64(ids[other])
                found, n = found + 1, n + 1
            other += step
    return n


@njit(**FLAGS)
def windows(  # type: ignore[no-untyped-def]
    ids, offsets, order, inputs, outputs, keep, thresholds, noise, learning_rates, seed, window, documents, floats,
    addresses, rows, scratch, tally,
):  # fmt: skip
    """DM: documents `order`, one after the other, every word of them the centre of a window."""
    width, negatives = int64(outputs.shape[1] * FLOAT_BYTES), noise.shape[1]
    inputs_at = int64(inputs.ctypes.data)
    context, tile, means = addresses
    context_at = int64(context.ctypes.data)
    means[0], means[1] = int64(rows[0].ctypes.data), int64(rows[1].ctypes.data)
    noise_rows = int64(scratch.ctypes.data) + width * np.arange(1, negatives + 1)
    for i in range(len(order)):
        first, last = offsets[order[i]], offsets[order[i] + 1]
        key = content_key(ids, first, last, seed)
        context[0] = int64(documents.ctypes.data) + width * order[i]
        for epoch in range(len(learning_rates)):
            epoch_key = draws.block_state(key, epoch, 0, 0)
            state = mixed(epoch_key) | uint64(1)
            for position in range(first, last):
                state = advance(state)
                reach = window - int64((random_bits(state) >> uint64(33)) % uint64(window))
                n = context_words(
                    ids, first, last, position, reach, thresholds, epoch_key, inputs_at, width, context
                )
                at = (position - first + STRIDE * epoch) % len(noise)
                copy_row(outputs, ids[position], scratch, 0)
                for k in range(negatives):
                    copy_row(outputs, noise[at, k], scratch, k + 1)
                mean(context_at, n, width, means[0])
                tile[0] = int64(scratch.ctypes.data)
                learning_rate = float32(learning_rates[epoch] * keep[ids[position]])
                dm_step(tile, noise_rows, 0, negatives, width, learning_rate, floats, rows, means, tally)
                spread_change(context_at, 1, width, means[1], means[0])
            take_loss(tally)


def run(
    ids: np.ndarray,
    offsets: np.ndarray,
    inputs: np.ndarray | None,
    outputs: np.ndarray,
    probability: np.ndarray,
    noise: np.ndarray,
    learning_rates: np.ndarray,
    seed: int,
    window: int,
    threads: int,
) -> np.ndarray:
    """(n, columns) float32: the documents' vectors. Longest first, so that six of one length go in step."""
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    documents = aligned_zeros((len(offsets) - 1, outputs.shape[1]))
    keep, limits = probability.astype(np.float32), draws.thresholds(probability)

    def work(part: np.ndarray) -> None:
        if inputs is None:
            bags(
                ids,
                offsets,
                part,
                outputs,
                keep,
                noise,
                learning_rates,
                documents,
                *bag_scratch(noise, outputs),
            )
        else:
            windows(
                ids,
                offsets,
                part,
                inputs,
                outputs,
                keep,
                limits,
                noise,
                learning_rates,
                np.uint64(seed),
                window,
                documents,
                *window_scratch(window, noise, outputs),
            )

    def work_all(parts: list[np.ndarray]) -> None:
        for part in parts:
            work(part)

    parts = np.array_split(order, max(1, min(8 * threads, len(order) // (8 * DOCUMENTS))))
    workers = [Thread(target=work_all, args=(parts[n::threads],)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return documents


def _tally() -> np.ndarray:
    tally = np.zeros(3 * WIDTH, np.float32)
    tally[:WIDTH] = 1
    return tally


def bag_scratch(noise: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, ...]:
    """What one thread of `bags` writes to."""
    negatives, columns = noise.shape[1], outputs.shape[1]
    floats, tiles, _ = paragraph_steps.workspace(negatives, columns)
    rows = aligned_zeros((DOCUMENTS * PLACES + PLACES * negatives + 1, columns))
    return floats, tiles, rows, _tally()


def window_scratch(window: int, noise: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, ...]:
    """What one thread of `windows` writes to."""
    floats, _, rows = workspace(window, outputs.shape[1])
    addresses = np.zeros((3, max(2 * window + 2, PLACES)), np.int64)
    return floats, addresses, rows, aligned_zeros((noise.shape[1] + 1, outputs.shape[1])), _tally()
