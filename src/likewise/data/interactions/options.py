"""Which columns of a log are meant, and the rules by which its rows become choices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Literal

from likewise.errors import OptionError

Column = str | int
WEIGHINGS = ("log", "count", "one")


@dataclass(frozen=True)
class Reading:
    """Columns by name, or by number from 0 where there is no header; and rules, applied in this order."""

    user: Column = "user"
    item: Column = "item"
    rating: Column | None = None  # of a pair rated more than once the latest, else the highest, is taken
    count: Column | None = None  # of a pair counted more than once the sum is taken; 0 is no choice
    time: Column | None = None  # numbers (as seconds since 1970), or dates as 2026-01-31 12:00:00
    until: float | str | None = None  # rows after this time are left out
    at_least: float | None = None  # pairs rated lower are no choices; None: every rated pair is one
    most: int | None = None  # pairs of a user: the latest, or without times some that are drawn
    min_items: int = 1  # users with fewer items are left out,
    min_users: int = 1  # items with fewer users too, until nobody is left to leave out
    weigh: Literal["log", "count", "one"] = "log"  # what a count c weighs: 1 + ln c (or c below 1), c, or 1
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        for name in ("most", "min_items", "min_users"):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            if not whole and not (name == "most" and value is None):
                raise OptionError(f"{name} must be a whole number from 1, not {value!r}")
        if self.at_least is not None and not isfinite(self.at_least):
            raise OptionError(f"at_least must be a finite number, not {self.at_least!r}")
        if self.weigh not in WEIGHINGS:
            raise OptionError(f"weigh must be one of {', '.join(WEIGHINGS)}, not {self.weigh!r}")
        for name, wanted in (("at_least", "rating"), ("until", "time")):
            if getattr(self, name) is not None and getattr(self, wanted) is None:
                raise OptionError(f"{name} is about the {wanted} of a row: name its column with {wanted}=")
        chosen = list(self.roles.values())
        if any(isinstance(each, int) != isinstance(chosen[0], int) for each in chosen):
            raise OptionError(f"columns are all named or all numbered, not {', '.join(map(repr, chosen))}")
        repeated = [each for each in chosen if chosen.count(each) > 1]
        if repeated:
            raise OptionError(f"two things are both in the column {repeated[0]!r}; give two different ones")

    @property
    def roles(self) -> dict[str, Column]:
        """The columns that were chosen, by what they are."""
        given = {role: getattr(self, role) for role in ("user", "item", "rating", "count", "time")}
        return {role: column for role, column in given.items() if column is not None}

    @property
    def recorded(self) -> dict[str, Any]:
        """The options as JSON values; what was not given is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}
