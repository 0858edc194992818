"""Options that only some methods take: given to another, they are an error and never passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.errors import OptionError


def taken(method: str, takes: Mapping[str, tuple[str, ...]], **values: Any) -> dict[str, Any]:
    """The options that were given (not None); `OptionError` for one that is not among what `method` takes."""
    given = {name: value for name, value in values.items() if value is not None}
    for name in given:
        if name not in takes[method]:
            takers = ", ".join(other for other, names in takes.items() if name in names)
            raise OptionError(f"{typed(name)} is no option of {method}: {takers} take it; leave it out")
    return given


def typed(name: str) -> str:
    """An option as it is typed."""
    return "--" + name.replace("_", "-")
