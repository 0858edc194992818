from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.errors import InputError, OptionError
from likewise.probing import at_random, given_split, stratified
from likewise.probing.few_shot import draws
from likewise.probing.folds import numbered, splits


@given(st.lists(st.integers(0, 3), min_size=5, max_size=60), st.integers(2, 5), st.integers(0, 99))
def test_each_class_is_spread_as_evenly_as_can_be(labels: list[int], folds: int, seed: int) -> None:
    codes = np.array(labels)
    numbers = stratified(codes, folds, seed=seed)
    assert np.ptp(np.bincount(numbers, minlength=folds)) <= 1
    for code in set(labels):
        assert np.ptp(np.bincount(numbers[codes == code], minlength=folds)) <= 1


def test_a_seed_gives_the_same_folds_and_another_others() -> None:
    codes = np.repeat([0, 1], 50)
    assert np.array_equal(stratified(codes, 5, seed=1), stratified(codes, 5, seed=1))
    assert not np.array_equal(stratified(codes, 5, seed=1), stratified(codes, 5, seed=2))
    assert not np.array_equal(at_random(100, 5, seed=1), np.arange(100) % 5)


def test_no_row_is_tested_by_what_learnt_from_it() -> None:
    for numbers in (stratified(np.zeros(11, int), 3, seed=0), np.array([-1, 0, 2, -1, 2, 0])):
        parts = splits(numbers)
        for learnt, tested in parts:
            assert not set(learnt) & set(tested)
            assert len(learnt) + len(tested) == len(numbers)
        everyone = np.concatenate([tested for _, tested in parts])
        assert sorted(everyone) == np.flatnonzero(numbers >= 0).tolist()


def test_folds_that_cannot_be_are_refused() -> None:
    codes = np.array([0, 1, 0])
    with pytest.raises(OptionError, match="from 2, not 1"):
        numbered(1, codes, 0)
    with pytest.raises(OptionError, match="3 rows cannot be dealt to 5 folds"):
        numbered(5, codes, 0)
    with pytest.raises(InputError, match="n = 3"):
        numbered(np.array([0, 1]), codes, 0)
    with pytest.raises(InputError, match="none is tested"):
        numbered(np.array([-1, -1, -1]), codes, 0)
    with pytest.raises(InputError, match="none is left to learn from"):
        numbered(np.array([1, 1, 1]), codes, 0)
    for mask in (np.array([True, True]), np.array([False]), np.array([0, 1])):
        with pytest.raises(InputError, match="a split is"):
            given_split(mask)
    assert given_split(np.array([True, False])).tolist() == [0, -1]


def test_few_labels_are_nested_and_so_many_of_each_class() -> None:
    codes = np.repeat([0, 1, 2], [40, 12, 3])
    numbers = stratified(codes, 5, seed=0)
    before: list[set[int]] = [set()] * 5
    for per_class in (1, 2, 8, 20):
        drawn = draws(codes, numbers, per_class, seed=3)
        for draw, smaller in zip(drawn, before, strict=True):
            available = np.bincount(codes[numbers != numbers[draw.tested[0]]], minlength=3)
            assert np.bincount(codes[draw.learnt], minlength=3).tolist() == [
                min(per_class, n) for n in available.tolist()
            ]
            assert smaller <= set(draw.learnt)
            assert not set(draw.learnt) & set(draw.tested)
        before = [set(draw.learnt) for draw in drawn]
    assert draws(codes, numbers, 1000, seed=3) == []


def test_a_given_split_is_drawn_from_several_times() -> None:
    codes = np.tile([0, 1], 50)
    drawn = draws(codes, np.repeat([-1, 0], 50), 5, seed=0)
    assert [draw.number for draw in drawn] == [0, 1, 2, 3, 4]
    assert len({tuple(draw.learnt) for draw in drawn}) == 5
