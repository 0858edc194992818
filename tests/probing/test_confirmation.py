"""Ways to share tasks, taught over seeds by a made trainer whose losses are known."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.errors import InputError, OptionError
from likewise.probing import confirm, group
from likewise.probing.confirmation import ALONE, RANDOM, TOGETHER, at_random

TASKS = ("a", "b", "c", "d")
PAIRS = np.array([[0, 3, 0, 0], [3, 0, 0, 0], [0, 0, 0, 3], [0, 0, 3, 0]], float)
FRIEND = {"a": "b", "b": "a", "c": "d", "d": "c"}


class Made:
    """A friend in the network takes `gain` of a loss of 1, each stranger adds `harm`; noise is of the seed's."""

    def __init__(self, gain: float, harm: float, noise: float = 1e-3) -> None:
        self.gain, self.harm, self.noise = gain, harm, noise
        self.calls: list[tuple[tuple[str, ...], int]] = []

    def __call__(self, tasks: tuple[str, ...], seed: int) -> dict[str, float]:
        self.calls.append((tasks, seed))
        random = np.random.default_rng([seed, len(tasks), *map(ord, tasks)])
        return {
            task: 1 - self.gain * (FRIEND[task] in tasks)
            + self.harm * sum(other not in (task, FRIEND[task]) for other in tasks)
            + self.noise * random.standard_normal()
            for task in tasks
        }  # fmt: skip


def test_groups_that_help_are_confirmed() -> None:
    train = Made(0.3, 0.1)
    found = confirm({"groups": group(PAIRS, TASKS, 2)}, train, seeds=3)
    assert [way.name for way in found.ways] == [ALONE, TOGETHER, "groups", RANDOM]
    assert found.way("groups").groups == (("a", "b"), ("c", "d"))
    np.testing.assert_allclose(found.way("groups").means, 0.7, atol=0.01)
    np.testing.assert_allclose(found.way(TOGETHER).means, 0.9, atol=0.01)
    over = found.over("groups", TOGETHER)
    assert over.value == pytest.approx(0.7 / 0.9 - 1, abs=0.01)
    assert over.low < over.value < over.high < 0
    assert found.verdict.startswith("groups, 2 networks: 22.")
    assert len(train.calls) == len(set(train.calls))  # what two ways share is taught once


def test_where_sharing_harms_each_goes_alone_and_where_nothing_shows_all_go_together() -> None:
    grouping = {"groups": group(PAIRS, TASKS, 2)}
    assert confirm(grouping, Made(-0.2, 0.2)).verdict.startswith("each alone, 4 networks")
    assert confirm(grouping, Made(0.0, 0.0, noise=0.05)).verdict.startswith("one network for all")


def test_groups_no_better_than_chance_are_told_so() -> None:
    """Any two networks are as good as the groups: smaller ones harm less, whoever is in them."""

    def train(tasks: tuple[str, ...], seed: int) -> dict[str, float]:
        random = np.random.default_rng([seed, len(tasks), *map(ord, tasks)])
        loss = {1: 1.5, 2: 1.0, 4: 1.3}[len(tasks)]
        return {task: loss + 0.01 * random.standard_normal() for task in tasks}

    found = confirm({"groups": group(PAIRS, TASKS, 2)}, train, seeds=4)
    if found.way(RANDOM).groups != found.way("groups").groups:
        assert "groups at random do about as well" in found.verdict


def test_it_is_the_same_each_time_and_goes_into_json() -> None:
    import json

    grouping = {"k = 2": group(PAIRS, TASKS, 2), "k = 3": group(PAIRS, TASKS, 3)}
    one, two = (confirm(grouping, Made(0.3, 0.1), seed=7) for _ in range(2))
    assert one == two
    told = json.loads(json.dumps(one.to_json(), allow_nan=False))
    assert told["verdict"] == one.verdict
    assert told["seeds"] == [7, 8, 9]
    assert "over all together" in str(one)
    assert sorted(at_random(7, 3, 1)) == [0, 0, 0, 1, 1, 2, 2]


def test_a_loss_of_nothing_is_no_division() -> None:
    found = confirm({"groups": group(PAIRS, TASKS, 2)}, lambda tasks, seed: dict.fromkeys(tasks, 0.0))
    assert np.isfinite(found.over("groups", TOGETHER).value)
    assert found.verdict


def test_what_cannot_be_confirmed_is_refused() -> None:
    grouping = group(PAIRS, TASKS, 2)
    with pytest.raises(OptionError, match="2 or more"):
        confirm({"groups": grouping}, Made(0, 0), seeds=1)
    with pytest.raises(InputError, match="no grouping"):
        confirm({}, Made(0, 0))
    with pytest.raises(InputError, match="different tasks"):
        confirm({"one": grouping, "two": group(PAIRS, ["x", "y", "z", "w"], 2)}, Made(0, 0))
