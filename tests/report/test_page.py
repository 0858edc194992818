from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.errors import InputError
from likewise.report import Section, page, word_map
from likewise.report.style import STYLE
from likewise.table import Table

VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = "<script>alert('x')</script>\"&amp;\x00\u202e"


class Reader(HTMLParser):
    """Elements, attributes and text as a browser would see them; every element must be closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.words.append((self.open[-1], data.strip()))

    def texts(self, tag: str) -> list[str]:
        return [text for where, text in self.words if where == tag]

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.seen}


def a_map() -> str:
    return word_map(Table(["<b>", "oak", "elm"], np.eye(3, dtype=np.float32)), groups={"oak": "tree"})


FULL = Section(
    "Nearest words",
    text="One paragraph,\non two lines.\n\nAnother.",
    call='table.similar("oak")\n\ttabbed',
    header=["word", "cosine", "count"],
    rows=[["elm", 0.81234, 12345], ["ash", None, 7]],
    figure=a_map(),
    caption="A caption.",
)


def test_a_page_holds_what_it_is_given() -> None:
    read = Reader(page("A title", [FULL], lead="A lead."))
    assert read.texts("title")[0] == "A title"
    assert read.texts("h1") == ["A title"]
    assert read.texts("h2") == ["Nearest words"]
    assert read.texts("p") == ["A lead.", "One paragraph, on two lines.", "Another."]
    assert read.texts("code") == ['table.similar("oak")\n\ttabbed']
    assert read.texts("th") == ["word", "cosine", "count"]
    assert read.texts("td") == ["elm", "0.812", "12,345", "ash", "7"]
    assert read.texts("figcaption") == ["A caption."]
    assert {"svg", "path", "main", "section", "table"} <= read.tags()


def test_numbers_stand_in_columns_to_the_right() -> None:
    read = Reader(page("t", [FULL]))
    assert [attrs.get("class") for tag, attrs in read.seen if tag == "td"][:3] == [None, "number", "number"]
    plain = Section("x", header=["a"], rows=[[np.float32(0.5)], [np.int64(1000)], [True], [1e-9]])
    assert Reader(page("t", [plain])).texts("td") == ["0.500", "1,000", "yes", "0.000"]


def test_hostile_text_is_text_only() -> None:
    section = Section(
        HOSTILE,
        text=HOSTILE,
        call=HOSTILE,
        header=[HOSTILE],
        rows=[[HOSTILE]],
        figure=a_map(),
        caption=HOSTILE,
    )
    html = page(HOSTILE, [section] * 3, lead=HOSTILE)
    read = Reader(html)
    assert "script" not in read.tags()
    assert "b" not in read.tags()
    shown = "<script>alert('x')</script>\"&amp;\\x00\\u202e"
    for tag in ("title", "h1", "h2", "p", "code", "th", "td", "figcaption", "a"):
        assert read.texts(tag)[0] == shown
    assert "\x00" not in html
    assert "\u202e" not in html


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_makes_a_page_of_the_same_elements(one: str, two: str) -> None:
    def made(a: str, b: str) -> list[str]:
        section = Section(a or "-", call=b or "-", header=[a], rows=[[b]], caption=a or "-")
        return [tag for tag, _ in Reader(page(b, [section])).seen]

    assert made(one, two) == made("a", "b")


def test_nothing_comes_from_elsewhere() -> None:
    html = page("t", [FULL] * 4, lead="l")
    read = Reader(html)
    for tag, attrs in read.seen:
        assert not attrs.keys() & {"src", "srcset", "action", "data", "style"}
        assert not [key for key in attrs if key.startswith("on")]
        assert tag != "link"
        if "href" in attrs:
            assert str(attrs["href"]).startswith("#s")
    assert not re.search(r"https?:|url\(|@import|//[a-z]", html)


def test_the_policy_allows_its_own_style_and_nothing_else() -> None:
    html = page("t", [FULL])
    policy = next(attrs["content"] for tag, attrs in Reader(html).seen if "http-equiv" in attrs)
    style = html[html.index("<style>") + 7 : html.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "<" not in STYLE


def test_the_style_serves_the_dark_paper_and_a_phone() -> None:
    html = page("t", [])
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert 'content="width=device-width, initial-scale=1"' in html
    used = set(re.findall(r"var\((--\w+)", STYLE + a_map()))
    assert used == set(re.findall(r"(--\w+):", STYLE.split("@media")[0]))


def test_contents_come_with_three_sections_and_their_links_lead_somewhere() -> None:
    assert "nav" not in Reader(page("t", [FULL] * 2)).tags()
    read = Reader(page("t", [FULL] * 3))
    targets = [attrs["href"] for tag, attrs in read.seen if tag == "a"]
    assert targets == ["#s1", "#s2", "#s3"]
    assert {f"#{attrs['id']}" for _, attrs in read.seen if "id" in attrs} == set(targets)


def test_edges() -> None:
    assert Reader(page("", [])).texts("h1") == []
    assert Reader(page("t", [Section("only a heading")])).texts("h2") == ["only a heading"]
    assert "figure" not in Reader(page("t", [Section("x", text="y")])).tags()
    assert Reader(page("t", [Section("x", header=["a", "b"])])).texts("th") == ["a", "b"]
    with pytest.raises(InputError, match="row 1 of 'x' has 1 cells, wanted 2"):
        page("t", [Section("x", header=["a", "b"], rows=[["1", "2"], ["3"]])])
    with pytest.raises(InputError, match="holds <script>"):
        page("t", [Section("x", figure="<svg><script/></svg>")])


def test_one_input_gives_one_page() -> None:
    assert page("t", [FULL]) == page("t", [FULL])
