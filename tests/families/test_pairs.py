"""Pairs that `contrastive` is given: two texts each, or an error with the number of the pair."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

from likewise.contextual._fine_tuning import _pair
from likewise.errors import InputError, WrongType


@pytest.mark.parametrize("text", [None, float("nan"), 5, b"bytes"])
def test_what_is_no_text_is_named_by_pair_and_place(text: Any) -> None:
    with pytest.raises(WrongType, match=r"pair 7, the second text, is .*; wanted a str"):
        _pair(("query", text), 7)
    with pytest.raises(WrongType, match=r"pair 7, the first text"):
        _pair((text, "answer"), 7)


@pytest.mark.parametrize("pair", [("a", "b", "c"), ("a",), (), "ab", None, {"a": "b", "c": "d"}])
def test_what_is_no_pair_is_named(pair: Any) -> None:
    with pytest.raises(InputError, match=r"pair 3 is .*; wanted two texts"):
        _pair(pair, 3)


def test_a_tuple_and_a_list_are_pairs() -> None:
    assert _pair(["a", "b"], 1) == _pair(("a", "b"), 1) == ("a", "b")
