"""Pictures to a network that embeds them: `cnn` and `vit` are this one path."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.data.images import Album, Canvas, read
from likewise.data.images import arrays as stored
from likewise.errors import InputError, OptionError
from likewise.images import _networks as networks
from likewise.images import _objectives as objectives
from likewise.images._card import card
from likewise.images._classes import Classes
from likewise.images._encoder import ImageEncoder
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.training.inputs import describe_input
from likewise.training.plan import Plan, Report, reporter
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What the caller asked for, whichever the network; see `likewise.images.cnn`."""

    method: str
    objective: str | None = None
    labels: Any = None
    teacher: Any = None
    augment: Any = None
    epochs: int | None = None
    hours: float | None = None
    batch_size: int = 128
    learning_rate: float | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    keep: bool = True
    patch: int | None = None


def fitted(
    images: Any,
    asked: Asked,
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
    """The network that was taught as asked; `options` are those of its shape. Raises as `likewise.images.cnn`."""
    networks.check_torch()
    from likewise.neural import state
    from likewise.neural.images import training as picturing

    begun = recorded_seed(seed, out, resume=resume)
    drawn, threads = draw_seed_if_none(begun), checked_threads(threads)
    call = called(images, asked, options, drawn)
    with ExitStack() as stack:
        run = stack.enter_context(
            owned(out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds)
        )
        if run is not None and run.finished:
            return made_before(run, asked.epochs or 0)
        album = opened(images, asked, threads, reporter(run, report))
        if run is not None:
            run.check_data(digest(album))
        if begun is None:
            log.info("no seed was given: using seed %d", drawn)
        goal = objectives.chosen(asked, album, threads)
        settings = objectives.settings(asked, goal.name, drawn)
        encoder = networks.started(
            asked.method, networks.shape_of(asked.method, album.pixels.shape[1:], **stem(asked, goal.name, options)),
            drawn, album.pixels,
        )  # fmt: skip
        tell(album, encoder, settings, asked, report)
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
            "pictures": album.facts,
            "threads": threads,
            "history": made.history,
        }
        whole = finished(made.model, album, goal, asked, facts, threads)
        if run is not None:
            run.finish(whole, card=card(whole))
    return whole


def untrained(
    images: Any, asked: Asked, *, dim: int | None, pool: str | None, seed: int | None, threads: int | None
) -> ImageEncoder:
    """The network as it is before it is taught; see `likewise.images.random_network`."""
    networks.check_torch()
    threads, drawn = checked_threads(threads), draw_seed_if_none(seed)
    album = opened(images, asked, threads, lambda told: None)
    height, width, channels = album.pixels.shape[1:]
    wide = dim or {"cnn": 256, "vit": 128}[asked.method]
    shape = networks.shape_of(asked.method, (height, width, channels), dim=wide, pool=pool, patch=asked.patch)
    network = networks.started(asked.method, shape, drawn, album.pixels)
    facts = {
        "function": f"likewise.images.{asked.method}", "objective": "none", "images": source_of(images), "labels": None,
        "options": {"seed": drawn}, "pictures": album.facts, "threads": threads, "history": [],
    }  # fmt: skip
    made = ImageEncoder(network, album.canvas or Canvas(height, width, channels), facts=facts)
    return shelved(made, album, threads) if asked.keep else made


def source_of(images: Any) -> Any:
    """What a call records of its pictures."""
    return images.source or "an album" if isinstance(images, Album) else describe_input(images)


def called(images: Any, asked: Asked, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """What a run records, as JSON values."""
    options = {
        **{k: v for k, v in vars(asked).items() if k not in ("labels", "teacher", "method")},
        **options,
        "seed": seed,
    }
    options["augment"] = None if asked.augment is None else asdict(asked.augment)
    options["size"] = None if asked.size is None else list(asked.size)
    given = {"labels": asked.labels, "teacher": asked.teacher}
    return {
        "function": f"likewise.images.{asked.method}",
        "images": source_of(images),
        **{name: None if value is None else describe_input(value) for name, value in given.items()},
        "options": options,
    }


def opened(images: Any, asked: Asked, threads: int, watch: Any) -> Album:
    """The pictures, read; an album is taken as it is, with other labels where they are given."""
    if isinstance(images, Album):
        if asked.size is not None or asked.channels is not None:
            raise OptionError("size and channels are those of the album given: read it with others")
        labels = images.labels if asked.labels is None else listed(asked.labels, len(images))
        return replace(images, labels=labels)
    labels = asked.labels
    if labels is not None and not isinstance(labels, str | Path):
        labels = [str(label) for label in labels]
    album = read(
        images, size=asked.size, channels=asked.channels or usual_channels(images), labels=labels, threads=threads,
        report=watch,
    )  # fmt: skip
    for line in album.notes():
        log.info("%s", line)
    return album


def listed(labels: Any, n: int) -> list[str]:
    """A label a picture, as text; raises `InputError` for another number of them, or a file."""
    if isinstance(labels, str | Path) or not isinstance(labels, Sequence | np.ndarray):
        raise InputError(
            "labels of an album must be a label a picture; a file of labels goes with reading it"
        )
    if len(labels) != n:
        raise InputError(f"{len(labels):,} labels for {n:,} pictures")
    return [str(label) for label in (labels.tolist() if isinstance(labels, np.ndarray) else labels)]


def usual_channels(images: Any) -> int:
    """1 for arrays and files of numbers that have one channel, else 3."""
    is_numbers = isinstance(images, np.ndarray | list | tuple) or (
        isinstance(images, str | Path)
        and (stored.is_idx(Path(images)) or Path(images).suffix in (".npy", ".npz"))
    )
    stack = stored.find(images, None) if is_numbers else None
    return 3 if stack is None else stack.pixels.shape[-1] if stack.pixels.ndim == 4 else 1


def stem(asked: Asked, objective: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of the shape; patches that are to be hidden must not see each other, so that stem is linear."""
    if asked.method == "vit" and options.get("stem") is None:
        return {**options, "stem": "linear" if objective == "masked" else "conv"}
    return options


def digest(album: Album) -> str:
    """SHA-256 of the pixels, the names and the labels."""
    found = hashlib.sha256(repr((album.pixels.shape, album.names, album.labels)).encode())
    for start in range(0, len(album), 1024):
        found.update(np.ascontiguousarray(album.pixels[start : start + 1024]).data)
    return found.hexdigest()


def tell(album: Album, encoder: Any, settings: Any, asked: Asked, report: Report | None) -> None:
    """Tell of what the training takes, and refuse it where the memory is not there."""
    parameters = sum(p.numel() for p in encoder.parameters())
    needed = networks.needed_bytes(encoder, settings.batch_size)
    memory.demand(
        needed, f"try --batch-size {max(16, settings.batch_size // 2)}, or smaller pictures: --size 64,64"
    )
    if report is not None:
        kept = len(album) * encoder.dim * 4 if asked.keep else 0
        counted = (len(album), len(album.classes), parameters)
        report(Plan(*counted, needed, 4 * parameters + kept, None, ("pictures", "classes", "parameters")))


def finished(
    model: Any, album: Album, goal: objectives.Goal, asked: Asked, facts: dict[str, Any], threads: int
) -> ImageEncoder:
    """The encoder with its classes and, where they are kept, its pictures."""
    height, width, channels = album.pixels.shape[1:]
    made = ImageEncoder(
        model.encoder,
        album.canvas or Canvas(height, width, channels),
        classes=classes_of(model, goal),
        facts=facts,
    )
    return shelved(made, album, threads) if asked.keep else made


def shelved(made: ImageEncoder, album: Album, threads: int) -> ImageEncoder:
    """The same, with the vectors of the pictures kept."""
    shelf = Table(album.names, made.encode(album.pixels, threads=threads))
    labels = album.labels or [""] * len(album)
    return ImageEncoder(
        made.network, made.canvas, classes=made.classes, shelf=shelf, labels=labels, facts=made.facts
    )


def classes_of(model: Any, goal: objectives.Goal) -> Classes | None:
    """The classes that the head tells, as vectors."""
    from likewise.neural import weights

    if goal.classes is None:
        return None
    head = weights.to_arrays(model.head)
    return Classes(goal.classes, head["weight"], head.get("bias"))
