"""Images of any source → one `ImageDataset`: found, named, labelled, decoded, and counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.images import arrays as stored
from likewise.data.images import decoding, finding
from likewise.data.images import preprocess as canvases
from likewise.data.images import subprocess_decoder as isolated
from likewise.data.images.dataset import ImageDataset
from likewise.data.images.decoding import Unreadable, quiet
from likewise.data.images.pipeline import Decoded, Kept, in_order, kept
from likewise.data.images.preprocess import Canvas, Fit
from likewise.data.images.sources import ImageSource, found, labelled, sequence
from likewise.errors import InputError
from likewise.system.cores import checked_threads
from likewise.system.extras import need
from likewise.system.progress import Progress

LONGEST_BY_DEFAULT = 128  # pixels of the longer side where no size is given
EVERY = 256  # images from one report to the next
FEW = 64  # images that are decoded in this process, where starting others would take longer

Decode = Callable[[Path | bytes, Canvas], tuple[np.ndarray, tuple[str, ...]]]
Measure = Callable[[Path | bytes, int], tuple[int, int]]

Report = Callable[[Progress], None]


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
    isolate: bool | None = None,
    folder: str | Path | None = None,
    threads: int | None = None,
    report: Report | None = None,
) -> ImageDataset:
    """All images of `inputs`, decoded once, at one size.

    `inputs` is a folder, walked in natural order, in which the first folder of an image is its class where every
    image lies in one; a CSV or TSV file of paths, relative to it, and labels; a Parquet file of encoded images; .npy,
    .npz and IDX files; a list of paths; or arrays (n, h, w), (n, h, w, 1 or 3). JPEG, PNG, WebP, GIF, BMP and TIFF are
    opened, nothing else; what cannot be used is skipped and listed, or with `strict` raises.

    `size` is (height, width) in pixels; without it that of most images, shrunk until the longer side is 128; arrays
    keep theirs. `channels` is 3, or 1 for grey (ITU-R 601). What can be seen through is laid on `ground`, red, green,
    blue, and so is what `fit` pads (`Canvas` says how). `labels` is a file of paths and labels, or a label an image;
    images without a row are skipped. `label_column` names its column of labels, without it the first; `column` the
    one of paths, of images in Parquet, or the array in .npz. An image of more than `max_pixels` is not decoded.
    The pixels lie in a file without a name in `folder`, or where the system has its temporary files.

    Decoders run in processes of their own, so that one which crashes costs its image and not the work, unless there
    are few images; `isolate` says either way. The result depends neither on that nor on `threads`.

    Raises `InputError` where there is nothing to read, or a file that is no such file; `OptionError`, `WrongType`;
    `NotEnoughSpace`; and `MissingExtra` without Pillow, which arrays of the right size do not need.
    """
    canvases.checked(size, channels, ground, fit, max_pixels)
    ground = (ground[0], ground[1], ground[2])  # a list will do, and a canvas keeps a tuple
    threads = checked_threads(threads)
    place = None if folder is None else Path(folder)
    source = _source(inputs, labels=labels, label_column=label_column, column=column)
    stack = stored.find(inputs, column)
    if stack is not None:
        canvas = Canvas(*(size or stack.size), channels, ground, fit)
        return replace(_of_stack(stack, _own_labels(labels, stack), canvas, place), source=source)
    images = labelled(found(inputs, column), labels, label_column, column, strict)
    is_isolated = len(images.names) > FEW if isolate is None else isolate
    with _decoders(is_isolated, max_pixels, threads) as (decode, measure):
        if size is None:
            size = _usual_size(images, measure, max_pixels, threads)
        canvas = Canvas(size[0], size[1], channels, ground, fit, max_pixels)
        decoded = _reported(_decoded(images, decode, canvas, threads), len(images.names), report)
        result = kept(decoded, canvas.shape, place, strict)
    return replace(_dataset(images, result), canvas=canvas, source=source)


def _source(inputs: Any, **options: Any) -> dict[str, Any]:
    """What was given, paths as text, all else by the name of its type."""

    def described(value: Any) -> str:
        return (
            os.fspath(value) if isinstance(value, str | os.PathLike) else f"given as {type(value).__name__}"
        )

    return {
        "from": described(inputs),
        **{name: described(value) for name, value in options.items() if value is not None},
    }


@contextmanager
def _decoders(is_isolated: bool, max_pixels: int, threads: int) -> Iterator[tuple[Decode, Measure]]:
    """The two functions of `decoding`, in this process or in others."""
    need("PIL.Image", "neural", "reading images")
    if is_isolated:
        with isolated.workers(threads) as workers:
            yield workers.decode, workers.size_of
    else:
        with quiet(max_pixels):
            yield decoding.decode, decoding.size_of


def _usual_size(images: ImageSource, measure: Measure, max_pixels: int, threads: int) -> tuple[int, int]:
    """The height and width of most images, the first such where several are as frequent, shrunk if it is large."""

    def measured(item: tuple[str, Path | bytes]) -> tuple[int, int] | None:
        if isinstance(item[1], Path) and finding.refused(item[1]):
            return None
        try:
            return measure(item[1], max_pixels)
        except Unreadable:
            return None

    sizes = Counter(found for found in in_order(measured, images.each(), threads) if found)
    if not sizes:
        return LONGEST_BY_DEFAULT, LONGEST_BY_DEFAULT
    height, width = max(sizes, key=lambda size: sizes[size])
    scale = min(1.0, LONGEST_BY_DEFAULT / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _decoded(images: ImageSource, decode: Decode, canvas: Canvas, threads: int) -> Iterator[Decoded]:
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

    return in_order(work, images.each(), threads)


def _reported(decoded: Iterator[Decoded], total: int, report: Report | None) -> Iterator[Decoded]:
    for number, image in enumerate(decoded, 1):
        yield image
        if report is not None and (number % EVERY == 0 or number == total):
            report(Progress("reading", number, total, "images"))


def _dataset(images: ImageSource, result: Kept) -> ImageDataset:
    skipped = [*images.skipped, *result.skipped]
    if not result.rows:
        name, reason = skipped[0]
        raise InputError(f"none of {len(skipped):,} images can be used; the first, {name}: {reason}")
    columns = {name: [cells[row] for row in result.rows] for name, cells in images.columns.items()}
    facts = {"images": len(result.rows), "skipped": len(skipped), "others": images.others, **result.notes}
    return ImageDataset(
        result.pixels,
        [images.names[row] for row in result.rows],
        None if images.label is None else columns[images.label],
        columns,
        skipped,
        facts,
    )


def _own_labels(labels: Any, stack: stored.Stack) -> list[str] | None:
    """Labels of an array: given, in an IDX or .npy file, or those that the file has."""
    if labels is None:
        return stack.labels
    if not isinstance(labels, str | os.PathLike):
        return sequence(labels, len(stack.pixels))
    path = Path(labels)
    found = stored.idx_array(path) if stored.is_idx(path) else stored.npy_array(path)
    if found.ndim != 1:
        raise InputError(f"{path} is of shape {found.shape}; wanted a label an image")
    return sequence(found.tolist(), len(stack.pixels))


def _of_stack(
    stack: stored.Stack, labels: list[str] | None, canvas: Canvas, place: Path | None
) -> ImageDataset:
    pixels = stack.pixels
    names = [str(number) for number in range(len(pixels))]
    facts = {"images": len(pixels), "skipped": 0, "others": 0}
    if pixels.shape[1:] != canvas.shape:
        with quiet(canvas.max_pixels):
            rows = (Decoded(name, stored.drawn(row, canvas)) for name, row in zip(names, pixels, strict=True))
            pixels = kept(rows, canvas.shape, place, strict=True).pixels
        facts["resized"] = len(pixels)
    pixels = pixels.view()
    pixels.flags.writeable = False  # of the view: an array given stays the caller's to write in
    columns = {} if labels is None else {"label": labels}
    return ImageDataset(pixels, names, labels, columns, [], facts, canvas)
