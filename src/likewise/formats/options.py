"""How a file is read and written, where its format allows several ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from likewise.errors import OptionError
from likewise.formats.keys import Errors, Spaces
from likewise.formats.rows import Duplicates


@dataclass(frozen=True)
class Options:
    """`spaces`: white space in keys of text; `errors`: bytes that are no UTF-8; `duplicates`: of keys."""

    spaces: Spaces = "refuse"
    errors: Errors = "strict"
    duplicates: Duplicates = "error"

    def __post_init__(self) -> None:
        for name, allowed in (("spaces", Spaces), ("errors", Errors), ("duplicates", Duplicates)):
            value, wanted = getattr(self, name), get_args(allowed)
            if value not in wanted:
                raise OptionError(f"{name} must be one of {', '.join(map(repr, wanted))}, not {value!r}")
