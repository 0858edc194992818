"""Users and items in one space: what is near, what is recommended, who is cold, what is saved, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from damage import unnoticed
from likewise import users
from likewise.artifacts import artifact
from likewise.errors import ArtifactError, InputError, OptionError, OutputExists, UnknownKey, WrongType
from likewise.testing import check_encoder, check_table
from likewise.users import Reading, Users
from likewise.users import _search as search

FOOD = [f"food {n}" for n in range(8)]
TOOLS = [f"tool {n}" for n in range(8)]


def two_worlds(seed: int = 0) -> list[tuple[str, str]]:
    """Forty users who like food or tools, each with five of eight."""
    draw = np.random.default_rng(seed)
    rows = []
    for n in range(40):
        world = FOOD if n % 2 == 0 else TOOLS
        rows += [(f"u{n}", item) for item in draw.choice(world, 5, replace=False)]
    return rows


SMALL = {"dim": 8, "epochs": 60, "window": 4, "learning_rate": 0.1, "seed": 1}
MAKERS: dict[str, Callable[..., Users]] = {
    "als": lambda log, **how: users.als(log, **{"dim": 2, "seed": 1, **how}),
    "bpr": lambda log, **how: users.bpr(
        log, **{"dim": 2, "epochs": 60, "learning_rate": 0.1, "candidates": 1, "seed": 1, **how}
    ),
    "ease": lambda log, **how: users.ease(log, regularisation=5.0, **how),
    "low rank": lambda log, **how: users.ease(log, **{"dim": 4, "regularisation": 5.0, **how}),
    "item2vec": lambda log, **how: users.item2vec(log, **{**SMALL, **how}),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


@every
def test_an_encoder_of_histories(make: Callable[..., Users]) -> None:
    model = make(two_worlds())
    check_encoder(model, [FOOD[:3], [TOOLS[1]], [TOOLS[0], "nothing"], FOOD], empty=[])
    check_table(model.items)
    check_table(model.users)
    check_table(model.table)
    vectors = model.encode([["nothing"], "user:u3", "item:food 1", "nobody", ""])
    assert not vectors[[0, 3, 4]].any()
    assert np.array_equal(vectors[1], model.users["u3"])
    assert np.array_equal(vectors[2], model.items["food 1"])
    assert model.known([["nothing"], "user:u3", FOOD, "", []]).tolist() == [False, True, True, False, False]
    asked = model.histories([[*FOOD[:2], FOOD[0], "nothing", "none"], []])
    assert (asked.unknown.tolist(), asked.cold.tolist()) == ([2, 0], [False, True])


@every
def test_what_is_recommended_is_of_the_users_world(make: Callable[..., Users]) -> None:
    log = two_worlds()
    model = make(log)
    for n in range(6):
        world, seen = (FOOD, TOOLS)[n % 2], {item for user, item in log if user == f"u{n}"}
        found = model.recommend(f"u{n}", 3)
        assert {one.item for one in found} == set(world) - seen
        assert not any(one.cold for one in found)
        assert all(set(one.because) <= seen and one.because for one in found)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert model.recommend(f"user:u{n}", 3) == found
        assert {one.item for one in model.recommend(f"u{n}", 5, seen=True)} <= set(world)
    assert {one.item for one in model.recommend(FOOD[:3], 5)} == set(FOOD[3:])
    assert {one.item for one in model.recommend([TOOLS[0], "item:tool 1", "new"], 6)} == set(TOOLS[2:])
    assert {near.key for near in model.similar("item:food 1", 7)} == {
        f"item:{f}" for f in FOOD if f != "food 1"
    }
    assert model.similar("food 1", 2) == model.similar("item:food 1", 2)
    assert all(int(near.key.removeprefix("user:u")) % 2 == 0 for near in model.similar("user:u0", 5))


@every
def test_who_is_cold_gets_what_most_chose(make: Callable[..., Users]) -> None:
    model = make([*two_worlds(), *((f"v{n}", FOOD[0]) for n in range(30))])
    for who in ("nobody", [], ["nothing", "none"]):
        found = model.recommend(who, 2)
        assert found[0].item == FOOD[0]
        assert all(one.cold and one.because == () for one in found)
        assert found[0].score == pytest.approx(model.counts[0] / len(model))
    assert len(model.recommend("nobody", 100)) == 16


@every
def test_all_users_at_once_are_each_by_themselves(make: Callable[..., Users]) -> None:
    model = make(two_worlds())
    items, scores = model.recommend_all(4)
    assert items.shape == scores.shape == (40, 4)
    for n, user in enumerate(model.names.keys):
        alone = model.recommend(user, 4)
        assert {model.items.keys[item] for item in items[n, :3]} == {one.item for one in alone[:3]}
        assert np.allclose(scores[n], [one.score for one in alone], rtol=1e-5, atol=1e-6)
    some, _ = model.recommend_all(4, users=["u7", "u2"])
    places = [model.names.index("u7"), model.names.index("u2")]
    assert np.array_equal(some, items[places])
    for threads in (1, 3):
        again = model.recommend_all(4, threads=threads)
        assert np.array_equal(again[0], items)
        assert np.array_equal(again[1], scores)
    assert (model.recommend_all(4, seen=True)[0] != items).any()
    assert model.recommend_all(0)[0].shape == (40, 0)


@every
def test_what_loads_is_what_was_saved(make: Callable[..., Users], tmp_path: Path) -> None:
    model = make(two_worlds(), out=tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    asked = [FOOD[:2], [], "user:u1", ["nothing"]]
    assert np.array_equal(again.encode(asked), model.encode(asked))
    assert again.recommend("u1") == model.recommend("u1")
    assert again.similar("item:food 1") == model.similar("item:food 1")
    assert again.facts == model.facts
    assert (tmp_path / "m" / "README.md").read_text().startswith("# 40 users and 16 items")
    with pytest.raises(OutputExists):
        make(two_worlds(), out=tmp_path / "m")


@every
def test_one_seed_gives_one_model_at_any_number_of_threads_and_order_of_rows(
    make: Callable[..., Users], tmp_path: Path
) -> None:
    rows = two_worlds()
    threads = {} if make in (MAKERS["ease"], MAKERS["low rank"]) else {"threads": 3}
    one, other = make(rows), make(rows[::-1], **threads)
    assert one.contents().keys == other.contents().keys
    for name, array in one.contents().arrays.items():
        assert np.array_equal(array, other.contents().arrays[name]), name


@pytest.mark.parametrize("name", ["als", "low rank"])
def test_damage_is_noticed(name: str, tmp_path: Path) -> None:
    MAKERS[name](two_worlds(), out=tmp_path / "m")
    assert unnoticed(tmp_path / "m", "damage:contents_of", flips=24, seed=1) == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda arrays, facts: arrays.update(seen=arrays["seen"] + 100),
        lambda arrays, facts: arrays.update(offsets=arrays["offsets"][:-1]),
        lambda arrays, facts: arrays.update(items=arrays["items"][:-1]),
        lambda arrays, facts: arrays.update(users=arrays["users"][:, :-1]),
        lambda arrays, facts: facts.update(users=10**9),
        lambda arrays, facts: facts.update(users="many"),
        lambda arrays, facts: facts["space"].update(way="none"),
        lambda arrays, facts: facts["space"].update(direct=True),
        lambda arrays, facts: arrays.pop("items"),
    ],
)
def test_parts_that_do_not_fit_are_refused(broken: Callable[..., Any], tmp_path: Path) -> None:
    contents = MAKERS["als"](two_worlds()).contents()
    broken(contents.arrays, contents.facts)
    artifact.write(contents, tmp_path / "m")
    with pytest.raises(ArtifactError):
        likewise.load(tmp_path / "m")


@every
def test_one_user_one_item_and_more_numbers_than_items(make: Callable[..., Users]) -> None:
    tiny = [("u", "a"), ("u", "b"), ("v", "a")]
    model = make(tiny, dim=50) if make is not MAKERS["ease"] else make(tiny)
    assert np.isfinite(model.items.vectors).all()
    assert np.isfinite(model.users.vectors).all()
    assert [one.item for one in model.recommend("v")] == ["b"]
    assert model.recommend("u") == []
    assert make([("u", "a"), ("u", "b"), ("v", "a")]).recommend("u") == []
    if make in (MAKERS["item2vec"], MAKERS["bpr"]):
        with pytest.raises(InputError, match=r"at least 2 different items|nothing to learn from"):
            make([("u", "a")])
    else:
        assert make([("u", "a")]).recommend("u") == []


def test_what_cannot_be_is_said() -> None:
    model = MAKERS["als"]([*two_worlds(), ("same", "same")])
    with pytest.raises(
        UnknownKey, match=r"'item:food 9' is not among 41 users and 17 items; nearest: 'item:food"
    ):
        model.similar("item:food 9")
    with pytest.raises(InputError, match="is a user and an item: give 'user:same' or 'item:same'"):
        model.similar("same")
    with pytest.raises(OptionError, match="k must be"):
        model.recommend("u1", -1)
    with pytest.raises(WrongType):
        model.encode(b"u1")
    with pytest.raises(WrongType, match=r"strings, and 3\.5 is"):
        model.encode([[3.5]])
    with pytest.raises(UnknownKey):
        model.recommend_all(users=["nobody"])
    with pytest.raises(InputError, match="the log has no rows"):
        users.als([])
    with pytest.raises(OptionError):
        users.als(two_worlds(), dim=0)
    assert repr(model) == "Users(41 users and 17 items × 2, als)"


def test_counts_weigh_and_rules_hold(tmp_path: Path) -> None:
    rows = [(user, item, 5) for user, item in two_worlds()] + [("u0", "hated", 1), ("u2", "hated", 1)]
    model = users.als(rows, dim=4, seed=1, reading=Reading(rating="rating", at_least=4))
    assert "hated" not in model.items
    assert model.facts["met"]["below"] == 2
    heavy = users.als([(u, i, 100) for u, i in two_worlds()], dim=4, seed=1, reading=Reading(count="count"))
    assert not np.array_equal(heavy.items.vectors, model.items.vectors)


def test_a_search_takes_what_finds_most_and_says_what_it_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LEARNING_RATES", (0.001, 0.1))
    monkeypatch.setattr(search, "EXPONENTS", (0.5,))
    log = users.read(two_worlds())
    model = users.item2vec(log, search=True, **{**SMALL, "learning_rate": 0.01})
    tried, chosen = model.facts["tried"], model.facts["chosen"]
    assert len(tried) == 2 * len(search.POPULARITY_WEIGHTS)
    assert max(one["recall"] for one in tried) > 0.9
    assert chosen["learning_rate"] == 0.1
    plain = users.item2vec(
        log,
        **{**SMALL, **{name: chosen[name] for name in ("learning_rate", "exponent", "popularity_weight")}},
    )
    assert np.array_equal(plain.items.vectors, model.items.vectors)
    assert plain.recommend("u1") == model.recommend("u1")
    with pytest.raises(InputError, match="nothing can be held out for the search"):
        users.item2vec([("u", "a"), ("v", "b")], search=True, **SMALL)


def test_what_is_held_out_to_search_with_is_a_fifth_of_each_user() -> None:
    log = users.read([*two_worlds(), ("lone", FOOD[0])])
    learnt, held = search.split(log, 1)
    assert learnt.seen.nnz + held.nnz == log.seen.nnz
    assert np.array_equal(np.diff(held.indptr), (learnt.lengths == 4).astype(int))
    assert not learnt.seen.multiply(held).nnz
    perfect = np.zeros((len(learnt.items), 1), np.float32)
    assert 0 <= search.recall(learnt, held, perfect, 1.0, 1) <= 1
