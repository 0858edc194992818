r"""The splitting rule: which stretches of a text are its words, and how a word is spelt as a key.

`words` follows the word boundaries of Unicode (UAX #29) closely: a word is a run of letters, digits, other
numbers and underscores with the marks on them; an apostrophe between two letters joins (don't), so do a
point and a comma between two digits (1,234.5); a Han or Hiragana character is a word by itself; all else
separates. `white` is `str.split()`. A text is split first and each word spelt after, so a word is spelt the
same wherever it stands, also in a query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from likewise.arrays.spelling import Spelling
from likewise.errors import OptionError
from likewise.tokens.corpus import characters


@dataclass(frozen=True)
class Words:
    """How text becomes tokens: split by `kind`, then spelt in Unicode form `form` and in `case`."""

    kind: Literal["words", "white"] = "words"
    case: Literal["lower", "keep"] = "lower"
    form: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = "NFC"

    def __post_init__(self) -> None:
        if self.kind not in ("words", "white"):
            raise OptionError(f"kind must be 'words' or 'white', not {self.kind!r}")
        if self.case not in ("lower", "keep"):
            raise OptionError(f"case must be 'lower' or 'keep', not {self.case!r}")
        if self.form not in ("NFC", "NFD", "NFKC", "NFKD", None):
            raise OptionError(f"form must be 'NFC', 'NFD', 'NFKC', 'NFKD' or None, not {self.form!r}")

    @property
    def spelling(self) -> Spelling:
        """The rule that a table of these words stores, so that a query is spelt as the text was."""
        return Spelling(form=self.form, case=self.case)

    def split(self, text: str) -> list[str]:
        """The tokens of `text` in their order. This is the reference; the scanner must agree with it."""
        parts = text.split() if self.kind == "white" else pattern().findall(text)
        spelling = self.spelling
        return [spelling(part) for part in parts]


@lru_cache(maxsize=1)
def pattern() -> re.Pattern[str]:
    """One word of the rule `words`."""
    base, letter, digit, mark, ideograph = (
        characters.members(flag)
        for flag in (
            characters.BASE,
            characters.LETTER,
            characters.DIGIT,
            characters.MARK,
            characters.IDEOGRAPH,
        )
    )
    one = f"[{base}][{mark}]*"
    between_letters = f"(?<=[{letter}{mark}])[{characters.APOSTROPHES}](?=[{letter}])"
    between_digits = f"(?<=[{digit}])[{characters.POINTS}](?=[{digit}])"
    return re.compile(f"[{ideograph}][{mark}]*|{one}(?:(?:{between_letters}|{between_digits})?{one})*")
