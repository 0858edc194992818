from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.report.escape import escaped, visible


@given(st.text())
def test_nothing_escaped_can_end_text_or_an_attribute(text: str) -> None:
    safe = escaped(text)
    assert not set(safe) & set("<>\"'")
    assert unescape(safe) == visible(text)
    safe.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", r"a\x00b"),
        ("\u202eevil", r"\u202eevil"),
        ("line\nend", r"line\nend"),
        ("\ud800", r"\ud800"),
        ("naïve 東京 👩\u200d🔬", "naïve 東京 👩\u200d🔬"),
    ],
)
def test_what_has_no_glyph_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown
