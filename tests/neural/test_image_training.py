"""Training on images: something is learnt, stopped and resumed is never stopped, and what goes wrong is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from made_images import bars, quick, waves

from likewise.errors import Diverged, InputError
from likewise.neural import trainer
from likewise.neural import weights as stored
from likewise.neural.config import Settings
from likewise.neural.images import convolution, training
from likewise.neural.images import vit as vision
from likewise.neural.images.augment import NOTHING, Augment, images
from likewise.neural.images.classification import Classify, Prototypes
from likewise.neural.images.contrastive import Contrast
from likewise.neural.images.distillation import Distil
from likewise.neural.images.masked_patches import MaskedPatches
from likewise.neural.images.objective import TrainedNetwork
from likewise.neural.state import State, restore_state, start_state

PIXELS, ANSWERS = bars(160)
VECTORS = np.eye(2, dtype=np.float32)[ANSWERS]
SLIGHT = Augment(shift=0.1)
CNN = convolution.Shape(8, 8, 1, widths=(8, 16), depth=1)
VIT = vision.Shape(8, 8, 1, patch=2, dim=16, layers=1, heads=2, inner=32, stem="linear")
OBJECTIVES: dict[str, Any] = {
    "classify": Classify(ANSWERS, 2, SLIGHT), "prototypes": Prototypes(ANSWERS, 2, SLIGHT),
    "contrast": Contrast(SLIGHT), "distil": Distil(VECTORS, SLIGHT), "masked": MaskedPatches(2, 16, augment=SLIGHT),
}  # fmt: skip


def made(name: str, seed: int = 0) -> tuple[TrainedNetwork, Any]:
    started = (
        vision.started(VIT, seed, PIXELS) if name == "masked" else convolution.started(CNN, seed, PIXELS)
    )
    return training.add_head(started, OBJECTIVES[name], seed), OBJECTIVES[name]


def trained(name: str, settings: Settings, threads: int = 1) -> State:
    model, objective = made(name, settings.seed)
    state = start_state(model, settings)
    for _ in training.train(state, PIXELS, objective, settings, threads=threads):
        pass
    return state


@pytest.mark.parametrize("name", ["classify", "prototypes", "distil"])
def test_whether_a_bar_lies_or_stands_is_learnt(name: str) -> None:
    state = trained(name, quick(epochs=12))
    assert state.history[-1]["held_out"] < 0.5 * state.history[-1]["chance"]
    pixels, answers = bars(100, seed=9)
    with torch.no_grad():
        vectors = state.model.eval().encoder(images(pixels)).numpy()
    centres = np.stack([vectors[answers == c].mean(0) for c in (0, 1)])
    nearest = np.linalg.norm(vectors[:, None] - centres, axis=2).argmin(1)
    assert (nearest == answers).mean() > 0.95
    assert state.alarms == {}


def test_views_of_one_picture_come_to_find_each_other() -> None:
    state = trained("contrast", quick(epochs=12, held_out=0.2))
    assert state.history[-1]["held_out"] < 0.85 * state.history[-1]["chance"]
    assert state.history[-1]["held_out"] < state.history[0]["held_out"]


def test_hidden_patches_are_told_from_those_that_are_left() -> None:
    pixels, objective = waves(160), MaskedPatches(2, 16, share=0.5, augment=NOTHING)
    state = start_state(training.add_head(vision.started(VIT, 0, pixels), objective, 0), quick(epochs=40))
    for _ in training.train(state, pixels, objective, quick(epochs=40)):
        pass
    assert state.history[-1]["held_out"] < 0.5 * state.history[-1]["chance"]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_stopped_and_resumed_is_never_stopped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "REPORT_SECONDS", 0.0)
    settings = quick(epochs=2)
    whole = trained(name, settings)
    model, objective = made(name)
    state = start_state(model, settings)
    for _ in training.train(state, PIXELS, objective, settings):
        if state.step == 6:
            break
    arrays, facts = state.arrays(), state.facts()
    again = restore_state(made(name, 5)[0], settings, arrays, facts)
    for _ in training.train(again, PIXELS, objective, settings):
        pass
    assert again.facts() == whole.facts()
    for array in whole.arrays():
        np.testing.assert_array_equal(again.arrays()[array], whole.arrays()[array], err_msg=array)


def test_the_same_seed_gives_the_same_bits_at_two_threads_and_another_seed_others() -> None:
    first, again, other = (trained("classify", quick(seed=s), threads=2).arrays() for s in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["weight_head_weight"], other["weight_head_weight"])


def test_batches_take_every_picture_once_an_epoch_and_are_about_equal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[np.ndarray] = []
    objective = Classify(ANSWERS, 2, SLIGHT)
    settings = quick(epochs=2)
    state = start_state(training.add_head(convolution.started(CNN, 0, PIXELS), objective, 0), settings)
    learnt, held = trainer.split(len(PIXELS), settings, min_batch=1)
    monkeypatch.setattr(
        Classify, "example",
        lambda self, members, pixels, random, *, learning, old=Classify.example:
            (seen.append(members) if learning else None) or old(self, members, pixels, random, learning=learning),
    )  # fmt: skip
    for _ in training.train(state, PIXELS, objective, settings):
        pass
    half = len(seen) // 2
    assert len(learnt) == 144
    assert len(held) == 16
    assert not set(learnt) & set(held)
    for epoch in (seen[:half], seen[half:]):
        assert sorted(np.concatenate(epoch).tolist()) == learnt.tolist()
        assert {len(batch) for batch in epoch} <= {36, 28, 29}
    assert not np.array_equal(seen[0], seen[half])


@pytest.mark.parametrize("budget", [{"tokens": 100}, {"epochs": 2}, {"hours": 1 / 3600}])
def test_each_budget_ends_where_it_says(budget: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "SPEED_SECONDS", 0.05)
    settings = quick(**{"epochs": None, **budget})
    state = trained("classify", settings)
    assert state.total <= state.done < state.total + 2 * settings.batch_size
    assert [row["images"] for row in state.history] == sorted({row["images"] for row in state.history})
    if "tokens" in budget:
        assert state.total == 100


@pytest.mark.parametrize(("n", "name"), [(0, "classify"), (1, "classify"), (2, "classify"), (3, "contrast")])
def test_too_few_pictures_are_refused(n: int, name: str) -> None:
    model, objective = made(name)
    settings = quick()
    with pytest.raises(InputError, match=f"{n} images: training needs"):
        list(training.train(start_state(model, settings), PIXELS[:n], objective, settings))


@pytest.mark.parametrize(("n", "name"), [(3, "classify"), (4, "contrast"), (4, "distil"), (3, "masked")])
def test_the_fewest_pictures_are_enough_to_run(n: int, name: str) -> None:
    model, objective = made(name)
    settings = quick(epochs=2)
    state = start_state(model, settings)
    list(training.train(state, PIXELS[:n], objective, settings))
    assert state.done == state.total == 4


def test_a_training_that_explodes_is_stopped_before_it_spoils_the_weights() -> None:
    model, objective = made("classify")
    settings = quick()
    state = start_state(model, settings)
    with torch.no_grad():
        model.head.weight.fill_(1e38)
    before = stored.parameters(model)["head_weight"].clone()
    with pytest.raises(Diverged):
        list(training.train(state, PIXELS, objective, settings))
    assert torch.equal(before, model.head.weight)


def test_pictures_without_a_rule_raise_the_alarm_of_chance() -> None:
    objective = Classify(1 - ANSWERS[np.random.default_rng(0).permutation(160)], 2, SLIGHT)
    model = training.add_head(convolution.started(CNN, 0, PIXELS), objective, 0)
    settings = quick(epochs=2, learning_rate=1e-6)
    state = start_state(model, settings)
    list(training.train(state, PIXELS, objective, settings))
    assert "no better than predicting by frequency" in state.alarms["chance"]
    assert "images" in state.alarms["chance"]


def test_bfloat16_learns_too() -> None:
    state = trained("classify", quick(epochs=8, precision="bfloat16"))
    assert state.precision == "bfloat16"
    assert state.history[-1]["held_out"] < 0.5 * state.history[-1]["chance"]


def test_pixels_on_disk_give_what_pixels_in_memory_give(tmp_path: Any) -> None:
    np.save(tmp_path / "pixels.npy", PIXELS)
    found = []
    for pixels in (PIXELS, np.load(tmp_path / "pixels.npy", mmap_mode="r")):
        model, objective = made("classify")
        state = start_state(model, quick())
        list(training.train(state, pixels, objective, quick()))
        found.append(state.arrays())
    assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0])
