"""Which objective a network is trained with, by the caller's options and by what the images have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.data.images import ImageDataset
from likewise.errors import InputError, OptionError
from likewise.images import _networks as networks
from likewise.images._options import TrainingOptions

NAMES = ("classify", "prototypes", "contrast", "masked", "distil")
EPOCHS = {"classify": 12, "prototypes": 12, "contrast": 60, "masked": 100, "distil": 30}
RATES = {"cnn": 0.02, "vit": 0.003}
HELD_OUT = 0.02


@dataclass(frozen=True, eq=False)
class Goal:
    """An objective by its name, the pixels (n, h, w, c) it is about, and the classes that its head predicts, or
    None."""

    name: str
    objective: Any
    pixels: np.ndarray
    classes: list[str] | None = None


def chosen(training: TrainingOptions, dataset: ImageDataset, threads: int) -> Goal:
    """The given objective, else "distil" with a teacher, "classify" with labels, "contrast" without.

    Raises `OptionError` for one that there is not, or that the network cannot be trained with, and `InputError` where
    the images have not what it wants.
    """
    from likewise.neural.images import contrastive as contrast
    from likewise.neural.images import distillation as distil

    name = training.objective or (
        "distil" if training.teacher is not None else "classify" if dataset.labels else "contrast"
    )
    if name not in NAMES:
        raise OptionError(f"objective must be one of {', '.join(NAMES)}, not {name!r}")
    if (training.teacher is None) == (name == "distil"):
        raise OptionError(
            "objective 'distil' wants a teacher"
            if name == "distil"
            else f"a teacher is for objective 'distil', not {name!r}"
        )
    changed = {} if training.augment is None else {"augment": training.augment}
    if name == "contrast":
        return Goal(name, contrast.Contrast(**changed), dataset.pixels)
    if name == "masked":
        return Goal(name, masked(training, dataset, changed), dataset.pixels)
    if name == "distil":
        vectors = training.teacher.encode(dataset.pixels)
        return Goal(name, distil.Distil(np.asarray(vectors, np.float32), **changed), dataset.pixels)
    return labelled(name, dataset, changed)


def labelled(name: str, dataset: ImageDataset, changed: dict[str, Any]) -> Goal:
    """Classes to predict; an image whose label is empty is left out."""
    from likewise.neural.images.classification import Classify, Prototypes

    if dataset.labels is None:
        raise InputError(
            f"objective {name!r} wants labels, and these images have none: try objective 'contrast'"
        )
    has = np.array([bool(label) for label in dataset.labels])
    names = [label for label in dataset.classes if label]
    place = {label: number for number, label in enumerate(names)}
    answers = np.array([place[label] for label in dataset.labels if label], np.int64)
    make = Classify if name == "classify" else Prototypes
    pixels = dataset.pixels if has.all() else dataset.pixels[has]
    return Goal(name, make(answers, len(names), **changed), pixels, names)


def masked(training: TrainingOptions, dataset: ImageDataset, changed: dict[str, Any]) -> Any:
    """The hiding of patches; raises `OptionError` for a cnn, whose patches overlap."""
    from likewise.neural.images.masked_patches import MaskedPatches

    if training.method != "vit":
        raise OptionError(
            "objective 'masked' wants a vit: the patches of a cnn overlap, so a hidden one is still seen"
        )
    shape = networks.shape_of("vit", dataset.pixels.shape[1:], dim=32, pool=None, patch=training.patch)
    return MaskedPatches(shape.patch, shape.grid[0] * shape.grid[1], **changed)


def settings(training: TrainingOptions, name: str, seed: int) -> Any:
    """How long, and in which steps; raises `OptionError` for numbers out of range."""
    from likewise.neural.config import Settings

    epochs = training.epochs if training.epochs is not None or training.hours is not None else EPOCHS[name]
    learning_rate = RATES[training.method] if training.learning_rate is None else training.learning_rate
    return Settings(
        epochs=epochs,
        hours=training.hours,
        batch_size=training.batch_size,
        learning_rate=learning_rate,
        held_out=HELD_OUT,
        seed=seed,
    )
