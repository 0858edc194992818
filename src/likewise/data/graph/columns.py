"""The columns of an edge list: by option, by a header, or by their number."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from likewise.arrays.graph.literals import finite_number
from likewise.data.graph.options import Columns
from likewise.data.records import names, place_of
from likewise.errors import InputError

KNOWN = {
    "source": ("source", "src", "from", "head", "subject"),
    "target": ("target", "dst", "to", "tail", "object"),
    "relation": ("relation", "rel", "type", "predicate"),
    "weight": ("weight", "weights", "w"),
}
ENDS = ("source", "target")
BLANKS = " \t\r\f\v"


@dataclass(frozen=True)
class Layout:
    """The positions of the columns, of `width`; `delimiter` " " is any run of spaces and tabs."""

    delimiter: str
    quoted: bool
    width: int
    source: int
    target: int
    relation: int | None = None
    weight: int | None = None
    header: bool = False

    def cells(self, line: str) -> list[str]:
        """The cells of one line, without leading and trailing spaces; `InputError` where its quotes are not closed."""
        return split(line, self.delimiter, self.quoted)


def split(line: str, delimiter: str, quoted: bool) -> list[str]:
    """The cells of one line, without leading and trailing spaces."""
    if delimiter == " ":
        return line.split()
    try:
        found = (
            next(csv.reader([line], delimiter=delimiter, strict=True)) if quoted else line.split(delimiter)
        )
    except csv.Error as error:
        raise InputError(f"its quotes do not close: {error}") from error
    return [cell.strip(BLANKS) for cell in found]


def layout(lines: Sequence[str], columns: Columns, delimiter: str | None, form: str, name: str) -> Layout:
    """The layout of a file by its first rows (`lines`, at least one).

    Columns given by name are those of a header; by number, there is no header. If none are given, a first row with a
    known name of a source and of a target is a header. Else two columns are source and target; of three the last is a
    weight by `is_weight`, or they are head, relation, tail.
    """
    delimiter = delimiter or {"csv": ",", "tsv": "\t"}.get(form) or detect_delimiter(lines[0])
    quoted = form in ("csv", "tsv")
    first = split(lines[0], delimiter, quoted)
    places = by_header(first, columns, name)
    if places is not None:
        return layout_of(delimiter, quoted, len(first), places, is_header=True)
    if columns.is_given:
        places = {
            role: place_of(column, first, name)
            for role, column in vars(columns).items()
            if column is not None
        }
    elif len(first) == 2:
        places = {"source": 0, "target": 1}
    elif len(first) == 3:
        rows = [split(line, delimiter, quoted) for line in lines]
        weighs = is_weight(rows)
        places = (
            {"source": 0, "target": 1, "weight": 2} if weighs else {"source": 0, "relation": 1, "target": 2}
        )
    else:
        raise InputError(
            f"{name} has {len(first)} columns, {names(first, 5)} in its first row: say which are source= and target=, "
            "by number from 0, or by name where it has a header"
        )
    return layout_of(delimiter, quoted, len(first), places)


def layout_of(
    delimiter: str, quoted: bool, width: int, places: dict[str, int], is_header: bool = False
) -> Layout:
    """The layout with the columns at these positions."""
    relation, weight = places.get("relation"), places.get("weight")
    return Layout(delimiter, quoted, width, places["source"], places["target"], relation, weight, is_header)


def is_weight(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the last of three columns is a weight: a number in every row, and not an id next to a named relation.

    "a b 0.5" and "1 2 3" have weights; "1 likes 3" is a triple of nodes with numbers as ids.
    """
    full = [[finite_number(cell) is not None for cell in row] for row in rows if len(row) == 3]
    numbers = [all(column) for column in zip(*full, strict=True)]
    return numbers[2] and not (numbers[0] and not numbers[1])


def detect_delimiter(line: str) -> str:
    """The delimiter of a line: a tab, else a comma, else spaces."""
    return "\t" if "\t" in line.strip() else "," if "," in line else " "


def by_header(header: Sequence[str], columns: Columns, name: str) -> dict[str, int] | None:
    """The position of each column by its name; None if columns are given by number, or this is not a header.

    If some are given by name, a weight or a relation is only read if it is given, too.
    """
    if isinstance(columns.source, int):
        return None
    lowered = [cell.lower() for cell in header]
    found = {
        role: next(lowered.index(each) for each in known if each in lowered)
        for role, known in KNOWN.items()
        if any(each in lowered for each in known) and (role in ENDS or not columns.is_given)
    }
    found |= {role: place_of(each, header, name) for role, each in vars(columns).items() if each is not None}
    if all(role in found for role in ENDS):
        return found
    if columns.is_given:
        raise InputError(f"{name} has the columns {names(header)}; say which are source= and target=")
    return None
