"""How images are read, as options that several commands share; and the dataset, with a summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from likewise.cli.output import note
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    from likewise.cli.progress import Bar
    from likewise.data.images import ImageDataset

IMAGE_FILES = "How images are read"
TASK_ENDINGS = (".npy", ".npz", ".gz", "-ubyte", ".idx")

Size: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="H,W", help="Rows and columns that every image is resized to.", rich_help_panel=IMAGE_FILES,
        show_default="that of most, 128 at most",
    ),
]  # fmt: skip
Channels: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="3 for colour, 1 for grey.",
        rich_help_panel=IMAGE_FILES,
        show_default="3, grey arrays 1",
    ),
]
Fit: TypeAlias = Annotated[
    Literal["pad", "cover", "stretch"],
    typer.Option(
        help="Show all on the ground, cut what hangs over, or keep no proportions.",
        rich_help_panel=IMAGE_FILES,
    ),
]
Ground: TypeAlias = Annotated[
    str,
    typer.Option(metavar="R,G,B", help="Under what is transparent or padded.", rich_help_panel=IMAGE_FILES),
]
Labels: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="CSV, TSV or Parquet of paths and labels, or IDX. Without it, folders are classes.",
        rich_help_panel=IMAGE_FILES, show_default=False,
    ),
]  # fmt: skip
LabelColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The column of labels.", rich_help_panel=IMAGE_FILES, show_default="the first"
    ),
]
PathColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--column", metavar="NAME", help="The column of paths, or of images in Parquet, or the array of .npz.",
        rich_help_panel=IMAGE_FILES, show_default="path, file, image, id …",
    ),
]  # fmt: skip
Strict: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Stop at an image that cannot be used, instead of skipping it.",
        rich_help_panel=IMAGE_FILES,
    ),
]


def dataset(inputs: Any, bar: Bar | None = None, **options: Any) -> ImageDataset:
    """What `read` gives, its notes shown; `InputError` where there is nothing to read."""
    from likewise.data.images import read

    found = read(inputs, report=bar, **options)
    for line in found.notes():
        note(line)
    return found


def as_drawn(inputs: Any, model: Any, bar: Bar | None = None, **options: Any) -> ImageDataset:
    """Images on the canvas of a model or of a dataset; on one of their own where it is None."""
    if model is None:
        return dataset(inputs, bar, **options)
    canvas = model.canvas
    return dataset(
        inputs, bar, size=(canvas.height, canvas.width), channels=canvas.channels, ground=canvas.ground,
        fit=canvas.fit, **options,
    )  # fmt: skip


def labelled(inputs: Any, model: Any, command: str, **options: Any) -> ImageDataset:
    """Images of two classes or more; `InputError` for others."""
    found = as_drawn(inputs, model, **options)
    if len(found.classes) < 2:
        held = "no labels" if found.labels is None else f"one class, {found.classes[0]!r}"
        raise InputError(
            f"{str(inputs)!r} has {held}, and `{command}` wants two classes or more: a folder for each, or labels="
        )
    return found


def are_images(path: Path) -> bool:
    """Whether an argument holds images: a folder, or a file of numbers."""
    return path.is_dir() or path.name.lower().endswith(TASK_ENDINGS)


def is_of_images(model: Any) -> bool:
    """Whether a model is one of images."""
    return hasattr(model, "canvas")


def numbers(text: str, name: str, count: int) -> tuple[int, ...]:
    """ "80,60" as (80, 60); `OptionError` for anything but so many whole numbers."""
    parts = text.split(",")
    if len(parts) != count or not all(part.strip().isdecimal() for part in parts):
        raise OptionError(f"{name} is {count} whole numbers such as {','.join(['64'] * count)}, not {text!r}")
    return tuple(map(int, parts))
