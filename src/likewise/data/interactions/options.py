"""The columns of a log, and the rules by which its rows become interactions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Literal

from likewise.errors import OptionError

Column = str | int
WEIGHINGS = ("log", "count", "one")


@dataclass(frozen=True)
class Reading:
    """Columns of a log, and the rules by which its rows become interactions, applied in the order of this list.

    Columns are given by name, or by number from 0 where the file has no header.

    Parameters
    ----------
    user : str or int, default "user"
        Column of the user ids.
    item : str or int, default "item"
        Column of the item ids.
    rating : str, int or None, default None
        Column of ratings. Of a pair that is rated more than once the latest rating counts; without times, or at the
        same time, the highest.
    count : str, int or None, default None
        Column of counts, 0 or more. Those of a pair are summed; a pair with a sum of 0 is not an interaction.
    time : str, int or None, default None
        Column of times: numbers (as seconds since 1970), or dates as 2026-01-31 12:00:00.
    until : float, str or None, default None
        Rows after this time are left out.
    at_least : float or None, default None
        Pairs rated lower are not interactions. None: every rated pair is one.
    most : int or None, default None
        Largest number of pairs of a user, from 1: the latest, or without times a pseudo-random sample by their ids.
    min_items : int, default 1
        Users with fewer items are left out.
    min_users : int, default 1
        Items with fewer users are left out. Both rules are repeated until nothing changes (the k-core).
    weigh : {"log", "count", "one"}, default "log"
        Weight of a count c: 1 + ln c (c itself below 1), c, or 1.
    encoding : str, default "utf-8"
        Encoding of text files.

    Examples
    --------
    >>> from likewise.users import Reading, read
    >>> read([("ann", "tea", 5.0), ("bob", "tea", 2.0)], Reading(rating="stars", at_least=3)).users
    ['ann']
    """

    user: Column = "user"
    item: Column = "item"
    rating: Column | None = None
    count: Column | None = None
    time: Column | None = None
    until: float | str | None = None
    at_least: float | None = None
    most: int | None = None
    min_items: int = 1
    min_users: int = 1
    weigh: Literal["log", "count", "one"] = "log"
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
                raise OptionError(f"{name} needs the {wanted} of a row: name its column with {wanted}=")
        chosen = list(self.roles.values())
        if any(isinstance(each, int) != isinstance(chosen[0], int) for each in chosen):
            raise OptionError(f"columns are all named or all numbered, not {', '.join(map(repr, chosen))}")
        repeated = [each for each in chosen if chosen.count(each) > 1]
        if repeated:
            raise OptionError(f"the column {repeated[0]!r} is given twice; give different columns")

    @property
    def roles(self) -> dict[str, Column]:
        """The given columns by their role."""
        given = {role: getattr(self, role) for role in ("user", "item", "rating", "count", "time")}
        return {role: column for role, column in given.items() if column is not None}

    @property
    def recorded(self) -> dict[str, Any]:
        """The options as JSON values, without those that are None."""
        return {name: value for name, value in asdict(self).items() if value is not None}
