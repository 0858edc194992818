"""One epoch of fastText: as `learn.sgns.epoch`, but a word's vector is made of rows that other words share.

All shards read the shared input rows at the beginning of a block, when nobody writes them, and train vectors of their
own made from them. After the barrier, their changes are added to the rows, each thread to rows of its own, in the
order of the shards and of the words in them: so each row's sum is the same at any number of threads. Output rows are
shared among shards as `replicas` describes.
"""

from __future__ import annotations

from threading import Thread

import numpy as np
from numba import int32, int64, njit

from likewise.arrays.ragged import Ragged
from likewise.learn.fasttext import subword_rows
from likewise.learn.fasttext.ngram_rows import Subwords
from likewise.learn.fasttext.state import Settings
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.barrier import wait_for_all
from likewise.learn.kernels.register_tiles import bound
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns import epoch as sgns_epoch
from likewise.learn.sgns import replicas, steps
from likewise.learn.sgns import state as sgns
from likewise.learn.sgns.windows import END, gather
from likewise.system import seeds
from likewise.system.compiled import CACHE

LEAST_TOKENS = 64  # of all shards between two barriers
FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy"}


@njit(**FLAGS)
def _bound_outputs(rows: np.ndarray, n: int, width: int, largest: float) -> None:
    """Shorten the output rows of a block's words, given by address, to norm `largest` (0: leave them)."""
    if largest > 0:
        for i in range(n):
            bound(rows[i], width, largest)


@njit(**FLAGS)
def train_blocks_hogwild(thread, threads, turn, text, model, options, buffers, gained, parts, own):  # type: ignore[no-untyped-def]
    """Every thread trains its own stretch of the shared matrices, and none waits for another (Recht et al. 2011)."""
    first, last, blocks, epoch, learning_rates = turn
    losses, pairs = gained
    ids, offsets, keep, threshold, alias = text
    inputs, outputs = model
    is_skipgram, window, is_dynamic, negatives, largest, seed = options
    words, segments, input_rows, output_rows, noise_rows, floats, addresses, rows, tallies = buffers
    hidden, starts, places, distinct, n_distinct, picked = own
    width, shared = int64(outputs.shape[1] * 4), int64(outputs.ctypes.data)
    epoch_seed = draws.block_state(seed, epoch, -1, 0)
    k = thread
    for block in range(first, last):
        start, end = sgns_epoch.block_bounds(k, block, threads, blocks, len(ids))
        n = gather(ids, offsets, start, end, window, keep, epoch_seed, words[k], segments[k])
        n_words = segments[k, n - 1, END] if n else int32(0)
        for i in range(n_words):
            output_rows[k, i] = shared + words[k, i] * width
        n_distinct[k] = subword_rows.enter_words(
            words[k], n_words, parts, inputs, places[k], distinct[k], n_distinct[k], hidden[k], starts[k],
            input_rows[k],
        )  # fmt: skip
        state = draws.block_state(seed, epoch, block, k)
        drawn = sgns_epoch.draw_noise_anywhere(
            words[k], segments[k], n, negatives, threshold, alias, state, shared, width, noise_rows[k]
        )
        pairs[k] += steps.train_block(
            is_skipgram, input_rows[k], output_rows[k], noise_rows[k, :drawn], segments[k], n,
            width, window, is_dynamic, negatives, learning_rates[block - first], 0.0, draws.mixed(state),
            floats[k], addresses[k], rows[k], tallies[k],
        )  # fmt: skip
        losses[k] += sgns_epoch.take_loss(tallies[k])
        _bound_outputs(output_rows[k], n_words, width, largest)
        subword_rows.compute_changes(
            distinct[k], n_distinct[k], parts[3], learning_rates[block - first], hidden[k], starts[k]
        )
        subword_rows.add_changes(distinct[k], n_distinct[k], parts, starts[k], inputs, 0, 1, picked[k])
        if largest > 0:
            subword_rows.bound_rows(distinct[k], n_distinct[k], parts, inputs, 0, 1, largest)


@njit(**FLAGS)
def train_blocks(  # type: ignore[no-untyped-def]
    thread, threads, turn, text, model, options, buffers, gained, parts, own, n_frequent, copies, counter
):
    """All shards train a block, wait, merge, and continue; `thread` takes shards thread, thread + threads, …"""
    first, last, blocks, epoch, learning_rates = turn
    losses, pairs = gained
    ids, offsets, keep, threshold, alias = text
    inputs, outputs = model
    is_skipgram, window, is_dynamic, negatives, largest, seed = options
    words, segments, input_rows, output_rows, noise_rows, floats, addresses, rows, tallies = buffers
    hidden, starts, places, distinct, n_distinct, picked = own
    _, copied, _, share, seen, replica_indices, contended, n_contended, n_segments = copies
    shards = copied.shape[0]
    marks = seen.view(np.uint64)
    width, shared = int64(outputs.shape[1] * 4), int64(outputs.ctypes.data)
    sums = np.empty(outputs.shape[1], np.float32)
    epoch_seed = draws.block_state(seed, epoch, -1, 0)
    barriers = 0
    for block in range(first, last):
        stamp = block % replicas.STAMPS + 1
        learning_rate = learning_rates[block - first]
        for k in range(thread, shards, threads):
            start, end = sgns_epoch.block_bounds(k, block, shards, blocks, len(ids))
            n = gather(ids, offsets, start, end, window, keep, epoch_seed, words[k], segments[k])
            n_segments[k] = n
            replicas.mark(words[k], segments[k, n - 1, END] if n else int32(0), n_frequent, seen, k, stamp)
        barriers += 1
        wait_for_all(counter, barriers * threads)
        for k in range(thread, shards, threads):
            n = n_segments[k]
            n_words = segments[k, n - 1, END] if n else int32(0)
            # Input rows are never contended here: the outputs stand in for them, and are copied once more.
            n_contended[k] = replicas.assign_replicas(
                words[k], n_words, n_frequent, marks, k, stamp, replica_indices, contended[k], n_contended[k],
                outputs, outputs, copied[k], copied[k], output_rows[k], output_rows[k],
            )  # fmt: skip
            n_distinct[k] = subword_rows.enter_words(
                words[k], n_words, parts, inputs, places[k], distinct[k], n_distinct[k], hidden[k], starts[k],
                input_rows[k],
            )  # fmt: skip
            state = draws.block_state(seed, epoch, block, k)
            drawn = replicas.draw_noise(
                words[k], segments[k], n, negatives, threshold, alias, state, n_frequent, marks, k, stamp,
                (k + block) % shards, replica_indices, shared, int64(copied[k].ctypes.data), width, noise_rows[k],
            )  # fmt: skip
            pairs[k] += steps.train_block(
                is_skipgram, input_rows[k], output_rows[k], noise_rows[k, :drawn], segments[k], n,
                width, window, is_dynamic, negatives, learning_rate, 0.0, draws.mixed(state),
                floats[k], addresses[k], rows[k], tallies[k],
            )  # fmt: skip
            losses[k] += sgns_epoch.take_loss(tallies[k])
            _bound_outputs(output_rows[k], n_words, width, largest)
            subword_rows.compute_changes(
                distinct[k], n_distinct[k], parts[3], learning_rate, hidden[k], starts[k]
            )
        barriers += 1
        wait_for_all(counter, barriers * threads)
        low, high = n_frequent * thread // threads, n_frequent * (thread + 1) // threads
        replicas.merge_frequent(outputs, copied, share, learning_rate, low, high, sums)
        for k in range(thread, shards, threads):
            replicas.merge_contended(
                outputs, copied, share, learning_rate, replica_indices, contended[k], n_contended[k], k, sums
            )
        for k in range(shards):
            subword_rows.add_changes(
                distinct[k], n_distinct[k], parts, starts[k], inputs, thread, threads, picked[thread]
            )
        if largest > 0:
            for k in range(shards):
                subword_rows.bound_rows(distinct[k], n_distinct[k], parts, inputs, thread, threads, largest)


class SubwordEpochDriver:
    """The arrays that one training needs besides its state, made once; `run` takes some blocks of an epoch.

    Racing threads are shards as well: a block must be short where its words do not see each other's changes.
    """

    def __init__(
        self, state: sgns.State, ids: Ragged, counts: np.ndarray, subwords: Subwords, settings: Settings,
        threads: int,
    ) -> None:  # fmt: skip
        self.settings, self.tokens = settings.words, len(ids.ids)
        self.model, columns = (state.inputs, state.outputs), state.outputs.shape[1]
        probability = draws.keep_probability(counts, self.settings.sample)
        noise = counts.astype(np.float64) ** self.settings.exponent
        kept, closing = counts * probability, _closing(counts * probability, subwords, self.settings)
        self.shards = _shards(self.settings, threads)
        self.threads = min(threads, self.shards)
        self.blocks = _blocks(self.tokens, self.shards, kept, closing, self.settings)
        room, self.n_frequent = (
            -(-self.tokens // (self.shards * self.blocks)) + 1,
            min(sgns_epoch.FREQUENT_ROWS, len(counts)),
        )
        self.text = (
            sgns_epoch.read_only(ids.ids), sgns_epoch.read_only(ids.offsets), draws.thresholds(probability),
            *draws.alias_table(noise),
        )  # fmt: skip
        self.options = (
            self.settings.method == "skipgram", self.settings.window, self.settings.dynamic_window,
            self.settings.negatives, float(self.settings.max_norm or 0.0),
            np.uint64(seeds.state(self.settings.seed, "subword_sgns")),
        )  # fmt: skip
        self.parts = (subwords.rows.offsets, subwords.rows.ids, subwords.weights, closing / self.blocks)
        self.buffers = sgns_epoch._buffers(self.shards, room, columns, self.settings)
        words, longest = room + 2 * self.settings.window, int(subwords.rows.lengths.max(initial=0))
        self.own = (
            np.empty((self.shards, words, columns), np.float32), np.empty((self.shards, words, columns), np.float32),
            np.full((self.shards, len(counts)), -1, np.int32), np.empty((self.shards, words), np.int32),
            np.zeros(self.shards, np.int64),
            np.empty((self.threads, 2, subword_rows.PICKED + longest + 1), np.int64),
        )  # fmt: skip
        if not self.settings.racing:
            shares = sgns_epoch._shares(kept, noise, self.settings, self.shards * self.blocks)
            outputs = sgns.State(state.outputs, state.outputs)
            self.copies = sgns_epoch._copies(outputs, self.n_frequent, words, self.shards, shares)

    @staticmethod
    def needed_bytes(
        vocabulary: int, tokens: int, subwords: Subwords, settings: Settings, threads: int
    ) -> int:
        """Memory of all that `__init__` makes."""
        shards, words = _shards(settings.words, threads), settings.words
        columns, block = sgns.padded(words.dim), min(sgns_epoch.BARRIER_TOKENS, tokens) // shards + 1
        room = block + 2 * words.window
        own = (
            2 * columns * FLOAT_BYTES * room + 4 * vocabulary + room * 20 + block * (16 + 8 * words.negatives)
        )
        longest = int(subwords.rows.lengths.max(initial=0))
        total = shards * (own + 16 * (subword_rows.PICKED + longest)) + vocabulary * 60
        if words.racing:
            return total
        copies = (
            2 * columns * FLOAT_BYTES * (min(sgns_epoch.FREQUENT_ROWS, vocabulary) + min(room, vocabulary))
        )
        return total + shards * copies + vocabulary * (4 * shards + -(-shards // 8) * 8)

    def learning_rate(self, epoch: int, block: int) -> float:
        """The learning rate of a block: it falls linearly towards 0."""
        left = 1.0 - (epoch + block / self.blocks) / self.settings.epochs
        return self.settings.first_learning_rate * max(sgns_epoch.LEAST_LEARNING_RATE, left)

    def run(self, epoch: int, first: int, last: int, shard_loss: np.ndarray) -> int:
        """Train blocks [first, last) of an epoch; adds their loss in nats to each shard's, and returns the pairs."""
        learning_rates = np.array([self.learning_rate(epoch, block) for block in range(first, last)])
        pairs, counter = np.zeros(self.shards, np.int64), np.zeros(16, np.int64)
        if not self.settings.racing:
            self.copies[1][:, : self.n_frequent] = self.model[1][: self.n_frequent]
        turn = (first, last, self.blocks, epoch, learning_rates)
        shared = (
            turn,
            self.text,
            self.model,
            self.options,
            self.buffers,
            (shard_loss, pairs),
            self.parts,
            self.own,
        )

        def work(thread: int) -> None:
            if self.settings.racing:
                train_blocks_hogwild(thread, self.threads, *shared)
            else:
                train_blocks(thread, self.threads, *shared, self.n_frequent, self.copies, counter.ctypes.data)

        others = [Thread(target=work, args=(thread,), daemon=True) for thread in range(1, self.threads)]
        for other in others:
            other.start()
        work(0)
        for other in others:
            other.join()
        return int(pairs.sum())


def _shards(words: sgns.Settings, threads: int) -> int:
    return min(threads, subword_rows.OWNERS) if words.racing else words.replicas


def _blocks(tokens: int, shards: int, kept: np.ndarray, closing: np.ndarray, words: sgns.Settings) -> int:
    """Blocks of each shard: few, for the cost of barriers, but enough to keep a word's path between them below 1.

    Of text some hundred thousand words suffice for the first; the second is for vocabularies of some dozens of words.
    """
    path = words.first_learning_rate * float((kept * closing).sum()) / max(1e-9, float(kept.sum()))
    most = -(-tokens // (shards * max(1, LEAST_TOKENS // shards)))
    return max(1, -(-tokens // (shards * max(1, sgns_epoch.BARRIER_TOKENS // shards))), min(most, int(path)))


def _closing(kept: np.ndarray, subwords: Subwords, words: sgns.Settings) -> np.ndarray:
    """(v,) float64: how often a word's rows are moved in an epoch, on average, times the curvature of the loss.

    `kept` (v,): how often each word stands in an epoch.
    """
    rows, weights = subwords.rows, subwords.weights
    moved = np.bincount(rows.ids, np.repeat(kept, rows.lengths), minlength=subwords.size)
    mean = np.add.reduceat(weights * moved[rows.ids], rows.offsets[:-1])
    return sgns_epoch.CURVATURE * (words.window + 1.0 if words.dynamic_window else 2.0 * words.window) * mean
