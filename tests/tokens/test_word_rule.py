from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.errors import OptionError
from likewise.tokens.corpus.characters import BASE, IDEOGRAPH, LETTER, MARK, ROW_END, SPACE, classes
from likewise.tokens.corpus.word_pattern import Words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't say 1,234.5 — “L’Été”", ["don't", "say", "1,234.5", "l’été"]),
        ("foo_bar a.b x'' 3's 1. .5 -x-y", ["foo_bar", "a", "b", "x", "3", "s", "1", "5", "x", "y"]),
        ("東京ひらカタカナ語a1字", ["東", "京", "ひ", "ら", "カタカナ", "語", "a1", "字"]),
        ("e\u0301te\u0301 \u0301a か\u3099x", ["été", "a", "が", "x"]),
        ("می\u200cخواهم ❤\ufe0f 👩\u200d💻 ½ ٣٤", ["می\u200cخواهم", "½", "٣٤"]),
        ("ΟΔΟΣ ΟΔΟΣ.ΑΒ", ["οδος", "οδος", "αβ"]),
        ("", []),
    ],
)
def test_the_rule_by_examples(text, tokens):
    assert Words().split(text) == tokens


def test_white_is_str_split_and_keep_keeps():
    assert Words("white").split(" It's\u00a0a\tCafe\u0301 ") == ["it's", "a", "café"]
    assert Words("white", "keep", None).split("Cafe\u0301 A") == ["Cafe\u0301", "A"]
    assert Words(case="keep").split("It Is") == ["It", "Is"]


@given(st.text())
def test_words_are_keys_and_spelling_them_again_changes_nothing(text):
    for word in Words().split(text):
        assert Words().spelling(word) == word or unicodedata.normalize("NFC", word.lower()) == word
        assert word
        assert not any(char.isspace() for char in word)


@given(st.text(), st.text())
def test_white_space_parts_texts(left, right):
    assert Words().split(f"{left} {right}") == Words().split(left) + Words().split(right)


def test_every_code_point_has_the_classes_of_this_python():
    table = classes()
    for code in range(sys.maxunicode + 1):
        char, flags = chr(code), int(table[code])
        assert bool(flags & SPACE) == char.isspace()
        assert bool(flags & ROW_END) == (len(f"a{char}b".splitlines()) == 2)
        if not flags & IDEOGRAPH:
            assert bool(flags & BASE) == (char.isalnum() or char == "_")
            assert bool(flags & LETTER) == char.isalpha()


def test_a_composed_character_and_its_parts_are_split_alike():
    table = classes()
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.normalize("NFD", chr(code))
        if 0xD800 <= code < 0xE000 or parts == chr(code) or 0xAC00 <= code < 0xD7A4:
            continue
        assert table[ord(parts[0])] & (BASE | IDEOGRAPH) == table[code] & (BASE | IDEOGRAPH)
        assert all(table[ord(part)] & MARK for part in parts[1:])


@pytest.mark.parametrize("option", [{"kind": "chars"}, {"case": "upper"}, {"form": "NFX"}])
def test_options_out_of_range_are_refused(option):
    with pytest.raises(OptionError, match=next(iter(option))):
        Words(**option)
