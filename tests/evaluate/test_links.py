"""Link prediction judged: ranks against loops, ties, what is unseen, and what training gives away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from likewise.errors import InputError, OptionError
from likewise.evaluate import links, ranks
from likewise.evaluate.leaks import Leaks, Twins, leaks, twins

N, R = 9, 3


def slow_rank(values: list[float], answer: int, known: set[int]) -> float:
    """By the definition: the mean of the best and the worst place among those not known to be right."""
    others = [value for i, value in enumerate(values) if i not in known and i != answer]
    best = 1 + sum(value > values[answer] for value in others)
    worst = 1 + sum(value >= values[answer] for value in others)
    return (best + worst) / 2


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training triples that have every entity and relation, others, test triples, and scores with many ties."""
    random = np.random.default_rng(seed)
    every = np.stack([np.arange(N), np.arange(N) % R, (np.arange(N) + 1) % N], axis=1)

    def drawn(m: int) -> np.ndarray:
        return np.stack(
            [random.integers(N, size=m), random.integers(R, size=m), random.integers(N, size=m)], axis=1
        )

    return (
        np.concatenate([every, drawn(15)]),
        drawn(5),
        drawn(12),
        random.integers(4, size=(N, 2 * R, N)) / 2.0,
    )


def slow_ranks(
    test: np.ndarray, known: list[np.ndarray], table: np.ndarray
) -> list[tuple[int, float, float]]:
    """(relation, rank of the tail, rank of the head) of each test triple."""
    right = {tuple(triple) for part in known for triple in part.tolist()}
    found = []
    for h, r, t in test.tolist():
        tails = {e for e in range(N) if (h, r, e) in right}
        heads = {e for e in range(N) if (e, r, t) in right}
        found.append(
            (r, slow_rank(table[h, r].tolist(), t, tails), slow_rank(table[t, r + R].tolist(), h, heads))
        )
    return found


@pytest.mark.parametrize("block", [1, 20, 2**22])
@pytest.mark.parametrize("seed", range(4))
def test_ranks_are_those_of_the_definition(seed: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "BLOCK", block)
    train, others, test, table = world(seed)
    test = np.concatenate([test, test[:2]])  # a triple given twice counts twice
    wanted = slow_ranks(test, [train, others, test], table)
    found = links.evaluate(
        lambda e, r: table[e, r], test, train, entities=N, relations=R, others=[others], ks=(1, 2, 5)
    )
    tails, heads = np.array([[tail, head] for _, tail, head in wanted]).T
    both = np.concatenate([tails, heads])
    assert found.total.mrr == pytest.approx(np.mean(1 / both))
    assert found.total == found.known
    assert found.total.count == 2 * len(test)
    assert found.total.mean_rank == pytest.approx(both.mean())
    assert found.total.hits == {k: pytest.approx(np.mean(both <= k)) for k in (1, 2, 5)}
    assert found.tails.mrr == pytest.approx(np.mean(1 / tails))
    assert found.heads.mrr == pytest.approx(np.mean(1 / heads))
    for r in range(R):
        own = [1 / rank for kind, *pair in wanted if kind == r for rank in pair]
        if own:
            assert found.relations[r].mrr == pytest.approx(np.mean(own))
            assert found.relations[r].count == len(own)


def test_a_score_that_knows_nothing_has_the_rank_of_chance() -> None:
    train, _, test, _ = world(0)
    found = links.evaluate(lambda e, r: np.zeros((len(e), N)), test, train, entities=N, relations=R)
    assert found.total.hits[1] < 0.2  # an optimistic rank would make it 1, a pessimistic one 0
    assert found.total.mean_rank > 2.5


def test_other_right_answers_do_not_stand_in_the_way() -> None:
    train, valid, test = np.array([[0, 0, 1], [3, 0, 2]]), np.array([[0, 0, 2]]), np.array([[0, 0, 3]])
    scores = np.array([0.0, 9.0, 8.0, 7.0])

    def judged(others: list[np.ndarray]) -> float:
        found = links.evaluate(
            lambda e, r: np.tile(scores, (len(e), 1)), test, train, entities=4, relations=1, others=others
        )
        return found.tails.mean_rank

    assert judged([]) == 2
    assert judged([valid]) == 1


def test_a_perfect_score_and_its_baseline() -> None:
    train, _, test, _ = world(1)
    right = {tuple(triple) for triple in test.tolist()}
    table = np.zeros((N, 2 * R, N))
    for h, r, t in right:
        table[h, r, t] = table[t, r + R, h] = 1
    found = links.evaluate(lambda e, r: table[e, r], test, train, entities=N, relations=R)
    assert (found.total.mrr, found.total.hits[1], found.total.mean_rank) == (1, 1, 1)
    assert found.baseline is not None
    assert 0 < found.baseline.mrr < 1
    rows = found.rows("mine")
    assert [row.metric for row in rows] == ["MRR", "Hits@1", "Hits@3", "Hits@10"]
    assert rows[0].baselines == {"most frequent": found.baseline.mrr}
    assert rows[0].bar == found.baseline.mrr
    without = links.evaluate(lambda e, r: table[e, r], test, train, entities=N, relations=R, baseline=False)
    assert without == replace(found, baseline=None)


def test_the_baseline_counts_how_often_an_entity_stands_at_that_end() -> None:
    train = np.array([[0, 0, 1], [2, 0, 1], [2, 0, 3], [0, 1, 0]])
    found = links.most_frequent(train, 4, 2)(np.array([3, 3, 0, 1]), np.array([0, 1, 2, 3]))
    assert found.tolist() == [[0, 2, 0, 1], [1, 0, 0, 0], [1, 0, 2, 0], [1, 0, 0, 0]]


# What training has not seen, and what it gives away


def test_the_unseen_is_counted_and_comes_last() -> None:
    train = np.array([[0, 0, 1], [1, 0, 2]])
    test = np.array(
        [[0, 0, 2], [-1, 0, 1], [0, 1, 1], [3, 0, 0], [0, -1, 1]]
    )  # 3 and relation 1 are never trained
    table = np.zeros((5, 4, 5))
    table[0, 0, 2] = table[2, 2, 0] = 1
    found = links.evaluate(lambda e, r: table[e, r], test, train, entities=5, relations=2)
    assert (found.unseen, found.unseen_entities) == (4, 2)
    assert (found.known.count, found.known.mrr, found.total.count) == (2, 1, 10)
    assert found.total.mrr == pytest.approx((2 * 1 + 8 / 5) / 10)
    assert {r: tally.count for r, tally in found.relations.items()} == {-1: 2, 0: 6, 1: 2}
    rows = found.rows("mine")
    assert (rows[0].known, rows[0].total) == (2, 10)
    assert (rows[-1].metric, rows[-1].value) == ("MRR of what is known", 1)


def test_all_unseen_is_no_error_and_no_nan() -> None:
    found = links.evaluate(
        lambda e, r: np.zeros((len(e), 4)),
        np.array([[-1, -1, -1]]),
        np.array([[0, 0, 1]]),
        entities=4,
        relations=1,
    )
    assert (found.total.mrr, found.known.mrr, found.known.count) == (0.25, 0, 0)


def test_leaks_are_found() -> None:
    parent = [(i, 0, i + 1) for i in range(10)]
    child = [(i + 1, 1, i) for i in range(9)]  # 0 turned
    married = [(i, 2, i + 20) for i in range(5)] + [(i + 20, 2, i) for i in range(5)]  # holds both ways
    other = [(i, 3, (7 * i + 3) % 20) for i in range(10)]
    also = [(i, 4, i + 1) for i in range(10)]  # 0 in other words
    train = np.array(parent + child + married + other + also)
    assert twins(train, 40, 5) == (
        Twins(0, 4, False, 1.0), Twins(1, 0, True, 1.0), Twins(1, 4, True, 1.0), Twins(2, 2, True, 1.0)
    )  # fmt: skip
    test = np.array([[10, 1, 9], [0, 0, 1], [30, 2, 31], [5, 3, 5], [20, 2, 0]])
    found = leaks(test, train, 40, 5)
    assert (found.repeated, found.answered, found.total) == (2, 1, 5)


def test_a_graph_without_twins_leaks_nothing() -> None:
    train = np.array([[0, 0, 1], [1, 0, 2], [2, 1, 0]])
    assert leaks(np.array([[0, 1, 2]]), train, 3, 2) == Leaks(0, 0, 1, ())


def test_sampled_ranks_are_said_to_be_no_ranks() -> None:
    random = np.random.default_rng(2)
    n = 300
    train = np.stack([np.arange(n), np.zeros(n, int), random.permutation(n)], axis=1)
    test = np.stack([np.arange(50), np.zeros(50, int), random.integers(n, size=50)], axis=1)
    table = random.normal(size=(n, 2, n))

    def judged(candidates: int | None) -> links.LinkScore:
        return links.evaluate(
            lambda e, r: table[e, r], test, train, entities=n, relations=1, candidates=candidates, seed=3
        )

    full, sampled = judged(None), judged(20)
    assert full.note == ""
    assert "not comparable" in sampled.note
    assert all(row.note == sampled.note for row in sampled.rows("mine"))
    assert sampled.total.mrr > 2 * full.total.mrr
    assert sampled.total.mean_rank == pytest.approx(full.total.mean_rank * 20 / n, rel=0.3)
    assert judged(20) == sampled


# Edges


@pytest.mark.parametrize("scores", [np.zeros((1, 3)), np.full((1, 4), np.nan)])
def test_scores_that_are_no_scores_are_refused(scores: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"expected|NaN"):
        links.evaluate(
            lambda e, r: np.repeat(scores, len(e), axis=0), np.array([[0, 0, 1]]), np.array([[0, 0, 1]]), entities=4,
            relations=1,
        )  # fmt: skip


@pytest.mark.parametrize("test", [np.empty((0, 3), int), np.array([[0, 0, 4]]), np.array([[0, 1, 0]]),
                                  np.array([[-2, 0, 0]]), np.array([[0, 1]])])  # fmt: skip
def test_test_triples_that_cannot_be_asked_are_refused(test: np.ndarray) -> None:
    with pytest.raises(InputError, match="wanted"):
        links.evaluate(
            lambda e, r: np.zeros((len(e), 4)), test, np.array([[0, 0, 1]]), entities=4, relations=1
        )


def test_candidates_out_of_range_are_refused() -> None:
    with pytest.raises(OptionError, match="candidates"):
        links.evaluate(
            lambda e, r: np.zeros((len(e), 4)), np.array([[0, 0, 1]]), np.array([[0, 0, 1]]), entities=4, relations=1,
            candidates=0,
        )  # fmt: skip
