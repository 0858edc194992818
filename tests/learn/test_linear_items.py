from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_tastes import own_kind_first, tastes
from scipy import sparse

from likewise.errors import InputError, NotEnoughMemory, OptionError
from likewise.learn.recommend import ease as linear_items


def random_choices(users: int = 50, items: int = 20, seed: int = 0) -> sparse.csr_array:
    made = np.random.default_rng(seed).random((users, items)) < 0.3
    made[:, 4] = False
    return sparse.csr_array(made.astype(np.float32))


def test_ease_is_the_best_for_each_item_without_itself() -> None:
    """The slow twin: each column by itself, a ridge regression on all other items."""
    seen, ridge = random_choices(), 7.0
    dense = seen.toarray().astype(np.float64)
    wanted = np.zeros((20, 20))
    for item in range(20):
        others = np.arange(20) != item
        left = dense[:, others]
        wanted[others, item] = np.linalg.solve(left.T @ left + ridge * np.eye(19), left.T @ dense[:, item])
    found = linear_items.ease(seen, regularisation=ridge)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    assert not np.diag(found).any()
    assert not found[4].any(), "an item that nobody has seen has zeros"
    assert not found[:, 4].any()


def test_low_rank_is_the_nearest_to_the_scores_of_ease() -> None:
    """No other matrix of its rank does better: the error is that of the singular values left out (Eckart and Young)."""
    seen = random_choices()
    scores = seen @ linear_items.ease(seen, regularisation=7.0)
    for dim in (1, 3, 10):
        inputs, outputs = linear_items.low_rank(seen, dim=dim, regularisation=7.0)
        assert inputs.shape == outputs.shape == (20, dim)
        left_out = np.linalg.svd(scores.astype(np.float64), compute_uv=False)[dim:]
        error = np.linalg.norm(seen @ inputs @ outputs.T - scores)
        assert error == pytest.approx(np.linalg.norm(left_out), rel=1e-3)


@pytest.mark.parametrize("dim", [20, 50])
def test_all_columns_are_ease_itself_and_those_beyond_are_zeros(dim: int) -> None:
    seen = random_choices()
    inputs, outputs = linear_items.low_rank(seen, dim=dim, regularisation=7.0)
    scores = seen @ linear_items.ease(seen, regularisation=7.0)
    np.testing.assert_allclose(seen @ inputs @ outputs.T, scores, rtol=0, atol=1e-4)
    assert not inputs[:, 19:].any()
    assert np.isfinite(inputs).all()


def test_it_finds_the_taste_of_each_user() -> None:
    seen, of_user, of_item = tastes()
    inputs, outputs = linear_items.low_rank(seen, dim=3, regularisation=20.0)
    assert own_kind_first(seen @ inputs @ outputs.T, seen, of_user, of_item) > 0.9
    whole = seen @ linear_items.ease(seen, regularisation=20.0)
    assert own_kind_first(whole, seen, of_user, of_item) > 0.8


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_one_user_or_one_item(shape: tuple[int, int]) -> None:
    seen = sparse.csr_array(np.ones(shape, np.float32))
    assert np.isfinite(linear_items.ease(seen)).all()
    inputs, outputs = linear_items.low_rank(seen, dim=4)
    assert np.isfinite(seen @ inputs @ outputs.T).all()


@pytest.mark.parametrize("regularisation", [0, -1.0, np.nan, "much"])
def test_options_out_of_range_are_refused(regularisation: Any) -> None:
    with pytest.raises(OptionError, match="regularisation"):
        linear_items.ease(random_choices(), regularisation=regularisation)
    with pytest.raises(OptionError, match="dim"):
        linear_items.low_rank(random_choices(), dim=0)


def test_a_regularisation_too_small_for_float32_is_said() -> None:
    same = sparse.csr_array(np.ones((4000, 3), np.float32))
    with pytest.raises(OptionError, match="too small"):
        linear_items.ease(same, regularisation=1e-9)


def test_nothing_seen_and_too_many_items_are_said() -> None:
    with pytest.raises(InputError, match="nothing to learn from"):
        linear_items.ease(sparse.csr_array((3, 4), dtype=np.float32))
    many = sparse.csr_array((np.ones(1, np.float32), ([0], [0])), shape=(1, 3_000_000))
    with pytest.raises(NotEnoughMemory, match="fewer items"):
        linear_items.ease(many)
