from __future__ import annotations

import numpy as np
import pytest
import torch
from made_images import bars

from likewise.errors import OptionError
from likewise.neural import weights as stored
from likewise.neural.images import augment
from likewise.neural.images.vit import Shape, filled, parted, started
from likewise.system.seeds import generator

SHAPE = Shape(8, 8, 1, patch=2, dim=16, layers=2, heads=2, inner=32)


def test_patches_are_parted_row_by_row() -> None:
    pixels = np.arange(2 * 4 * 6 * 3, dtype=np.float32).reshape(2, 4, 6, 3)
    found = parted(torch.from_numpy(pixels).permute(0, 3, 1, 2), 2).numpy()
    assert found.shape == (2, 6, 12)
    np.testing.assert_array_equal(found[1, 4], pixels[1, 2:4, 2:4].ravel())
    assert filled(torch.ones(1, 1, 5, 8), 4).shape == (1, 1, 8, 8)
    assert filled(torch.ones(1, 1, 5, 8), 4).sum() == 40


def test_the_linear_stem_is_a_matrix_times_each_patch() -> None:
    shape = Shape(8, 8, 1, patch=4, dim=16, heads=2, inner=32, stem="linear")
    pixels, _ = bars(3)
    model = started(shape, 0, pixels).eval()
    x = (augment.images(pixels) - model.mean) / model.deviation
    weight, bias = model.stem.embed.weight, model.stem.embed.bias
    wanted = x[2, 0, 4:, :4].reshape(-1) @ weight.T + bias
    torch.testing.assert_close(model.patches(augment.images(pixels))[2, 2], wanted)


@pytest.mark.parametrize("stem", ["conv", "linear"])
@pytest.mark.parametrize("pool", ["class", "mean", "max", "attention"])
def test_each_stem_and_pool_gives_a_vector_that_no_batch_changes(stem: str, pool: str) -> None:
    pixels, _ = bars(6, side=9, channels=3)  # patches that reach beyond the picture
    shape = Shape(9, 9, 3, patch=4, dim=16, layers=1, heads=2, inner=32, pool=pool, stem=stem)  # type: ignore[arg-type]
    model = started(shape, 0, pixels).eval()
    with torch.no_grad():
        together = model(augment.images(pixels))
        alone = torch.cat([model(p[None]) for p in augment.images(pixels)])
    assert together.shape == (6, 16)
    assert shape.grid == (3, 3)
    assert float((together - alone).norm(dim=1).max() / together.norm(dim=1).min()) < 1e-5
    assert float((together[0] - together[1]).norm()) > 1e-3


def test_the_attention_of_the_class_token_is_that_of_the_definition() -> None:
    pixels, _ = bars(2)
    model = started(SHAPE, 0, pixels).eval()
    with torch.no_grad():
        found = model.attention(augment.images(pixels))
        stream = model.every(model.patches(augment.images(pixels)))
        layer = model.body.layers[1]
        q, k, _ = layer.attention.read(layer.attention_norm(stream[1])).view(2, 17, 3, 2, 8).unbind(2)
    assert found.shape == (2, 2, 2, 4, 4)
    scores = np.exp((q[1, 0, 1] @ k[1, :, 1].T / np.sqrt(8)).numpy())
    np.testing.assert_allclose(found[1, 1, 1].ravel(), scores[1:] / scores.sum(), atol=1e-6)
    assert (found.sum((-1, -2)) < 1).all()


def test_patches_that_are_left_out_are_read_by_nobody() -> None:
    pixels, _ = bars(2)
    model = started(
        Shape(8, 8, 1, patch=4, dim=16, layers=2, heads=2, inner=32, stem="linear"), 0, pixels
    ).eval()
    left = torch.tensor([[0, 2], [3, 1]])
    other = pixels.copy()
    other[0, :4, 4:] = 255  # patch 1 of the first
    other[0, 4:, 4:] = 0
    found = []
    for shown in (pixels, other):
        patches = model.patches(augment.images(shown))
        found.append(model.every(patches.gather(1, left[..., None].expand(-1, -1, 16)), left)[-1])
    assert torch.equal(found[0], found[1])
    whole = model.every(model.patches(augment.images(pixels)), torch.arange(4).expand(2, 4))[-1]
    torch.testing.assert_close(whole, model.every(model.patches(augment.images(pixels)))[-1])


def test_gradients_are_those_of_finite_differences() -> None:
    pixels, _ = bars(3)
    model = started(
        Shape(8, 8, 1, patch=4, dim=8, layers=1, heads=2, inner=16, pool="attention"), 0, pixels
    ).double()
    images = augment.images(pixels).double()
    with torch.no_grad():
        model.pool.query.fill_(0.2)

    def loss() -> torch.Tensor:
        return model(images)[:, :3].square().sum()

    loss().backward()
    random = generator(0, "test.gradient")
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        at = tuple(random.integers(parameter.shape))
        with torch.no_grad():
            kept = parameter[at].item()
            found = []
            for step in (1e-5, -1e-5):
                parameter[at] = kept + step
                found.append(float(loss()))
            parameter[at] = kept
        assert float(parameter.grad[at]) == pytest.approx((found[0] - found[1]) / 2e-5, rel=1e-3, abs=1e-6), (
            name
        )


def test_the_start_is_the_seeds() -> None:
    one, again, other = (stored.to_arrays(started(SHAPE, seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one["body_layers_0_up_weight"], other["body_layers_0_up_weight"])


@pytest.mark.parametrize(
    "options", [{"patch": 3}, {"patch": 1}, {"patch": 0}, {"stem": "patches"}, {"pool": "sum"}, {"heads": 5},
                {"channels": 4}]
)  # fmt: skip
def test_a_shape_out_of_range_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        Shape(**{"height": 8, "width": 8, "channels": 1, **options})  # type: ignore[arg-type]
