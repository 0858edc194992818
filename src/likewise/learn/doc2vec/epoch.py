"""One epoch of doc2vec on several threads, block by block: as `learn.sgns.epoch`, with the rules of `replicas`."""

from __future__ import annotations

from threading import Thread

import numpy as np
from numba import int64, njit

from likewise.arrays.ragged import Ragged
from likewise.learn.doc2vec import steps as paragraph_steps
from likewise.learn.doc2vec.replicas import assign_replicas, merge, place
from likewise.learn.doc2vec.state import Settings, State
from likewise.learn.doc2vec.steps import (
    DOCUMENTS,
    PLACES,
    centres_of,
    dbow_block,
    dm_block,
    draw_noise,
    steps_of,
)
from likewise.learn.doc2vec.windows import COLUMNS, gather, streams
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.barrier import wait_for_all
from likewise.learn.kernels.register_tiles import FLAGS
from likewise.learn.kernels.simd import FLOAT_BYTES, WIDTH
from likewise.learn.sgns import replicas, steps
from likewise.learn.sgns.epoch import CURVATURE, FREQUENT_ROWS, LEAST_LEARNING_RATE, read_only, take_loss
from likewise.learn.sgns.steps import train_block
from likewise.learn.sgns.windows import END
from likewise.system import seeds

# Tokens of all shards between two barriers. Where documents alone predict words, a word's row is moved by one vector
# for each occurrence and not by those of a whole window, so the shards may go further between barriers.
WINDOW_TOKENS = 2048
BAG_TOKENS = 16384


@njit(**FLAGS)
def collect(block, blocks, epoch, shard, shards, text, options, words, segments, ends, amounts):  # type: ignore[no-untyped-def]
    """The words of a shard's block, and after them the noise words that it will need; returns how many in all.

    `amounts` (4,) int64 becomes: segments, gathered words, noise words for documents alone, noise words for windows.
    """
    ids, offsets, bounds, keep, threshold, alias = text
    is_dm, has_windows, window, negatives, seed = options
    epoch_seed, each, n = draws.block_state(seed, epoch, -1, 0), (len(bounds) - 1) // shards, 0
    for stream in range(each):
        low, high = bounds[shard * each + stream], bounds[shard * each + stream + 1]
        start, end = low + (high - low) * block // blocks, low + (high - low) * (block + 1) // blocks
        n = gather(ids, offsets, start, end, window, keep, epoch_seed, words, segments, n)
        ends[stream + 1] = n
    amounts[0], amounts[1] = n, segments[n - 1, END] if n else 0
    amounts[2] = 0 if is_dm else PLACES * negatives * steps_of(segments, ends)
    amounts[3] = negatives * centres_of(segments, n) if has_windows else 0
    state = draws.block_state(seed, epoch, block, shard)
    draw_noise(amounts[2] + amounts[3], threshold, alias, state, words, amounts[1])
    return amounts[1] + amounts[2] + amounts[3]


@njit(**FLAGS)
def train_collected(  # type: ignore[no-untyped-def]
    state, documents_at, learning_rate, options, amounts, segments, ends, input_rows, output_rows, scratch, tally
):  # fmt: skip
    """Train what was collected; returns the loss in nats and the number of words that documents predicted."""
    is_dm, has_windows, window, negatives, _ = options
    floats, addresses, rows, step_floats, tiles, spare = scratch
    n, n_words, bag, _ = amounts
    width, n_rows = int64(rows.shape[1] * FLOAT_BYTES), amounts.sum() - n
    noise = output_rows[n_words + bag : n_rows]
    if is_dm:
        pairs = dm_block(
            documents_at,
            input_rows,
            output_rows,
            noise,
            segments,
            n,
            width,
            window,
            negatives,
            learning_rate,
            state,
            floats,
            addresses,
            rows,
            tally,
        )
        return take_loss(tally), pairs
    words_loss = 0.0
    if has_windows:
        train_block(
            True,
            input_rows,
            output_rows,
            noise,
            segments,
            n,
            width,
            window,
            True,
            negatives,
            learning_rate,
            0.0,
            state,
            floats,
            addresses,
            rows,
            tally,
        )
        words_loss = take_loss(tally)
    pairs = dbow_block(
        documents_at, output_rows[:n_words], output_rows[n_words : n_words + bag], segments, ends, width, negatives,
        learning_rate, step_floats, tiles, spare, tally,
    )  # fmt: skip
    return take_loss(
        tally
    ) + 0.0 * words_loss, pairs  # the loss reported is that of the documents; NaN of both


@njit(**FLAGS)
def train_blocks(  # type: ignore[no-untyped-def]
    thread, threads, first, last, blocks, epoch, learning_rates, text, model, options, buffers, scratch, losses, pairs,
    n_frequent, copies, counter,
):  # fmt: skip
    """Every block: the shards collect and train on rows of their own, then what they changed is summed."""
    documents, inputs, outputs = model
    words, segments, ends, amounts, input_rows, output_rows = buffers
    floats, addresses, rows, step_floats, tiles, spare, tallies = scratch
    (
        own_inputs,
        own_outputs,
        input_share,
        output_share,
        seen,
        replica_indices,
        contended,
        n_contended,
        limits,
    ) = copies
    shards, marks, barriers = len(words), seen.view(np.uint64), 0
    sums = np.empty(outputs.shape[1], np.float32)
    for block in range(first, last):
        stamp, learning_rate = block % replicas.STAMPS + 1, learning_rates[block - first]
        for k in range(thread, shards, threads):
            n = collect(
                block, blocks, epoch, k, shards, text, options, words[k], segments[k], ends[k], amounts[k]
            )
            replicas.mark(words[k], n, n_frequent, seen, k, stamp)
        barriers += 1
        wait_for_all(counter, barriers * threads)
        for k in range(thread, shards, threads):
            n, n_words = amounts[k, 1:].sum(), amounts[k, 1]
            n_contended[k] = assign_replicas(
                words[k], n, n_frequent, marks, k, stamp, replica_indices, contended[k], n_contended[k]
            )
            limits[1, k] = place(
                words[k],
                n,
                n_frequent,
                replica_indices,
                k,
                outputs,
                own_outputs[k],
                contended[k],
                n_contended[k],
                output_rows[k],
            )
            if options[1]:  # noise words have no input rows
                limits[0, k] = place(
                    words[k],
                    n_words,
                    n_frequent,
                    replica_indices,
                    k,
                    inputs,
                    own_inputs[k],
                    contended[k],
                    n_contended[k],
                    input_rows[k],
                )
            state = draws.mixed(draws.block_state(options[4], epoch, block, k))
            loss, seen_words = train_collected(
                state,
                int64(documents.ctypes.data),
                learning_rate,
                options,
                amounts[k],
                segments[k],
                ends[k],
                input_rows[k],
                output_rows[k],
                (floats[k], addresses[k], rows[k], step_floats[k], tiles[k], spare[k]),
                tallies[k],
            )
            losses[k] += loss
            pairs[k] += seen_words
        barriers += 1
        wait_for_all(counter, barriers * threads)
        low, high = n_frequent * thread // threads, n_frequent * (thread + 1) // threads
        replicas.merge_frequent(outputs, own_outputs, output_share, learning_rate, low, high, sums)
        if options[1]:
            replicas.merge_frequent(inputs, own_inputs, input_share, learning_rate, low, high, sums)
        for k in range(thread, shards, threads):
            merge(
                outputs,
                own_outputs,
                output_share,
                learning_rate,
                replica_indices,
                limits[1],
                n_frequent,
                contended[k],
                k,
                sums,
            )
            if options[1]:
                merge(
                    inputs,
                    own_inputs,
                    input_share,
                    learning_rate,
                    replica_indices,
                    limits[0],
                    n_frequent,
                    contended[k],
                    k,
                    sums,
                )


class EpochDriver:
    """The arrays that one training needs besides its state, made once; `run` takes some blocks of an epoch."""

    def __init__(
        self, state: State, ids: Ragged, counts: np.ndarray, settings: Settings, threads: int
    ) -> None:
        self.settings, self.threads, self.tokens = settings, threads, len(ids.ids)
        self.shards = settings.replicas
        each, room = _division(settings)
        self.bounds = streams(np.asarray(ids.offsets), self.shards * each)
        self.blocks = max(1, -(-int(np.diff(self.bounds).max()) // room))
        room = -(-int(np.diff(self.bounds).max()) // self.blocks) + 1
        probability = draws.keep_probability(counts, settings.sample)
        noise = counts.astype(np.float64) ** settings.exponent
        self.n_frequent = min(FREQUENT_ROWS, len(counts))
        self.text = (
            read_only(ids.ids), read_only(ids.offsets), self.bounds, draws.thresholds(probability),
            *draws.alias_table(noise),
        )  # fmt: skip
        self.model = (state.documents, state.outputs if state.inputs is None else state.inputs, state.outputs)
        self.window = settings.window if settings.has_inputs else 0
        self.options = (
            settings.method == "dm", settings.has_inputs, self.window, settings.negatives,
            np.uint64(seeds.state(settings.seed, "doc2vec")),
        )  # fmt: skip
        drawn = _room(each, room, settings)[1]
        self.buffers = _buffers(self.shards, each * (room + 1), drawn)
        self.scratch = _scratch(self.shards, self.window, settings.negatives, state.outputs.shape[1])
        shares = _shares(counts * probability, noise, settings, self.shards * self.blocks)
        self.copies = _copies(state, self.n_frequent, drawn, self.shards, shares)

    @staticmethod
    def needed_bytes(vocabulary: int, settings: Settings) -> int:
        """Memory of all that `__init__` makes."""
        each, room = _division(settings)
        columns = -(-settings.dim // 16) * 16
        words = _room(each, room + 1, settings)[1]
        copies = 2 * columns * FLOAT_BYTES * (min(FREQUENT_ROWS, vocabulary) + min(words, vocabulary))
        return settings.replicas * (words * 48 + copies) + vocabulary * (50 + 12 * settings.replicas)

    def learning_rate(self, epoch: int, block: int) -> float:
        """The learning rate of a block: it falls linearly towards 0."""
        left = 1.0 - (epoch + block / self.blocks) / self.settings.epochs
        return self.settings.first_learning_rate * max(LEAST_LEARNING_RATE, left)

    def run(self, epoch: int, first: int, last: int, shard_loss: np.ndarray) -> int:
        """Train blocks [first, last) of an epoch; adds their loss in nats to each shard's, and returns the words."""
        learning_rates = np.array([self.learning_rate(epoch, block) for block in range(first, last)])
        pairs = np.zeros(self.shards, np.int64)
        for rows, own in zip(self.model[1:], self.copies[:2], strict=True):
            own[:, : self.n_frequent] = rows[: self.n_frequent]
        threads = min(self.threads, self.shards)
        counter = np.zeros(16, np.int64)

        def work(thread: int) -> None:
            train_blocks(
                thread, threads, first, last, self.blocks, epoch, learning_rates, self.text, self.model, self.options,
                self.buffers, self.scratch, shard_loss, pairs, self.n_frequent, self.copies, counter.ctypes.data,
            )  # fmt: skip

        others = [Thread(target=work, args=(thread,), daemon=True) for thread in range(1, threads)]
        for other in others:
            other.start()
        work(0)
        for other in others:
            other.join()
        return int(pairs.sum())


def _division(settings: Settings) -> tuple[int, int]:
    """Streams of a shard, and the tokens that a block of one stream may have."""
    each = 1 if settings.method == "dm" else DOCUMENTS
    tokens = WINDOW_TOKENS if settings.has_inputs else BAG_TOKENS
    return each, max(1, tokens // (settings.replicas * each))


def _room(each: int, room: int, settings: Settings) -> tuple[int, int]:
    """The most words that a shard's block gathers, and that it gathers and draws."""
    window = settings.window if settings.has_inputs else 0
    words = each * (room + 2 * window)
    bag = 0 if settings.method == "dm" else PLACES * room
    return words, words + settings.negatives * (bag + (each * room if settings.has_inputs else 0))


def _buffers(shards: int, segments: int, words: int) -> tuple[np.ndarray, ...]:
    """What each shard collects: words, segments, where each stream's end, amounts; addresses of rows."""
    return (
        np.empty((shards, words), np.int32), np.empty((shards, segments, COLUMNS), np.int32),
        np.zeros((shards, DOCUMENTS + 1), np.int64), np.zeros((shards, 4), np.int64),
        np.empty((shards, words), np.int64), np.empty((shards, words), np.int64),
    )  # fmt: skip


def _scratch(shards: int, window: int, negatives: int, columns: int) -> tuple[np.ndarray, ...]:
    """What each shard computes in: that of `steps`, that of `paragraph_steps`, and the loss."""
    windows = [window_workspace(window, columns) for _ in range(shards)]
    bags = [paragraph_steps.workspace(negatives, columns) for _ in range(shards)]
    tallies = np.zeros((shards, 3 * WIDTH), np.float32)
    tallies[:, :WIDTH] = 1
    parts = [*zip(*windows, strict=True), *zip(*bags, strict=True)]
    return (*(np.stack(part) for part in parts), tallies)


def window_workspace(window: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """That of `steps`, with a row of addresses more and room for a document in each."""
    floats, _, rows = steps.workspace(max(1, window), columns)
    return floats, np.zeros((3, max(2 * window + 2, PLACES)), np.int64), rows


def _copies(
    state: State, n_frequent: int, words: int, shards: int, shares: list[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Replicas of the rows of every shard, see `replicas`; the outputs stand in for absent inputs."""
    v, columns = state.outputs.shape
    shape = (shards, n_frequent + min(words, v), columns)
    own_outputs = np.empty(shape, np.float32)
    own_inputs = own_outputs if state.inputs is None else np.empty(shape, np.float32)
    return (
        own_inputs, own_outputs, *shares, np.zeros((v, -(-shards // 8) * 8), np.uint8),
        np.zeros((v, shards), np.int32), np.empty((shards, words), np.int64), np.zeros(shards, np.int64),
        np.zeros((2, shards), np.int64),
    )  # fmt: skip


def _shares(kept: np.ndarray, noise: np.ndarray, settings: Settings, blocks: int) -> list[np.ndarray]:
    """For input and output rows (v,): how often a shard's block updates them, times the curvature of the loss."""
    occurrences = kept / blocks
    drawn = occurrences.sum() * settings.negatives * noise / noise.sum()
    neighbours = settings.window + 1.0 if settings.has_inputs else 0.0
    return [
        CURVATURE * neighbours * occurrences,
        CURVATURE * (neighbours + 1.0) * (occurrences + drawn),
    ]
