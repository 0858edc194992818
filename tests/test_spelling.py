from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.arrays.spelling import Spelling, nearest_spellings

FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@given(st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_the_default_changes_nothing(text: str) -> None:
    assert Spelling()(text) == text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", ["café", "Ångström", "naïve", "Ḋṩ", "한국어", "ﬁne"])
def test_all_forms_of_a_word_are_one_key(form: str, word: str) -> None:
    rule = Spelling(form=form)  # type: ignore[arg-type]
    canonical = {rule(unicodedata.normalize(other, word)) for other in ("NFC", "NFD")}
    assert canonical == {unicodedata.normalize(form, word)}


@given(st.text(max_size=12), st.sampled_from([None, *FORMS]), st.sampled_from(["keep", "lower"]))
@settings(max_examples=300, deadline=None)
def test_case_goes_first_and_then_the_form(text: str, form: str | None, case: str) -> None:
    spelt = Spelling(form=form, case=case)(text)  # type: ignore[arg-type]
    slow = text.lower() if case == "lower" else text
    assert spelt == (unicodedata.normalize(form, slow) if form else slow)  # type: ignore[arg-type]


def test_the_nearest_spelling_is_the_one_with_a_letter_changed() -> None:
    keys = ["queen", "kingdom", "king", "thing", "ring", "kin", "unrelated"]
    assert nearest_spellings("kinh", ["king", "xyz"]) == ["king"]
    assert nearest_spellings("KING", keys, 1) == ["king"]


def test_nothing_like_it_is_nothing() -> None:
    assert nearest_spellings("zzz", ["king", "queen"]) == []
    assert nearest_spellings("king", []) == []
    assert nearest_spellings("", ["king"]) == []


def test_at_most_n_in_an_order_that_the_keys_order_does_not_change() -> None:
    keys = [f"word{i}" for i in range(30)]
    found = nearest_spellings("word", keys, 4)
    assert len(found) == 4
    assert found == nearest_spellings("word", keys[::-1], 4)


def test_one_letter_and_long_keys() -> None:
    assert nearest_spellings("a", ["a" * 10_000, "a"]) == ["a"]
