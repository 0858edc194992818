"""Markup in, running text out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.tour.wikitext import paragraphs, without


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        ("", []),
        ("'''Bold''' and ''slanted''", ["Bold and slanted"]),
        ("a [[link]] and [[Page|another]]s", ["a link and anothers"]),
        ("[[File:a.png|thumb|A [[cat]] and a [[dog|hound]]]]The cat", ["The cat"]),
        ("[[Category:Cats]]\n[[de:Katze]]\nThe cat", ["The cat"]),
        ("a{{cite|b={{c}}|d}}b", ["ab"]),
        ("one\n{| class=x\n| in a table\n|}\ntwo", ["one", "two"]),
        ("a<ref name=x>[http://a.b c]</ref> b<ref name=x /> c", ["a b c"]),
        ("see [http://a.b/c the page], http://d.e/f now", ["see the page, now"]),
        ("x<!-- not\nthis -->y <math>e=mc^2</math>z", ["xy z"]),
        ("a<br />b &amp; c&nbsp;d", ["a b & c d"]),
        ("== Heading ==\n* one\n** two\n:three", ["one", "two", "three"]),
        ("text\n==References==\nSmith 1999\n== Later ==\nmore", ["text"]),
        ("----\n1999\nword", ["word"]),
        ("an open {{template and on", ["an open template and on"]),
        ("an open [[File:x.png|caption\nnext line", ["an open", "next line"]),
    ],
)
def test_markup_becomes_text(markup: str, told: list[str]) -> None:
    assert paragraphs(markup) == told


@given(st.text(alphabet="ab{}[]|'<>=\n ", max_size=60))
def test_any_markup_gives_paragraphs_of_one_line_that_hold_a_letter(markup: str) -> None:
    for paragraph in paragraphs(markup):
        assert "\n" not in paragraph
        assert any(c.isalpha() for c in paragraph)
        assert paragraph == " ".join(paragraph.split())


@given(
    st.recursive(
        st.just("in"), lambda inner: st.lists(inner, max_size=3).map(lambda p: "{{" + "".join(p) + "}}")
    )
)
def test_what_is_nested_goes_as_a_whole(nested: str) -> None:
    assert without(f"before {{{{{nested}}}}} after", "{{", "}}") == "before  after"
