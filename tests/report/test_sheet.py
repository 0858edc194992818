from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from likewise.errors import InputError
from likewise.report.contact_sheet import Strip, lit, patched, sheet
from likewise.report.page import Section, page
from likewise.report.png import address, png
from likewise.report.svg_sanitise import drawing

DRAW = np.random.default_rng(5)


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 5, 3), (16, 16, 4), (3, 200, 1)])
def test_a_png_holds_the_pixels(shape: tuple[int, int, int]) -> None:
    pixels = DRAW.integers(0, 256, shape, np.uint8)
    with Image.open(io.BytesIO(png(pixels))) as image:
        image.load()
        np.testing.assert_array_equal(np.asarray(image).reshape(shape), pixels)
    with Image.open(io.BytesIO(png(pixels))) as image:
        image.verify()


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_are_no_pixels_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(InputError, match="uint8"):
        png(pixels)


def decoded(svg: str) -> list[np.ndarray]:
    """The pixels of each image in an SVG."""
    found = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


PICTURES = [DRAW.integers(0, 256, (8, 6, 3), np.uint8) for _ in range(12)]


def test_a_sheet_shows_every_picture_in_order_within_its_width() -> None:
    strip = Strip(PICTURES, [(f"<b>{i}</b>", "0.9") for i in range(12)], lead=1)
    svg = sheet([strip, Strip(PICTURES[:2])], title="<near>")
    for found, wanted in zip(decoded(svg), [*PICTURES, *PICTURES[:2]], strict=True):
        np.testing.assert_array_equal(found, wanted)
    root = ElementTree.fromstring(svg)
    images = [element for element in root.iter() if element.tag.endswith("image")]
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = [tuple(float(each.attrib[name]) for name in ("x", "y", "width", "height")) for each in images]
    assert all(x >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)
    assert len({(x, y) for x, y, *_ in boxes}) == 14
    assert boxes[1][0] - boxes[0][0] > boxes[2][0] - boxes[1][0], "what was asked stands apart"
    assert "<b>" not in svg
    assert drawing(svg).count("<image") == 14


def test_long_names_are_shown_by_their_ends() -> None:
    svg = sheet([Strip(PICTURES[:1], [("a/very/long/folder/name/IMG_1.jpg",)])], title="t")
    assert re.search(r">…[^<]*IMG_1\.jpg</text>", svg)


def test_the_page_allows_pixels_only_where_there_are_some() -> None:
    def policy(*sections: Section) -> str:
        return page("t", sections)

    assert "img-src" not in policy(Section("a", "text <image"))
    shown = policy(Section("a", figure=sheet([Strip(PICTURES[:1])], title="t")))
    assert "img-src data:; style-src" in shown
    assert address(PICTURES[0]) in shown


def test_nothing_and_one_caption_too_few() -> None:
    assert decoded(sheet([], title="t")) == []
    assert decoded(sheet([Strip([])], title="t")) == []
    with pytest.raises(InputError, match="1 captions for 2 images"):
        sheet([Strip(PICTURES[:2], [("a",)])], title="t")
    with pytest.raises(InputError, match=r"\(h, w, c\) uint8"):
        sheet([Strip([np.zeros((4, 4), np.uint8)])], title="t")


def test_patches_stand_apart_with_nothing_between() -> None:
    figure = DRAW.integers(0, 256, (8, 8, 1), np.uint8)
    shown = patched(figure, 4)
    assert shown.shape == (9, 9, 4)
    np.testing.assert_array_equal(shown[:4, 5:, :3], figure[:4, 4:].repeat(3, 2))
    assert not shown[4, :, 3].any()
    assert not shown[:, 4, 3].any()


def test_light_falls_where_the_attention_is() -> None:
    figure = np.full((8, 6, 3), 200, np.uint8)
    shown = lit(figure, np.array([[0.0, 0.1], [0.2, 0.0]]))
    assert shown[:4, :3].max() == 50
    assert shown[4:, :3].min() == 200
    assert set(shown[:4, 3:].ravel()) == {125}
    assert lit(figure, np.zeros((2, 2))).max() == 50
    assert lit(figure, np.ones((3, 4))).min() == 200  # patches that reach beyond the picture
    for wrong in (np.ones(3), np.full((2, 2), np.nan)):
        with pytest.raises(InputError, match="rows, columns"):
            lit(figure, wrong)
