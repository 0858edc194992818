"""How several shards train the same matrices at once and still give the same bits at any number of threads.

The text is cut into R shards, a number the model records; threads only share the shards out. All shards train one block
each, then wait for each other. During a block no row is written by two shards:

- The **frequent** rows, those of the most frequent words, are trained by every shard. Each shard has a private copy.
- Another row that is in the block of one shard only is trained where it is, in the shared matrix.
- Another row that is in the blocks of several shards is **contended**: each of them trains a private copy.
- Another row drawn as noise must belong to no other shard. A shard may draw the rows of its own block; of the rest, of
  every R rows that follow each other in frequency, each shard has one in this block and another in the next, and
  draws it for any of the R. A row in another shard's block gives way to its neighbour in frequency.

After the barrier, the changes of the private copies are summed onto the shared row, in the order of the shards.
So every pair of words is trained exactly once, each row changes in a fixed order, and memory grows by the copies of
some hundreds of rows, not by R whole matrices.

Summing is right while a block moves a row a little. A frequent row can be moved almost to its optimum, and the sum
of R such moves goes R times too far. So its sum is scaled as if the moves had been made one after another: if a block
of one shard closes the share s of the distance, R in a row close 1 − (1 − s)^R, and R times s was summed.
"""

from __future__ import annotations

import math

import numpy as np
from numba import int64, njit, uint64

from likewise.learn.kernels.register_tiles import prefetch_row
from likewise.learn.kernels.sampling import advance, random_bits, sample_alias
from likewise.learn.kernels.unchecked import read_int32, read_uint64
from likewise.learn.sgns.windows import FIRST, LAST
from likewise.system.compiled import CACHE

FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy"}
REDRAWS = 64  # then the centre is nearly all of the text, and the most frequent other word is taken
STAMPS = 255  # a block's mark is one byte, so that the marks of all shards on a row share a cache line


@njit(**FLAGS)
def mark(words: np.ndarray, n: int, n_frequent: int, seen: np.ndarray, shard: int, stamp: int) -> None:
    """Mark the rows of this shard's block, but the frequent: seen (v, ≥ R) uint8 holds the stamp of the last block."""
    if stamp == 1:
        seen[:, shard] = 0
    for i in range(n):
        if words[i] >= n_frequent:
            seen[words[i], shard] = stamp


@njit(nogil=True, inline="always")
def is_anywhere(marks_at: int, n: int, stamp: int, but: int = -1) -> bool:
    """Whether a row stands in the block of any shard (but one): its marks are n uint64 at an address, a byte a shard.

    A byte of marks ^ stamps is 0 where a shard saw the row; the classic test for a zero byte looks at all eight.
    """
    ones = uint64(0x0101010101010101)
    found = uint64(0)
    for word in range(n):
        difference = read_uint64(marks_at + 8 * word) ^ (ones * uint64(stamp))
        if word == but >> 3:
            difference |= uint64(0xFF) << uint64(8 * (but & 7))
        found |= (difference - ones) & ~difference
    return found & (ones << uint64(7)) != 0


@njit(nogil=True, inline="always")
def is_here(marks_at: int, shard: int, stamp: int) -> bool:
    """Whether a row stands in this shard's own block."""
    marks = read_uint64(marks_at + 8 * (shard >> 3))
    return (marks >> uint64(8 * (shard & 7))) & uint64(0xFF) == uint64(stamp)


@njit(nogil=True, inline="always")
def writable(
    row: int,
    n_frequent: int,
    v: int,
    shards: int,
    marks_at: int,
    shard: int,
    stamp: int,
    turn: int,
    indices_at: int,
) -> tuple[int, int]:
    """The row that this shard may write in place of a drawn one, and the index of its copy (−1: the shared row).

    A row of the shard's own block stays: the words of a topic must be noise for each other as often as they occur. Any
    other gives way to the shard's own one among R, or the next of those that stand in nobody's block. The row is v or
    more where none is left. `marks_at` and `indices_at` are the addresses of the marks and replica indices of all rows.
    """
    if row < n_frequent:
        return row, row
    words = (shards + 7) >> 3
    if is_here(marks_at + 8 * words * row, shard, stamp):
        index = int64(read_int32(indices_at + 4 * (shards * row + shard)))
        return row, index if index else int64(-1)
    row = n_frequent + int64(uint64(row - n_frequent) // uint64(shards)) * shards + turn
    while row < v and is_anywhere(marks_at + 8 * words * row, words, stamp):
        row += shards
    return row, int64(-1)


@njit(**FLAGS)
def draw_noise(
    words: np.ndarray,
    segments: np.ndarray,
    n_segments: int,
    negatives: int,
    threshold: np.ndarray,
    alias: np.ndarray,
    state: int,
    n_frequent: int,
    marks: np.ndarray,
    shard: int,
    stamp: int,
    turn: int,
    replica_indices: np.ndarray,
    shared: int,
    own: int,
    width: int,
    noise_rows: np.ndarray,
) -> int:
    """Fill `noise_rows` with addresses of output rows that this shard may write, `negatives` for each centre.

    The centre itself is drawn again. Returns how many were drawn.
    """
    state = uint64(state)
    total = 0
    for s in range(n_segments):
        total += negatives * (segments[s, LAST] - segments[s, FIRST])
    v, shards = replica_indices.shape
    marks_at, indices_at, stride = (
        int64(marks.ctypes.data),
        int64(replica_indices.ctypes.data),
        int64(8 * marks.shape[1]),
    )
    for n in range(total):  # first the rows alone, so that their marks are on the way when they are looked at
        state = advance(state)
        row = sample_alias(random_bits(state), threshold, alias)
        noise_rows[n] = row
        prefetch_row(marks_at + row * stride, 64)
    n = 0
    for s in range(n_segments):
        for position in range(segments[s, FIRST], segments[s, LAST]):
            for _ in range(negatives):
                row, index = writable(
                    noise_rows[n], n_frequent, v, shards, marks_at, shard, stamp, turn, indices_at
                )
                redraws = 0
                while row >= v or row == words[position]:
                    redraws += 1
                    state = advance(state)
                    row = sample_alias(random_bits(state), threshold, alias)
                    if redraws > REDRAWS:
                        row = 1 if words[position] == 0 else 0
                    row, index = writable(
                        row, n_frequent, v, shards, marks_at, shard, stamp, turn, indices_at
                    )
                noise_rows[n] = own + index * width if index >= 0 else shared + row * width
                n += 1
    return total


@njit(**FLAGS)
def assign_replicas(
    words: np.ndarray,
    n: int,
    n_frequent: int,
    marks: np.ndarray,
    shard: int,
    stamp: int,
    replica_indices: np.ndarray,
    contended: np.ndarray,
    before: int,
    inputs: np.ndarray,
    outputs: np.ndarray,
    own_inputs: np.ndarray,
    own_outputs: np.ndarray,
    input_rows: np.ndarray,
    output_rows: np.ndarray,
) -> int:
    """The address of each word's input and output row for this block; contended rows are copied first.

    `replica_indices` (v, R) int32: the index of a shard's copy of a contended row (0: none); `contended`: those rows,
    `before` of them from the block before, whose indices are freed. Returns how many are contended now.
    """
    width = int64(inputs.shape[1] * 4)
    shared_in, shared_out = int64(inputs.ctypes.data), int64(outputs.ctypes.data)
    own_in, own_out = int64(own_inputs.ctypes.data), int64(own_outputs.ctypes.data)
    marks_at, stride = int64(marks.ctypes.data), int64(8 * marks.shape[1])
    for i in range(before):
        replica_indices[contended[i], shard] = 0
    count = 0
    for i in range(n):
        word = int64(words[i])
        index = word
        if word >= n_frequent:
            index = int64(replica_indices[word, shard])
            if index == 0:
                if not is_anywhere(marks_at + stride * word, marks.shape[1], stamp, shard):
                    input_rows[i] = shared_in + word * width
                    output_rows[i] = shared_out + word * width
                    continue
                index = n_frequent + count
                contended[count] = word
                count += 1
                replica_indices[word, shard] = index
                prefetch_row(shared_in + word * width, width)
                prefetch_row(shared_out + word * width, width)
        input_rows[i] = own_in + index * width
        output_rows[i] = own_out + index * width
    for i in range(count):
        for d in range(
            inputs.shape[1]
        ):  # an assignment of whole rows takes seconds to compile, for its error alone
            own_inputs[n_frequent + i, d] = inputs[contended[i], d]
            own_outputs[n_frequent + i, d] = outputs[contended[i], d]
    return count


@njit(nogil=True, inline="always")
def summing_scale(share: float, shards: int) -> float:
    """By what a sum of R changes is multiplied, where each alone ended exp(−share) short of the optimum.

    With s = 1 − exp(−share) this is (1 − (1 − s)^R) / (R s): 1 for rows that hardly move, 1 / R for rows that arrive.
    """
    if share < 1e-6:
        return 1.0
    return math.expm1(-share * shards) / (shards * math.expm1(-share))


@njit(**FLAGS)
def merge_frequent(
    shared: np.ndarray,
    own: np.ndarray,
    share: np.ndarray,
    learning_rate: float,
    first: int,
    last: int,
    sums: np.ndarray,
) -> None:
    """Rows [first, last): shared += scale · Σ (own − shared) over shards in order; every shard's copy becomes that.

    `share` (v,) float64 times the learning rate is how far a block of one shard brings the row, in the exponent.
    """
    for row in range(first, last):
        base = shared[row]
        sums[:] = 0
        for shard in range(own.shape[0]):
            copy = own[shard, row]
            for d in range(len(sums)):
                sums[d] += copy[d] - base[d]
        scale = np.float32(summing_scale(share[row] * learning_rate, own.shape[0]))
        for d in range(len(sums)):
            base[d] += scale * sums[d]
        for shard in range(own.shape[0]):
            for d in range(len(sums)):
                own[shard, row, d] = base[d]


@njit(**FLAGS)
def merge_contended(
    shared: np.ndarray,
    own: np.ndarray,
    share: np.ndarray,
    learning_rate: float,
    replica_indices: np.ndarray,
    contended: np.ndarray,
    count: int,
    shard: int,
    sums: np.ndarray,
) -> None:
    """The contended rows that this shard lists and no shard before it: shared += scale · Σ (own − shared), in order."""
    for i in range(count):
        row = contended[i]
        is_first = True
        for other in range(shard):
            if replica_indices[row, other]:
                is_first = False
        if not is_first:
            continue
        base = shared[row]
        sums[:] = 0
        copies = 0
        for other in range(shard, replica_indices.shape[1]):
            index = replica_indices[row, other]
            if index:
                copies += 1
                copy = own[other, index]
                for d in range(len(sums)):
                    sums[d] += copy[d] - base[d]
        scale = np.float32(summing_scale(share[row] * learning_rate, copies))
        for d in range(len(sums)):
            base[d] += scale * sums[d]
