"""SVG taken into a page: read as XML, allowed by name, and written anew, so that nothing else comes along."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from likewise.errors import InputError

ELEMENTS = frozenset(
    (
        "svg",
        "g",
        "path",
        "circle",
        "ellipse",
        "rect",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "title",
        "desc",
        "image",
    )
)
ATTRIBUTES = frozenset(
    (
        "viewBox",
        "role",
        "aria-label",
        "width",
        "height",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "dx",
        "dy",
        "d",
        "points",
        "transform",
        "opacity",
        "fill",
        "fill-opacity",
        "fill-rule",
        "stroke",
        "stroke-width",
        "stroke-linejoin",
        "stroke-linecap",
        "stroke-dasharray",
        "stroke-opacity",
        "paint-order",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "text-anchor",
        "image-rendering",
        "href",
    )
)
PIXELS = re.compile(
    r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}"
)  # all that an address may be, and only an image's


def drawing(svg: str) -> str:
    """`svg` as it may stand in HTML; `InputError` where it is no SVG, or holds more than shapes, text and pixels.

    HTML reads some markup otherwise than XML does, so what was checked is not what would be shown unless the
    page gets what the check has read.
    """
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise InputError(
            "a figure with a document type is not taken into a page; give the <svg> element alone"
        )
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise InputError(f"a figure is not well-formed SVG ({error}); give what word_map returns") from None
    if _local(root.tag) != "svg":
        raise InputError(f"a figure is <{_local(root.tag)}>, wanted <svg>")
    return _written(root)


def _written(element: ElementTree.Element) -> str:
    name = _local(element.tag)
    if name not in ELEMENTS:
        raise InputError(f"a figure holds <{name}>, wanted shapes and text only")
    attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in _allowed(element))
    inside = html.escape(element.text or "")
    for child in element:
        inside += _written(child) + html.escape(child.tail or "")
    return f"<{name}{attributes}>{inside}</{name}>"


def _allowed(element: ElementTree.Element) -> list[tuple[str, str]]:
    for key, value in element.items():
        is_pixels = _local(element.tag) == "image" and PIXELS.fullmatch(value)
        if key not in ATTRIBUTES or "url(" in value.lower() or (key == "href" and not is_pixels):
            raise InputError(
                f"a figure holds the attribute {key}={value[:40]!r}, wanted shape, place and colour only"
            )
    return list(element.items())


def _local(tag: str) -> str:
    return tag.removeprefix("{http://www.w3.org/2000/svg}")
