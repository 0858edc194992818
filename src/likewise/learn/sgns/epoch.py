"""One epoch on several threads, block by block: gather, assign replicas, train, wait at a barrier, merge."""

from __future__ import annotations

import math
from threading import Thread

import numpy as np
from numba import int32, int64, njit

from likewise.arrays.ragged import Ragged
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.barrier import wait_for_all
from likewise.learn.kernels.row_stream import Source, stream_of
from likewise.learn.kernels.simd import WIDTH
from likewise.learn.sgns import replicas, steps
from likewise.learn.sgns.state import Settings, State
from likewise.learn.sgns.windows import END, FIRST, LAST, gather
from likewise.system import seeds
from likewise.system.compiled import CACHE

BARRIER_TOKENS = 2048  # of all shards between two barriers: fewer cost time, more make more rows contended
HOGWILD_TOKENS = 8192  # threads do not wait for each other; a block is only what is gathered at once
FREQUENT_ROWS = 32  # more of them cost time at every barrier, fewer are contended more often
CURVATURE = (
    0.5  # of the loss along a row: at 0.1 small vocabularies run away with 16 shards, from 0.25 to 1 none did
)
LEAST_LEARNING_RATE = 1e-4  # of the initial one, as in word2vec.c


@njit(nogil=True, inline="always")
def take_loss(tally: np.ndarray) -> float:
    """Return the loss in nats that `sigmoid` gathered, and reset the tally. NaN if any gradient was."""
    log2 = 0.0
    exponents = tally[WIDTH : 2 * WIDTH].view(np.int32)
    for lane in range(WIDTH):
        log2 += math.log2(tally[lane]) + exponents[lane] + 0.0 * tally[2 * WIDTH + lane]
    tally[:WIDTH] = 1
    tally[WIDTH:] = 0
    return -math.log(2.0) * log2


@njit(nogil=True, inline="always")
def block_bounds(shard: int, block: int, shards: int, blocks: int, tokens: int) -> tuple[int, int]:
    """Tokens [start, end) of a block: shards are equal stretches of the text, blocks equal stretches of a shard."""
    first, last = tokens * shard // shards, tokens * (shard + 1) // shards
    return first + (last - first) * block // blocks, first + (last - first) * (block + 1) // blocks


@njit(nogil=True, cache=CACHE, error_model="numpy")
def draw_noise_anywhere(  # type: ignore[no-untyped-def]
    words, segments, n_segments, negatives, threshold, alias, state, shared, width, noise_rows
):
    """Fill `noise_rows` with addresses of any output rows but the centre's, `negatives` for each centre."""
    n = 0
    for s in range(n_segments):
        for position in range(segments[s, FIRST], segments[s, LAST]):
            for _ in range(negatives):
                row, redraws = words[position], 0
                while row == words[position]:
                    state = draws.advance(state)
                    row = draws.sample_alias(draws.random_bits(state), threshold, alias)
                    redraws += 1
                    if redraws > replicas.REDRAWS:
                        row = 1 if words[position] == 0 else 0
                noise_rows[n] = shared + row * width
                n += 1
    return n


@njit(nogil=True, cache=CACHE, error_model="numpy")
def train_blocks_hogwild(  # type: ignore[no-untyped-def]
    thread, threads, first, last, blocks, epoch, learning_rates, text, model, options, buffers, losses, pairs
):
    """Every thread trains its own stretch of the shared matrices, and none waits for another (Recht et al. 2011)."""
    ids, offsets, keep, threshold, alias = text
    inputs, outputs = model
    is_skipgram, window, is_dynamic, negatives, largest, seed = options
    words, segments, input_rows, output_rows, noise_rows, floats, addresses, rows, tallies = buffers
    width = int64(inputs.shape[1] * 4)
    shared_in, shared_out = int64(inputs.ctypes.data), int64(outputs.ctypes.data)
    epoch_seed = draws.block_state(seed, epoch, -1, 0)
    for block in range(first, last):
        start, end = block_bounds(thread, block, threads, blocks, len(ids))
        n_segments = gather(
            ids, offsets, start, end, window, keep, epoch_seed, words[thread], segments[thread]
        )
        n_words = segments[thread, n_segments - 1, END] if n_segments else int32(0)
        for i in range(n_words):
            input_rows[thread, i] = shared_in + words[thread, i] * width
            output_rows[thread, i] = shared_out + words[thread, i] * width
        state = draws.block_state(seed, epoch, block, thread)
        drawn = draw_noise_anywhere(
            words[thread],
            segments[thread],
            n_segments,
            negatives,
            threshold,
            alias,
            state,
            shared_out,
            width,
            noise_rows[thread],
        )
        pairs[thread] += steps.train_block(
            is_skipgram,
            input_rows[thread],
            output_rows[thread],
            noise_rows[thread, :drawn],
            segments[thread],
            n_segments,
            width,
            window,
            is_dynamic,
            negatives,
            learning_rates[block - first],
            largest,
            draws.mixed(state),
            floats[thread],
            addresses[thread],
            rows[thread],
            tallies[thread],
        )
        losses[thread] += take_loss(tallies[thread])


@njit(nogil=True, cache=CACHE, error_model="numpy")
def train_blocks(  # type: ignore[no-untyped-def]
    thread,
    threads,
    first,
    last,
    blocks,
    epoch,
    learning_rates,
    text,
    model,
    options,
    buffers,
    losses,
    pairs,
    n_frequent,
    copies,
    counter,
):
    """All shards train a block, wait, merge, and continue; `thread` takes shards thread, thread + threads, …"""
    ids, offsets, keep, threshold, alias = text
    inputs, outputs = model
    is_skipgram, window, is_dynamic, negatives, largest, seed = options
    words, segments, input_rows, output_rows, noise_rows, floats, addresses, rows, tallies = buffers
    (
        own_inputs,
        own_outputs,
        input_share,
        output_share,
        seen,
        replica_indices,
        contended,
        n_contended,
        n_segments,
    ) = copies
    shards = own_inputs.shape[0]
    marks = seen.view(np.uint64)
    width = int64(inputs.shape[1] * 4)
    shared_out = int64(outputs.ctypes.data)
    sums = np.empty(inputs.shape[1], np.float32)
    epoch_seed = draws.block_state(seed, epoch, -1, 0)
    barriers = 0
    for block in range(first, last):
        stamp = block % replicas.STAMPS + 1
        for k in range(thread, shards, threads):
            start, end = block_bounds(k, block, shards, blocks, len(ids))
            n = gather(ids, offsets, start, end, window, keep, epoch_seed, words[k], segments[k])
            n_segments[k] = n
            replicas.mark(words[k], segments[k, n - 1, END] if n else int32(0), n_frequent, seen, k, stamp)
        barriers += 1
        wait_for_all(counter, barriers * threads)
        for k in range(thread, shards, threads):
            n = n_segments[k]
            n_contended[k] = replicas.assign_replicas(
                words[k],
                segments[k, n - 1, END] if n else int32(0),
                n_frequent,
                marks,
                k,
                stamp,
                replica_indices,
                contended[k],
                n_contended[k],
                inputs,
                outputs,
                own_inputs[k],
                own_outputs[k],
                input_rows[k],
                output_rows[k],
            )
            state = draws.block_state(seed, epoch, block, k)
            drawn = replicas.draw_noise(
                words[k],
                segments[k],
                n,
                negatives,
                threshold,
                alias,
                state,
                n_frequent,
                marks,
                k,
                stamp,
                (k + block) % shards,
                replica_indices,
                shared_out,
                int64(own_outputs[k].ctypes.data),
                width,
                noise_rows[k],
            )
            pairs[k] += steps.train_block(
                is_skipgram, input_rows[k], output_rows[k], noise_rows[k, :drawn], segments[k], n,
                width, window, is_dynamic, negatives, learning_rates[block - first], largest, draws.mixed(state),
                floats[k], addresses[k], rows[k], tallies[k],
            )  # fmt: skip
            losses[k] += take_loss(tallies[k])
        barriers += 1
        wait_for_all(counter, barriers * threads)
        low, high = n_frequent * thread // threads, n_frequent * (thread + 1) // threads
        replicas.merge_frequent(
            inputs, own_inputs, input_share, learning_rates[block - first], low, high, sums
        )
        replicas.merge_frequent(
            outputs, own_outputs, output_share, learning_rates[block - first], low, high, sums
        )
        for k in range(thread, shards, threads):
            replicas.merge_contended(
                inputs,
                own_inputs,
                input_share,
                learning_rates[block - first],
                replica_indices,
                contended[k],
                n_contended[k],
                k,
                sums,
            )
            replicas.merge_contended(
                outputs,
                own_outputs,
                output_share,
                learning_rates[block - first],
                replica_indices,
                contended[k],
                n_contended[k],
                k,
                sums,
            )


class EpochDriver:
    """The arrays that one training needs besides its state, made once; `run` takes some blocks of an epoch."""

    def __init__(
        self, state: State, ids: Ragged | Source, counts: np.ndarray, settings: Settings, threads: int
    ) -> None:
        self.source = ids if isinstance(ids, Source) else stream_of(ids)
        self.settings, self.threads, self.tokens = settings, threads, self.source.parts * self.source.tokens
        self.shards, room, self.part_blocks = _division(self.source.tokens, settings, threads)
        self.blocks = self.source.parts * self.part_blocks
        probability = draws.keep_probability(counts, settings.sample)
        noise = counts.astype(np.float64) ** settings.exponent
        self.n_frequent = min(FREQUENT_ROWS, len(counts))
        self.samplers = (draws.thresholds(probability), *draws.alias_table(noise))
        self.load_part(state.epoch, state.block // self.part_blocks)
        self.model = (state.inputs, state.outputs)
        self.options = (
            settings.method == "skipgram", settings.window, settings.dynamic_window, settings.negatives,
            float(settings.max_norm or 0.0), np.uint64(seeds.state(settings.seed, "sgns")),
        )  # fmt: skip
        self.buffers = _buffers(self.shards, room, state.inputs.shape[1], settings)
        if settings.racing:
            return
        shares = _shares(counts * probability, noise, settings, self.shards * self.blocks)
        self.copies = _copies(state, self.n_frequent, room + 2 * settings.window, self.shards, shares)

    @staticmethod
    def needed_bytes(vocabulary: int, tokens: int, settings: Settings, threads: int) -> int:
        """Memory of all that `__init__` makes."""
        shards, block = _division(tokens, settings, threads)[:2]
        columns = -(-settings.dim // 16) * 16
        words = block + 2 * settings.window
        scratch = words * 20 + block * (16 + 8 * settings.negatives)
        if settings.racing:
            return shards * scratch + vocabulary * 30
        copies = 2 * columns * 4 * (min(FREQUENT_ROWS, vocabulary) + min(words, vocabulary))
        return shards * (scratch + copies) + vocabulary * (50 + 4 * shards + -(-shards // 8) * 8)

    def learning_rate(self, epoch: int, block: int) -> float:
        """The learning rate of a block: it falls linearly towards 0."""
        left = 1.0 - (epoch + block / self.blocks) / self.settings.epochs
        return self.settings.first_learning_rate * max(LEAST_LEARNING_RATE, left)

    def part_end(self, block: int) -> int:
        """The first block beyond the part of the text that this one stands in."""
        return (block // self.part_blocks + 1) * self.part_blocks

    def load_part(self, epoch: int, part: int) -> None:
        """Load the text of one part of an epoch."""
        self.place, rows = (epoch, part), self.source.part(epoch, part)
        self.text = (read_only(rows.ids), read_only(rows.offsets), *self.samplers)

    def run(self, epoch: int, first: int, last: int, shard_loss: np.ndarray) -> int:
        """Train blocks [first, last) of an epoch, all of one part; adds their loss in nats to each shard's, and returns
        the pairs."""
        part = first // self.part_blocks
        if self.place != (epoch, part):
            self.load_part(epoch, part)
        learning_rates = np.array([self.learning_rate(epoch, block) for block in range(first, last)])
        pairs = np.zeros(self.shards, np.int64)
        if (
            not self.settings.racing
        ):  # at first the copies are empty, and `max_norm` may have shortened the shared rows
            for rows, own in zip(self.model, self.copies[:2], strict=True):
                own[:, : self.n_frequent] = rows[: self.n_frequent]
        before = part * self.part_blocks
        shared = (
            first - before,
            last - before,
            self.part_blocks,
            epoch * self.source.parts + part,  # every part draws as if it were an epoch of its own
            learning_rates,
            self.text,
            self.model,
            self.options,
            self.buffers,
            shard_loss,
            pairs,
        )
        threads = min(self.threads, self.shards)
        counter = np.zeros(16, np.int64)

        def work(thread: int) -> None:
            if self.settings.racing:
                train_blocks_hogwild(thread, threads, *shared)
            else:
                train_blocks(thread, threads, *shared, self.n_frequent, self.copies, counter.ctypes.data)

        others = [Thread(target=work, args=(thread,), daemon=True) for thread in range(1, threads)]
        for other in others:
            other.start()
        work(0)
        for other in others:
            other.join()
        return int(pairs.sum())


def read_only(array: np.ndarray) -> np.ndarray:
    """A read-only view: one type for Numba, whether the array is in memory or on disk."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _division(tokens: int, settings: Settings, threads: int) -> tuple[int, int, int]:
    """How the text is cut: shards, the most tokens a block of one can have, blocks of each."""
    shards = threads if settings.racing else settings.replicas
    block = HOGWILD_TOKENS if settings.racing else max(1, BARRIER_TOKENS // shards)
    blocks = max(1, -(-tokens // (shards * block)))
    return shards, -(-tokens // (shards * blocks)) + 1, blocks


def _buffers(shards: int, room: int, columns: int, settings: Settings) -> tuple[np.ndarray, ...]:
    """What each shard writes while it trains: its words and segments, addresses of rows, scratch, loss."""
    words = room + 2 * settings.window
    scratch = [steps.workspace(settings.window, columns) for _ in range(shards)]
    tallies = np.zeros((shards, 3 * WIDTH), np.float32)
    tallies[:, :WIDTH] = 1
    return (
        np.empty((shards, words), np.int32), np.empty((shards, room + 1, 4), np.int32),
        np.empty((shards, words), np.int64), np.empty((shards, words), np.int64),
        np.empty((shards, room * settings.negatives), np.int64),
        *(np.stack(part) for part in zip(*scratch, strict=True)), tallies,
    )  # fmt: skip


def _copies(
    state: State, n_frequent: int, words: int, shards: int, shares: list[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Replicas of the rows of every shard, see `replicas`."""
    v, columns = state.inputs.shape
    own = [np.empty((shards, n_frequent + min(words, v), columns), np.float32) for _ in range(2)]
    return (
        *own, *shares, np.zeros((v, -(-shards // 8) * 8), np.uint8), np.zeros((v, shards), np.int32),
        np.empty((shards, words), np.int64), np.zeros(shards, np.int64), np.zeros(shards, np.int64),
    )  # fmt: skip


def _shares(kept: np.ndarray, noise: np.ndarray, settings: Settings, blocks: int) -> list[np.ndarray]:
    """For input and output rows (v,): how often a shard's block updates them, times the curvature of the loss."""
    occurrences = kept / blocks
    drawn = occurrences.sum() * settings.negatives * noise / noise.sum()
    # A CBOW position counts as often as it has neighbours, so both models update a row equally often.
    neighbours = settings.window + 1.0 if settings.dynamic_window else 2.0 * settings.window
    return [CURVATURE * neighbours * occurrences, CURVATURE * neighbours * (occurrences + drawn)]
