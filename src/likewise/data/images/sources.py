"""Which images are meant, by what names, with which labels; none of them opened yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any

from likewise.data.images import finding
from likewise.data.images import labels as labelling
from likewise.data.images import parquet as packed
from likewise.data.inputs import is_missing
from likewise.errors import InputError, OptionError, WrongType


@dataclass(frozen=True)
class ImageSource:
    """What was found before anything is decoded: `each()` yields (name, path or bytes) of every image anew."""

    names: Sequence[str]
    each: Callable[[], Iterable[tuple[str, Path | bytes]]]
    columns: dict[str, list[str]] = field(default_factory=dict)
    label: str | None = None
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0


def found(inputs: Any, column: str | None) -> ImageSource:
    """The images of a folder, a list of paths, a sheet or a Parquet file."""
    if isinstance(inputs, str | os.PathLike):
        finding.refuse_url(os.fspath(inputs))
        path = Path(inputs)
        if not path.exists():
            raise finding.no_file(path)
        if path.is_dir():
            return _of_files(finding.in_folder(path), by_folder=True)
        if path.suffix.lower() == ".parquet":
            return _of_parquet(path, column)
        if path.suffix.lower() in (".csv", ".tsv"):
            return _of_sheet(path, column)
        return _of_files(finding.listed([inputs]))
    if isinstance(inputs, bytes | bytearray) or not isinstance(inputs, Iterable):
        raise WrongType(f"got {type(inputs).__name__}; wanted a folder, a file, a list of paths, or arrays")
    given = finding.listed(inputs)
    if not given.names:
        raise InputError("no images: the list is empty")
    return _of_files(given)


def _of_files(found: finding.Found, *, by_folder: bool = False) -> ImageSource:
    classes = finding.first_parts(found.names) if by_folder else None
    return ImageSource(
        found.names,
        lambda: zip(found.names, found.paths, strict=True),
        {} if classes is None else {"folder": classes},
        None if classes is None else "folder",
        found.skipped,
        found.others,
    )


def _of_sheet(path: Path, column: str | None) -> ImageSource:
    sheet = labelling.sheet(path, column)
    for name in sheet.places:
        finding.refuse_url(name)
    paths = [path.parent / name for name in sheet.places]
    label = sheet.chosen(None)
    is_full = label is not None and all(cell.strip() for cell in sheet.columns[label])
    return ImageSource(
        sheet.places,
        lambda: zip(sheet.places, paths, strict=True),
        sheet.columns,
        label if is_full else None,
    )


def _of_parquet(path: Path, column: str | None) -> ImageSource:
    found = packed.find(path, column)
    return ImageSource(found.names, found.each, found.columns, next(iter(found.columns), None))


def labelled(
    images: ImageSource, labels: Any, label_column: str | None, column: str | None, strict: bool
) -> ImageSource:
    """With the given labels: of a file, of a sequence, or of another column."""
    if labels is None:
        return images if label_column is None else _by_column(images, label_column)
    if not isinstance(labels, str | os.PathLike):
        if label_column is not None:
            raise OptionError("label_column= is of a file of labels, and these are no file: leave it out")
        given = sequence(labels, len(images.names))
        return replace(images, columns={"label": given}, label="label")
    sheet = labelling.sheet(Path(labels), column)
    label = sheet.chosen(label_column)
    if label is None:
        raise InputError(f"{sheet.name} has no column besides the paths; wanted a path and a label a row")
    rows, lost = labelling.matched(images.names, sheet)
    if strict and lost:
        raise InputError(f"{lost[0][0]}: {lost[0][1]}")
    columns = {name: ["" if row < 0 else cells[row] for row in rows] for name, cells in sheet.columns.items()}
    return _with_a_label(replace(images, columns=columns, label=label), lost)


def sequence(labels: Any, n: int) -> list[str]:
    """A label for each of n images, as text."""
    given = ["" if is_missing(label) else str(label) for label in labels]
    if len(given) != n:
        raise InputError(f"{len(given):,} labels for {n:,} images: wanted one each")
    return given


def _by_column(images: ImageSource, label: str) -> ImageSource:
    if label not in images.columns:
        known = ", ".join(map(repr, images.columns)) or "none"
        raise InputError(f"no column {label!r} of labels, but {known}; labels= names a file of them")
    return _with_a_label(replace(images, label=label), [])


def _with_a_label(images: ImageSource, lost: list[tuple[str, str]]) -> ImageSource:
    """Only the images whose label is not empty."""
    assert images.label is not None
    takes = [bool(cell.strip()) for cell in images.columns[images.label]]
    without = [
        (name, "it has no label") for name, is_taken in zip(images.names, takes, strict=True) if not is_taken
    ]
    return replace(
        images,
        names=list(compress(images.names, takes)),
        each=lambda: compress(images.each(), takes),
        columns={name: list(compress(cells, takes)) for name, cells in images.columns.items()},
        skipped=[*images.skipped, *lost, *without],
    )
