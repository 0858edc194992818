from __future__ import annotations

import numpy as np
import pytest

from likewise.errors import InputError
from likewise.report import word_map
from likewise.report.svg_sanitise import drawing
from likewise.table import Table


def test_a_map_passes_whole() -> None:
    svg = word_map(Table(["<a>", "b&c"], np.eye(2, dtype=np.float32)), groups={"<a>": "x"})
    taken = drawing(svg)
    assert "&lt;a&gt;" in taken
    assert "b&amp;c" in taken
    assert taken.count("<path") == svg.count("<path")
    assert "xmlns" not in taken  # HTML knows <svg> by itself


@pytest.mark.parametrize(
    ("svg", "message"),
    [
        ("<svg><script>alert(1)</script></svg>", "holds <script>"),
        ("<svg><foreignObject/></svg>", "holds <foreignObject>"),
        ("<svg><style>*{}</style></svg>", "holds <style>"),
        ('<svg onload="x()"/>', "attribute onload"),
        ('<svg><g style="fill:red"/></svg>', "attribute style"),
        ('<svg><path fill="URL(http://example.org/x)"/></svg>', "attribute fill"),
        ('<svg xmlns:x="http://www.w3.org/1999/xlink"><path x:href="#a"/></svg>', "attribute"),
        ('<svg><h:img xmlns:h="http://www.w3.org/1999/xhtml"/></svg>', "holds <"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "document type"),
        ('<svg><image href="https://example.org/a.png"/></svg>', "attribute href"),
        ('<svg><image href="data:image/svg+xml;base64,PHN2Zz4="/></svg>', "attribute href"),
        ('<svg><image href="data:image/png;base64,AAAA&quot; onload=x"/></svg>', "attribute href"),
        ('<svg><path href="data:image/png;base64,AAAA"/></svg>', "attribute href"),
        ("<p>hello</p>", "is <p>, wanted <svg>"),
        ("hello", "not well-formed"),
        ("<svg>", "not well-formed"),
    ],
)
def test_what_is_more_than_shapes_and_text_is_refused(svg: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        drawing(svg)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_markup_that_html_reads_otherwise_comes_out_as_text() -> None:
    """In HTML a title's inside is HTML again, where CDATA is a comment that ends at the first >."""
    taken = drawing(
        "<svg><title><![CDATA[</title><script>alert(1)</script>]]></title><!-- <script> --></svg>"
    )
    assert "<script" not in taken
    assert taken == "<svg><title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title></svg>"
