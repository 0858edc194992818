"""Literals: values of nodes that are not edges, as numbers, dates and texts of a property."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from likewise.arrays.graph.strings import Strings
from likewise.arrays.spelling import nearest_spellings
from likewise.errors import UnknownKey

Value = TypeVar("Value")
YEARS = range(-262_143, 262_144)  # the range of a datetime64 in seconds


def _no_ids() -> np.ndarray:
    return np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class Literals:
    """m values: node `nodes[i]` has for `property_names[properties[i]]` the value `values[i]`.

    nodes, properties, kinds: (m,) int32. `kind_names[kinds[i]]` is the datatype's IRI, or "@" and the language.
    """

    nodes: np.ndarray = field(default_factory=_no_ids)
    properties: np.ndarray = field(default_factory=_no_ids)
    values: Strings = field(default_factory=Strings)
    kinds: np.ndarray = field(default_factory=_no_ids)
    property_names: list[str] = field(default_factory=list)
    kind_names: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.nodes)

    def numbers(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Nodes (k,) int32 and their values (k,) float64: those of the property that are finite numbers.

        Raises `UnknownKey` for a property that no node has.
        """
        nodes, values = self._as(name, finite_number)
        return nodes, np.array(values, np.float64)

    def dates(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Nodes (k,) int32 and datetime64[s] (k,), in UTC: dates, times, months and years by XML Schema.

        A month or a year is its first instant. Raises `UnknownKey` for a property that no node has.
        """
        nodes, values = self._as(name, instant)
        return nodes, np.array(values, "datetime64[s]")

    def texts(self, name: str, language: str | None = None) -> tuple[np.ndarray, list[str]]:
        """Nodes (k,) int32 and their values as written; in one language if it is given.

        Raises `UnknownKey` for a property that no node has.
        """
        rows = self._rows(name)
        if language is not None:
            tag = f"@{language.lower()}"
            inside = [kind == tag or kind.startswith(f"{tag}-") for kind in map(str.lower, self.kind_names)]
            rows = rows[np.array(inside, np.bool_)[self.kinds[rows]]]
        return self.nodes[rows], [self.values[row] for row in rows]

    def _as(self, name: str, convert: Callable[[str], Value | None]) -> tuple[np.ndarray, list[Value]]:
        found = [(row, value) for row, value in self._convert(name, convert) if value is not None]
        return self.nodes[np.array([row for row, _ in found], np.int64)], [value for _, value in found]

    def _convert(self, name: str, convert: Callable[[str], Value]) -> Iterator[tuple[int, Value]]:
        return ((row, convert(self.values[row])) for row in self._rows(name))

    def _rows(self, name: str) -> np.ndarray:
        if name not in self.property_names:
            near = ", ".join(repr(each) for each in nearest_spellings(name, self.property_names))
            raise UnknownKey(f"no node has the property {name!r}" + (f"; nearest: {near}" if near else ""))
        return np.flatnonzero(self.properties == self.property_names.index(name))


def finite_number(text: str) -> float | None:
    """The number in a text, None if it is not a finite number."""
    try:
        number = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def instant(text: str) -> np.datetime64 | None:
    """The first instant in UTC of an XML Schema date, None if the text is not a date."""
    day, _, time = text.strip().partition("T")
    clock, shift = _zone(time)
    day = day.removesuffix("Z")
    try:
        if int(day[: day.find("-", 1)] if "-" in day[1:] else day) not in YEARS:
            return None
        return np.datetime64(f"{day}T{clock}" if clock else day, "s") - np.timedelta64(shift, "m")
    except ValueError:
        return None


def _zone(time: str) -> tuple[str, int]:
    """A time without its zone, and the zone's minutes east of Greenwich."""
    for sign in "+-":
        clock, found, zone = time.partition(sign)
        hours, _, minutes = zone.partition(":")
        if found and hours.isdigit() and minutes.isdigit():
            return clock, int(f"{sign}1") * (60 * int(hours) + int(minutes))
    return time.removesuffix("Z"), 0
