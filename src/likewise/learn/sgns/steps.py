"""One block of text, trained: the two models of word2vec (Mikolov et al. 2013) as sequences of register tiles.

In skip-gram every word of the window predicts the centre word, as in word2vec.c. All n context words of a position
share the centre's output row and the same noise rows, so a position is one small matrix product instead of n · 6 dot
products (Ji et al. 2016). CBOW predicts the centre from the mean of its n context words. Each of them gets the n-th
part of the gradient, as the chain rule says and word2vec.c omits (İrsoy et al. 2021); and a position counts n times,
as it does in skip-gram, so that both models need about the same learning rate.

A position is trained in tiles of six output rows: the true word and five noise words, then six more noise words for
each further tile. The places left over in the last tile hold a spare row, whose dots are set to those of a pair that is
already separated: its gradient is 3e-7, and it moves nothing.
"""

from __future__ import annotations

import time

import numpy as np
from numba import float32, int64, njit, uint64

from likewise.learn.kernels.register_tiles import (
    BYTES,
    FLAGS,
    FLOAT_BYTES,
    LARGEST_DOT,
    OUTPUTS,
    bound,
    dots,
    mean,
    prefetch_row,
    sigmoid,
    spread_change,
    update,
)
from likewise.learn.kernels.sampling import advance, random_bits
from likewise.learn.sgns.windows import END, FIRST, LAST, START

LANES = BYTES // FLOAT_BYTES
INSIDE = {"nogil": True, "inline": "always"}
SETTLED = float32(-4 * LARGEST_DOT)  # a dot this far out is clipped, and its label 0 is right


def workspace(window: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scratch of one shard: gradients, labels of a first tile and of others; addresses of inputs and outputs; the mean
    and the moved mean of CBOW, and the spare row."""
    room = -(-OUTPUTS * 2 * window // LANES) * LANES + LANES
    floats = np.zeros((3, room), np.float32)
    floats[1, : OUTPUTS * 2 * window : OUTPUTS] = 1.0  # the true word is the first of the first tile
    return floats, np.zeros((2, max(2 * window + 1, OUTPUTS)), np.int64), np.zeros((3, width), np.float32)


@njit(**INSIDE)
def _errors(gradients, labels, outputs, rows, n, width, learning_rate, real, tally):  # type: ignore[no-untyped-def]
    """Fill `gradients` for one tile, of whose outputs the first `real` count."""
    g = int64(gradients.ctypes.data)
    dots(outputs, rows, n, width, g)
    for i in range(OUTPUTS * n, (OUTPUTS * n + LANES - 1) // LANES * LANES):
        gradients[i] = SETTLED * (1 - 2 * labels[i])
    for i in range(real, OUTPUTS):
        for j in range(n):
            gradients[j * OUTPUTS + i] = SETTLED
    sigmoid(g, int64(labels.ctypes.data), n, learning_rate, int64(tally.ctypes.data))


@njit(**FLAGS)
def train_block(
    is_skipgram: bool,
    input_rows: np.ndarray,
    output_rows: np.ndarray,
    noise_rows: np.ndarray,
    segments: np.ndarray,
    n_segments: int,
    width: int,
    window: int,
    is_dynamic: bool,
    negatives: int,
    learning_rate: float,
    largest: float,
    state: int,
    floats: np.ndarray,
    addresses: np.ndarray,
    rows: np.ndarray,
    tally: np.ndarray,
) -> int:
    """Train the gathered words of one block; returns the number of pairs (positions, for CBOW).

    `input_rows`, `output_rows` and `noise_rows` are addresses: two for each gathered word, `negatives` for each centre
    in order. `width` is a row's length in bytes, `largest` the bound of norms (0: none). `tally` gathers the loss as
    `tiles.sigmoid` describes.
    """
    context, tile = addresses[0], addresses[1]
    context_at, tile_at = int64(context.ctypes.data), int64(tile.ctypes.data)
    hidden, moved, spare = int64(rows[0].ctypes.data), int64(rows[1].ctypes.data), int64(rows[2].ctypes.data)
    gradients_at = int64(floats[0].ctypes.data)
    rate32 = float32(learning_rate)
    state = uint64(state)
    pairs = drawn = 0
    for s in range(n_segments):
        begin, end = segments[s, START], segments[s, END]
        for position in range(segments[s, FIRST], segments[s, LAST]):
            reach = window
            if is_dynamic:
                state = advance(state)
                reach = window - int64((random_bits(state) >> uint64(33)) % uint64(window))
            n = 0
            for other in range(max(begin, position - reach), min(end, position + reach + 1)):
                if other != position:
                    context[n] = input_rows[other]
                    n += 1
            # The rows of the next position are prefetched now, and arrive while this one is computed.
            if position + 1 + window < end:
                prefetch_row(input_rows[position + 1 + window], width)
            if position + 1 < end:
                prefetch_row(output_rows[position + 1], width)
            for k in range(drawn + negatives, min(drawn + 2 * negatives, len(noise_rows))):
                prefetch_row(noise_rows[k], width)
            tile[0] = output_rows[position]
            filled, left, is_first = 1, negatives, True
            while left > 0 or filled:
                while filled < OUTPUTS and left > 0:
                    tile[filled] = noise_rows[drawn]
                    filled, left, drawn = filled + 1, left - 1, drawn + 1
                real = filled
                for i in range(real, OUTPUTS):
                    tile[i] = spare
                labels = floats[1] if is_first else floats[2]
                if is_skipgram:
                    _errors(floats[0], labels, tile_at, context_at, n, width, rate32, real, tally)
                    update(tile_at, context_at, n, width, gradients_at)
                else:
                    mean(context_at, n, width, hidden)
                    for d in range(rows.shape[1]):
                        rows[1, d] = rows[0, d]
                    context[n] = moved
                    _errors(floats[0], labels, tile_at, context_at + 8 * n, 1, width, rate32 * n, real, tally)
                    update(tile_at, context_at + 8 * n, 1, width, gradients_at)
                    spread_change(context_at, n, width, moved, hidden)
                filled = 0
                is_first = False
            if largest > 0:
                bound(input_rows[position], width, largest)
                bound(output_rows[position], width, largest)
            pairs += n if is_skipgram else 1
    return pairs


def seconds_of_a_row(columns: int) -> float:
    """How long this machine takes for one input row of one tile, timed for some milliseconds."""
    rows, n, repeats = np.zeros((2_000, columns), np.float32), 10, 400
    picks = np.random.default_rng(0).integers(len(rows), size=(repeats, OUTPUTS + n))
    addresses = rows.ctypes.data + picks * (columns * FLOAT_BYTES)
    floats = np.zeros(OUTPUTS * n + LANES, np.float32)
    _timed_steps(
        addresses, n, columns * FLOAT_BYTES, floats
    )  # compiles, and fetches the rows for the first time
    start = time.perf_counter()
    _timed_steps(addresses, n, columns * FLOAT_BYTES, floats)
    return (time.perf_counter() - start) / (repeats * n)


@njit(**FLAGS)
def _timed_steps(addresses: np.ndarray, n: int, width: int, floats: np.ndarray) -> None:
    for i in range(len(addresses)):
        outputs = int64(addresses[i].ctypes.data)
        dots(outputs, outputs + 8 * OUTPUTS, n, width, int64(floats.ctypes.data))
        update(outputs, outputs + 8 * OUTPUTS, n, width, int64(floats.ctypes.data))
