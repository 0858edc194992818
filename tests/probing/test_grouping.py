"""Groups of tasks: as published, against a search through all of them, with planted clusters; and bad input."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from likewise.errors import InputError, OptionError
from likewise.probing import group
from likewise.probing.task_grouping_search import Search


def names(n: int) -> list[str]:
    return [f"t{i}" for i in range(n)]


def slow(matrix: np.ndarray, k: int) -> float:
    """The best mean score over all choices of at most k groups of two or more that serve every task."""
    n = len(matrix)
    groups = [own for size in range(2, n + 1) for own in combinations(range(n), size)]
    best = -np.inf
    for count in range(1, k + 1):
        for chosen in combinations(groups, count):
            if len(set().union(*chosen)) == n:
                scores = [
                    max(
                        np.mean([matrix[t, o] for o in own if o != t]) for own in chosen if t in own
                    ) for t in range(n)
                ]  # fmt: skip
                best = max(best, float(np.mean(scores)))
    return best


@pytest.mark.parametrize("case", ["taskonomy_1", "taskonomy_2", "taskonomy_3", "celeba_2"])
def test_the_published_matrices_give_the_published_groups(shared_data: Path, case: str) -> None:
    data = json.loads((shared_data / "tasks" / "tag-affinities.json").read_text())
    name, k = case.rsplit("_", 1)
    tasks, wanted = list(data[name]), data["expected"][case]
    matrix = np.array([[data[name][one][other] for other in tasks] for one in tasks])
    found = group(matrix, tasks, int(k))
    assert [list(own) for own in found.groups] == wanted["groups"]
    assert found.score == wanted["score"]  # to the last bit


@pytest.mark.parametrize(("n", "k"), [(2, 1), (2, 2), (3, 2), (4, 2), (4, 3), (5, 2), (5, 3)])
def test_no_choice_of_groups_scores_more(n: int, k: int) -> None:
    random = np.random.default_rng(10 * n + k)
    for shift in (-2.0, 0.0, 2.0):
        matrix = random.normal(size=(n, n)) + shift
        found = group(matrix, names(n), k)
        assert found.score == pytest.approx(slow(matrix, k), abs=1e-12)
        assert 1 <= len(found.groups) <= k
        assert {task for own in found.groups for task in own} == set(names(n))
        for task, served, score in zip(found.tasks, found.served, found.scores, strict=True):
            own = found.groups[served]
            others = [int(o[1:]) for o in own if o != task]
            assert score == pytest.approx(matrix[int(task[1:]), others].mean())


def test_beyond_ten_tasks_planted_clusters_come_back() -> None:
    for seed in range(5):
        random = np.random.default_rng(seed)
        cluster = random.permutation(12) % 3
        matrix = random.normal(size=(12, 12)) + 4 * (cluster[:, None] == cluster)
        found = group(matrix, names(12), 3)
        for task, served in zip(range(12), found.served, strict=True):
            assert {int(own[1:]) for own in found.groups[served]} <= set(
                np.flatnonzero(cluster == cluster[task])
            )


def test_the_bound_is_never_below_what_can_be_reached() -> None:
    random = np.random.default_rng(4)
    for _ in range(20):
        matrix = random.normal(size=(6, 6))
        np.fill_diagonal(matrix, 0)
        search = Search(matrix, 2)
        served = random.integers(0, 2, 6)
        full = [sum(1 << t for t in range(6) if served[t] == g) for g in (0, 1)]
        if not all(full):
            continue
        reached = sum(search.block(block)[0] for block in full)
        for depth in range(1, 7):
            done = sum(1 << t for t in search.order[:depth])
            parts = [block & done for block in full if block & done]
            assert search.bound(depth, parts) >= reached - 1e-12


def test_two_copies_go_together_and_ties_are_broken_alike() -> None:
    matrix = np.ones((4, 4))
    assert group(matrix, names(4), 2) == group(matrix.copy(), names(4), 2)
    matrix[0, 1] = matrix[1, 0] = 5
    assert ("t0", "t1") in group(matrix, names(4), 2).groups


def test_the_diagonal_is_not_looked_at() -> None:
    matrix = np.random.default_rng(0).normal(size=(4, 4))
    other = matrix.copy()
    np.fill_diagonal(other, np.nan)
    assert group(matrix, names(4), 2) == group(other, names(4), 2)


@pytest.mark.parametrize(
    ("matrix", "tasks", "k", "error", "said"),
    [
        (np.ones((3, 3)), names(3), 4, OptionError, "k is 4, more networks than the 3 tasks"),
        (np.ones((3, 3)), names(3), 0, OptionError, "from 1 on, not 0"),
        (np.ones((3, 3)), names(3), True, OptionError, "not True"),
        (np.ones((1, 1)), names(1), 1, InputError, "1 task"),
        (np.ones((2, 3)), names(2), 1, InputError, r"shape \(2, 3\)"),
        (np.array([[0, np.nan], [1, 0]]), names(2), 1, InputError, "not finite"),
        (np.ones((2, 2)), ["a", "a"], 1, InputError, "the same name"),
        (np.ones((21, 21)), names(21), 1, InputError, "at most 20"),
    ],
)
def test_what_cannot_be_grouped_is_refused(
    matrix: np.ndarray, tasks: list[str], k: int, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        group(matrix, tasks, k)
    assert "\n" not in str(caught.value)


def test_a_grouping_says_who_only_helps() -> None:
    matrix = np.array([[0, 5, 0.0], [1, 0, 4.0], [0, 3, 0.0]])
    found = group(matrix, ["a", "b", "c"], 2)
    assert found.groups == (("a", "b"), ("b", "c"))
    assert "network 1: a, b (b only to help)" in str(found)
    assert found.to_json()["score"] == pytest.approx(4)
