from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from likewise.errors import InputError, OptionError
from likewise.evaluate import Report, retrieval

KS = (1, 2, 3)


def twin(order: list[int], gains: list[int]) -> list[float]:
    """Every measure of one ranking without ties, one place after the other."""
    hits = [gains[i] > 0 for i in order]
    discounts = [1 / np.log2(place + 2) for place in range(len(order))]
    ideal = sorted(gains, reverse=True)
    recall = [sum(hits[:k]) / sum(hits) for k in KS]
    ndcg = [
        sum(gains[i] * d for i, d in zip(order[:k], discounts, strict=False))
        / sum(g * d for g, d in zip(ideal[:k], discounts, strict=False))
        for k in KS
    ]
    precisions = [sum(hits[: place + 1]) / (place + 1) for place in range(len(order)) if hits[place]]
    return [*recall, *ndcg, 1 / (hits.index(True) + 1), sum(precisions) / sum(hits)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 0, 1, 3])), min_size=1, max_size=6))
def test_ties_are_the_mean_over_all_orders(things: list[tuple[int, int]]) -> None:
    scores, gains = [score for score, _ in things], [gain for _, gain in things]
    found = retrieval.per_query(np.array([scores], float), np.array([gains]), ks=KS)[0]
    if not any(gains):
        assert np.isnan(found).all()
        return
    every = [
        twin(list(order), gains)
        for order in permutations(range(len(things)))
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    np.testing.assert_allclose(found, np.mean(every, axis=0), rtol=1e-12)


def test_without_ties_it_agrees_with_trec_eval() -> None:
    measures = pytest.importorskip("ir_measures", reason="the package ir-measures is not installed")
    generator = np.random.default_rng(0)
    scores = generator.permuted(np.tile(np.arange(40.0), (8, 1)), axis=1)
    gains = np.where(generator.random((8, 40)) < 0.2, generator.integers(1, 4, (8, 40)), 0)
    gains[:, 0] = 1
    qrels = {str(q): {str(d): int(gains[q, d]) for d in range(40)} for q in range(8)}
    run = {str(q): {str(d): float(scores[q, d]) for d in range(40)} for q in range(8)}
    asked = [measures.R @ 5, measures.nDCG @ 5, measures.RR, measures.AP]
    oracle = measures.calc_aggregate(asked, qrels, run)
    found = retrieval.measure(scores, gains, ks=(5,))
    np.testing.assert_allclose(
        [found.recall[5], found.ndcg[5], found.mrr, found.map], [oracle[one] for one in asked], rtol=1e-9
    )


def test_vectors_are_ranked_by_cosine_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    things = generator.standard_normal((50, 6)).astype(np.float32)
    things[10:20] = things[:10]  # duplicates tie
    queries = things[:30] * 3 + 0.1 * generator.standard_normal((30, 6)).astype(np.float32)
    relevance = np.eye(50)[:30]
    whole = retrieval.evaluate(queries, things, relevance, ks=(1, 5))
    monkeypatch.setattr(retrieval, "BLOCK", 120)
    assert retrieval.evaluate(queries, things, csr_array(relevance), ks=(1, 5)) == whole
    assert whole.recall[5] == 1
    # each of the first twenty ties with its own copy, so it is first half of the time
    assert whole.recall[1] == pytest.approx((20 * 0.5 + 10) / 30)
    assert whole.mrr == pytest.approx((20 * 0.75 + 10) / 30)


def test_queries_with_nothing_relevant_are_left_out_and_counted() -> None:
    things = np.eye(3, dtype=np.float32)
    found = retrieval.evaluate(things, things, np.diag([1, 1, 0]), ks=(1,))
    assert (found.known, found.total, found.mrr) == (2, 3, 1.0)
    none = retrieval.evaluate(things, things, np.zeros((3, 3)), ks=(1,))
    assert (none.known, none.map, none.recall) == (0, 0.0, {1: 0.0})
    assert "nothing to find" in none.note
    empty = retrieval.evaluate(things[:0], things, np.zeros((0, 3)), ks=(1,))
    assert (empty.known, empty.total) == (0, 0)


def test_a_single_thing_and_zero_vectors_are_defined() -> None:
    one = np.ones((1, 2), np.float32)
    assert retrieval.evaluate(one, one, [[1]], ks=(1, 10)).ndcg == {1: 1.0, 10: 1.0}
    nothing = retrieval.evaluate(np.zeros((1, 2), np.float32), np.eye(2, dtype=np.float32), [[1, 0]], ks=(1,))
    assert nothing.recall[1] == 0.5  # all tie


def test_the_numbers_stand_in_a_report() -> None:
    things = np.eye(3, dtype=np.float32)
    found = retrieval.evaluate(things, things, np.eye(3), ks=(1,))
    report = Report(tuple(found.rows("made")))
    assert [row["metric"] for row in report.to_json()] == ["recall@1", "nDCG@1", "MRR", "MAP"]
    assert report.warnings == ()


def test_what_does_not_fit_is_refused() -> None:
    things = np.eye(3, dtype=np.float32)
    with pytest.raises(InputError, match="relevance has the shape"):
        retrieval.evaluate(things, things, np.eye(2))
    with pytest.raises(InputError, match="scores have the shape"):
        retrieval.measure(np.eye(2), np.eye(3))
    with pytest.raises(OptionError, match="ks"):
        retrieval.evaluate(things, things, np.eye(3), ks=(0,))
    with pytest.raises(OptionError, match="ks"):
        retrieval.evaluate(things, things, np.eye(3), ks=())
    for gains in (-np.eye(3), np.full((3, 3), np.inf)):
        with pytest.raises(InputError, match="gain"):
            retrieval.evaluate(things, things, gains)
    with pytest.raises(InputError, match="NaN"):
        retrieval.measure(np.full((3, 3), np.nan), np.eye(3))
