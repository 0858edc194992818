"""Images: pictures go in, one vector for each comes out, and for every picture that is asked later.

    pictures → uint8 pixels, once → overlapping patches → pooled step by step            (cnn) → a vector
                                  → patches as tokens → the transformer of text → a pool (vit) → a vector

from likewise import images

model = images.cnn("photos", objective="contrast", seed=1)
model.encode(["one.jpg"]); model.similar("one.jpg"); likewise.save(model, "photos-cnn")

What teaches the network: classes ("classify", "prototypes"), other views of the same picture ("contrast"), patches that
are hidden ("masked"), or another encoder ("distil").
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.errors import OptionError
from likewise.images import _networks as networks
from likewise.images._classes import Classes
from likewise.images._encoder import Found, ImageEncoder
from likewise.images._pretrained import from_pretrained
from likewise.images._training import Asked, fitted, untrained
from likewise.training.plan import Report

if TYPE_CHECKING:
    from likewise.neural.images.augment import Augment

__all__ = ["Classes", "Found", "ImageEncoder", "cnn", "from_pretrained", "random_network", "vit"]


def cnn(
    images: Any,
    *,
    objective: str | None = None,
    labels: Any = None,
    teacher: Any = None,
    dim: int = 256,
    pool: str | None = None,
    patch: int | None = None,
    start: str = "whitened",
    augment: Augment | None = None,
    epochs: int | None = None,
    hours: float | None = None,
    batch_size: int = 128,
    learning_rate: float | None = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    keep: bool = True,
    seed: int | None = None,
    threads: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> ImageEncoder:
    """A convolutional network that embeds overlapping patches and pools them step by step (`ImageEncoder.sizes`).

    images: what `likewise.data.images.read` takes (a folder, files, arrays (n, h, w) or (n, h, w, c)), or an `Album`;
    `size` and `channels` are those of reading, and `labels` too: a file, or a label a picture.

    objective: "classify" (a linear layer tells the class), "prototypes" (a vector of each class in the pictures' own
    space), "contrast" (two views of one picture find each other; no labels) or "distil" (a `teacher`, any encoder of
    pictures, is imitated: its vectors and their similarities). Without one: by what there is, a teacher, labels, or
    neither.

    The last stage has `dim` channels, pooled by `pool`, "mean", "max" or "attention"; or by "grid" in each of at
    most 5 · 5 parts of the picture, whose `dim` numbers are joined: better where things stand in their places. A patch
    is `patch` pixels wide and high, its filters are "whitened" or, "dirac", its pixels. `augment` says how far views
    are from their pictures; without it there is no mirroring where there are labels.

    `epochs` or `hours` are the budget, `batch` pictures a step, `rate` the highest step size. `keep` keeps the vectors
    of the pictures, for `similar`. One seed gives the same bits at the same number of threads, stopped and resumed or
    not. With `out` the model is saved there. Raises `InputError` for pictures that cannot be used, too few of them, or
    one class; `OptionError`; and `MissingExtra` without torch.
    """
    asked = Asked(
        "cnn",
        objective,
        labels,
        teacher,
        augment,
        epochs,
        hours,
        batch_size,
        learning_rate,
        size,
        channels,
        keep,
        patch,
    )
    return fitted(
        images, asked, {"dim": dim, "pool": pool, "patch": patch, "start": start}, seed=seed, threads=threads, out=out,
        overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


def vit(
    images: Any,
    *,
    objective: str | None = None,
    labels: Any = None,
    teacher: Any = None,
    dim: int = 128,
    layers: int = 4,
    pool: str | None = None,
    patch: int | None = None,
    stem: str | None = None,
    augment: Augment | None = None,
    epochs: int | None = None,
    hours: float | None = None,
    batch_size: int = 128,
    learning_rate: float | None = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    keep: bool = True,
    seed: int | None = None,
    threads: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> ImageEncoder:
    """A vision transformer of `layers` (Dosovitskiy et al. 2021): patches are tokens, and the class token answers.

    `pool` is "class", "mean", "max" or "attention"; `patch` the side of a patch in pixels; `stem` "conv", a few small
    convolutions up to it, or "linear". A further objective, "masked": the pixels of hidden patches are told from those
    that are left (stem "linear"). All else as in `cnn`.
    """
    asked = Asked(
        "vit",
        objective,
        labels,
        teacher,
        augment,
        epochs,
        hours,
        batch_size,
        learning_rate,
        size,
        channels,
        keep,
        patch,
    )
    return fitted(
        images, asked, {"dim": dim, "layers": layers, "pool": pool, "patch": patch, "stem": stem}, seed=seed,
        threads=threads, out=out, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds,
        report=report,
    )  # fmt: skip


def random_network(
    images: Any,
    *,
    method: str = "cnn",
    dim: int | None = None,
    pool: str | None = None,
    patch: int | None = None,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    keep: bool = False,
    seed: int | None = None,
    threads: int | None = None,
) -> ImageEncoder:
    """The untrained network of a `method`, "cnn" or "vit", for these pictures: a baseline that a taught one must beat.

    Only the mean and spread of the pixels, and in a cnn the whitening of patches, are taken from the pictures.
    """
    if method not in networks.METHODS:
        raise OptionError(f"method must be 'cnn' or 'vit', not {method!r}")
    asked = Asked(method, size=size, channels=channels, keep=keep, patch=patch)
    return untrained(images, asked, dim=dim, pool=pool, seed=seed, threads=threads)
