"""Pictures of any source → one `Album`: found, named, labelled, decoded, and counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from likewise.cores import checked_threads
from likewise.data.images import canvas as canvases
from likewise.data.images import finding, labelling, packed, stored
from likewise.data.images.album import Album
from likewise.data.images.canvas import Canvas, Fit
from likewise.data.images.decoding import Unreadable, decode, quiet, size_of
from likewise.data.images.pipeline import Decoded, Kept, in_order, kept
from likewise.errors import InputError, OptionError, WrongType
from likewise.progress import Progress

LONGEST_UNASKED = 128  # pixels of the longer side where no size is asked for
EVERY = 256  # pictures from one report to the next

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Pictures:
    """What was found before anything is decoded: `each()` yields (name, path or bytes) of every picture anew."""

    names: Sequence[str]
    each: Callable[[], Iterable[tuple[str, Path | bytes]]]
    columns: dict[str, list[str]] = field(default_factory=dict)
    label: str | None = None
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0


def read(
    inputs: Any,
    *,
    size: tuple[int, int] | None = None,
    channels: int = 3,
    ground: tuple[int, int, int] = (255, 255, 255),
    fit: Fit = "pad",
    labels: str | Path | Sequence[str] | None = None,
    label_column: str | None = None,
    column: str | None = None,
    strict: bool = False,
    max_pixels: int = Canvas.max_pixels,
    folder: str | Path | None = None,
    threads: int | None = None,
    report: Report | None = None,
) -> Album:
    """All pictures of `inputs`, decoded once, at one size.

    `inputs` is a folder, walked in natural order, in which the first folder of a picture is its class where every
    picture lies in one; a CSV or TSV file of paths, beside it, and labels; a Parquet file of encoded pictures; .npy,
    .npz and IDX files; a list of paths; or arrays (n, h, w), (n, h, w, 1 or 3). JPEG, PNG, WebP, GIF, BMP and TIFF are
    opened, nothing else; what cannot be used is skipped and listed, or with `strict` raises.

    `size` is (height, width) in pixels; without it that of most pictures, shrunk until the longer side is 128; arrays
    keep theirs. `channels` is 3, or 1 for grey (ITU-R 601). What can be seen through is laid on `ground`, red, green,
    blue, and so is what `fit` pads (`Canvas` says how). `labels` is a file of paths and labels, or a label a picture;
    pictures without a row are skipped. `label_column` names its column of labels, without it the first; `column` the
    one of paths, of pictures in Parquet, or the array in .npz. A picture of more than `max_pixels` is not decoded.
    The pixels lie in a file without a name in `folder`, or where the system has its temporary files. The result does
    not depend on `threads`.

    Raises `InputError` where there is nothing to read, or a file that is no such file; `OptionError`, `WrongType`;
    `NotEnoughSpace`; and `MissingExtra` without Pillow, which arrays of the right size do not need.
    """
    canvases.checked(size, channels, ground, fit, max_pixels)
    ground = (ground[0], ground[1], ground[2])  # a list will do, and a canvas keeps a tuple
    threads = checked_threads(threads)
    place = None if folder is None else Path(folder)
    found = _stack(inputs, column)
    if found is not None:
        return _of_stack(found, _own_labels(labels, found), size, channels, ground, fit, place)
    pictures = _labelled(_found(inputs, column), labels, label_column, column, strict)
    with quiet(max_pixels):
        if size is None:
            size = _usual_size(pictures, max_pixels, threads)
        canvas = Canvas(size[0], size[1], channels, ground, fit, max_pixels)
        decoded = _told(_decoded(pictures, canvas, threads), len(pictures.names), report)
        result = kept(decoded, canvas.shape, place, strict)
    return _album(pictures, result)


def _found(inputs: Any, column: str | None) -> Pictures:
    """The pictures of a folder, a list of paths, a sheet or a Parquet file."""
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
    found = finding.listed(inputs)
    if not found.names:
        raise InputError("no pictures: the list is empty")
    return _of_files(found)


def _of_files(found: finding.Found, *, by_folder: bool = False) -> Pictures:
    classes = finding.first_parts(found.names) if by_folder else None
    return Pictures(
        found.names,
        lambda: zip(found.names, found.paths, strict=True),
        {} if classes is None else {"folder": classes},
        None if classes is None else "folder",
        found.skipped,
        found.others,
    )


def _of_sheet(path: Path, column: str | None) -> Pictures:
    sheet = labelling.sheet(path, column)
    for name in sheet.places:
        finding.refuse_url(name)
    paths = [path.parent / name for name in sheet.places]
    return Pictures(
        sheet.places, lambda: zip(sheet.places, paths, strict=True), sheet.columns, sheet.chosen(None)
    )


def _of_parquet(path: Path, column: str | None) -> Pictures:
    found = packed.find(path, column)
    return Pictures(found.names, found.each, found.columns, next(iter(found.columns), None))


def _labelled(
    found: Pictures, labels: Any, label_column: str | None, column: str | None, strict: bool
) -> Pictures:
    """With the labels asked for: of a file, of a sequence, or of another column."""
    if labels is None:
        if label_column is None:
            return found
        if label_column not in found.columns:
            known = ", ".join(map(repr, found.columns)) or "none"
            raise InputError(
                f"no column {label_column!r} of labels, but {known}; labels= names a file of them"
            )
        return _with(found, found.columns, label_column)
    if not isinstance(labels, str | os.PathLike):
        if label_column is not None:
            raise OptionError(
                "label_column= is of a file of labels; the labels given are no file: leave it out"
            )
        return _with(found, {"label": _sequence(labels, len(found.names))}, "label")
    sheet = labelling.sheet(Path(labels), column)
    label = sheet.chosen(label_column)
    if label is None:
        raise InputError(f"{sheet.name} has no column beside the paths; wanted a path and a label a row")
    rows, lost = labelling.matched(list(found.names), sheet)
    if strict and lost:
        raise InputError(f"{lost[0][0]}: {lost[0][1]}")
    return _rows(found, sheet, rows, label, lost)


def _with(found: Pictures, columns: dict[str, list[str]], label: str) -> Pictures:
    return Pictures(found.names, found.each, columns, label, found.skipped, found.others)


def _rows(
    found: Pictures, sheet: labelling.Sheet, rows: list[int], label: str, lost: list[tuple[str, str]]
) -> Pictures:
    """Only the pictures that have a row with a label."""
    cells = sheet.columns[label]
    takes = [row >= 0 and bool(cells[row].strip()) for row in rows]
    without = [
        (name, "it has no label") for name, is_taken in zip(found.names, takes, strict=True) if not is_taken
    ]

    def each() -> Iterator[tuple[str, Path | bytes]]:
        return (pair for pair, is_taken in zip(found.each(), takes, strict=True) if is_taken)

    chosen = [row for row, is_taken in zip(rows, takes, strict=True) if is_taken]
    names = [name for name, is_taken in zip(found.names, takes, strict=True) if is_taken]
    columns = {name: [column[row] for row in chosen] for name, column in sheet.columns.items()}
    return Pictures(names, each, columns, label, [*found.skipped, *lost, *without], found.others)


def _sequence(labels: Any, n: int) -> list[str]:
    given = list(map(str, labels))
    if len(given) != n:
        raise InputError(f"{len(given):,} labels for {n:,} pictures: wanted one each")
    return given


def _usual_size(pictures: Pictures, max_pixels: int, threads: int) -> tuple[int, int]:
    """The height and width of most pictures, the first such where several are as frequent, shrunk if it is large."""

    def measured(item: tuple[str, Path | bytes]) -> tuple[int, int] | None:
        if isinstance(item[1], Path) and finding.refused(item[1]):
            return None
        try:
            return size_of(item[1], max_pixels)
        except Unreadable:
            return None

    sizes = Counter(found for found in in_order(measured, pictures.each(), threads) if found)
    if not sizes:
        return LONGEST_UNASKED, LONGEST_UNASKED
    height, width = max(sizes, key=lambda size: sizes[size])
    scale = min(1.0, LONGEST_UNASKED / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _decoded(pictures: Pictures, canvas: Canvas, threads: int) -> Iterator[Decoded]:
    def work(item: tuple[str, Path | bytes]) -> Decoded:
        name, data = item
        reason = finding.refused(data) if isinstance(data, Path) else None
        if reason is not None:
            return Decoded(name, None, reason=reason)
        try:
            pixels, notes = decode(data, canvas)
        except Unreadable as error:
            return Decoded(name, None, reason=str(error))
        return Decoded(name, pixels, notes)

    return in_order(work, pictures.each(), threads)


def _told(decoded: Iterator[Decoded], total: int, report: Report | None) -> Iterator[Decoded]:
    for number, picture in enumerate(decoded, 1):
        yield picture
        if report is not None and (number % EVERY == 0 or number == total):
            report(Progress("reading", number, total, "pictures"))


def _album(pictures: Pictures, result: Kept) -> Album:
    skipped = [*pictures.skipped, *result.skipped]
    if not result.rows:
        name, reason = skipped[0]
        raise InputError(f"none of {len(skipped):,} pictures can be used; the first, {name}: {reason}")
    columns = {name: [cells[row] for row in result.rows] for name, cells in pictures.columns.items()}
    facts = {"pictures": len(result.rows), "skipped": len(skipped), "others": pictures.others, **result.notes}
    return Album(
        result.pixels,
        [pictures.names[row] for row in result.rows],
        None if pictures.label is None else columns[pictures.label],
        columns,
        skipped,
        facts,
    )


def _stack(inputs: Any, column: str | None) -> stored.Stack | None:
    """The numbers of a file or from Python; None where there are pictures still to decode."""
    if isinstance(inputs, np.ndarray):
        return stored.given(inputs)
    if isinstance(inputs, list | tuple) and inputs and isinstance(inputs[0], np.ndarray):
        return stored.given(inputs)
    if isinstance(inputs, str | os.PathLike) and (path := Path(inputs)).is_file():
        if path.suffix == ".npy":
            return stored.npy(path)
        if path.suffix == ".npz":
            return stored.npz(path, column)
        if stored.is_idx(path):
            return stored.idx(path)
    return None


def _own_labels(labels: Any, stack: stored.Stack) -> list[str] | None:
    """Labels of an array: given, in an IDX or .npy file, or those that the file has."""
    if labels is None:
        return stack.labels
    if not isinstance(labels, str | os.PathLike):
        return _sequence(labels, len(stack.pixels))
    path = Path(labels)
    found = stored.idx_array(path) if stored.is_idx(path) else stored.npy(path).pixels
    if found.ndim != 1:
        raise InputError(f"{path} is of shape {found.shape}; wanted a label a picture")
    return _sequence(found.tolist(), len(stack.pixels))


def _of_stack(
    stack: stored.Stack,
    labels: list[str] | None,
    size: tuple[int, int] | None,
    channels: int,
    ground: tuple[int, int, int],
    fit: Fit,
    place: Path | None,
) -> Album:
    pixels = stored.checked(stack)
    if len(pixels) == 0:
        raise InputError(f"{stack.name} holds no pictures: its shape is {stack.pixels.shape}")
    height, width = size or pixels.shape[1:3]
    canvas = Canvas(height, width, channels, ground, fit)
    names = [str(number) for number in range(len(pixels))]
    facts = {"pictures": len(pixels), "skipped": 0, "others": 0}
    if pixels.shape[1:] != canvas.shape:
        with quiet(canvas.max_pixels):
            rows = (Decoded(name, stored.drawn(row, canvas)) for name, row in zip(names, pixels, strict=True))
            pixels = kept(rows, canvas.shape, place, strict=True).pixels
        facts["resized"] = len(pixels)
    pixels.flags.writeable = False
    return Album(pixels, names, labels, {} if labels is None else {"label": labels}, [], facts)
