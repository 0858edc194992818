"""The loop over epochs of trainings that go block by block: skip-gram, fastText, doc2vec."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from likewise.errors import Diverged
from likewise.system.progress import Progress

REPORT_SECONDS = 0.25
GROWTH = 4  # at most so many times more work until the next report


class BlockState(Protocol):
    """How far a training has come; its arrays are the method's own."""

    epoch: int
    block: int
    shard_loss: np.ndarray
    pairs: int
    losses: list[float]


class Driver(Protocol):
    """Trains some blocks of an epoch, see `learn.sgns.epoch.EpochDriver`."""

    shards: int
    blocks: int
    tokens: int

    def run(self, epoch: int, first: int, last: int, shard_loss: np.ndarray) -> int:
        """Train blocks [first, last), add their loss to each shard's, and return the number of pairs."""
        ...

    def learning_rate(self, epoch: int, block: int) -> float:
        """The learning rate of a block."""
        ...


class Pace:
    """How much work to do until the next report: what takes about `REPORT_SECONDS`."""

    def __init__(self) -> None:
        self.amount = 1
        self._start = 0.0

    def start(self) -> None:
        """Begin to measure."""
        self._start = time.monotonic()

    def stop(self, done: int) -> None:
        """Set the next amount from the time that `done` has taken."""
        seconds = (time.monotonic() - self._start) / done
        self.amount = max(1, min(GROWTH * self.amount, round(REPORT_SECONDS / max(seconds, 1e-9))))


def diverged(
    what: str, epoch: int, epochs: int, position: str, learning_rate: float, hint: str = ""
) -> Diverged:
    """The error of a training that is no longer finite, with what to try next."""
    return Diverged(
        f"{what} no longer finite at epoch {epoch + 1} of {epochs}, {position}, learning rate {learning_rate:g}: "
        f"try learning rate {learning_rate / 10:g}{hint}"
    )


def train_epochs(
    state: BlockState,
    driver: Driver,
    *,
    epochs: int,
    first_learning_rate: float,
    part_end: Callable[[int], int] | None = None,
    end_epoch: Callable[[], None] = lambda: None,
    hint: str = "",
) -> Iterator[Progress]:
    """Train to the end; yields a few times a second, where the state is complete and may be stored.

    `part_end` gives the block that no run may go beyond; `end_epoch` is called after the last block of an epoch; `hint`
    ends the text of `Diverged`.
    """
    if len(state.shard_loss) != driver.shards:
        state.shard_loss = np.zeros(driver.shards)
    pace = Pace()
    while state.epoch < epochs:
        end = driver.blocks if part_end is None else part_end(state.block)
        last = min(state.block + pace.amount, end)
        pace.start()
        state.pairs += driver.run(state.epoch, state.block, last, state.shard_loss)
        pace.stop(last - state.block)
        state.block = last
        mean = float(state.shard_loss.sum()) / max(1, state.pairs)
        if not np.isfinite(mean):
            position = f"{state.block / driver.blocks:.0%} of its text"
            raise diverged("the loss is", state.epoch, epochs, position, first_learning_rate, hint)
        if state.block == driver.blocks:
            end_epoch()
            state.losses.append(mean)
            state.epoch, state.block, state.pairs = state.epoch + 1, 0, 0
            state.shard_loss[:] = 0
        done = state.epoch * driver.tokens + driver.tokens * state.block // driver.blocks
        yield Progress(
            "training", done, epochs * driver.tokens, "words", mean,
            min(state.epoch + 1, epochs), epochs, driver.learning_rate(state.epoch, state.block),
        )  # fmt: skip
