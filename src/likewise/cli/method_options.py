"""Options that only some methods take; given with another method they are an error and never ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.errors import OptionError


def options_of_method(method: str, takes: Mapping[str, tuple[str, ...]], **values: Any) -> dict[str, Any]:
    """The options that were given (not None); `OptionError` for one that is not among what `method` takes."""
    given = {name: value for name, value in values.items() if value is not None}
    for name in given:
        if name not in takes[method]:
            takers = ", ".join(other for other, names in takes.items() if name in names)
            raise OptionError(
                f"{option_as_typed(name)} is not an option of {method}, only of {takers}: leave it out"
            )
    return given


def option_as_typed(name: str) -> str:
    """An option as it is typed on the command line."""
    return "--" + name.replace("_", "-")
