"""Two towers: who and what came just now is known by its attributes; asked without torch, saved and loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import users
from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError, ResumeError, Stopped, WrongType
from likewise.testing import check_encoder
from likewise.users import Users
from likewise.users._side_features import Tower, means

pytest.importorskip("torch")
FOOD = [f"food {n}" for n in range(8)]
TOOLS = [f"tool {n}" for n in range(8)]
ITEMS = [{"item": item, "kind": item.split()[0], "price": n} for n, item in enumerate([*FOOD, *TOOLS])]
ITEMS += [{"item": "new food", "kind": "food", "price": 3}, {"item": "new tool", "kind": "tool", "price": 4}]
PEOPLE = [{"user": f"u{n}", "work": ("cook", "smith")[n % 2]} for n in range(42)]
HOW: dict[str, Any] = {
    "items": ITEMS,
    "users": PEOPLE,
    "dim": 8,
    "hidden": 16,
    "epochs": 20,
    "batch_size": 32,
    "learning_rate": 0.02,
    "seed": 1,
    "threads": 1,
}


def two_worlds() -> list[tuple[str, str]]:
    """Forty users who like food or tools, each with five of eight."""
    draw = np.random.default_rng(0)
    return [
        (f"u{n}", str(item))
        for n in range(40)
        for item in draw.choice((FOOD, TOOLS)[n % 2], 5, replace=False)
    ]


@pytest.fixture(scope="module")
def model() -> Users:
    return users.two_tower(
        two_worlds(),
        items=ITEMS,
        users=PEOPLE,
        dim=8,
        hidden=16,
        epochs=20,
        batch_size=32,
        learning_rate=0.02,
        seed=1,
        threads=1,
    )


def test_it_is_an_encoder_of_histories(model: Users) -> None:
    check_encoder(model, [FOOD[:3], [TOOLS[1]], FOOD], empty=[])
    assert {one.item for one in model.recommend(TOOLS[:3], 5)} <= {*TOOLS, "new tool"}
    assert all(one.cold for one in model.recommend([], 2))


def test_what_nobody_chose_is_near_what_is_like_it(model: Users) -> None:
    assert model.counts[model.items.index("new food")] == 0
    near = [one.key.removeprefix("item:").split()[0] for one in model.similar("item:new food", 5)]
    assert near.count("food") >= 4
    assert "new tool" in {one.item for one in model.recommend("u1", 4)}
    vector = model.new_items([{"kind": "tool", "price": 2}])[0]
    assert model.items.nearest(vector, 1)[0].key in {*TOOLS, "new tool"}
    assert not model.new_items([{"kind": "never seen"}, {}]).any()


def test_a_user_without_a_history_is_known_by_attributes(model: Users) -> None:
    found = model.recommend("u41", 5)  # a smith, who chose nothing yet
    assert not any(one.cold for one in found)
    assert {one.item for one in found} <= {*TOOLS, "new tool"}
    found = model.recommend([], 5, about={"work": "cook"})
    assert {one.item for one in found} <= {*FOOD, "new food"}
    both = model.new_users([{"work": "cook"}], [TOOLS[:1]])
    assert not np.array_equal(both, model.new_users([{"work": "cook"}]))
    assert all(one.cold for one in model.recommend([], 2, about={}))


def test_what_loads_is_what_was_saved_and_wants_no_torch(model: Users, tmp_path: Path) -> None:
    likewise.save(model, tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    asked = [FOOD[:2], [], "user:u1"]
    assert np.array_equal(again.encode(asked), model.encode(asked))
    assert np.array_equal(again.new_items(ITEMS_ASKED), model.new_items(ITEMS_ASKED))
    assert again.recommend([], about={"work": "cook"}) == model.recommend([], about={"work": "cook"})
    code = (
        f"import sys, likewise; m = likewise.load({str(tmp_path / 'm')!r}); m.recommend('u1'); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


ITEMS_ASKED = [{"kind": "food", "price": 1}, {"kind": "tool"}]


def test_one_seed_gives_the_same_bits(model: Users) -> None:
    again = users.two_tower(
        two_worlds()[::-1],
        items=ITEMS,
        users=PEOPLE,
        dim=8,
        hidden=16,
        epochs=20,
        batch_size=32,
        learning_rate=0.02,
        seed=1,
        threads=1,
    )
    for name, array in model.contents().arrays.items():
        assert np.array_equal(array, again.contents().arrays[name]), name


@pytest.mark.parametrize("is_sparse", [False, True])
def test_stopped_and_resumed_gives_the_bits_of_one_that_was_not(
    is_sparse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from likewise.neural import trainer, two_tower

    monkeypatch.setattr(trainer, "REPORT_SECONDS", 0.0)
    if is_sparse:
        monkeypatch.setattr(two_tower, "SPARSE_FROM", 0)
    how, seen = {**HOW, "epochs": 3}, []

    def report(progress: Any) -> None:
        if getattr(progress, "stage", "") == "training":
            seen.append(progress.done)
            if len(seen) == 10:  # within the second epoch
                os.kill(os.getpid(), signal.SIGINT)

    whole = users.two_tower(two_worlds(), **how)
    with pytest.raises(Stopped, match="--resume"):
        users.two_tower(two_worlds(), **how, out=tmp_path / "m", report=report)
    with pytest.raises(ResumeError, match="other attributes"):
        users.two_tower(two_worlds(), **{**how, "items": ITEMS[:-1]}, out=tmp_path / "m", resume=True)
    again = users.two_tower(two_worlds(), **how, out=tmp_path / "m", resume=True)
    for name, array in whole.contents().arrays.items():
        assert np.array_equal(array, again.contents().arrays[name]), name


def test_without_attributes_and_with_tiny_logs() -> None:
    plain = users.two_tower(two_worlds(), dim=4, hidden=4, epochs=1, seed=1)
    assert np.isfinite(plain.items.vectors).all()
    with pytest.raises(InputError, match=r"the model has no attribute .*; it has none"):
        plain.new_items([{"kind": "food"}])
    one = users.two_tower([("u", "a")], dim=50, epochs=2, seed=1)
    assert one.recommend("u") == []


def test_what_cannot_be_is_said(model: Users) -> None:
    with pytest.raises(InputError, match=r"the model has no attribute 'colour'; it has 'kind', 'price'"):
        model.new_items([{"colour": "red"}])
    with pytest.raises(InputError, match="has no attributes: train by two_tower"):
        users.als(two_worlds(), dim=2, epochs=1, seed=1).new_items([{}])
    with pytest.raises(WrongType):
        model.new_items(["food"])  # type: ignore[list-item]
    with pytest.raises(InputError, match="about= goes with a history"):
        model.recommend("u1", about={"work": "cook"})
    for options in ({"dim": 0}, {"feature_dropout": 1.0}, {"learning_rate": 0.0}, {"batch_size": 1}):
        with pytest.raises(OptionError):
            users.two_tower(two_worlds(), **options)  # type: ignore[arg-type]


def test_a_tower_against_its_slow_twin() -> None:
    draw = np.random.default_rng(0)
    tower = Tower(
        *(draw.standard_normal(shape).astype(np.float32) for shape in ((5, 3), (3, 4), (4,), (4, 3)))
    )
    rows = Ragged.from_rows([[0, 2], [], [4]])
    below = draw.standard_normal((3, 3)).astype(np.float32)
    below[1] = 0
    for n, (row, start) in enumerate(zip(rows, below, strict=True)):
        x = start + (tower.tokens[row].mean(axis=0) if len(row) else 0)
        wanted = x + np.maximum(x @ tower.inner + tower.bias, 0) @ tower.outer if x.any() else np.zeros(3)
        assert np.allclose(tower.forward(below, rows, 1)[n], wanted, atol=1e-5)
    assert means(Ragged.from_rows([]), tower.tokens, 1).shape == (0, 3)
    with pytest.raises(ValueError, match="do not fit"):
        Tower(tower.tokens, tower.inner, tower.bias[1:], tower.outer)
