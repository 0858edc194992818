"""How often words stand near each other, counted in bounded memory: the matrix that GloVe factors.

Source: Pennington, Socher and Manning 2014, §3.1 and §4.2: a pair that is d words apart counts 1/d.

Pairs of the most frequent words are added up in a square in memory. All others fill a buffer of codes, which is
sorted, added up and spilled whenever it is full; the sorted runs are merged in the end. Weights are whole multiples of
2⁻³² and are added as integers, so that neither the order nor the number of threads nor the memory changes a bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Literal

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.learn.glove import pair_codes as pairing
from likewise.learn.glove.external_sort import Spill, read_only, room_on_disk, streamed
from likewise.learn.glove.pair_codes import Layout
from likewise.system import memory
from likewise.system.progress import Progress
from likewise.system.shards import equal_rows

Weighting = Literal["harmonic", "flat"]
Report = Callable[[Progress], None]

MAX_BYTES = 2**30
UNIT = 2.0**-32
CHUNK_TOKENS = 1 << 17
SHARDS = (8, 128)  # least, so that as many threads have work, and most
SHARD_WORDS = (
    1024  # two shards of so many rows of 100 dimensions stay near the processor while a block is fitted
)
FREQUENT = 2048  # at most so many words in the square: a larger one is slower than sorting
KEY_BYTES = 16  # a key and its sum
FILES = (("rows.int32", np.int32), ("columns.int32", np.int32), ("values.float32", np.float32))


@dataclass(frozen=True)
class Pairs:
    """A symmetric matrix: each pair of words once, the one way round or the other, also a word with itself.

    `rows`, `columns` (n,) int32 and `values` (n,) float32, memory-mapped. Word i is in shard i mod `shards`. The pairs
    of shards (a, b), a ≤ b, are those from `starts[a * shards + b]` up to the next start, by row, then by column.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    starts: np.ndarray  # (shards² + 1,) int64

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shards(self) -> int:
        return math.isqrt(len(self.starts) - 1)


def count(
    ids: Ragged,
    vocabulary: int,
    folder: str | Path,
    *,
    window: int = 10,
    weighting: Weighting = "harmonic",
    shards: int | None = None,
    max_bytes: int = MAX_BYTES,
    threads: int = 1,
    progress: Report | None = None,
) -> Pairs:
    """Count the pairs of ids that stand at most `window` apart in a row, and leave them in `folder`.

    ids: rows of int32 below `vocabulary`, the most frequent id first. A pair d apart counts 1/d ("harmonic") or 1
    ("flat"), for both of its words; a pair of equal ids counts twice, as each is in the window of the other.
    `shards`, a power of two, by default one that suits `vocabulary`, says in which order they are left (see `Pairs`).
    `max_bytes` is what the counting holds in memory, besides one block of the result for each thread. The result
    depends neither on it nor on `threads`.

    Raises `InputError` where no two ids stand in one row or one is out of range, `OptionError` for an option out of its
    range, `NotEnoughMemory` where so much is not free, `NotEnoughSpace` where the disk of `folder` is full.
    """
    shards = _shards_for(vocabulary) if shards is None else shards
    layout = _checked(vocabulary, window, weighting, shards, max_bytes, threads)
    _check_ids(ids, vocabulary)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    distances = np.arange(1, window + 1) if weighting == "harmonic" else np.ones(window)
    weights = np.concatenate([[0], np.rint(1 / (UNIT * distances))]).astype(np.uint64)
    with room_on_disk(folder), Spill(folder) as spill:
        _fill(spill, ids, vocabulary, weights, layout, max_bytes, threads, progress)
        starts = _merge(spill, folder, layout, shards, threads, progress)
    if starts[-1] == 0:
        raise InputError(
            f"no row of {len(ids):,} holds two words, so no word is near another: longer rows are needed"
        )
    rows, columns, values = (np.memmap(folder / name, kind, "r") for name, kind in FILES)
    return Pairs(rows, columns, values, starts)


def _shards_for(vocabulary: int) -> int:
    least, most = SHARDS
    return min(most, max(least, 1 << (-(-vocabulary // SHARD_WORDS) - 1).bit_length()))


def check_window(window: int, weighting: str = "harmonic") -> None:
    """Raise `OptionError` where either is out of its range."""
    if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= 10_000:
        raise OptionError(f"window must be a whole number from 1 to 10,000, not {window!r}")
    if weighting not in ("harmonic", "flat"):
        raise OptionError(f"weighting must be 'harmonic' or 'flat', not {weighting!r}")


def _checked(
    vocabulary: int, window: int, weighting: str, shards: int, max_bytes: int, threads: int
) -> Layout:
    check_window(window, weighting)
    if shards not in (1, 2, 4, 8, 16, 32, 64, 128):
        raise OptionError(f"shards must be a power of two from 1 to 128, not {shards!r}")
    if max_bytes < 2**20:
        raise OptionError(f"max_bytes must be at least {2**20:,}, not {max_bytes!r}")
    if threads < 1:
        raise OptionError(f"threads must be at least 1, not {threads!r}")
    layout = Layout.of(max(1, vocabulary), shards, window)
    if layout.bits > 63:
        raise OptionError(
            f"{vocabulary:,} words and a window of {window:,} make a key of {layout.bits} bits, and there are 63: "
            f"fewer words, or a smaller window"
        )
    return layout


def _check_ids(ids: Ragged, vocabulary: int) -> None:
    if len(ids.ids) and not 0 <= int(ids.ids.min()) <= int(ids.ids.max()) < vocabulary:
        raise InputError(f"ids must be from 0 to {vocabulary - 1:,}, and {int(ids.ids.max()):,} is one")


class _Counter:
    """What one thread counts into: the square of the frequent words, and a buffer for all other pairs."""

    def __init__(self, spill: Spill, layout: Layout, weights: np.ndarray, frequent: int, room: int) -> None:
        self.spill, self.layout, self.weights, self.frequent = spill, layout, weights, frequent
        self.square = np.zeros(frequent * frequent, np.uint64)
        self.keys, self.sums = np.empty(room, np.uint64), np.empty(room, np.uint64)
        self.filled = 0

    def count(self, ids: Ragged, start: int, end: int) -> None:
        """The pairs whose left word stands at [start, end)."""
        texts = read_only(ids.ids), read_only(ids.offsets)
        row = int(np.searchsorted(ids.offsets, start, "right")) - 1
        while start < end:
            start, row, self.filled = pairing.emit(
                *texts, row, start, end, len(self.weights) - 1, self.weights, self.frequent, self.square, self.keys,
                self.filled, self.layout.shard_bits, self.layout.rank_bits, self.layout.distance_bits,
            )  # fmt: skip
            if start < end:
                self.flush()

    def flush(self) -> None:
        self.keys[: self.filled].sort()
        n = pairing.add_up(self.keys, self.filled, self.weights, self.layout.distance_bits, self.sums)
        self.spill.add([(self.keys[:n], self.sums[:n])])
        self.filled = 0


def _fill(
    spill: Spill, ids: Ragged, vocabulary: int, weights: np.ndarray, layout: Layout, max_bytes: int, threads: int,
    progress: Report | None,
) -> None:  # fmt: skip
    """Spill all pairs of the text as sorted runs."""
    tokens, window = len(ids.ids), len(weights) - 1
    chunks = equal_rows(tokens, CHUNK_TOKENS)
    own_bytes = max_bytes // max(1, min(threads, len(chunks)))
    frequent = min(vocabulary, FREQUENT, math.isqrt(own_bytes // 4 // 8))
    room = max(2 * window, min(own_bytes * 3 // 4 // KEY_BYTES, tokens * window + window))
    memory.demand(
        min(threads, len(chunks)) * (8 * frequent**2 + KEY_BYTES * room),
        "try a lower max_bytes, or fewer threads",
    )
    counters = [_Counter(spill, layout, weights, frequent, room) for _ in range(min(threads, len(chunks)))]
    free: SimpleQueue[_Counter] = SimpleQueue()
    for counter in counters:
        free.put(counter)

    def work(chunk: tuple[int, int]) -> int:
        counter = free.get()
        try:
            counter.count(ids, *chunk)
        finally:  # or another thread would wait for it for ever
            free.put(counter)
        return chunk[1]

    for done in streamed(work, chunks, threads):
        if progress is not None:
            progress(Progress("counting pairs", done, tokens, "words"))
    for counter in counters:
        counter.flush()
    if counters:
        squares = [counter.square.reshape(frequent, frequent) for counter in counters]
        for square in squares[1:]:
            squares[0] += square
        spill.add(_square_run(squares[0], layout))


def _square_run(square: np.ndarray, layout: Layout) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The square as keys and sums, in the order of keys."""
    shards = 1 << layout.shard_bits
    for a in range(shards):
        for b in range(a, shards):
            part = square[a::shards, b::shards]
            first, second = part.nonzero()
            yield layout.keys(a * shards + b, first, second), part[first, second]


def _merge(
    spill: Spill, folder: Path, layout: Layout, shards: int, threads: int, progress: Report | None
) -> np.ndarray:
    """Write the merged runs, block by block; where each block starts."""
    keys, sums = spill.mapped()
    borders = np.arange(shards * shards + 1, dtype=np.uint64) << np.uint64(2 * layout.rank_bits)
    runs = list(zip(spill.ends, spill.ends[1:], strict=False))
    cuts = np.array(
        [start + np.searchsorted(keys[start:end], borders) for start, end in runs], np.int64
    ).reshape(len(runs), len(borders))

    def work(block: int) -> tuple[np.ndarray, ...]:
        at, ends = cuts[:, block].copy(), cuts[:, block + 1].copy()
        most = int((ends - at).sum())
        arrays = tuple(np.empty(most, kind) for _, kind in FILES)
        found = pairing.merge(keys, sums, at, ends, UNIT, layout.shard_bits, layout.rank_bits, *arrays)
        return tuple(array[:found] for array in arrays)

    sizes = []
    with ExitStack() as stack:
        targets = [stack.enter_context(_create_file(folder / name)) for name, _ in FILES]
        for block, arrays in enumerate(streamed(work, range(shards * shards), threads)):
            for target, array in zip(targets, arrays, strict=True):
                target.write(array.data)
            sizes.append(len(arrays[0]))
            if progress is not None and block % shards == shards - 1:
                progress(Progress("merging pairs", block + 1, shards * shards, "blocks"))
    return np.array([0, *accumulate(sizes)], np.int64)


def _create_file(path: Path) -> BinaryIO:
    """A new file; one that is there and mapped is left to whoever holds it."""
    path.unlink(missing_ok=True)
    return path.open("wb")
