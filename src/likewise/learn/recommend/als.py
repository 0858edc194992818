"""Alternating least squares (ALS) for implicit feedback: vectors of users and items whose dot product predicts 1.

Sources: Hu, Koren and Volinsky 2008 for the method; Rendle, Krichene, Zhang and Koren 2021 (arXiv 2110.14037) for its
loss, with a penalty that grows with how often a row is seen; the same authors (arXiv 2110.14044) for solving a block of
columns at a time. With seen pairs S of weights w, f(u) = Σ w of the user + unobserved · items, and f(i) likewise:

    Σ_S w (x·y − 1)² + unobserved · Σ_all (x·y)² + regularisation · (Σ_u f(u)^exponent |x|² + Σ_i f(i)^exponent |y|²)

A row depends on the rows of the other side alone, so the same bits come out at any number of threads.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.kernels.gemm import inner, one_blas_thread
from likewise.learn.recommend import least_squares
from likewise.learn.recommend.least_squares_sixteen import SIXTEEN
from likewise.system import seeds, shards
from likewise.system.progress import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLOAT_BYTES = 4
INITIAL_NORM = 0.1  # the first vectors are normally distributed, of about this length
PARTS = 32  # of the rows of a side: a thread works on one at a time, so that none waits long for another


@dataclass(frozen=True)
class Settings:
    """The settings of a training; each of them changes the vectors, and is recorded with them."""

    dim: int = 64
    epochs: int = 16  # each fits all users, then all items
    # The weight of every pair of a user and an item, added to that of a seen one, and that of the penalty: the two
    # settings that are most worth tuning.
    unobserved: float = 0.2
    regularisation: float = 0.02
    # How the penalty grows with the frequency of a row: 0 is that of Hu et al., 1 that of a mean squared error.
    exponent: float = 1.0
    # Columns that are solved together, the others held; 16 stay in registers. dim or more solves all of them at once.
    block: int = SIXTEEN
    seed: int = 0

    def __post_init__(self) -> None:
        for name, most in (("dim", 65536), ("epochs", 1_000_000), ("block", 65536)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        for name in ("unobserved", "regularisation"):
            if not _is_number(value := getattr(self, name)) or not 0 <= value < np.inf:
                raise OptionError(f"{name} must be a number, 0 or more, not {value!r}")
        if not _is_number(self.exponent) or not -10 <= self.exponent <= 10:
            raise OptionError(f"exponent must be a number from -10 to 10, not {self.exponent!r}")
        seeds.checked(self.seed)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass
class State:
    """A training that can be stopped and resumed: users (u, dim) and items (i, dim) float32, epochs done, and the loss
    per seen pair after each."""

    users: np.ndarray
    items: np.ndarray
    epoch: int = 0
    losses: list[float] = field(default_factory=list)


def fresh(users: int, items: int, settings: Settings) -> State:
    """Small normally distributed vectors."""
    if users < 1 or items < 1:
        raise InputError(f"{users} users and {items} items; at least one of each is needed")
    random, size = (
        seeds.generator(settings.seed, "als.start"),
        np.float32(INITIAL_NORM / np.sqrt(settings.dim)),
    )
    made = [random.standard_normal((n, settings.dim), np.float32) * size for n in (users, items)]
    return State(made[0], made[1])


def restore(users: np.ndarray, items: np.ndarray, epoch: int, losses: list[float]) -> State:
    """The state of a checkpoint; the arrays are copied, for they may be read-only memory maps."""
    return State(np.array(users, np.float32), np.array(items, np.float32), epoch, list(losses))


def needed_bytes(users: int, items: int, seen: int, longest: int, settings: Settings, threads: int) -> int:
    """Memory of the state, of the pairs from both sides, and of each thread; `longest` is the most pairs of a row."""
    pairs = 2 * seen * 3 * FLOAT_BYTES  # ids and weights both ways, and once more while they are transposed
    rows = (users + items) * settings.dim + 3 * settings.dim**2
    return FLOAT_BYTES * rows + pairs + threads * least_squares.scratch_bytes(longest, settings.dim)


def train(state: State, seen: csr_array, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Train `state` in place on `seen` (users, items), CSR of weights above 0; yields after each epoch.

    The last epoch ends with one full solution for the users, so that they are what `fold_in` gives. The loss is that
    of the head of this file, per seen pair. The bits depend on `settings` alone, not on `threads`. Raises `InputError`
    for pairs that do not fit or where there are none, `Diverged` when the loss is no longer finite.
    """
    by_user = as_csr(seen, state.users.shape[0], state.items.shape[0])
    if by_user.nnz == 0:
        raise InputError("there is nothing to learn from: no user has seen any item")
    by_item = _as_ids(by_user.T.tocsr())
    while state.epoch < settings.epochs:
        with one_blas_thread():
            fit(state.users, state.items, by_user, settings, settings.block, threads)
            error = fit(state.items, state.users, by_item, settings, settings.block, threads)
            loss = _loss(state, by_user, by_item, error, settings, threads)
            if not np.isfinite(loss):
                raise Diverged(
                    f"the loss is no longer finite at epoch {state.epoch + 1} of {settings.epochs}: "
                    f"try a larger regularisation than {settings.regularisation:g}"
                )
            if state.epoch + 1 == settings.epochs:
                state.users[:] = fold_in(state.items, by_user, settings, threads=threads)
        state.epoch += 1
        state.losses.append(loss)
        pairs = by_user.nnz
        yield Progress(
            "training",
            state.epoch * pairs,
            settings.epochs * pairs,
            "pairs",
            loss,
            state.epoch,
            settings.epochs,
        )


def fold_in(items: np.ndarray, histories: csr_array, settings: Settings, *, threads: int = 1) -> np.ndarray:
    """(n, dim) float32: the vectors of new users, in closed form: those of least loss with the items fixed.

    items (i, dim) float32; histories (n, i) CSR of weights, as for `train`. A history without items gives zeros.
    """
    given = as_csr(histories, histories.shape[0], len(items))
    found = np.zeros((given.shape[0], items.shape[1]), np.float32)
    with one_blas_thread():
        fit(found, items, given, settings, items.shape[1], threads)
    return found


def as_csr(seen: csr_array, users: int, items: int) -> csr_array:
    """`seen` as float32 CSR with sorted columns, without weights of 0; `InputError` where it does not fit."""
    from scipy import sparse

    if seen.shape != (users, items):
        raise InputError(f"seen has the shape {seen.shape}, expected {(users, items)}: a row for each user")
    found = sparse.csr_array(seen, dtype=np.float32)
    if not np.isfinite(found.data).all() or (found.data < 0).any():
        raise InputError("a weight of seen is negative, infinite or NaN; weights must be finite and above 0")
    if not found.has_canonical_format or not found.data.all():
        found = found.copy()
        found.sum_duplicates()
        found.eliminate_zeros()
    # Always the same dtypes, so that kernels are compiled once.
    return _as_ids(found)


def _as_ids(seen: csr_array) -> csr_array:
    """The same with int64 offsets and int32 ids."""
    seen.indptr, seen.indices = (
        seen.indptr.astype(np.int64, copy=False),
        seen.indices.astype(np.int32, copy=False),
    )
    return seen


def fit(
    own: np.ndarray, others: np.ndarray, seen: csr_array, settings: Settings, block: int, threads: int
) -> float:
    """Fit each row of `own` to `others` in place, one block of columns after the other; returns the summed squared
    errors of the seen pairs, after it."""
    if block == SIXTEEN and own.shape[1] % SIXTEEN:
        whole = np.pad(own, ((0, 0), (0, -own.shape[1] % SIXTEEN)))
        error = fit(
            whole,
            np.pad(others, ((0, 0), (0, whole.shape[1] - own.shape[1]))),
            seen,
            settings,
            block,
            threads,
        )
        own[:] = whole[:, : own.shape[1]]
        return error
    block = min(block, own.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):  # `train` raises `Diverged` for it
        work = _fitter(own, others, seen, settings, block, threads)
    # A row costs its pairs, and the solving, which costs about as much as twice `block` pairs.
    cost = seen.indptr.astype(np.int64) + 2 * block * np.arange(len(seen.indptr))
    return sum(shards.each(work, shards.equal_work(cost, PARTS), threads))


def _fitter(
    own: np.ndarray, others: np.ndarray, seen: csr_array, settings: Settings, block: int, threads: int
) -> Callable[[int, int], float]:
    """`work(first, last)` fits those rows, with a scratch that no other thread uses."""
    gram = (settings.unobserved * inner(others, others, threads)).astype(np.float32)
    penalty, longest = penalties(seen, settings), int(np.diff(seen.indptr).max(initial=0))
    is_fast, scratches = block == SIXTEEN, queue.SimpleQueue[tuple[np.ndarray, ...]]()
    for _ in range(threads):
        scratches.put(
            least_squares.sixteen_scratch(longest) if is_fast else least_squares.scratch(longest, block)
        )
    grams = least_squares.block_columns(gram, block, block if is_fast else least_squares.padded_width(block))
    pairs = (seen.indptr, seen.indices, seen.data)
    table = least_squares.spread_rows(others) if is_fast else others

    def work(first: int, last: int) -> float:
        scratch = scratches.get()
        if is_fast:
            found = least_squares.fit_sixteen(first, last, own, table, *pairs, grams, penalty, *scratch)
        else:
            found = least_squares.fit(first, last, own, others, *pairs, grams, penalty, block, *scratch)
        scratches.put(scratch)
        return found

    return work


def penalties(seen: csr_array, settings: Settings) -> np.ndarray:
    """(n,) float32: the weight of each row's |x|², regularisation · f(row)^exponent."""
    weights = np.asarray(seen.sum(axis=1, dtype=np.float64)).ravel() + settings.unobserved * seen.shape[1]
    weights[weights == 0] = (
        1.0  # a row without pairs, where unseen pairs weigh 0: its vector is zeros whatever this is
    )
    return (settings.regularisation * weights**settings.exponent).astype(np.float32)


def _loss(
    state: State, by_user: csr_array, by_item: csr_array, error: float, settings: Settings, threads: int
) -> float:
    """The loss per seen pair, where `error` is its first sum."""
    with np.errstate(over="ignore", invalid="ignore"):
        grams = [inner(rows, rows, threads) for rows in (state.users, state.items)]
    total = error + settings.unobserved * float((grams[0] * grams[1]).sum())
    for rows, seen in ((state.users, by_user), (state.items, by_item)):
        squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        total += float(penalties(seen, settings) @ squares)
    return total / by_user.nnz
