"""Keys as bytes of a text file: what a format cannot hold is refused by name, or written by percent signs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from likewise.errors import InputError

Spaces = Literal["refuse", "escape"]
Errors = Literal["strict", "replace", "ignore", "backslashreplace"]

WHITE_SPACE = (
    " \t\n\v\f\r"  # where C's fscanf ends a word; other white space of Unicode is a letter like any other
)
LINE_ENDS_AND_TABS = "\t\n\r"
ESCAPE = re.compile(f"[%{WHITE_SPACE}]")
ESCAPED = re.compile("%(25|20|09|0A|0B|0C|0D)")


def escaped(key: str) -> str:
    """`key` with "%" and white space of ASCII as in a URL, such as %20; `unescaped` takes it back."""
    return ESCAPE.sub(lambda found: f"%{ord(found[0]):02X}", key)


def unescaped(key: str) -> str:
    """The key that `escaped` was given."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), key)


def writable(keys: Iterable[str], forbidden: str, spaces: Spaces, format: str) -> list[str]:
    """The keys as they are written; `InputError` naming the first that `format` cannot hold."""
    keys = list(keys)
    if spaces == "escape":
        keys = [escaped(key) for key in keys]
    pattern = re.compile(f"[{forbidden}]") if forbidden else None
    for key in keys:
        if pattern and pattern.search(key):
            raise InputError(
                f'{format} cannot hold the key {key!r} with its white space: give spaces="escape", '
                'or write "parquet", "npy" or "jsonl"'
            )
        if not key.isascii() and any("\ud800" <= letter <= "\udfff" for letter in key):
            raise InputError(f"the key {key!r} holds half a surrogate pair and has no bytes in UTF-8")
    return keys


def decoded(raw: bytes, errors: Errors, where: str) -> str:
    """The text of `raw`, or `InputError` where it is no UTF-8 and `errors` is "strict"."""
    try:
        return raw.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise InputError(
            f'{where}: {raw[:60]!r} is no UTF-8: give errors="replace", "ignore" or "backslashreplace"'
        ) from error
