from __future__ import annotations

import numpy as np
import pytest
import torch
from made_images import bars
from torch.nn import functional as F

from likewise.errors import OptionError
from likewise.neural import weights as stored
from likewise.neural.images import augment
from likewise.neural.images.convolution import (
    Convolution,
    Filters,
    Shape,
    dirac,
    patches_of,
    started,
    whitening,
)
from likewise.neural.images.pooling import Pool
from likewise.system.seeds import generator

SHAPE = Shape(8, 8, 1, widths=(8, 16), depth=2)


def slow_convolution(x: np.ndarray, weight: np.ndarray, size: int, stride: int) -> np.ndarray:
    """(h, w, in) and (out, size, size, in) → (h', w', out), a place at a time."""
    h, w, _ = x.shape
    half = size // 2
    padded = np.pad(x, ((half, half), (half, half), (0, 0)))
    rows, columns = range(0, h, stride), range(0, w, stride)
    return np.array(
        [[(weight * padded[r : r + size, c : c + size]).sum((1, 2, 3)) for c in columns] for r in rows]
    )


@pytest.mark.parametrize(("size", "stride"), [(3, 1), (5, 2), (1, 1), (3, 2)])
def test_filters_are_the_convolution_that_their_matrix_says(size: int, stride: int) -> None:
    random = generator(0, "test.filters")
    layer = Filters(3, 4, size, stride)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(random.standard_normal((4, size * size * 3), np.float32)))
    x = random.standard_normal((2, 7, 6, 3), np.float32)
    given = layer(torch.from_numpy(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).detach().numpy()
    weight = layer.weight.detach().numpy().reshape(4, size, size, 3)
    for i in range(2):
        np.testing.assert_allclose(given[i], slow_convolution(x[i], weight, size, stride), atol=1e-5)


def test_the_picture_is_halved_stage_by_stage_as_the_sizes_say() -> None:
    shape = Shape(28, 28, 1, widths=(8, 16, 32))
    assert shape.sizes == [(28, 28), (28, 28), (14, 14), (7, 7), (4, 4), (1, 1)]
    maps = started(shape, 0).eval().maps(torch.rand(2, 1, 28, 28))
    assert [tuple(found.shape[2:]) for found in maps] == shape.sizes[1:-1]
    assert [found.shape[1] for found in maps] == [8, 8, 16, 32]
    assert Shape(80, 60, 3, 5, 2, (8, 16)).sizes == [(80, 60), (40, 30), (20, 15), (10, 8), (1, 1)]
    assert started(Shape(7, 5, 3, 5, 2, (8, 16)), 0).eval()(torch.rand(1, 3, 7, 5)).shape == (1, 16)


def test_patches_are_whitened_and_both_signs_of_each_are_there() -> None:
    random = generator(0, "test.patches")
    one = random.standard_normal((5000, 1, 1, 1)) * 40
    patches = np.clip(
        one + random.standard_normal((5000, 3, 3, 1)) * 20 + 128, 0, 255
    )  # neighbours are alike
    mean, deviation = np.float32([0.5]), np.float32([0.2])
    filters = whitening(patches, mean, deviation)
    seen = ((patches / 255 - mean) / deviation).reshape(5000, -1) @ filters.T
    covariance = seen.T @ seen / 5000
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    assert (np.diag(covariance) > 0.6).all()
    assert (np.diag(covariance) < 1.01).all()


def test_what_filters_see_is_levelled_and_faint_edges_count_as_strong_ones() -> None:
    pixels, _ = bars(50)
    model = started(SHAPE, 0, pixels)
    weight = model.patches.filters.view(4, 3, 3, 1).permute(0, 3, 1, 2)
    x = augment.images(pixels)[:5]
    seen = F.conv2d(x, weight, padding=1)
    wanted = seen / (seen[:, 1:].square().mean(1, keepdim=True) + 0.1).sqrt()
    found = model.patches(x)
    torch.testing.assert_close(found[:, :4] - found[:, 4:], wanted)  # gelu(x) - gelu(-x) is x
    strong, faint = (model.patches(scale * x)[:, 1:4, 2:6, 2:6] for scale in (40.0, 20.0))
    torch.testing.assert_close(strong, faint, atol=0.02, rtol=0.05)


def test_constant_pictures_and_pictures_smaller_than_a_patch_have_finite_filters() -> None:
    flat = np.full((4, 2, 2, 3), 7, np.uint8)
    model = started(Shape(2, 2, 3, 5, 2, (8, 8)), 0, flat).eval()
    assert patches_of(flat, model.shape, 0).shape[1:] == (5, 5, 3)
    assert torch.isfinite(model(augment.images(flat))).all()
    assert all(np.isfinite(array).all() for array in stored.to_arrays(model).values())


def test_dirac_filters_hand_on_what_they_see() -> None:
    layer = Filters(3, 5)
    stored.start(layer, 0)
    with torch.no_grad():
        dirac(layer)
    x = torch.rand(1, 3, 4, 4)
    seen = layer(x)
    torch.testing.assert_close(seen[:, :3], x)
    assert (seen[:, 3:] - x[:, :2]).abs().max() > 0.1
    plain = started(Shape(8, 8, 3, start="dirac", widths=(8, 8)), 0).patches(torch.rand(1, 3, 8, 8))
    assert plain.shape == (1, 8, 8, 8)
    unseen = Convolution(Shape(8, 8, 1, start="dirac", widths=(4,))).patches.filters
    assert unseen.argmax(1).tolist() == [4, 1]  # the middle of nine, then the one above it


def test_a_vector_does_not_depend_on_its_batch_and_teaching_does_not_change_that() -> None:
    pixels, _ = bars(20)
    model = started(SHAPE, 0, pixels)
    images = augment.images(pixels)
    model.train()
    model(images)  # the norms have seen something
    model.eval()
    with torch.no_grad():
        together, alone = model(images), torch.cat([model(p[None]) for p in images])
    assert float((together - alone).norm(dim=1).max() / together.norm(dim=1).min()) < 1e-5


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("mean", [3.0, 4.0]), ("max", [5.0, 6.0]), ("attention", [3.0, 4.0]), ("class", [1.0, 2.0])],
)
def test_pools_are_what_they_say(kind: str, wanted: list[float]) -> None:
    vectors = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    lead = 1 if kind == "class" else 0
    assert Pool(kind, 2, lead=lead)(vectors)[0].tolist() == pytest.approx(wanted)  # type: ignore[arg-type]
    assert Pool("mean", 2, lead=1)(vectors)[0].tolist() == [4.0, 5.0]


def test_a_grid_joins_the_means_of_parts_of_the_picture() -> None:
    pixels, _ = bars(3, side=12)
    shape = Shape(12, 12, 1, widths=(4, 6), depth=1, pool="grid")
    model = started(shape, 0, pixels).eval()
    assert (shape.cells, shape.dim) == ((3, 3), 54)
    with torch.no_grad():
        last = model.maps(augment.images(pixels))[-1]
        torch.testing.assert_close(model(augment.images(pixels)).view(3, 6, 3, 3), last)  # 3 × 3 of 3 × 3
    large = Shape(40, 20, 1, widths=(4, 6), depth=1, pool="grid")
    with torch.no_grad():
        model = started(large, 0).eval()
        last = model.maps(torch.rand(1, 1, 40, 20))[-1]
        model.maps = lambda images: [last]  # type: ignore[method-assign]
        seen = model(torch.zeros(1)).view(6, 5, 5)
    torch.testing.assert_close(seen[:, 1, 2], last[0, :, 2:4, 2].mean(1))
    assert Shape(8, 8, 1, widths=(4, 4, 4), pool="grid").cells == (1, 1)


def test_attention_pools_by_the_softmax_of_products_with_its_query() -> None:
    pool, vectors = Pool("attention", 2), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    with torch.no_grad():
        pool.query.copy_(torch.tensor([np.log(3.0), 0.0]))
    assert pool(vectors)[0].tolist() == pytest.approx([0.75, 0.25])


def test_gradients_flow_to_every_weight_and_are_those_of_finite_differences() -> None:
    pixels, _ = bars(6)
    model = started(Shape(8, 8, 1, widths=(4, 6), depth=2, pool="attention"), 0, pixels).double().eval()
    images, target = (
        augment.images(pixels).double(),
        torch.randn(6, generator=torch.Generator().manual_seed(0)),
    )

    def loss() -> torch.Tensor:
        return (model(images)[:, 0] * target).sum() + model(images)[:, 1].square().sum()

    with torch.no_grad():
        model.pool.query.fill_(0.3)
    loss().backward()
    random = generator(0, "test.gradient")
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
        at = tuple(random.integers(parameter.shape))
        with torch.no_grad():
            kept = parameter[at].item()
            found = []
            for step in (1e-5, -1e-5):
                parameter[at] = kept + step
                found.append(float(loss()))
            parameter[at] = kept
        assert float(parameter.grad[at]) == pytest.approx((found[0] - found[1]) / 2e-5, rel=1e-4, abs=1e-6), (
            name
        )


@pytest.mark.parametrize(
    "options", [{"height": 0}, {"channels": 2}, {"patch": 4}, {"stride": 5}, {"widths": ()}, {"widths": (8, 0)},
                {"pool": "class"}, {"pool": "sum"}, {"start": "random"}, {"depth": True}],
)  # fmt: skip
def test_a_shape_out_of_range_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        Shape(**{"height": 8, "width": 8, "channels": 1, **options})  # type: ignore[arg-type]
