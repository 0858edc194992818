"""Skip-gram and CBOW with negative sampling over any ragged ids: words, walks, histories.

Sources: Mikolov et al. 2013 (arXiv 1310.4546); the shared noise words of Ji et al. 2016 (arXiv 1604.04661); the CBOW
gradient of İrsoy et al. 2021 (arXiv 2012.15332). The same bits come out at any number of threads, see `replicas`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.learn.epochs import train_epochs
from likewise.learn.kernels import sampling as draws
from likewise.learn.kernels.row_stream import Source
from likewise.learn.kernels.simd import FLOAT_BYTES
from likewise.learn.sgns import steps
from likewise.learn.sgns.epoch import EpochDriver
from likewise.learn.sgns.state import Method, Settings, State, fresh, padded, resumed
from likewise.system.progress import Progress

__all__ = [
    "Method",
    "Settings",
    "State",
    "bound_rows",
    "expected_seconds",
    "fresh",
    "needed_bytes",
    "padded",
    "resumed",
    "train",
]

POSITION_SECONDS = 2.5e-7  # of gathering, sampling and barriers, which no timing of rows shows


def needed_bytes(vocabulary: int, tokens: int, settings: Settings, threads: int) -> int:
    """Memory that `train` holds besides the ids on disk, and what turns the result into a table."""
    columns = padded(settings.dim)
    cut = settings.dim if settings.dim < columns else 0  # a table copies the rows to cut them
    rows = 2 * vocabulary * (columns + cut) * FLOAT_BYTES
    return rows + EpochDriver.needed_bytes(vocabulary, tokens, settings, threads)


def expected_seconds(counts: np.ndarray, settings: Settings, threads: int) -> float:
    """Roughly how long `train` takes here: the work in multiplications, at the speed that a few of them show now."""
    positions = float((counts * draws.keep_probability(counts, settings.sample)).sum()) * settings.epochs
    neighbours = float(settings.window + 1 if settings.dynamic_window else 2 * settings.window)
    tiles = 1 + -(-max(0, settings.negatives - 5) // 6)
    rows = neighbours
    if settings.method == "cbow":  # it moves as many rows, and multiplies one
        rows = 1 + neighbours / 2
    seconds = positions * (rows * tiles * steps.seconds_of_a_row(padded(settings.dim)) + POSITION_SECONDS)
    return seconds / min(threads, threads if settings.racing else settings.replicas)


def train(
    state: State, ids: Ragged | Source, counts: np.ndarray, settings: Settings, *, threads: int = 1
) -> Iterator[Progress]:
    """Train `state` in place, to the end; yields a few times a second, where the state is whole and may be stored.

    ids: rows of int32 below v, all of them or a `Source` that makes them. counts (v,) int64: how often each id occurs,
    most frequent first. The bits depend on `settings` alone, not on `threads` or on when the generator is advanced
    (unless `racing`). Raises `Diverged` if the loss is not finite, `InputError` if there is only one word.
    """
    if len(counts) < 2:
        raise InputError(f"training needs at least 2 different words; this text has {len(counts)}")
    driver = EpochDriver(state, ids, counts, settings, threads)

    def end_epoch() -> None:
        if settings.max_norm is not None:
            bound_rows(state, settings.max_norm)

    yield from train_epochs(
        state, driver, epochs=settings.epochs, first_learning_rate=settings.first_learning_rate,
        part_end=driver.part_end, end_epoch=end_epoch, hint=", or max_norm",
    )  # fmt: skip


def bound_rows(state: State, largest: float) -> None:
    """Shorten every row to norm `largest` exactly; during an epoch rows are only bounded as their word comes by."""
    for rows in (state.inputs, state.outputs):
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        # A hair below, because float32 rounds the products and a promise of "at most" must hold.
        np.multiply(
            rows, np.minimum(1.0, largest * (1 - 1e-6) / np.maximum(norms, 1e-30)), out=rows, casting="unsafe"
        )
