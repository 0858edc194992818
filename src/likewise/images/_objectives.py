"""Which objective teaches a network, from what a caller asked for and what the pictures have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likewise.data.images import Album
from likewise.errors import InputError, OptionError
from likewise.images import _networks as networks

if TYPE_CHECKING:
    from likewise.images._training import Asked

NAMES = ("classify", "prototypes", "contrast", "masked", "distil")
EPOCHS = {"classify": 12, "prototypes": 12, "contrast": 60, "masked": 100, "distil": 30}
RATES = {"cnn": 0.02, "vit": 0.003}
HELD_OUT = 0.02


@dataclass(frozen=True, eq=False)
class Goal:
    """An objective by its name, the pixels (n, h, w, c) it is about, and the classes that its head tells, or None."""

    name: str
    objective: Any
    pixels: np.ndarray
    classes: list[str] | None = None


def chosen(asked: Asked, album: Album, threads: int) -> Goal:
    """The objective asked for, else "distil" with a teacher, "classify" with labels, "contrast" without.

    Raises `OptionError` for one that there is not, or that the network cannot be taught, and `InputError` where the
    pictures have not what it wants.
    """
    from likewise.neural.images import contrastive as contrast
    from likewise.neural.images import distillation as distil

    name = asked.objective or (
        "distil" if asked.teacher is not None else "classify" if album.labels else "contrast"
    )
    if name not in NAMES:
        raise OptionError(f"objective must be one of {', '.join(NAMES)}, not {name!r}")
    if (asked.teacher is None) == (name == "distil"):
        raise OptionError(
            "objective 'distil' wants a teacher"
            if name == "distil"
            else f"a teacher is for objective 'distil', not {name!r}"
        )
    changed = {} if asked.augment is None else {"augment": asked.augment}
    if name == "contrast":
        return Goal(name, contrast.Contrast(**changed), album.pixels)
    if name == "masked":
        return Goal(name, masked(asked, album, changed), album.pixels)
    if name == "distil":
        vectors = asked.teacher.encode(album.pixels)
        return Goal(name, distil.Distil(np.asarray(vectors, np.float32), **changed), album.pixels)
    return labelled(name, album, changed)


def labelled(name: str, album: Album, changed: dict[str, Any]) -> Goal:
    """Classes to tell; a picture whose label is empty is left out."""
    from likewise.neural.images.classification import Classify, Prototypes

    if album.labels is None:
        raise InputError(
            f"objective {name!r} wants labels, and these pictures have none: try objective 'contrast'"
        )
    has = np.array([bool(label) for label in album.labels])
    names = [label for label in album.classes if label]
    place = {label: number for number, label in enumerate(names)}
    answers = np.array([place[label] for label in album.labels if label], np.int64)
    make = Classify if name == "classify" else Prototypes
    pixels = album.pixels if has.all() else album.pixels[has]
    return Goal(name, make(answers, len(names), **changed), pixels, names)


def masked(asked: Asked, album: Album, changed: dict[str, Any]) -> Any:
    """The hiding of patches; raises `OptionError` for a cnn, whose patches overlap."""
    from likewise.neural.images.masked_patches import MaskedPatches

    if asked.method != "vit":
        raise OptionError(
            "objective 'masked' wants a vit: the patches of a cnn overlap, so a hidden one is still seen"
        )
    shape = networks.shape_of("vit", album.pixels.shape[1:], dim=32, pool=None, patch=asked.patch)
    return MaskedPatches(shape.patch, shape.grid[0] * shape.grid[1], **changed)


def settings(asked: Asked, name: str, seed: int) -> Any:
    """How long, and in which steps; raises `OptionError` for numbers out of range."""
    from likewise.neural.config import Settings

    epochs = asked.epochs if asked.epochs is not None or asked.hours is not None else EPOCHS[name]
    learning_rate = RATES[asked.method] if asked.learning_rate is None else asked.learning_rate
    return Settings(
        epochs=epochs,
        hours=asked.hours,
        batch_size=asked.batch_size,
        learning_rate=learning_rate,
        held_out=HELD_OUT,
        seed=seed,
    )
