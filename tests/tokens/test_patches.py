from __future__ import annotations

import numpy as np
import pytest

from likewise.errors import InputError, OptionError
from likewise.tokens.patches import grid, images, patches


def slow(pictures: np.ndarray, patch: int, stride: int) -> np.ndarray:
    """The patches, one at a time."""
    n, height, width, _ = pictures.shape
    tokens = [
        [
            picture[y : y + patch, x : x + patch].ravel()
            for y in range(0, height - patch + 1, stride)
            for x in range(0, width - patch + 1, stride)
        ]
        for picture in pictures
    ]
    return np.array(tokens).reshape(n, len(tokens[0]), -1)


@pytest.mark.parametrize(("patch", "stride"), [(4, None), (4, 2), (4, 1), (2, 2), (1, 1), (8, None)])
def test_patches_are_cut_in_reading_order(patch: int, stride: int | None) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (3, 8, 16, 3), np.uint8)
    found = patches(pictures, patch, stride)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, slow(pictures, patch, stride or patch))
    assert found.shape[1] == np.prod(grid(8, 16, patch, stride))


@pytest.mark.parametrize("shape", [(2, 8, 12, 1), (1, 4, 4, 3), (0, 8, 8, 3)])
def test_patches_that_touch_become_the_image_again(shape: tuple[int, ...]) -> None:
    pictures = np.random.default_rng(2).random(shape)
    np.testing.assert_array_equal(images(patches(pictures, 4), 4, *shape[1:3]), pictures)


def test_what_does_not_fit_is_refused() -> None:
    pictures = np.zeros((1, 8, 10, 3), np.uint8)
    for patch, stride in ((4, None), (4, 3), (9, None), (0, None), (2, 3), (2, 0)):
        with pytest.raises(OptionError, match="patches of"):
            patches(pictures, patch, stride)
    with pytest.raises(InputError, match=r"wanted \(n, h, w, c\)"):
        patches(pictures[0], 2)
    for shape in ((1, 19, 12), (1, 20, 13), (20, 12)):
        with pytest.raises(InputError, match=r"wanted \(n, 20, a multiple of 4\)"):
            images(np.zeros(shape), 2, 8, 10)
