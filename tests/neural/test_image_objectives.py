from __future__ import annotations

import numpy as np
import pytest
import torch
from made_images import bars

from likewise.errors import InputError, OptionError
from likewise.neural.images import convolution, training
from likewise.neural.images import vit as vision
from likewise.neural.images.classification import Classify, Prototypes
from likewise.neural.images.contrastive import Contrast, nt_xent
from likewise.neural.images.distillation import Distil, divergence
from likewise.neural.images.masked_patches import MaskedPatches, levelled
from likewise.neural.images.objective import unit
from likewise.neural.images.vit import filled, parted
from likewise.system.seeds import generator

PIXELS, ANSWERS = bars(12)
LINEAR = vision.Shape(8, 8, 1, patch=2, dim=16, layers=1, heads=2, inner=32, stem="linear")


def cnn() -> convolution.Convolution:
    return convolution.started(convolution.Shape(8, 8, 1, widths=(4, 8)), 0, PIXELS)


def test_nt_xent_is_that_of_the_definition() -> None:
    random = generator(0, "test.views")
    views = unit(torch.from_numpy(random.standard_normal((8, 5), np.float32)))
    wanted = []
    for i in range(8):
        scores = {j: np.exp(float(views[i] @ views[j]) / 0.3) for j in range(8) if j != i}
        wanted.append(-np.log(scores[(i + 4) % 8] / sum(scores.values())))
    assert float(nt_xent(views, 0.3)) == pytest.approx(np.mean(wanted), rel=1e-5)


def test_the_divergence_of_similarities_is_that_of_the_definition_and_0_for_the_teachers_own() -> None:
    random = generator(0, "test.relations")
    student, teacher = (unit(torch.from_numpy(random.standard_normal((5, d), np.float32))) for d in (3, 7))
    wanted = 0.0
    for i in range(5):
        others = [j for j in range(5) if j != i]
        mine, its = (np.array([np.exp(float(v[i] @ v[j]) / 0.2) for j in others]) for v in (student, teacher))
        mine, its = mine / mine.sum(), its / its.sum()
        wanted += float((its * np.log(its / mine)).sum()) / 5
    assert float(divergence(student, teacher, 0.2)) == pytest.approx(wanted, rel=1e-4)
    turned = teacher @ torch.linalg.qr(torch.from_numpy(random.standard_normal((7, 7), np.float32)))[0]
    assert float(divergence(turned, teacher, 0.2)) == pytest.approx(0, abs=1e-5)  # a turned space is the same
    student.requires_grad_()
    divergence(student[:2], teacher[:2], 0.2).backward()
    assert torch.isfinite(student.grad).all()


def test_what_is_asked_of_hidden_patches_does_not_depend_on_what_is_hidden() -> None:
    objective = MaskedPatches(2, 16, share=0.5)
    model = training.add_head(vision.started(LINEAR, 0, PIXELS), objective, 0).eval()
    batch = objective.example(np.arange(3), PIXELS[:3], generator(0, "a"), learning=False)
    assert sorted(batch.answers[1].tolist()) == list(range(16))
    gone, left = batch.answers[:, :8], batch.answers[:, 8:]
    wanted = levelled(parted(batch.images[0], 2))
    with torch.no_grad():
        patches = model.encoder.patches(batch.images[0])
        seen = model.encoder.every(torch.stack([p[at] for p, at in zip(patches, left, strict=True)]), left)[
            -1
        ]
        told = model.head(seen, left, 16)
        errors = [((told[i, gone[i]] - wanted[i, gone[i]]) ** 2).mean() for i in range(3)]
        loss = float(objective.loss(model, batch))
    assert loss == pytest.approx(float(torch.stack(errors).mean()), rel=1e-5)
    dark = torch.zeros_like(batch.images[0])
    assert float(levelled(parted(dark, 2)).abs().max()) == 0
    assert 0 < objective.chance([batch]) < 1.001


def test_patches_beyond_the_border_can_be_hidden_too() -> None:
    pixels, _ = bars(4, side=9)
    shape = vision.Shape(9, 9, 1, patch=4, dim=16, layers=1, heads=2, inner=32, stem="linear")
    objective = MaskedPatches(4, 9)
    model = training.add_head(vision.started(shape, 0, pixels), objective, 0)
    batch = objective.example(np.arange(4), pixels, generator(0, "a"), learning=True)
    assert torch.isfinite(objective.loss(model, batch))
    assert filled(batch.images[0], 4).shape[2:] == (12, 12)


def test_a_prototype_scores_by_cosine() -> None:
    objective = Prototypes(ANSWERS, 2)
    model = training.add_head(cnn(), objective, 0).eval()
    batch = objective.example(np.arange(4), PIXELS[:4], generator(0, "a"), learning=False)
    with torch.no_grad():
        vectors = model.encoder(batch.images[0])
        cosines = torch.nn.functional.cosine_similarity(vectors[:, None], model.head.weight[None], dim=-1)
        wanted = torch.nn.functional.cross_entropy(cosines / 0.1, torch.from_numpy(ANSWERS[:4]))
        assert float(objective.loss(model, batch)) == pytest.approx(float(wanted), rel=1e-5)


def test_views_change_while_learning_and_not_where_they_are_held_out() -> None:
    classify, contrast = Classify(ANSWERS, 2), Contrast()
    held = classify.example(np.arange(3), PIXELS[:3], generator(0, "a"), learning=False)
    learnt = classify.example(np.arange(3), PIXELS[:3], generator(0, "a"), learning=True)
    assert torch.allclose(held.images[0] * 255, torch.from_numpy(PIXELS[:3]).permute(0, 3, 1, 2).float())
    assert not torch.allclose(held.images[0], learnt.images[0])
    two = contrast.example(np.arange(3), PIXELS[:3], generator(0, "a"), learning=False)
    assert not torch.allclose(two.images[0], two.images[1])


def test_chance_is_what_it_says() -> None:
    answers = np.array([0, 0, 0, 1])
    classify = Classify(answers, 2)
    batch = classify.example(np.array([0, 3]), PIXELS[:2], generator(0, "a"), learning=False)
    assert classify.chance([batch]) == pytest.approx(-(np.log(4 / 6) + np.log(2 / 6)) / 2)
    assert Contrast().chance([batch]) == pytest.approx(np.log(3))
    vectors = generator(0, "test.teacher").standard_normal((12, 4)).astype(np.float32)
    distil = Distil(vectors)
    batch = distil.example(np.arange(12), PIXELS, generator(0, "a"), learning=False)
    mean = unit(unit(torch.from_numpy(vectors)).mean(0, keepdim=True))
    regression = float(1 - (unit(torch.from_numpy(vectors)) @ mean.T).mean())
    assert distil.chance([batch]) > regression > 0


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Classify(np.zeros(3, np.int64), 1), InputError),
        (lambda: Classify(np.array([0, 2]), 2), InputError),
        (lambda: Classify(np.array([0, 1]), 2, smoothing=1.0), OptionError),
        (lambda: Contrast(temperature=0.0), OptionError),
        (lambda: Distil(np.full((3, 2), np.nan, np.float32)), InputError),
        (lambda: MaskedPatches(2, 16, share=1.0), OptionError),
        (lambda: MaskedPatches(8, 1), OptionError),
        (lambda: MaskedPatches(2, 16).head(cnn()), OptionError),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_taught_is_refused(make: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()  # type: ignore[operator]
