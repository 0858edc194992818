"""Images to a network that embeds them: `cnn` and `vit` are this one path."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.data.images import Canvas, ImageDataset, read
from likewise.data.images import arrays as stored
from likewise.data.inputs import is_missing
from likewise.errors import InputError, OptionError
from likewise.images import _networks as networks
from likewise.images import _objectives as objectives
from likewise.images._card import card
from likewise.images._classes import Classes
from likewise.images._encoder import ImageEncoder
from likewise.images._options import TrainingOptions
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.training.inputs import describe_input
from likewise.training.plan import Plan, Report, reporter
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed

log = logging.getLogger(__name__)


def fitted(
    images: Any,
    training: TrainingOptions,
    options: dict[str, Any],
    *,
    seed: int | None,
    threads: int | None,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> ImageEncoder:
    """The trained network; `options` are those of its shape. Raises as `likewise.images.cnn`."""
    networks.check_torch()
    from likewise.neural import state
    from likewise.neural.images import training as picturing

    begun = recorded_seed(seed, out, resume=resume)
    drawn, threads = draw_seed_if_none(begun), checked_threads(threads)
    call = called(images, training, options, drawn)
    with ExitStack() as stack:
        run = stack.enter_context(
            owned(out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds)
        )
        if run is not None and run.finished:
            return made_before(run, training.epochs or 0)
        dataset = opened(images, training, threads, reporter(run, report))
        if run is not None:
            run.check_data(digest(dataset))
        if begun is None:
            log.info("no seed was given: using seed %d", drawn)
        goal = objectives.chosen(training, dataset, threads)
        settings = objectives.settings(training, goal.name, drawn)
        encoder = networks.started(
            training.method,
            networks.shape_of(
                training.method, dataset.pixels.shape[1:], **stem(training, goal.name, options)
            ),
            drawn,
            dataset.pixels,
        )
        report_plan(dataset, encoder, settings, training, report)
        model = picturing.add_head(encoder, goal.objective, drawn)
        saved = None if run is None else run.restore()
        made = (
            state.start_state(model, settings) if saved is None
            else state.restore_state(model, settings, saved.arrays, saved.facts)
        )  # fmt: skip
        driven(
            picturing.train(made, goal.pixels, goal.objective, settings, threads=threads), run, report,
            lambda: made.done < made.total,
            lambda: Contents("checkpoint", made.facts(), made.arrays()),
        )  # fmt: skip
        facts = {
            **call,
            "objective": goal.name,
            "dataset": dataset.facts,
            "threads": threads,
            "history": made.history,
        }
        whole = finished(made.model, dataset, goal, training, facts, threads)
        if run is not None:
            run.finish(whole, card=card(whole))
    return whole


def untrained(
    images: Any,
    training: TrainingOptions,
    *,
    dim: int | None,
    pool: str | None,
    seed: int | None,
    threads: int | None,
) -> ImageEncoder:
    """The network before training; see `likewise.images.random_network`."""
    networks.check_torch()
    threads, drawn = checked_threads(threads), draw_seed_if_none(seed)
    dataset = opened(images, training, threads, lambda progress: None)
    height, width, channels = dataset.pixels.shape[1:]
    wide = dim or {"cnn": 256, "vit": 128}[training.method]
    shape = networks.shape_of(
        training.method, (height, width, channels), dim=wide, pool=pool, patch=training.patch
    )
    network = networks.started(training.method, shape, drawn, dataset.pixels)
    facts = {
        "function": f"likewise.images.{training.method}",
        "objective": "none",
        "images": source_of(images),
        "labels": None,
        "options": {"seed": drawn},
        "dataset": dataset.facts,
        "threads": threads,
        "history": [],
    }
    made = ImageEncoder(network, dataset.canvas or Canvas(height, width, channels), facts=facts)
    return indexed(made, dataset, threads) if training.keep else made


def source_of(images: Any) -> Any:
    """What a call records of its images."""
    return images.source or "a dataset" if isinstance(images, ImageDataset) else describe_input(images)


def called(images: Any, training: TrainingOptions, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """What a run records, as JSON values."""
    options = {
        **{k: v for k, v in vars(training).items() if k not in ("labels", "teacher", "method")},
        **options,
        "seed": seed,
    }
    options["augment"] = None if training.augment is None else asdict(training.augment)
    options["size"] = None if training.size is None else list(training.size)
    given = {"labels": training.labels, "teacher": training.teacher}
    return {
        "function": f"likewise.images.{training.method}",
        "images": source_of(images),
        **{name: None if value is None else describe_input(value) for name, value in given.items()},
        "options": options,
    }


def opened(images: Any, training: TrainingOptions, threads: int, watch: Any) -> ImageDataset:
    """The images, read; a dataset is taken as it is, with other labels where they are given."""
    if isinstance(images, ImageDataset):
        if training.size is not None or training.channels is not None:
            raise OptionError("size and channels are those of the dataset given: read it with others")
        labels = images.labels if training.labels is None else listed(training.labels, len(images))
        return replace(images, labels=labels)
    labels = training.labels
    if labels is not None and not isinstance(labels, str | Path):
        labels = label_texts(labels)
    dataset = read(
        images,
        size=training.size,
        channels=training.channels or usual_channels(images),
        labels=labels,
        threads=threads,
        report=watch,
    )
    for line in dataset.notes():
        log.info("%s", line)
    return dataset


def listed(labels: Any, n: int) -> list[str]:
    """A label an image, as text; raises `InputError` for another number of them, or a file."""
    if isinstance(labels, str | Path) or not isinstance(labels, Sequence | np.ndarray):
        raise InputError(
            "labels of a dataset must be a label an image; a file of labels goes with reading it"
        )
    if len(labels) != n:
        raise InputError(f"{len(labels):,} labels for {n:,} images")
    return label_texts(labels)


def label_texts(labels: Any) -> list[str]:
    """Labels as texts; a missing one (None, NaN) is empty, and its image is without a label."""
    listed = labels.tolist() if isinstance(labels, np.ndarray) else labels
    return ["" if is_missing(label) else str(label) for label in listed]


def usual_channels(images: Any) -> int:
    """1 for arrays and files of numbers that have one channel, else 3."""
    is_numbers = isinstance(images, np.ndarray | list | tuple) or (
        isinstance(images, str | Path)
        and (stored.is_idx(Path(images)) or Path(images).suffix in (".npy", ".npz"))
    )
    stack = stored.find(images, None) if is_numbers else None
    return 3 if stack is None else stack.pixels.shape[-1] if stack.pixels.ndim == 4 else 1


def stem(training: TrainingOptions, objective: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of the shape; patches that are to be hidden must not see each other, so that stem is linear."""
    if training.method == "vit" and options.get("stem") is None:
        return {**options, "stem": "linear" if objective == "masked" else "conv"}
    return options


def digest(dataset: ImageDataset) -> str:
    """SHA-256 of the pixels, the names and the labels."""
    found = hashlib.sha256(repr((dataset.pixels.shape, dataset.names, dataset.labels)).encode())
    for start in range(0, len(dataset), 1024):
        found.update(np.ascontiguousarray(dataset.pixels[start : start + 1024]).data)
    return found.hexdigest()


def report_plan(
    dataset: ImageDataset, encoder: Any, settings: Any, training: TrainingOptions, report: Report | None
) -> None:
    """Report what the training takes; raise where the memory is not there."""
    parameters = sum(p.numel() for p in encoder.parameters())
    needed = networks.needed_bytes(encoder, settings.batch_size)
    memory.demand(
        needed, f"try --batch-size {max(16, settings.batch_size // 2)}, or smaller images: --size 64,64"
    )
    if report is not None:
        kept = len(dataset) * encoder.dim * 4 if training.keep else 0
        counted = (len(dataset), len(dataset.classes), parameters)
        report(Plan(*counted, needed, 4 * parameters + kept, None, ("images", "classes", "parameters")))


def finished(
    model: Any,
    dataset: ImageDataset,
    goal: objectives.Goal,
    training: TrainingOptions,
    facts: dict[str, Any],
    threads: int,
) -> ImageEncoder:
    """The encoder with its classes and, where they are kept, its images."""
    height, width, channels = dataset.pixels.shape[1:]
    made = ImageEncoder(
        model.encoder,
        dataset.canvas or Canvas(height, width, channels),
        classes=classes_of(model, goal),
        facts=facts,
    )
    return indexed(made, dataset, threads) if training.keep else made


def indexed(made: ImageEncoder, dataset: ImageDataset, threads: int) -> ImageEncoder:
    """The same, with the vectors of the images kept."""
    index = Table(dataset.names, made.encode(dataset.pixels, threads=threads))
    labels = dataset.labels or [""] * len(dataset)
    return ImageEncoder(
        made.network, made.canvas, classes=made.classes, index=index, labels=labels, facts=made.facts
    )


def classes_of(model: Any, goal: objectives.Goal) -> Classes | None:
    """The classes that the head predicts, as vectors."""
    from likewise.neural import weights

    if goal.classes is None:
        return None
    head = weights.to_arrays(model.head)
    return Classes(goal.classes, head["weight"], head.get("bias"))
