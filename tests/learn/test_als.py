from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_tastes import own_kind_first, tastes
from numba import njit
from scipy import sparse

from likewise.arrays.linalg import aligned_zeros
from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.recommend import als, least_squares
from likewise.learn.recommend import least_squares_sixteen as sixteen
from likewise.learn.recommend import least_squares_tiles as tiles
from likewise.learn.recommend.als import Settings, State

SMALL = Settings(dim=8, epochs=4, unobserved=0.3, regularisation=0.05, seed=3)


def weighted(users: int = 40, items: int = 30, share: float = 0.2, seed: int = 0) -> sparse.csr_array:
    """Weights of 0.5 to 2, with a user and an item that have nothing, and a user who has seen all."""
    random = np.random.default_rng(seed)
    made = np.where(random.random((users, items)) < share, random.uniform(0.5, 2, (users, items)), 0)
    made[3], made[5] = 0, 1
    made[:, 7] = 0
    return sparse.csr_array(made.astype(np.float32))


def trained(seen: Any, settings: Settings, threads: int = 1) -> State:
    state = als.fresh(*seen.shape, settings)
    for _ in als.train(state, seen, settings, threads=threads):
        pass
    return state


def loss(users: np.ndarray, items: np.ndarray, seen: Any, settings: Settings) -> float:
    """That of the head of `als.py`, summed, in float64, from all pairs."""
    weights, scores = seen.toarray().astype(np.float64), users.astype(np.float64) @ items.T.astype(np.float64)
    n, m = weights.shape
    total = (weights * (scores - 1) ** 2).sum() + settings.unobserved * (scores**2).sum()
    for rows, counts in (
        (users, weights.sum(1) + settings.unobserved * m),
        (items, weights.sum(0) + settings.unobserved * n),
    ):
        total += (
            settings.regularisation
            * (counts**settings.exponent * (rows.astype(np.float64) ** 2).sum(1)).sum()
        )
    return float(total)


def slow_pass(own: np.ndarray, others: np.ndarray, seen: np.ndarray, settings: Settings, block: int) -> None:
    """The slow twin: each block of each row by NumPy's solver, in float64."""
    gram = settings.unobserved * others.T @ others
    for i in range(len(own)):
        weights = seen[i]
        if not weights.any():
            own[i] = 0
            continue
        ridge = (
            settings.regularisation
            * (weights.sum() + settings.unobserved * seen.shape[1]) ** settings.exponent
        )
        matrix = gram + others.T @ (weights[:, None] * others) + ridge * np.eye(own.shape[1])
        for start in range(0, own.shape[1], block):
            b = slice(start, start + block)
            gradient = matrix[b] @ own[i] - others[:, b].T @ weights
            own[i, b] -= np.linalg.solve(matrix[b, b], gradient)


# The kernels


@pytest.mark.parametrize("n", [0, 1, 7, 130])
@pytest.mark.parametrize("width", [tiles.PAIR, 2 * tiles.PAIR])
def test_squares_are_sums_of_outer_products(n: int, width: int) -> None:
    rows = np.random.default_rng(n).standard_normal((n + 1, width)).astype(np.float32)
    matrix = np.ones((width, width), np.float32)
    least_squares.add_squares(rows, n, matrix)
    np.testing.assert_allclose(np.triu(matrix), np.triu(1 + rows[:n].T @ rows[:n]), rtol=0, atol=1e-4)


@pytest.mark.parametrize("width", [tiles.PAIR, 3 * tiles.PAIR])
def test_solve_reads_nothing_below_the_diagonal_and_leaves_alone_what_is_not_there(width: int) -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((2 * width, width))
    rows[:, 5] = 0
    whole, gradient = rows.T @ rows, random.standard_normal(width)
    gradient[5] = 0
    own = whole.astype(np.float32)
    vectors = least_squares.scratch(1, width)[3]
    vectors[0] = gradient
    least_squares.solve(own, vectors)
    kept = np.arange(width) != 5
    wanted = np.linalg.solve(whole[np.ix_(kept, kept)], -gradient[kept])
    np.testing.assert_allclose(vectors[3][kept], wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())
    assert vectors[3][5] == 0


@njit
def _sixteen(row, table, ids, weights, errors, start, gram, penalty, step):  # type: ignore[no-untyped-def]
    sixteen.solve_sixteen(
        row.ctypes.data, table.ctypes.data, ids.ctypes.data, weights.ctypes.data, errors.ctypes.data, len(weights),
        4 * table.shape[1], 4 * start, gram.ctypes.data, penalty, len(row), step.ctypes.data,
    )  # fmt: skip


@njit
def _dots(table, ids, start, vector, target):  # type: ignore[no-untyped-def]
    sixteen.add_dots(
        table.ctypes.data, ids.ctypes.data, len(ids), 4 * table.shape[1], 4 * start, vector.ctypes.data,
        4 * len(vector), target.ctypes.data,
    )  # fmt: skip


@pytest.mark.parametrize("n", [0, 1, 50])
@pytest.mark.parametrize("penalty", [0.0, 2.0])
def test_sixteen_columns_are_solved_as_numpy_solves_them(n: int, penalty: float) -> None:
    random, dim, start = np.random.default_rng(n), 48, 16
    table = aligned_zeros((20, 80))
    table[:] = random.standard_normal(table.shape)
    ids = random.integers(20, size=n).astype(np.int32)
    weights, errors = random.uniform(0, 2, n).astype(np.float32), random.standard_normal(n).astype(np.float32)
    root = random.standard_normal((60, dim))
    gram, row, step = root.T @ root, random.standard_normal(dim).astype(np.float32), np.zeros(16, np.float32)
    before, columns = row.copy(), slice(start, start + 16)
    _sixteen(
        row,
        table,
        ids,
        weights,
        errors,
        start,
        gram[:, columns].astype(np.float32),
        np.float32(penalty),
        step,
    )
    own = table[ids, columns].astype(np.float64)
    matrix = gram[columns, columns] + own.T @ (weights[:, None] * own) + penalty * np.eye(16)
    gradient = gram[columns] @ before + penalty * before[columns] + own.T @ (weights * errors)
    wanted = -np.linalg.solve(matrix, gradient)
    np.testing.assert_allclose(step, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())
    np.testing.assert_allclose(row[columns], before[columns] + step, rtol=1e-6)
    row[columns] = before[columns]
    np.testing.assert_array_equal(row, before)


def test_a_block_that_nothing_speaks_of_stays() -> None:
    row, step = np.ones(16, np.float32), np.ones(16, np.float32)
    none = np.zeros(0, np.float32)
    _sixteen(row, np.zeros((1, 16), np.float32), none.astype(np.int32), none, none, 0, np.zeros((16, 16), np.float32),
             np.float32(0), step)  # fmt: skip
    assert (row == 1).all()
    assert not step.any()


@pytest.mark.parametrize("length", [16, 48])
def test_dots_are_added_to_what_is_there(length: int) -> None:
    random = np.random.default_rng(0)
    table, ids = (
        random.standard_normal((9, 80)).astype(np.float32),
        random.integers(9, size=32).astype(np.int32),
    )
    vector, target = random.standard_normal(length).astype(np.float32), np.ones(32, np.float32)
    _dots(table, ids, 16, vector, target)
    np.testing.assert_allclose(target, 1 + table[ids, 16 : 16 + length] @ vector, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("dim", "block"), [(8, 16), (8, 3), (16, 16), (48, 16), (40, 16), (40, 40), (70, 70), (40, 33), (1, 16)]
)
def test_a_pass_is_the_slow_twin(dim: int, block: int) -> None:
    seen, settings = weighted(), replace(SMALL, dim=dim, block=block)
    state = als.fresh(*seen.shape, settings)
    users, items = state.users.astype(np.float64), state.items.astype(np.float64)
    for _ in range(2):
        als.fit(state.users, state.items, seen, settings, block, 1)
        als.fit(state.items, state.users, seen.T.tocsr(), settings, block, 1)
        slow_pass(users, items, seen.toarray(), settings, block)
        slow_pass(items, users, seen.toarray().T, settings, block)
    np.testing.assert_allclose(state.users, users, rtol=0, atol=2e-4 * np.abs(users).max())
    np.testing.assert_allclose(state.items, items, rtol=0, atol=2e-4 * np.abs(items).max())


# The training


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_the_loss_told_is_that_of_all_pairs_and_falls(exponent: float) -> None:
    seen, settings = weighted(), replace(SMALL, exponent=exponent, epochs=6, regularisation=0.5)
    state, told = als.fresh(*seen.shape, settings), []
    for _ in als.train(state, seen, settings):
        if state.epoch < settings.epochs:
            told.append(state.losses[-1])
            assert told[-1] == pytest.approx(
                loss(state.users, state.items, seen, settings) / seen.nnz, rel=1e-4
            )
    assert (np.diff(state.losses) < 0).all()


def test_nothing_near_the_folded_user_is_better() -> None:
    """The gradient of the loss by a user's vector, by differences, is zero there."""
    seen, random = weighted(), np.random.default_rng(0)
    items = random.standard_normal((30, 8)).astype(np.float32)
    users = als.fold_in(items, seen, SMALL).astype(np.float64)
    lowest = loss(users, items, seen, SMALL)
    for _ in range(20):
        change = np.zeros_like(users)
        change[random.integers(len(users))] = random.standard_normal(8)
        slope = (
            loss(users + 1e-3 * change, items, seen, SMALL) - loss(users - 1e-3 * change, items, seen, SMALL)
        ) / 2e-3
        assert abs(slope) < 1e-2
        assert loss(users + 0.1 * change, items, seen, SMALL) >= lowest


def test_it_finds_the_taste_of_each_user() -> None:
    seen, of_user, of_item = tastes()
    settings = Settings(dim=16, epochs=8)
    state = trained(seen, settings)
    assert own_kind_first(state.users @ state.items.T, seen, of_user, of_item) > 0.8
    assert own_kind_first(state.users @ np.roll(state.items, 1, 0).T, seen, of_user, of_item) < 0.5


def test_users_are_what_folding_in_gives_them() -> None:
    seen = weighted()
    state = trained(seen, SMALL)
    np.testing.assert_array_equal(state.users, als.fold_in(state.items, seen, SMALL))


def test_a_new_user_depends_on_no_other() -> None:
    seen = weighted()
    items = trained(seen, SMALL).items
    whole = als.fold_in(items, seen, SMALL, threads=2)
    one = als.fold_in(items, seen[[9]], SMALL)
    np.testing.assert_array_equal(whole[[9]], one)
    assert als.fold_in(items, seen[:0], SMALL).shape == (0, 8)


@pytest.mark.parametrize("block", [16, 5])
def test_one_seed_gives_the_same_bits_at_any_number_of_threads_and_after_a_stop(block: int) -> None:
    seen, settings = weighted(300, 80), replace(SMALL, dim=20, block=block)
    states = [trained(seen, settings, threads) for threads in (1, 2, 3)]
    stopped = als.fresh(*seen.shape, settings)
    for _ in als.train(stopped, seen, settings):
        if stopped.epoch == 2:
            break
    again = als.restore(stopped.users, stopped.items, stopped.epoch, stopped.losses)
    for _ in als.train(again, seen, settings, threads=2):
        pass
    for other in (*states[1:], again):
        np.testing.assert_array_equal(states[0].users, other.users)
        np.testing.assert_array_equal(states[0].items, other.items)
        assert states[0].losses == other.losses
    assert not np.array_equal(states[0].items, trained(seen, replace(settings, seed=4)).items)


# Edges


@pytest.mark.parametrize("dim", [1, 50, 64])
@pytest.mark.parametrize("regularisation", [0.0, 0.1])
@pytest.mark.parametrize("unobserved", [0.0, 0.3])
def test_more_columns_than_items_are_finite(dim: int, regularisation: float, unobserved: float) -> None:
    seen = weighted(12, 10)
    settings = replace(SMALL, dim=dim, regularisation=regularisation, unobserved=unobserved)
    state = trained(seen, settings)
    assert np.isfinite(state.users).all()
    assert np.isfinite(state.items).all()
    assert not state.users[3].any(), "a user who has seen nothing has zeros"
    assert not state.items[7].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_one_user_or_one_item(shape: tuple[int, int]) -> None:
    state = trained(sparse.csr_array(np.ones(shape, np.float32)), SMALL)
    assert np.isfinite(state.users @ state.items.T).all()
    assert (state.users @ state.items.T > 0).all()


def test_pairs_given_twice_or_with_no_weight() -> None:
    """Weights of the same pair are summed; a weight of 0 is as if it were not there; the argument is not changed."""
    rows, columns = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 2])
    data = np.array([1, 2, 3, 0], np.float32)
    twice = sparse.csr_array((data, columns, np.array([0, 2, 4])), shape=(2, 3))
    once = sparse.csr_array((np.array([3, 3], np.float32), (rows[[0, 2]], columns[[0, 2]])), shape=(2, 3))
    np.testing.assert_array_equal(trained(twice, SMALL).items, trained(once, SMALL).items)
    assert twice.nnz == 4


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        (sparse.csr_array((3, 4), dtype=np.float32), "nothing to learn from"),
        (sparse.csr_array(np.eye(4, dtype=np.float32)), "expected"),
        (sparse.csr_array(-np.eye(3, 4, dtype=np.float32)), "negative"),
        (sparse.csr_array(np.full((3, 4), np.nan, np.float32)), "negative, infinite or NaN"),
    ],
)  # fmt: skip
def test_what_cannot_be_learnt_from_is_said(seen: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(als.train(als.fresh(3, 4, SMALL), seen, SMALL))


def test_numbers_that_are_not_finite_stop_it() -> None:
    state = als.fresh(40, 30, SMALL)
    state.items[:] = 1e30
    with pytest.raises(Diverged, match="epoch 1 of 4"):
        list(als.train(state, weighted(), SMALL))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Settings(dim=0), lambda: Settings(epochs=True), lambda: Settings(block=1.5),  # type: ignore[arg-type]
        lambda: Settings(unobserved=-1), lambda: Settings(regularisation=np.inf), lambda: Settings(exponent=np.nan),
        lambda: Settings(seed=-1),
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(make: Callable[[], Settings]) -> None:
    with pytest.raises(OptionError):
        make()


def test_memory_is_foreseen() -> None:
    small = als.needed_bytes(1000, 100, 10_000, 100, SMALL, 1)
    assert small > 4 * (1100 * 8 + 2 * 10_000 * 2)
    assert als.needed_bytes(1000, 100, 20_000, 100, SMALL, 2) > small
    assert als.needed_bytes(140_000, 27_000, 20_000_000, 70_000, replace(SMALL, dim=128), 2) < 4e9
