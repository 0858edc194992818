"""GloVe: vectors whose dot products are the logarithms of how often words stand near each other.

Source: Pennington, Socher and Manning 2014, eq. 8 and 9, fitted by AdaGrad as in §4.2:

    J = Σ f(Xᵢⱼ) (wᵢ · w̃ⱼ + bᵢ + b̃ⱼ − log Xᵢⱼ)²,   f(x) = min(1, (x / x_max)^alpha)

The same bits come out at any number of threads. Words are partitioned into shards, so the matrix has shards × shards
blocks. Blocks of one diagonal, (a, a + shift), have neither a row nor a column in common: they may be fitted at once,
in any order (Gemulla et al. 2011). The diagonals of an epoch, and the pairs in a block, are visited in random order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from likewise.arrays.linalg import aligned_zeros
from likewise.errors import InputError, OptionError
from likewise.learn.epochs import Pace, diverged
from likewise.learn.glove import adagrad
from likewise.learn.glove.cooccurrence import Pairs
from likewise.system import seeds
from likewise.system.progress import Progress

FIRST_SQUARE = (
    1.0  # of the gradients, before there are any: the first steps are not all of length `learning_rate`
)
FIXED = 1e36  # squares so large that their coordinate, a constant 1, never moves
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Settings:
    """Options of the training; all of them change the vectors and are recorded with them."""

    dim: int = 100
    epochs: int = 25
    # Pairs counted less often weigh less. The paper's 100 is for billions of words: a text of some million has few such
    # pairs, and learns much better with 10.
    x_max: float = 10.0
    alpha: float = 0.75  # of f(x) = (x / x_max)^alpha; 0 weighs all pairs equally
    learning_rate: float = 0.05  # of AdaGrad, which is the largest move of a coordinate in one step
    seed: int = 0

    def __post_init__(self) -> None:
        for name, most in (("dim", 65536), ("epochs", 1_000_000)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} must be a whole number from 1 to {most:,}, not {value!r}")
        for name in ("x_max", "learning_rate"):
            if not _is_number(value := getattr(self, name)) or not 0 < value < np.inf:
                raise OptionError(f"{name} must be a number above 0, not {value!r}")
        if not _is_number(self.alpha) or not 0 <= self.alpha <= 10:
            raise OptionError(f"alpha must be a number from 0 to 10, not {self.alpha!r}")
        seeds.checked(self.seed)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass
class State:
    """State of a training, which a checkpoint stores: rows (v, columns) float32 and the progress.

    A row of `inputs` is a word's vector w, its bias b and 1; one of `outputs` is w̃, 1 and b̃: so their dot product is
    the whole prediction. Columns beyond are zero and stay zero. `input_squares` and `output_squares` are AdaGrad's sums
    of squared gradients.
    """

    inputs: np.ndarray
    outputs: np.ndarray
    input_squares: np.ndarray
    output_squares: np.ndarray
    epoch: int = 0
    diagonal: int = 0
    pairs: int = 0  # visited in the epoch under way, and the sum of their losses
    loss: float = 0.0
    losses: list[float] = field(default_factory=list)  # mean loss a pair, one for each finished epoch


def padded(dim: int) -> int:
    """Columns of a row: `dim` dimensions, a bias and a 1, padded to whole cache lines."""
    return -(-(dim + 2) // 16) * 16


def fresh(vocabulary: int, settings: Settings) -> State:
    """Vectors and biases uniform in ±1/(2·dim), as the authors' program starts."""
    dim = settings.dim
    rows = [aligned_zeros((vocabulary, padded(dim))) for _ in range(4)]
    random = seeds.generator(settings.seed, "glove.start")
    for array, bias, one in ((rows[0], dim, dim + 1), (rows[1], dim + 1, dim)):
        uniform = (random.random((vocabulary, dim + 1), dtype=np.float32) - np.float32(0.5)) / np.float32(dim)
        array[:, :dim], array[:, bias], array[:, one] = uniform[:, :dim], uniform[:, dim], 1.0
    for squares, one in ((rows[2], dim + 1), (rows[3], dim)):
        squares[:], squares[:, one] = FIRST_SQUARE, FIXED
    return State(rows[0], rows[1], rows[2], rows[3])


def resumed(
    inputs: np.ndarray, outputs: np.ndarray, input_squares: np.ndarray, output_squares: np.ndarray, epoch: int,
    diagonal: int, pairs: int, loss: float, losses: list[float],
) -> State:  # fmt: skip
    """The state that a checkpoint holds; the rows are copied, for they may be a map that must not be written."""
    given = (inputs, outputs, input_squares, output_squares)
    rows = [aligned_zeros(array.shape) for array in given]
    for row, array in zip(rows, given, strict=True):
        row[:] = array
    return State(rows[0], rows[1], rows[2], rows[3], epoch, diagonal, pairs, loss, list(losses))


def vectors(state: State, settings: Settings, combine: Literal["sum", "inputs"] = "sum") -> np.ndarray:
    """(v, dim) float32: w + w̃ (§4.2, a little better than either), or w alone."""
    if combine not in ("sum", "inputs"):
        raise OptionError(f"combine must be 'sum' or 'inputs', not {combine!r}")
    inputs = state.inputs[:, : settings.dim]
    return inputs + state.outputs[:, : settings.dim] if combine == "sum" else inputs.copy()


def needed_bytes(vocabulary: int, settings: Settings) -> int:
    """Memory of the state and of the table made from it; blocks of pairs are small compared with it."""
    return vocabulary * FLOAT_BYTES * (4 * padded(settings.dim) + 3 * settings.dim)


def expected_seconds(pairs: Pairs, settings: Settings, threads: int) -> float:
    """Roughly how long `train` takes here: its visits, at the speed that a few of them show now."""
    visits = 2.0 * len(pairs) * settings.epochs
    return visits * adagrad.seconds_of_a_visit(padded(settings.dim)) / min(threads, pairs.shards)


def train(state: State, pairs: Pairs, settings: Settings, *, threads: int = 1) -> Iterator[Progress]:
    """Fit `state` in place, to the end; yields a few times a second, where the state is whole and may be stored.

    The loss is the mean of f(x) · error² over the pairs, each before its step. The bits depend on `settings` and on
    `pairs` (with its number of shards) alone, not on `threads` or on when the generator is advanced. Raises
    `Diverged` when a number is no longer finite, `InputError` where there are no pairs or one is beyond the rows.
    """
    _check_pairs(pairs, len(state.inputs))
    shards, visits = pairs.shards, _visits(pairs)
    with ExitStack() as stack:
        run = _runner(stack, min(threads, shards))
        pace = Pace()
        while state.epoch < settings.epochs:
            pace.start()
            last = min(state.diagonal + pace.amount, shards)
            shifts = seeds.generator(settings.seed, "glove.diagonals", state.epoch).permutation(shards)
            for shift in shifts[state.diagonal : last].tolist():
                _fit_diagonal(state, pairs, settings, shift, run)
            pace.stop(last - state.diagonal)
            state.diagonal = last
            mean = state.loss / max(1, state.pairs)
            _check_finite(state, settings, mean, visits)
            if last == shards:
                state.losses.append(mean)
                state.epoch, state.diagonal, state.pairs, state.loss = state.epoch + 1, 0, 0, 0.0
            yield Progress(
                "training", state.epoch * visits + state.pairs, settings.epochs * visits, "pairs", mean,
                min(state.epoch + 1, settings.epochs), settings.epochs, settings.learning_rate,
            )  # fmt: skip


Run = Callable[[Callable[[int], tuple[int, float]], Iterable[int]], Iterable[tuple[int, float]]]


def _runner(stack: ExitStack, threads: int) -> Run:
    """`map`, on threads where there are some to be used."""
    return map if threads == 1 else stack.enter_context(ThreadPoolExecutor(threads)).map


def _fit_diagonal(state: State, pairs: Pairs, settings: Settings, shift: int, run: Run) -> None:
    """Fit the blocks (a, a + shift), and add up their visits and losses in the order of a."""
    shards = pairs.shards
    largest = np.float32(np.log(settings.x_max))
    seed = np.uint64(seeds.state(settings.seed, "glove"))

    def fit(a: int) -> tuple[int, float]:
        b = (a + shift) % shards
        low, high = min(a, b), max(a, b)
        block = slice(*pairs.starts[low * shards + high : low * shards + high + 2].tolist())
        if block.start == block.stop:
            return 0, 0.0
        rows, columns = np.asarray(pairs.rows[block]), np.asarray(pairs.columns[block])
        way = adagrad.BOTH if a == b else adagrad.AS_STORED if a < b else adagrad.TURNED
        order = np.empty(len(rows) * (2 if a == b else 1), np.int32)
        n = adagrad.visits(rows, columns, way, seed, state.epoch, low * shards + high, order)
        targets = np.log(pairs.values[block])
        weights = np.exp(np.float32(settings.alpha) * np.minimum(targets - largest, 0))
        return n, adagrad.fit(
            rows, columns, targets, weights, order[:n], state.inputs, state.outputs, state.input_squares,
            state.output_squares, settings.learning_rate,
        )  # fmt: skip

    for n, loss in run(fit, range(shards)):
        state.pairs += n
        state.loss += loss


def _check_pairs(pairs: Pairs, vocabulary: int) -> None:
    if len(pairs) == 0:
        raise InputError("there are no pairs to fit: no word is near another")
    largest = max(int(pairs.rows.max()), int(pairs.columns.max()))
    if largest >= vocabulary:
        raise InputError(f"the pairs are of {largest + 1:,} words or more, and the state has {vocabulary:,}")


def _visits(pairs: Pairs) -> int:
    """Of an epoch: each pair of two words both ways round, a word with itself once."""
    shards = pairs.shards
    own = 0
    for a in range(shards):
        block = slice(*pairs.starts[a * shards + a : a * shards + a + 2].tolist())
        own += int(np.count_nonzero(pairs.rows[block] == pairs.columns[block]))
    return 2 * len(pairs) - own


def _check_finite(state: State, settings: Settings, mean: float, visits: int) -> None:
    # The squares only grow, and a gradient that is no longer finite stays in them; so they show it of the rows too.
    largest = max(float(state.input_squares.max()), float(state.output_squares.max()))
    if not np.isfinite(mean) or not np.isfinite(largest):
        position = f"after {state.pairs:,} of its {visits:,} pairs"
        raise diverged("the parameters are", state.epoch, settings.epochs, position, settings.learning_rate)
