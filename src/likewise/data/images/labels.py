"""Labels out of a file of columns, matched to images by path, by name, or by name without its ending."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from likewise.data import records
from likewise.data.sources import Source, find, opened
from likewise.errors import InputError
from likewise.system.extras import need

ENCODING = "utf-8-sig"
PATH_COLUMNS = ("path", "file", "filename", "file_name", "image", "img", "photo", "picture", "name", "id")


@dataclass(frozen=True)
class Sheet:
    """The rows of a file: what each says of where its image is, and all other columns."""

    name: str
    places: list[str]
    columns: dict[str, list[str]]

    def chosen(self, label: str | None) -> str | None:
        """The column to take labels from: the given one, or the first; `InputError` for one there is not."""
        if label is not None:
            records.place_of(label, list(self.columns), self.name)
            return label
        return next(iter(self.columns), None)


def sheet(path: Path, column: str | None) -> Sheet:
    """A CSV, TSV or Parquet file of paths and labels; raises `InputError` for one that cannot be read.

    `column` names the one with paths; without it, the first that is called path, file, image, name, id or the like.
    """
    source = find(path)[0]
    header, rows = _rows(source)
    if not rows:
        raise InputError(f"no rows in {source.name}; wanted a header, and a path and a label a row")
    place = _place(column, header, source.name)
    columns = {
        name: [row[i] for row in rows]
        for i, name in enumerate(header)
        if i != place and header.count(name) == 1
    }
    return Sheet(source.name, [row[place] for row in rows], columns)


def matched(names: Sequence[str], sheet: Sheet) -> tuple[list[int], list[tuple[str, str]]]:
    """For each image its row of the sheet, -1 for none; and the rows without an image, with the reason.

    Raises `InputError` where no image at all is in the sheet, or where two rows or images could be meant.
    """
    rows = [-1] * len(names)
    places = [PurePosixPath(place.replace("\\", "/").strip()) for place in sheet.places]
    by_path, by_name, by_stem = (
        _by(names, str),
        _by(names, lambda path: path.name),
        _by(names, lambda path: path.stem),
    )
    lost = []
    for number, place in enumerate(places):
        wanted = by_path.get(str(place)) or by_name.get(place.name) or by_stem.get(place.name) or []
        if len(wanted) > 1:
            raise InputError(
                f"{sheet.name}: {sheet.places[number]!r} may be {names[wanted[0]]!r} or {names[wanted[1]]!r}: "
                f"write the path as it is in the folder"
            )
        if not wanted:
            lost.append((sheet.places[number], f"in {Path(sheet.name).name}, but there is no such file"))
        elif rows[wanted[0]] >= 0:
            raise InputError(f"{sheet.name} has two rows for {names[wanted[0]]!r}: take one of them out")
        else:
            rows[wanted[0]] = number
    if len(lost) == len(places):
        raise InputError(
            f"none of the {len(lost):,} rows of {sheet.name} is of an image in the folder; its first says "
            f"{sheet.places[0]!r}, the first image is {names[0]!r}; name the column of paths with column="
        )
    return rows, lost


def _by(names: Sequence[str], key: Callable[[PurePosixPath], str]) -> dict[str, list[int]]:
    keyed: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        keyed.setdefault(key(PurePosixPath(name)), []).append(number)
    return keyed


def _rows(source: Source) -> tuple[list[str], list[list[str]]]:
    if source.form == "parquet":
        table = need("pyarrow.parquet", "all", "reading Parquet").read_table(source.path)
        return table.column_names, [[_text(cell) for cell in row.values()] for row in table.to_pylist()]
    if source.form not in ("csv", "tsv"):
        raise InputError(f"{source.name} is no file of columns by its name; wanted .csv, .tsv or .parquet")
    try:
        with (
            opened(source, None) as stream,
            io.TextIOWrapper(io.BufferedReader(stream), ENCODING, newline="") as text,
        ):
            header = next(csv.reader(text, delimiter="\t" if source.form == "tsv" else ","), [])
        with opened(source, None) as stream:
            return header, [cells for _, cells in records.csv_cells(stream, header, ENCODING, "strict")]
    except UnicodeDecodeError as error:
        raise InputError(f"{source.name} is not UTF-8: {error.reason}; save it so") from error


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _place(column: str | None, header: list[str], name: str) -> int:
    if column is not None:
        return records.place_of(column, header, name)
    lowered = [each.strip().lower() for each in header]
    for known in PATH_COLUMNS:
        if known in lowered:
            return lowered.index(known)
    raise InputError(
        f"{name} has the columns {records.names(header)}; name the one with the images' paths with column="
    )
