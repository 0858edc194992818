"""Raw pixels and oriented gradients: held against slow twins, and against images of which one knows the answer."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.errors import InputError, OptionError
from likewise.features.hog import hog
from likewise.features.pixels import areas, pixels

DRAW = np.random.default_rng(3)
IMAGES = DRAW.integers(0, 256, (5, 21, 30, 3), np.uint8)


def test_pixels_are_the_image_from_0_to_1() -> None:
    np.testing.assert_allclose(pixels(IMAGES), IMAGES.reshape(5, -1) / 255, rtol=1e-6)
    assert pixels(IMAGES).dtype == np.float32
    assert pixels(IMAGES[:0]).shape == (0, 21 * 30 * 3)


def slow_shrunk(image: np.ndarray, tall: int, wide: int) -> np.ndarray:
    """Each pixel repeated so often that new ones are whole numbers of them."""
    height, width, channels = image.shape
    large = image.repeat(tall, 0).repeat(wide, 1) / 255
    return large.reshape(tall, height, wide, width, channels).mean((1, 3)).ravel()


@pytest.mark.parametrize("size", [(7, 10), (1, 1), (8, 30), (20, 29)])
def test_shrunk_pixels_are_the_mean_of_their_area(size: tuple[int, int]) -> None:
    found = pixels(IMAGES, size=size)
    np.testing.assert_allclose(found, [slow_shrunk(image, *size) for image in IMAGES], atol=2e-6)
    np.testing.assert_allclose(areas(30, size[1]).sum(1), 1, rtol=1e-6)


def slow_hog(image: np.ndarray, cell: int, block: int, bins: int) -> np.ndarray:
    """Dalal & Triggs by whole arrays in float64: votes for each direction, gathered into cells by triangles."""
    grey = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)), "edge")
    down, across = grey[2:, 1:-1] - grey[:-2, 1:-1], grey[1:-1, 2:] - grey[1:-1, :-2]
    best = np.argmax(down**2 + across**2, 2)[..., None]
    down, across = np.take_along_axis(down, best, 2)[..., 0], np.take_along_axis(across, best, 2)[..., 0]
    place = np.arctan2(down, across) / np.pi % 1 * bins - 0.5
    apart = np.abs(place[..., None] - np.arange(bins))
    votes = np.hypot(down, across)[..., None] * np.clip(1 - np.minimum(apart, bins - apart), 0, 1)
    cells = np.einsum("ry,yxb,cx->rcb", _near(image.shape[0], cell), votes, _near(image.shape[1], cell))
    tall, wide = min(block, len(cells)), min(block, cells.shape[1])
    blocks = []
    for r in range(len(cells) - tall + 1):
        for c in range(cells.shape[1] - wide + 1):
            v = cells[r : r + tall, c : c + wide].ravel()
            v = np.minimum(v / np.sqrt((v**2).sum() + 1e-4), 0.2)
            blocks.append(v / np.sqrt((v**2).sum() + 1e-4))
    return np.concatenate(blocks)


def _near(length: int, cell: int) -> np.ndarray:
    count = length // cell
    centres = (length - count * cell) // 2 + (np.arange(count) + 0.5) * cell
    return np.clip(1 - np.abs(centres[:, None] - (np.arange(length) + 0.5)) / cell, 0, 1)


@pytest.mark.parametrize(("cell", "block", "bins"), [(8, 2, 9), (4, 3, 6), (21, 2, 9), (5, 1, 1)])
def test_hog_is_that_of_the_paper(cell: int, block: int, bins: int) -> None:
    found = hog(IMAGES, cell=cell, block=block, bins=bins)
    wanted = [slow_hog(image, cell, block, bins) for image in IMAGES]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=2e-5)


@pytest.mark.parametrize("angle", range(0, 180, 20))
def test_edges_vote_for_their_own_direction(angle: int) -> None:
    y, x = np.mgrid[:32, :32]
    across = (angle + 10) * np.pi / 180  # the middle of a bin
    image = np.uint8(127 + 100 * np.sin((x * np.cos(across) + y * np.sin(across)) / 5))
    found = hog(image[None, ..., None], block=1)[0].reshape(-1, 9)
    assert set(found.argmax(1)) == {angle // 20}


def test_light_and_contrast_hardly_change_it_and_an_even_image_has_none() -> None:
    image = IMAGES[:1] // 2
    brighter = image + 60
    np.testing.assert_allclose(hog(brighter), hog(image), atol=1e-6)
    assert not hog(np.full((1, 16, 16, 3), 200, np.uint8)).any()


def test_threads_change_nothing() -> None:
    many = DRAW.integers(0, 256, (300, 16, 16, 1), np.uint8)
    for made in (hog, pixels):
        assert made(many, threads=1).tobytes() == made(many, threads=3).tobytes()
    assert pixels(many, size=(5, 7), threads=1).tobytes() == pixels(many, size=(5, 7), threads=2).tobytes()
    np.testing.assert_array_equal(hog(many)[7], hog(many[7:8])[0])


def test_what_is_no_image_or_does_not_fit_is_refused() -> None:
    for wrong in (IMAGES[0], IMAGES.astype(float), "images"):
        for made in (hog, pixels):
            with pytest.raises(InputError, match=r"wanted images as \(n, h, w, c\) uint8"):
                made(wrong)
    with pytest.raises(OptionError, match="no cell of 22 pixels fits 21 × 30"):
        hog(IMAGES, cell=22)
    with pytest.raises(OptionError, match="at least 1"):
        hog(IMAGES, bins=0)
    for size in ((22, 10), (0, 1)):
        with pytest.raises(OptionError, match="size="):
            pixels(IMAGES, size=size)
    assert hog(IMAGES[:0]).shape == (0, 72)
