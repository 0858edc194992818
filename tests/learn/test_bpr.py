from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_tastes import own_kind_first, tastes
from numba import njit
from scipy import sparse

from likewise.errors import Diverged, InputError, OptionError
from likewise.learn.recommend import bpr, bpr_steps
from likewise.learn.recommend.bpr import Settings, State

SMALL = Settings(dim=8, epochs=5, seed=3)


def trained(seen: Any, settings: Settings, threads: int = 1) -> State:
    state = bpr.fresh(*seen.shape, settings)
    for _ in bpr.train(state, seen, settings, threads=threads):
        pass
    return state


def pair_loss(user: np.ndarray, liked: np.ndarray, other: np.ndarray, penalty: float) -> float:
    margin = float(user @ (liked - other))
    squares = sum(float(x @ x) for x in (user, liked, other))
    return float(np.log1p(np.exp(-margin))) + penalty / 2 * squares


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_a_step_goes_down_the_gradient(penalty: float) -> None:
    """By differences, for every number of the three vectors."""
    rows = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    moved, learning_rate = rows.copy(), 1e-2
    loss = bpr_steps.step(moved[0], moved[1], moved[2], learning_rate, penalty, True)
    assert loss == pytest.approx(pair_loss(*rows.astype(np.float64), 0.0), rel=1e-5)
    for row in range(3):
        for column in range(5):
            change = np.zeros((3, 5))
            change[row, column] = 1e-4
            slope = (pair_loss(*(rows + change), penalty) - pair_loss(*(rows - change), penalty)) / 2e-4
            assert (rows - moved)[row, column] / learning_rate == pytest.approx(slope, abs=2e-4)
    kept = rows.copy()
    bpr_steps.step(kept[0], kept[1], kept[2], learning_rate, penalty, False)
    np.testing.assert_array_equal(kept[0], moved[0])
    np.testing.assert_array_equal(kept[1:], rows[1:])


@pytest.mark.parametrize("margin", [-500.0, 500.0])
def test_a_step_far_out_is_finite(margin: float) -> None:
    user, liked, other = np.ones((3, 1), np.float32) * [[margin], [1], [0]]
    rows = [x.astype(np.float32) for x in (user, liked, other)]
    assert np.isfinite(bpr_steps.step(*rows, 0.1, 0.0, True))
    assert all(np.isfinite(x).all() for x in rows)


@njit
def _drawn(user, items, pool, seen, candidates, draws):  # type: ignore[no-untyped-def]
    state, found = np.uint64(12345), np.empty(draws, np.int64)
    for i in range(draws):
        found[i], state = bpr_steps.draw_negative(user, items, pool, seen, candidates, state)
    return found


def test_negatives_are_drawn_evenly_from_what_was_not_seen() -> None:
    pool, seen = np.arange(0, 20, 2, dtype=np.int32), np.array([0, 3, 4], np.int32)
    user, items = np.ones(1, np.float32), np.arange(20, dtype=np.float32)[:, None]
    found = np.bincount(_drawn(user, items, pool, seen, 1, 8000), minlength=20)
    unseen = np.setdiff1d(pool, seen)
    assert found.sum() == found[unseen].sum() == 8000
    np.testing.assert_allclose(found[unseen], 1000, atol=150)
    best = _drawn(user, items, pool, seen, 3, 8000)
    # The largest of three even draws of 8: the mean rank is 6.
    assert np.searchsorted(unseen, best).mean() == pytest.approx(
        np.mean([max(a, b, c) for a in range(8) for b in range(8) for c in range(8)]), abs=0.1
    )


def test_where_all_is_seen_nothing_is_drawn() -> None:
    pool = np.arange(3, dtype=np.int32)
    assert (_drawn(np.ones(1, np.float32), np.ones((3, 1), np.float32), pool, pool, 2, 5) == -1).all()


def test_the_pairs_of_a_block_are_those_of_its_shards() -> None:
    seen, random = tastes()[0], np.random.default_rng(0)
    of_user, of_item = (
        random.integers(4, size=90).astype(np.int32),
        random.integers(4, size=60).astype(np.int32),
    )
    starts, pairs = np.zeros(17, np.int64), np.empty((2, seen.nnz), np.int32)
    bpr_steps.partition_pairs(
        seen.indptr.astype(np.int64), seen.indices.astype(np.int32), of_user, of_item, 4, starts, *pairs
    )
    assert starts[-1] == seen.nnz
    for block in range(16):
        users, items = pairs[:, starts[block] : starts[block + 1]]
        assert (of_user[users] * 4 + of_item[items] == block).all()
    assert {*zip(*pairs.tolist(), strict=True)} == {*zip(*(x.tolist() for x in seen.nonzero()), strict=True)}


@pytest.mark.parametrize("candidates", [1, 3])
def test_it_finds_the_taste_of_each_user_and_of_new_ones(candidates: int) -> None:
    seen, of_user, of_item = tastes()
    settings = Settings(dim=8, epochs=100, candidates=candidates, regularisation=0.02)
    state = trained(seen, settings)
    assert state.losses[-1] < state.losses[0]
    assert own_kind_first(state.users @ state.items.T, seen, of_user, of_item) > 0.75
    folded = bpr.fold_in(state.items, seen, settings)
    assert own_kind_first(folded @ state.items.T, seen, of_user, of_item) > 0.75


def test_a_new_user_depends_on_no_other() -> None:
    seen = tastes()[0]
    items = trained(seen, SMALL).items
    whole = bpr.fold_in(items, seen, SMALL, threads=2)
    np.testing.assert_array_equal(whole[[9]], bpr.fold_in(items, seen[[9]], SMALL))
    assert not bpr.fold_in(items, sparse.csr_array((1, 60), dtype=np.float32), SMALL).any()
    assert bpr.fold_in(items, seen[:0], SMALL).shape == (0, 8)


def test_one_seed_gives_the_same_bits_at_any_number_of_threads_and_after_a_stop() -> None:
    seen = tastes()[0]
    states = [trained(seen, SMALL, threads) for threads in (1, 2, 3)]
    stopped = bpr.fresh(*seen.shape, SMALL)
    for _ in bpr.train(stopped, seen, SMALL):
        if stopped.epoch == 2:
            break
    again = bpr.restore(stopped.users, stopped.items, stopped.epoch, stopped.losses)
    for _ in bpr.train(again, seen, SMALL, threads=2):
        pass
    for other in (*states[1:], again):
        np.testing.assert_array_equal(states[0].users, other.users)
        np.testing.assert_array_equal(states[0].items, other.items)
        assert states[0].losses == other.losses
    assert not np.array_equal(states[0].items, trained(seen, replace(SMALL, seed=4)).items)


@pytest.mark.parametrize("shape", [(1, 5), (5, 2), (1, 2)])
def test_few_users_or_items(shape: tuple[int, int]) -> None:
    made = np.zeros(shape, np.float32)
    made[:, 0] = 1
    state = trained(sparse.csr_array(made), Settings(dim=20, epochs=50))
    assert np.isfinite(state.users).all()
    assert (np.argmax(state.users @ state.items.T, axis=1) == 0).all()


@pytest.mark.parametrize(
    "seen", [np.zeros((3, 4)), np.ones((3, 4)), np.ones((1, 1)), np.array([[1.0, 1.0], [0.0, 0.0]])], ids=str
)
def test_what_cannot_be_learnt_from_is_said(seen: np.ndarray) -> None:
    with pytest.raises(InputError, match="nothing to learn from"):
        trained(sparse.csr_array(seen.astype(np.float32)), SMALL)


def test_numbers_that_are_not_finite_stop_it() -> None:
    with pytest.raises(Diverged, match="rate 1e\\+30"):
        trained(tastes()[0], replace(SMALL, learning_rate=1e30, regularisation=1e3))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Settings(dim=0), lambda: Settings(epochs=True), lambda: Settings(candidates=1.5),  # type: ignore[arg-type]
        lambda: Settings(learning_rate=0), lambda: Settings(learning_rate=np.nan), lambda: Settings(regularisation=-1),
        lambda: Settings(seed=-1),
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(make: Callable[[], Settings]) -> None:
    with pytest.raises(OptionError):
        make()


def test_memory_is_foreseen() -> None:
    assert (
        bpr.needed_bytes(1000, 100, 20_000, SMALL) > bpr.needed_bytes(1000, 100, 10_000, SMALL) > 4 * 1100 * 8
    )
