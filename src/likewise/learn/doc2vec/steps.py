"""Documents and their words, trained: the two models of paragraph vectors (Le & Mikolov 2014) as register tiles.

DBOW: a document's vector predicts each of its words. Six documents go in step, up to six words of each at a time; a
noise word is drawn for the words that stand in the same place of the six, as skip-gram shares its noise words in a
window. So the 36 true pairs are six tiles of one document, and the noise pairs are products of six documents with
some thirty rows: about two rows are fetched for a word instead of six.

DM: the mean of the document's vector and of the context words of a position predicts the word there; the gradient is
that of CBOW in `steps`, where the document is one more neighbour.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, njit, uint64

from likewise.learn.doc2vec.windows import ROW
from likewise.learn.kernels.register_tiles import (
    FLAGS,
    FLOAT_BYTES,
    OUTPUTS,
    dots,
    mean,
    prefetch_row,
    sigmoid,
    spread_change,
    update,
)
from likewise.learn.kernels.sampling import advance, random_bits, sample_alias
from likewise.learn.sgns.steps import LANES, SETTLED, _errors
from likewise.learn.sgns.windows import END, FIRST, LAST, START

DOCUMENTS = OUTPUTS  # that go in step
PLACES = OUTPUTS  # words of each that are taken at a time
NOISE_TILE = (
    30  # noise rows from whose old values six documents move at once, where `negatives` is not above it
)


def workspace(negatives: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scratch of `dbow_step`: gradients, labels of true and of noise pairs; six tiles of addresses; a spare row."""
    rows = max(PLACES, negatives, NOISE_TILE)
    floats = np.zeros((3, -(-OUTPUTS * rows // LANES) * LANES + LANES), np.float32)
    floats[1] = 1.0
    return floats, np.zeros((DOCUMENTS + 1, PLACES), np.int64), np.zeros(columns, np.float32)


@njit(inline="never", **FLAGS)
def dbow_step(
    documents: np.ndarray,
    tiles: np.ndarray,
    taken: np.ndarray,
    noise: np.ndarray,
    drawn: int,
    places: int,
    negatives: int,
    width: int,
    learning_rate: float,
    weights: np.ndarray,
    floats: np.ndarray,
    tally: np.ndarray,
) -> None:
    """Six documents learn up to six words each, then push away the noise words of `places` places.

    documents (6,), tiles (6, 6) and noise are addresses of rows; places beyond `taken` (6,) hold a spare row. `weights`
    (6, 6) float32 multiplies the gradients of a word and of its noise words, where it is not empty.
    """
    gradients = floats[0]
    g, documents_at = int64(gradients.ctypes.data), int64(documents.ctypes.data)
    tiles_at, tally_at = int64(tiles.ctypes.data), int64(tally.ctypes.data)
    for d in range(DOCUMENTS):
        if taken[d]:
            dots(tiles_at + 8 * PLACES * d, documents_at + 8 * d, 1, width, g + FLOAT_BYTES * PLACES * d)
        for i in range(taken[d], PLACES):
            gradients[d * PLACES + i] = -SETTLED
    for i in range(DOCUMENTS * PLACES, (DOCUMENTS * PLACES + LANES - 1) // LANES * LANES):
        gradients[i] = -SETTLED
    sigmoid(g, int64(floats[1].ctypes.data), DOCUMENTS, float32(learning_rate), tally_at)
    for d in range(DOCUMENTS):
        if taken[d]:
            if weights.size:
                for i in range(PLACES):
                    gradients[d * PLACES + i] *= weights[d, i]
            update(tiles_at + 8 * PLACES * d, documents_at + 8 * d, 1, width, g + FLOAT_BYTES * PLACES * d)
    together = max(1, NOISE_TILE // negatives)
    for first in range(0, places, together):
        last = min(first + together, places)
        n = (last - first) * negatives
        rows = int64(noise.ctypes.data) + 8 * (drawn + first * negatives)
        dots(documents_at, rows, n, width, g)
        for i in range(OUTPUTS * n, (OUTPUTS * n + LANES - 1) // LANES * LANES):
            gradients[i] = SETTLED
        for d in range(DOCUMENTS):
            for j in range(n):
                place = first + j // negatives
                if place >= taken[d] or noise[drawn + first * negatives + j] == tiles[d, place]:
                    gradients[j * OUTPUTS + d] = SETTLED
        sigmoid(g, int64(floats[2].ctypes.data), n, float32(learning_rate), tally_at)
        if weights.size:
            for j in range(n):
                for d in range(DOCUMENTS):
                    gradients[j * OUTPUTS + d] *= weights[d, first + j // negatives]
        update(documents_at, rows, n, width, g)


@njit(**FLAGS)
def steps_of(segments: np.ndarray, ends: np.ndarray) -> int:
    """How many steps `dbow_block` takes: as many as the longest of six streams has handfuls of words."""
    most = 0
    for stream in range(DOCUMENTS):
        handfuls = 0
        for s in range(ends[stream], ends[stream + 1]):
            handfuls += (segments[s, LAST] - segments[s, FIRST] + PLACES - 1) // PLACES
        most = max(most, handfuls)
    return most


@njit(**FLAGS)
def centres_of(segments: np.ndarray, n: int) -> int:
    """How many words stand at the centre of a window in the first n segments."""
    total = 0
    for s in range(n):
        total += segments[s, LAST] - segments[s, FIRST]
    return total


@njit(**FLAGS)
def dbow_block(
    documents_at: int,
    output_rows: np.ndarray,
    noise_rows: np.ndarray,
    segments: np.ndarray,
    ends: np.ndarray,
    width: int,
    negatives: int,
    learning_rate: float,
    floats: np.ndarray,
    tiles: np.ndarray,
    spare: np.ndarray,
    tally: np.ndarray,
) -> int:
    """Train the segments of six streams, `ends` (7,) apart, in step; returns how many words were predicted.

    `documents_at` is where the documents' rows begin; `output_rows` are addresses, one for each gathered word;
    `noise_rows` those of `PLACES * negatives` rows for every step.
    """
    nowhere = int64(spare.ctypes.data)
    documents, taken = tiles[DOCUMENTS], np.zeros(DOCUMENTS, np.int64)
    current, position = np.zeros(DOCUMENTS, np.int64), np.full(DOCUMENTS, -1)
    whole = np.empty((0, 0), np.float32)
    for stream in range(DOCUMENTS):
        current[stream] = ends[stream]
    pairs = drawn = 0
    while True:
        places = 0
        for d in range(DOCUMENTS):
            s = current[d]
            if s == ends[d + 1]:
                taken[d], documents[d] = 0, nowhere
                for i in range(PLACES):
                    tiles[d, i] = nowhere
                continue
            if position[d] < 0:
                position[d] = segments[s, FIRST]
            at, left = position[d], segments[s, LAST] - position[d]
            documents[d] = documents_at + width * int64(segments[s, ROW])
            taken[d] = min(PLACES, left)
            for i in range(PLACES):
                tiles[d, i] = output_rows[at + i] if i < taken[d] else nowhere
            places = max(places, taken[d])
            pairs += taken[d]
            position[d] += taken[d]
            if left <= PLACES:
                current[d], position[d] = s + 1, -1
            for i in range(at + PLACES, min(at + 2 * PLACES, len(output_rows))):
                prefetch_row(output_rows[i], width)
        if places == 0:
            return pairs
        for i in range(drawn + PLACES * negatives, min(drawn + 2 * PLACES * negatives, len(noise_rows))):
            prefetch_row(noise_rows[i], width)
        dbow_step(
            documents,
            tiles,
            taken,
            noise_rows,
            drawn,
            places,
            negatives,
            width,
            learning_rate,
            whole,
            floats,
            tally,
        )
        drawn += PLACES * negatives


@njit(**FLAGS)
def draw_noise(
    n: int, threshold: np.ndarray, alias: np.ndarray, state: int, words: np.ndarray, first: int
) -> None:
    """Write n drawn words to `words` from `first` on."""
    state = uint64(state)
    for i in range(first, first + n):
        state = advance(state)
        words[i] = sample_alias(random_bits(state), threshold, alias)


@njit(inline="never", **FLAGS)
def dm_step(
    tile: np.ndarray,
    noise: np.ndarray,
    drawn: int,
    negatives: int,
    width: int,
    learning_rate: float,
    floats: np.ndarray,
    rows: np.ndarray,
    mean_and_moved: np.ndarray,
    tally: np.ndarray,
) -> None:
    """The mean rows[0] predicts the true word tile[0] against its noise words; rows[1] is its target.

    `tile` (6,) and `noise` are addresses, rows (3, width) float32 holds the mean, the moved mean and a spare row.
    """
    g, tile_at, moved_at = (
        int64(floats[0].ctypes.data),
        int64(tile.ctypes.data),
        int64(mean_and_moved.ctypes.data) + 8,
    )
    for d in range(rows.shape[1]):
        rows[1, d] = rows[0, d]
    filled, left, is_first = 1, negatives, True
    while left > 0 or filled:
        while filled < OUTPUTS and left > 0:
            tile[filled] = noise[drawn]
            filled, left, drawn = filled + 1, left - 1, drawn + 1
        for i in range(filled, OUTPUTS):
            tile[i] = int64(rows[2].ctypes.data)
        labels = floats[1] if is_first else floats[2]
        _errors(floats[0], labels, tile_at, moved_at, 1, width, float32(learning_rate), filled, tally)
        update(tile_at, moved_at, 1, width, g)
        filled = 0
        is_first = False


@njit(nogil=True, inline="always")
def neighbours(position, begin, end, reach, input_rows, context):  # type: ignore[no-untyped-def]
    """Write the addresses of the context words of a position after the document's; returns how many rows there are."""
    n = 1
    for other in range(max(begin, position - reach), min(end, position + reach + 1)):
        if other != position:
            context[n] = input_rows[other]
            n += 1
    return n


@njit(**FLAGS)
def dm_block(
    documents_at: int,
    input_rows: np.ndarray,
    output_rows: np.ndarray,
    noise_rows: np.ndarray,
    segments: np.ndarray,
    n_segments: int,
    width: int,
    window: int,
    negatives: int,
    learning_rate: float,
    state: int,
    floats: np.ndarray,
    addresses: np.ndarray,
    rows: np.ndarray,
    tally: np.ndarray,
) -> int:
    """Train the centres of the gathered segments; returns how many there were. Arguments as in `steps.train_block`."""
    context, tile, means = addresses
    context_at = int64(context.ctypes.data)
    means[0], means[1] = int64(rows[0].ctypes.data), int64(rows[1].ctypes.data)
    state = uint64(state)
    positions = 0
    for s in range(n_segments):
        end = segments[s, END]
        context[0] = documents_at + width * int64(segments[s, ROW])
        for position in range(segments[s, FIRST], segments[s, LAST]):
            state = advance(state)
            reach = window - int64((random_bits(state) >> uint64(33)) % uint64(window))
            n = neighbours(position, segments[s, START], end, reach, input_rows, context)
            if position + 1 + window < end:
                prefetch_row(input_rows[position + 1 + window], width)
            if position + 1 < end:
                prefetch_row(output_rows[position + 1], width)
            drawn = positions * negatives
            for k in range(drawn + negatives, min(drawn + 2 * negatives, len(noise_rows))):
                prefetch_row(noise_rows[k], width)
            mean(context_at, n, width, means[0])
            tile[0] = output_rows[position]
            dm_step(tile, noise_rows, drawn, negatives, width, learning_rate * n, floats, rows, means, tally)
            spread_change(context_at, n, width, means[1], means[0])
            positions += 1
    return positions
