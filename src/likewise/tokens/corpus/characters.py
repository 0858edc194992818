"""What each code point is to the splitting rule: one byte of flags for each of Unicode's 1,114,112."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from unicodedata import category

import numpy as np

SPACE = 1  # str.split() separates here
ROW_END = 2  # str.splitlines() ends a row here
BASE = 4  # may begin a word: letters, digits, other numbers, underscore
LETTER = 8
DIGIT = 16
MARK = 32  # may continue a word: accents, vowel signs, joiners
IDEOGRAPH = 64  # a word by itself, with the marks on it
APOSTROPHE = 128  # joins two letters

ROW_ENDS = "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
APOSTROPHES = "'\u2019"
POINTS = ".,"
JOINERS = "\u200c\u200d"  # Persian and Indic spelling needs them inside words (UAX #29, rule WB4)

# Scripts whose words only a dictionary can separate: each character is a word.
IDEOGRAPHS = (
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x303B, 0x303B),
    (0x3041, 0x309F),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x1B001, 0x1B11F),
    (0x1B150, 0x1B152),
    (0x20000, 0x3FFFF),
)
ASSIGNED = (range(0x40000), range(0xE0000, 0xE1000))  # no other code point has a class


def is_ideograph(code: int) -> bool:
    """Whether the code point stands in one of the ranges of `IDEOGRAPHS`."""
    return any(first <= code <= last for first, last in IDEOGRAPHS)


def flags(code: int) -> int:
    """The classes of one code point."""
    char = chr(code)
    if char.isspace():
        return SPACE | (ROW_END if char in ROW_ENDS else 0)
    if char.isalnum():
        if is_ideograph(code):
            return IDEOGRAPH
        return BASE | (LETTER if char.isalpha() else DIGIT if char.isdecimal() else 0)
    if char == "_":
        return BASE
    if char in APOSTROPHES:
        return APOSTROPHE
    return MARK if char in JOINERS or category(char)[0] == "M" else 0


@lru_cache(maxsize=1)
def classes() -> np.ndarray:
    """(0x110000,) uint8: the flags of every code point, by this Python's Unicode version."""
    table = np.zeros(0x110000, np.uint8)
    for code in chain(*ASSIGNED):
        table[code] = flags(code)
    table.flags.writeable = False
    return table


def members(flag: int) -> str:
    """The code points with `flag`, as the inside of a regular expression's [...]."""
    has = np.flatnonzero(np.diff((classes() & flag) > 0, prepend=False, append=False)).reshape(-1, 2)
    return "".join(rf"\U{first:08x}-\U{last - 1:08x}" for first, last in has.tolist())
