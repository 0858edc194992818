"""Bayesian personalised ranking (BPR): vectors of users and items; a seen item is to score above an unseen one.

Source: Rendle, Freudenthaler, Gantner and Schmidt-Thieme 2009 (arXiv 1205.2618), by stochastic gradient descent.

The same bits come out at any number of threads. In each epoch users and items are partitioned into shards at random;
pairs of user shard a and item shard a + shift have no row in common with those of another a, so they can be trained in
parallel, with negatives of their own item shard (Gemulla et al. 2011).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.kernels.sampling import block_state
from likewise.learn.recommend import bpr_steps
from likewise.learn.recommend.als import as_csr
from likewise.system import seeds, shards
from likewise.system.progress import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLOAT_BYTES = 4
SHARDS = 8  # at most, whatever the number of threads: with more, negatives are sampled from fewer items
LEAST = 8  # items of a shard, at least


@dataclass(frozen=True)
class Settings:
    """The settings of a training; each of them changes the vectors, and is recorded with them."""

    dim: int = 64
    epochs: int = 60
    learning_rate: float = 0.05  # at the start; falls linearly to 0
    regularisation: float = 0.01  # half of it is the weight of |x|² of the three vectors of a step
    candidates: int = (
        4  # unseen items sampled for a step, of which the one of largest score is used; 1: plain BPR
    )
    seed: int = 0

    def __post_init__(self) -> None:
        for name, most in (("dim", 65536), ("epochs", 1_000_000), ("candidates", 10_000)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        if not _is_number(self.learning_rate) or not 0 < self.learning_rate < np.inf:
            raise OptionError(f"learning_rate must be a number above 0, not {self.learning_rate!r}")
        if not _is_number(self.regularisation) or not 0 <= self.regularisation < np.inf:
            raise OptionError(f"regularisation must be a number, 0 or more, not {self.regularisation!r}")
        seeds.checked(self.seed)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass
class State:
    """A training that can be stopped and resumed: users (u, dim) and items (i, dim) float32, epochs done, and the mean
    loss of a step in each."""

    users: np.ndarray
    items: np.ndarray
    epoch: int = 0
    losses: list[float] = field(default_factory=list)


def fresh(users: int, items: int, settings: Settings) -> State:
    """Small normally distributed vectors."""
    if users < 1 or items < 1:
        raise InputError(f"{users} users and {items} items; at least one of each is needed")
    random, size = seeds.generator(settings.seed, "bpr.start"), np.float32(0.1 / np.sqrt(settings.dim))
    made = [random.standard_normal((n, settings.dim), np.float32) * size for n in (users, items)]
    return State(made[0], made[1])


def restore(users: np.ndarray, items: np.ndarray, epoch: int, losses: list[float]) -> State:
    """The state of a checkpoint; the arrays are copied, for they may be read-only memory maps."""
    return State(np.array(users, np.float32), np.array(items, np.float32), epoch, list(losses))


def needed_bytes(users: int, items: int, seen: int, settings: Settings) -> int:
    """Memory of the state, of the pairs, and of the pairs once more in the order of an epoch."""
    return FLOAT_BYTES * ((users + items) * (settings.dim + 3) + 4 * seen)


def train(state: State, seen: csr_array, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Train `state` in place on `seen` (users, items), a CSR whose entries weigh the same; yields after each epoch.

    An epoch makes a step for each pair. The bits depend on `settings` alone, not on `threads`. Raises `InputError`
    where no user has both seen and not seen an item, `Diverged` when the loss is no longer finite.
    """
    given = as_csr(seen, len(state.users), len(state.items))
    lengths = np.diff(given.indptr)
    if not ((lengths > 0) & (lengths < given.shape[1])).any():
        raise InputError("there is nothing to learn from: no user has seen some items and not others")
    cuts = max(1, min(SHARDS, given.shape[1] // LEAST, given.shape[0]))
    while state.epoch < settings.epochs:
        loss = _epoch(state, given, settings, cuts, threads)
        if not np.isfinite(loss) or not np.isfinite(state.items.sum(dtype=np.float64)):
            raise Diverged(
                f"the loss is no longer finite at epoch {state.epoch + 1} of {settings.epochs}, learning "
                f"rate {settings.learning_rate:g}: try {settings.learning_rate / 10:g}"
            )
        learning_rate = _rate(state.epoch, settings)
        state.epoch += 1
        state.losses.append(loss)
        done, total = state.epoch * given.nnz, settings.epochs * given.nnz
        yield Progress("training", done, total, "pairs", loss, state.epoch, settings.epochs, learning_rate)


def fold_in(
    items: np.ndarray, histories: csr_array, settings: Settings, *, passes: int = 20, threads: int = 1
) -> np.ndarray:
    """(n, dim) float32: the vectors of new users, by `passes` of gradient steps over their items, which are fixed.

    items (i, dim) float32; histories (n, i) CSR. The same history gives the same vector, whatever the other rows are;
    one without items gives zeros.
    """
    given = as_csr(histories, histories.shape[0], len(items))
    found, pool = (
        np.zeros((given.shape[0], items.shape[1]), np.float32),
        np.arange(len(items), dtype=np.int32),
    )
    seed = np.uint64(seeds.state(settings.seed, "bpr.fold"))

    def work(start: int, stop: int) -> None:
        bpr_steps.fold(
            start, stop, found, items, given.indptr, given.indices, pool, settings.candidates, settings.learning_rate,
            settings.regularisation, passes, seed,
        )  # fmt: skip

    shards.each(work, shards.equal_rows(given.shape[0], 256), threads)
    return found


def _rate(epoch: int, settings: Settings) -> float:
    return settings.learning_rate * (1 - epoch / settings.epochs)


def _epoch(state: State, seen: csr_array, settings: Settings, cuts: int, threads: int) -> float:
    """A step for each pair; their mean loss."""
    random = seeds.generator(settings.seed, "bpr.shards", state.epoch)
    of_user, of_item = ((random.permutation(n) % cuts).astype(np.int32) for n in seen.shape)
    starts = np.zeros(cuts**2 + 1, np.int64)
    by_user, by_item = np.empty((2, seen.nnz), np.int32)
    bpr_steps.partition_pairs(seen.indptr, seen.indices, of_user, of_item, cuts, starts, by_user, by_item)
    pools = [np.flatnonzero(of_item == b).astype(np.int32) for b in range(cuts)]
    learning_rate, seed = _rate(state.epoch, settings), np.uint64(seeds.state(settings.seed, "bpr"))
    loss, steps = 0.0, 0
    for shift in random.permutation(cuts).tolist():

        def work(a: int, _: int, shift: int = shift) -> tuple[float, int]:
            b = (a + shift) % cuts
            block = slice(*starts[a * cuts + b : a * cuts + b + 2].tolist())
            begin = np.uint64(block_state(seed, state.epoch, shift, a))
            return bpr_steps.fit(
                by_user[block], by_item[block], state.users, state.items, seen.indptr, seen.indices, pools[b],
                settings.candidates, learning_rate, settings.regularisation, begin,
            )  # fmt: skip

        for own_loss, own_steps in shards.each(work, shards.equal_rows(cuts, 1), threads):
            loss, steps = loss + own_loss, steps + own_steps
    return loss / max(1, steps)
