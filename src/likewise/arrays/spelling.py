"""How a spelling becomes a key, the same in training and in queries; and the keys nearest to an unknown one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest
from numbers import Integral
from typing import Any, Literal


@dataclass(frozen=True)
class Spelling:
    """The rule stored with a table: Unicode form, then case. The default changes nothing.

    An accented letter can be written in several ways (NFC, NFD); with `form="NFC"` they are one key.
    """

    form: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = None
    case: Literal["keep", "lower"] = "keep"

    def __call__(self, text: str) -> str:
        """`text` as it stands among the keys."""
        if text.isascii():  # every Unicode form leaves ASCII alone
            return text.lower() if self.case == "lower" else text
        if self.case == "lower":
            text = text.lower()
        return unicodedata.normalize(self.form, text) if self.form else text


def nearest_spellings(wanted: str, keys: Iterable[str], n: int = 3) -> list[str]:
    """At most n keys spelt like `wanted`, the likest first, ties by key; [] where nothing is like it.

    Pairs of letters in common choose 200 candidates (linear in the keys), difflib's ratio orders those.
    """
    pairs = {wanted[i : i + 2].lower() for i in range(len(wanted) - 1)} or {wanted.lower()}

    def shared(key: str) -> float:
        low = key.lower()
        return sum(pair in low for pair in pairs) - abs(len(key) - len(wanted)) / 4

    candidates = nlargest(200, keys, key=shared)
    rated = [(-SequenceMatcher(None, wanted.lower(), key.lower()).ratio(), key) for key in candidates]
    return [key for score, key in sorted(rated)[:n] if score <= -0.6]


def id_text(value: Any) -> Any:
    """An id as it is stored: whole numbers, as logs and graphs from Python have them, as text; all else as it is."""
    is_number = isinstance(value, Integral) and not isinstance(value, bool)  # of NumPy, too
    return str(int(value)) if is_number else value
