"""Which column of an edge list means what: by what is asked, by a header, or by how many there are."""

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
    """Where the columns stand, of `width`; `delimiter` " " is any run of spaces and tabs."""

    delimiter: str
    quoted: bool
    width: int
    source: int
    target: int
    relation: int | None = None
    weight: int | None = None
    header: bool = False

    def cells(self, line: str) -> list[str]:
        """The cells of one line, without the spaces around them; `InputError` where its quotes are not closed."""
        return split(line, self.delimiter, self.quoted)


def split(line: str, delimiter: str, quoted: bool) -> list[str]:
    """The cells of one line, without the spaces around them."""
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

    Columns asked for by name are those of a header; by number, there is none. Where none are asked for, a first row
    that has a known name of a source and of a target is a header. Else two columns are source and target; of three
    the last is a weight by `is_weight`, and otherwise they are head, relation, tail.
    """
    delimiter = delimiter or {"csv": ",", "tsv": "\t"}.get(form) or sniffed(lines[0])
    quoted = form in ("csv", "tsv")
    first = split(lines[0], delimiter, quoted)
    places = by_header(first, columns, name)
    if places is not None:
        return placed(delimiter, quoted, len(first), places, is_header=True)
    if columns.asked:
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
    return placed(delimiter, quoted, len(first), places)


def placed(
    delimiter: str, quoted: bool, width: int, places: dict[str, int], is_header: bool = False
) -> Layout:
    """The layout with the columns at their places."""
    relation, weight = places.get("relation"), places.get("weight")
    return Layout(delimiter, quoted, width, places["source"], places["target"], relation, weight, is_header)


def is_weight(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the last of three columns is a weight: a number in every row, and not an id beside a named relation.

    "a b 0.5" and "1 2 3" have weights; "1 likes 3" is a triple whose nodes are named by numbers.
    """
    full = [[finite_number(cell) is not None for cell in row] for row in rows if len(row) == 3]
    numbers = [all(column) for column in zip(*full, strict=True)]
    return numbers[2] and not (numbers[0] and not numbers[1])


def sniffed(line: str) -> str:
    """What divides the cells of a line: a tab, else a comma, else spaces."""
    return "\t" if "\t" in line.strip() else "," if "," in line else " "


def by_header(header: Sequence[str], columns: Columns, name: str) -> dict[str, int] | None:
    """Where each column stands by its name; None where columns are asked for by number, or this is no header.

    Where some are asked for by name, no weight and no relation is read that is not.
    """
    if isinstance(columns.source, int):
        return None
    lowered = [cell.lower() for cell in header]
    found = {
        role: next(lowered.index(each) for each in known if each in lowered)
        for role, known in KNOWN.items()
        if any(each in lowered for each in known) and (role in ENDS or not columns.asked)
    }
    found |= {role: place_of(each, header, name) for role, each in vars(columns).items() if each is not None}
    if all(role in found for role in ENDS):
        return found
    if columns.asked:
        raise InputError(f"{name} has the columns {names(header)}; say which are source= and target=")
    return None
