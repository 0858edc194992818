"""Which images a folder holds, in an order that people expect: IMG_2 before IMG_10."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from likewise.data.images.decoding import FORMATS, SUFFIXES
from likewise.data.sources import missing
from likewise.errors import InputError, WrongType

DIGITS = re.compile(r"(\d+)", re.ASCII)


@dataclass(frozen=True)
class Found:
    """Images not yet opened: `names[i]` is at `paths[i]`; what was not taken; how many are none by their names."""

    names: list[str]
    paths: list[Path]
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0


def natural(name: str) -> list[str | int]:
    """A key to sort by, in which runs of digits are numbers."""
    return [int(part) if i % 2 else part for i, part in enumerate(DIGITS.split(name))]


def in_folder(folder: Path) -> Found:
    """All images below `folder`, named by their paths in it; raises `InputError` where there is none.

    Hidden files are passed over. Links are followed; a folder that was walked already, as in a loop, is not again.
    """
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    walked: set[tuple[int, int]] = set()
    others, waiting = 0, [folder]
    while waiting:
        place = waiting.pop()
        try:
            status = place.stat()
            if (status.st_dev, status.st_ino) in walked:
                skipped.append((_inside(place, folder), "a link to a folder that was read already"))
                continue
            walked.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            skipped.append((_inside(place, folder), error.strerror or str(error)))
            continue
        folders = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                folders.append(place / entry.name)
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                names.append(_inside(place / entry.name, folder))
            else:
                others += 1
        # Links last, so that a folder is walked by its own name where it has one in here.
        waiting += [each for each in reversed(folders) if each.is_symlink()]
        waiting += [each for each in reversed(folders) if not each.is_symlink()]
    names.sort(key=lambda name: (natural(name), name))
    if not names:
        raise InputError(_none_in(folder, others, skipped))
    return Found(names, [folder / name for name in names], skipped, others)


def listed(paths: Iterable[object]) -> Found:
    """The images at the paths given, in their order, named as they were given."""
    names = []
    for path in paths:
        if not isinstance(path, str | os.PathLike):
            raise WrongType(f"an image is a path here, not {type(path).__name__}; give arrays on their own")
        refuse_url(name := os.fspath(path))
        names.append(name)
    return Found(names, [Path(name) for name in names])


def refuse_url(name: str) -> None:
    """Raise `InputError` where it is an address: nothing is fetched."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", name):  # a Path has lost the second slash
        raise InputError(f"{name!r} is an address, and nothing is fetched: download it, and give the file")


def refused(path: Path) -> str | None:
    """Why a file cannot be opened as an image, before it is: a pipe or a device may never end."""
    try:
        if path.is_dir():
            return "a folder"
        if not path.is_file():
            return (
                "a link to nothing"
                if path.is_symlink()
                else "no file"
                if not path.exists()
                else "no regular file"
            )
    except OSError as error:
        return error.strerror or str(error)
    return None


def first_parts(names: list[str]) -> list[str] | None:
    """The class folder of each image; None where any lies outside the folders, or all in one place without."""
    parts = [name.partition("/") for name in names]
    return [part[0] for part in parts] if all(part[1] for part in parts) else None


def no_file(path: Path) -> InputError:
    """What to say of inputs that are not there."""
    return InputError(missing(path))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that goes round in itself
        return False


def _inside(place: Path, folder: Path) -> str:
    return place.relative_to(folder).as_posix()


def _none_in(folder: Path, others: int, skipped: list[tuple[str, str]]) -> str:
    if skipped:
        return f"no images in the folder {str(folder)!r}: {skipped[0][0]}: {skipped[0][1]}"
    held = f"{others:,} other files" if others else "nothing"
    return (
        f"no images in the folder {str(folder)!r}, which holds {held}; "
        f"wanted {', '.join(FORMATS[:-1])} or {FORMATS[-1]} files, by class in a folder each if there are classes"
    )
