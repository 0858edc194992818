from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from likewise.arrays.ranking import by_vectors
from likewise.errors import InputError, OptionError
from likewise.evaluate import recommend_baselines, recommend_splits
from likewise.evaluate.recommend import intervals, recommend
from likewise.evaluate.recommend_metrics import per_user


def world(
    users: int = 40, items: int = 30, seed: int = 0
) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray]:
    """(train, held, scores): some users have nothing held, some nothing to learn from; no two scores are equal."""
    random = np.random.default_rng(seed)
    parts = random.choice(3, size=(users, items), p=[0.6, 0.25, 0.15])
    parts[2][parts[2] == 2] = 0
    parts[5][parts[5] == 1] = 0
    scores = random.permutation(users * items).reshape(users, items).astype(np.float32)
    return (
        sparse.csr_array((parts == 1).astype(np.float32)),
        sparse.csr_array((parts == 2).astype(np.float32)),
        scores,
    )


def slow(ranking: list[int], held: set[int], k: int) -> dict[str, float]:
    """The metrics of one user, as they are written in books."""
    hits = [item in held for item in ranking]
    gain = sum(hit / np.log2(i + 2) for i, hit in enumerate(hits[:k]))
    ideal = sum(1 / np.log2(i + 2) for i in range(min(k, len(held))))
    return {
        f"nDCG@{k}": gain / ideal, f"Recall@{k}": sum(hits[:k]) / len(held), f"Precision@{k}": sum(hits[:k]) / k,
        f"HR@{k}": float(any(hits[:k])), "MRR": 1 / (hits.index(True) + 1),
    }  # fmt: skip


def test_the_numbers_are_those_of_the_books() -> None:
    train, held, scores = world()
    found = recommend(lambda rows: scores[rows], train, held, k=(3, 10), threads=2)
    users = np.flatnonzero(held.sum(axis=1))
    assert found.known == len(users) < found.total == 40
    np.testing.assert_array_equal(found.rows_of, users)
    for place, u in enumerate(users):
        seen = set(train[[u]].indices.tolist())
        ranking = [i for i in np.argsort(-scores[u]).tolist() if i not in seen]
        for k in (3, 10):
            for name, value in slow(ranking, set(held[[u]].indices.tolist()), k).items():
                assert found.users[name][place] == pytest.approx(value), (u, name)
    for name, values in found.users.items():
        assert found.means[name] == pytest.approx(values.mean())
        low, high = found.intervals[name]
        assert low <= found.means[name] <= high


def test_ir_measures_agrees() -> None:
    ir_measures = pytest.importorskip("ir_measures")
    train, held, scores = world(seed=1)
    found = recommend(lambda rows: scores[rows], train, held, k=(5,), baselines=False)
    seen = train.toarray() > 0
    qrels = [ir_measures.Qrel(str(u), str(i), 1) for u, i in zip(*held.nonzero(), strict=True)]
    run = [
        ir_measures.ScoredDoc(str(u), str(i), float(scores[u, i]))
        for u in range(40)
        for i in range(30)
        if not seen[u, i]
    ]
    names = {"nDCG@5": "nDCG@5", "Recall@5": "R@5", "Precision@5": "P@5", "HR@5": "Success@5", "MRR": "RR"}
    measures = {name: ir_measures.parse_measure(text) for name, text in names.items()}
    told = ir_measures.calc_aggregate(list(measures.values()), qrels, run)
    for name, measure in measures.items():
        assert found.means[name] == pytest.approx(told[measure], abs=1e-6), name


@pytest.mark.parametrize("groups", [[[0, 1], [2, 3, 4]], [[0, 1, 2, 3, 4]], [[4], [0, 1, 2], [3]]])
@pytest.mark.parametrize("held", [{0}, {0, 3}, {1, 2, 4}, {0, 1, 2, 3, 4}])
def test_ties_give_the_mean_over_all_orders(groups: list[list[int]], held: set[int]) -> None:
    scores = np.zeros((1, 5), np.float32)
    for value, group in enumerate(groups):
        scores[0, group] = -value
    orders = [
        list(itertools.chain(*order))
        for order in itertools.product(*(itertools.permutations(g) for g in groups))
    ]
    own = sparse.csr_array(np.isin(np.arange(5), list(held))[None].astype(np.float32))
    nothing = sparse.csr_array((1, 5), dtype=np.float32)
    found = recommend(lambda rows: scores[rows], nothing, own, k=(1, 2, 4, 9), baselines=False).means
    for k in (1, 2, 4, 9):
        every = [slow(order, held, k) for order in orders]
        for name in every[0]:
            assert found[name] == pytest.approx(np.mean([one[name] for one in every])), (name, k)


def test_a_constant_score_is_chance_and_what_is_held_first_is_all() -> None:
    train, held, _ = world()
    constant = recommend(lambda rows: np.zeros((len(rows), 30)), train, held, k=(3,), baselines=False)
    left = 30 - train.sum(axis=1)[constant.rows_of]
    assert constant.means["Recall@3"] == pytest.approx((3 / left).mean())
    perfect = recommend(lambda rows: held[rows].toarray(), train, held, k=(3,), baselines=False)
    assert [perfect.means[name] for name in ("nDCG@3", "MRR", "HR@3")] == pytest.approx([1, 1, 1])


def test_lists_are_counted() -> None:
    train = sparse.csr_array(np.array([[1, 0, 0, 0], [1, 1, 0, 0]], np.float32))
    held = sparse.csr_array(np.array([[0, 0, 1, 0], [0, 0, 0, 1]], np.float32))
    scores = np.array([[9, 3, 2, 1], [9, 8, 2, 1]], np.float32)
    found = recommend(lambda rows: scores[rows], train, held, k=(1, 9), baselines=False)
    assert found.means["coverage@1"] == 2 / 4
    assert found.means["coverage@9"] == 3 / 4
    assert found.means["novelty@1"] == pytest.approx(
        1.0
    )  # item 1: half of the users; item 2: nobody, as if one
    rows = {row.metric: row for row in found.rows("made")}
    assert rows["nDCG@1"].known == rows["nDCG@1"].total == 2


def test_baselines_stand_beside() -> None:
    train, held, scores = world()
    found = recommend(lambda rows: scores[rows], train, held, k=(5,))
    counts = np.asarray(train.sum(axis=0)).ravel()
    alone = recommend(lambda rows: np.tile(counts, (len(rows), 1)), train, held, k=(5,), baselines=False)
    assert found.baselines["popularity"].means == alone.means
    row = found.rows("made")[0]
    assert row.metric == "nDCG@5"
    assert row.bar == max(row.baselines.values())
    assert set(row.baselines) == {"popularity", "item-kNN"}


def test_item_neighbours_are_summed_cosines() -> None:
    train, _, _ = world()
    dense = train.toarray()
    norms = np.linalg.norm(dense, axis=0)
    alike = (dense.T @ dense) / np.outer(norms, norms)
    np.fill_diagonal(alike, 0)
    kept = np.where(
        alike >= np.sort(alike, axis=1)[:, -4:][:, :1], alike, 0
    )  # no two are equal at the fourth, nearly
    found = recommend_baselines.cosines(train, 4)
    assert (np.diff(found.indptr) == 4).all()
    np.testing.assert_allclose(np.sort(found.toarray())[:, -4:], np.sort(kept)[:, -4:], rtol=1e-5)
    score = recommend_baselines.item_neighbours(train, neighbours=4)
    np.testing.assert_allclose(score(np.array([7, 2])), dense[[7, 2]] @ found.toarray(), rtol=1e-5)
    with pytest.raises(OptionError, match="neighbours"):
        recommend_baselines.item_neighbours(train, neighbours=0)


def test_an_item_nobody_chose_and_no_items_at_all_are_no_neighbours() -> None:
    train = sparse.csr_array(np.array([[1, 1, 0], [1, 0, 0]], np.float32))
    assert recommend_baselines.cosines(train, 5).toarray()[2].tolist() == [0, 0, 0]
    assert recommend_baselines.cosines(sparse.csr_array((2, 3), dtype=np.float32), 5).nnz == 0


def test_the_interval_is_of_users_drawn_again() -> None:
    values = np.random.default_rng(0).normal(size=400)
    low, high = intervals({"one": values}, 2000, 0)["one"]
    assert low == pytest.approx(values.mean() - 1.96 * values.std() / 20, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * values.std() / 20, abs=0.02)
    assert intervals({"one": values}, 50, 3) == intervals({"one": values}, 50, 3)
    assert intervals({"one": values[:0]}, 50, 3) == {}


def test_nothing_held_is_said_and_no_users_are_no_error() -> None:
    train, held, scores = world()
    empty = sparse.csr_array(held.shape, dtype=np.float32)
    found = recommend(lambda rows: scores[rows], train, empty)
    assert found.known == 0
    assert "nothing is held out" in found.note
    assert all(np.isfinite(value) for value in found.means.values())
    assert per_user(np.zeros(0), np.zeros(0), np.zeros(1, np.int64), (3,))["MRR"].shape == (0,)


@pytest.mark.parametrize("ks", [(), (0,), (True,), (1.5,)])
def test_a_k_out_of_range_is_refused(ks: Any) -> None:
    train, held, scores = world()
    with pytest.raises(OptionError, match="k must be"):
        recommend(lambda rows: scores[rows], train, held, k=ks)


def test_what_does_not_fit_is_refused() -> None:
    train, held, scores = world()
    with pytest.raises(InputError, match="both given and held"):
        recommend(lambda rows: scores[rows], train + held, held)
    with pytest.raises(InputError, match="shapes"):
        recommend(lambda rows: scores[rows], train[:3], held)
    with pytest.raises(InputError, match="NaN"):
        recommend(lambda rows: np.full((len(rows), 30), np.nan), train, held)


# The splits


def choices() -> tuple[sparse.csr_array, np.ndarray]:
    random = np.random.default_rng(0)
    made = random.random((50, 40)) < 0.3
    made[3], made[4] = False, np.arange(40) == 7
    seen = sparse.csr_array(made.astype(np.float32))
    return seen, random.integers(100, size=seen.nnz)


def test_a_split_at_random_is_of_each_user_and_of_its_seed() -> None:
    seen, _ = choices()
    split = recommend_splits.at_random(seen, share=0.75, seed=1)
    np.testing.assert_array_equal((split.train + split.held).toarray(), seen.toarray())
    assert split.train.multiply(split.held).nnz == 0
    lengths = np.diff(seen.indptr)
    np.testing.assert_array_equal(
        np.diff(split.train.indptr), np.where(lengths == 1, 1, np.round(0.75 * lengths))
    )
    assert (split.held != recommend_splits.at_random(seen, share=0.75, seed=2).held).nnz > 0
    assert (split.held != recommend_splits.at_random(seen, share=0.75, seed=1).held).nnz == 0
    assert split.given is split.train


def test_the_last_is_held_out_and_a_tie_in_time_is_drawn() -> None:
    seen, times = choices()
    split = recommend_splits.last_out(seen, times)
    for u in range(50):
        own = slice(*seen.indptr[u : u + 2])
        held = split.held[[u]].indices.tolist()
        if len(seen.indices[own]) < 2:
            assert held == []
            continue
        assert len(held) == 1
        assert held[0] in seen.indices[own][times[own] == times[own].max()]
    np.testing.assert_array_equal((split.train + split.held).toarray(), seen.toarray())
    at_once = [
        recommend_splits.last_out(seen, times * 0, seed=seed).held.indices.mean() for seed in range(20)
    ]
    assert np.mean(at_once) == pytest.approx(seen.indices.mean(), abs=2), (
        "neither the first nor the last of its items"
    )
    assert len(set(at_once)) > 1


def test_by_time_nothing_later_is_learnt_and_nothing_unknown_is_asked() -> None:
    seen, times = choices()
    split = recommend_splits.by_time(seen, times, share=0.7)
    rows = np.repeat(np.arange(50), np.diff(seen.indptr))
    when = {
        pair: t
        for *pair_, t in zip(rows.tolist(), seen.indices.tolist(), times, strict=True)
        for pair in [tuple(pair_)]
    }
    latest = max(when[pair] for pair in zip(*(x.tolist() for x in split.train.nonzero()), strict=True))
    held = list(zip(*(x.tolist() for x in split.held.nonzero()), strict=True))
    assert all(when[pair] > latest for pair in held)
    assert 0.5 * seen.nnz < split.train.nnz <= 0.7 * seen.nnz
    known = split.train.toarray()
    assert all(known[u].any() and known[:, i].any() for u, i in held)


def test_strong_generalisation_learns_nothing_of_those_it_asks_about() -> None:
    seen, _ = choices()
    split = recommend_splits.strong(seen, users=0.2, share=0.8, seed=1)
    asked = np.flatnonzero(np.diff(split.given.indptr))
    assert 8 <= len(asked) <= 10
    assert not split.train[asked].nnz
    whole = (split.train + split.given + split.held).toarray()
    np.testing.assert_array_equal(whole, seen.toarray())
    users = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    items = np.random.default_rng(1).standard_normal((40, 4)).astype(np.float32)
    found = recommend(by_vectors(users, items), split.train, split.held, given=split.given, k=(5,))
    assert found.known == np.count_nonzero(np.diff(split.held.indptr))


def test_splits_of_nothing_and_options_out_of_range() -> None:
    empty = sparse.csr_array((0, 5), dtype=np.float32)
    assert recommend_splits.at_random(empty).held.nnz == 0
    assert recommend_splits.last_out(empty, np.zeros(0)).held.nnz == 0
    assert recommend_splits.by_time(empty, np.zeros(0)).held.nnz == 0
    seen, times = choices()
    for share in (0, 1, True, "half"):
        with pytest.raises(OptionError, match="share"):
            recommend_splits.at_random(seen, share=share)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="times"):
        recommend_splits.last_out(seen, times[1:])
    with pytest.raises(InputError, match="finite"):
        recommend_splits.last_out(seen, np.full(seen.nnz, np.nan))
