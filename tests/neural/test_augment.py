from __future__ import annotations

import numpy as np
import pytest
import torch

from likewise.errors import OptionError
from likewise.neural.images.augment import NOTHING, VIEWS, Augment, cut, images, maps, resampled, view
from likewise.system.seeds import generator


def sample(n: int = 4, side: int = 8, channels: int = 3) -> torch.Tensor:
    return images(generator(0, "test.sample").integers(0, 256, (n, side, side, channels)).astype(np.uint8))


def test_pictures_are_the_pixels_from_0_to_1_and_the_pixels_stay_as_they_are() -> None:
    pixels = np.array([[[[0, 51, 255]]]], np.uint8)
    assert images(pixels).flatten().tolist() == pytest.approx([0.0, 0.2, 1.0])
    assert pixels.tolist() == [[[[0, 51, 255]]]]
    assert sample().is_contiguous(memory_format=torch.channels_last)


def test_nothing_changes_nothing() -> None:
    assert torch.equal(view(sample(), NOTHING, generator(0, "a")), sample())


def test_the_same_generator_gives_the_same_views_and_another_others() -> None:
    how = Augment(**{**vars(VIEWS), "cutout": 0.3, "turn": 10.0, "shift": 0.1})
    one, again, other = (view(sample(), how, generator(s, "a")) for s in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other)
    assert one.shape == sample().shape
    assert 0 <= float(one.min()) <= float(one.max()) <= 1


def test_a_flip_mirrors_every_second_picture_and_leaves_the_others() -> None:
    images = sample(200)
    seen = view(images, Augment(flip=True), generator(0, "a"))
    is_same = (seen - images).abs().amax((1, 2, 3)) < 1e-5
    is_mirrored = (seen - images.flip(3)).abs().amax((1, 2, 3)) < 1e-5
    assert (is_same ^ is_mirrored).all()
    assert 60 < int(is_mirrored.sum()) < 140


def test_a_shift_moves_by_whole_pixels_where_it_is_told_to_and_goes_on_as_at_the_border() -> None:
    images = sample(1, 8, 1)
    right = torch.tensor([[[1.0, 0.0, 0.25], [0.0, 1.0, 0.0]]])  # a quarter of half the width: one pixel
    seen = resampled(images, right)
    torch.testing.assert_close(seen[..., :-1], images[..., 1:])
    torch.testing.assert_close(seen[..., -1], images[..., -1])


def test_turns_keep_the_proportions_of_pictures_that_are_not_square() -> None:
    found = maps(Augment(turn=90.0), 2000, 2.0, generator(0, "a"))  # twice as high as wide
    angle = torch.atan2(found[:, 1, 0] * 2, found[:, 0, 0])
    assert float(angle.abs().max()) <= np.pi / 2
    assert float(angle.std()) > 0.7
    lengths = found[:, 0, 0].square() + (found[:, 1, 0] * 2).square()  # in pixels, a unit across stays one
    torch.testing.assert_close(lengths, torch.ones(2000))


def test_crops_stay_within_the_picture_and_within_their_share() -> None:
    found = maps(Augment(crop=0.5, stretch=0.2), 2000, 1.0, generator(0, "a"))
    area = found[:, 0, 0] * found[:, 1, 1]
    assert 0.49 < float(area.min()) < 0.6
    assert float(area.max()) < 1.01
    inside = found[:, 0, 0] <= 1
    assert float((found[inside, 0, 0] + found[inside, 0, 2].abs()).max()) <= 1 + 1e-6


def test_colours_change_evenly_over_a_picture_and_grey_ones_have_none() -> None:
    grey = view(sample(), Augment(grey=1.0), generator(0, "a"))
    torch.testing.assert_close(grey[:, 0], grey[:, 2])
    flat = torch.full((50, 1, 4, 4), 0.5)
    seen = view(flat, Augment(colour=0.4), generator(0, "a"))
    assert float(seen.flatten(1).std(1).max()) < 1e-6
    assert 0.3 <= float(seen.min()) < 0.4 < 0.6 < float(seen.max()) <= 0.7


def test_a_square_is_cut_out_and_nothing_else() -> None:
    images = sample(300, 8, 1)
    seen = cut(images, 0.5, generator(0, "a"))
    gone = (seen != images)[:, 0]
    assert int(gone.sum((1, 2)).max()) == 16
    mean = images.mean((2, 3))[:, 0]
    torch.testing.assert_close(seen[:, 0][gone], mean[:, None, None].expand(-1, 8, 8)[gone])


@pytest.mark.parametrize(
    "options", [{"shift": 0.6}, {"crop": -0.1}, {"turn": float("nan")}, {"colour": True}]
)
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        Augment(**options)  # type: ignore[arg-type]
