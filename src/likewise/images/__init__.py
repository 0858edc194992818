"""Image embeddings: train a network on images, and encode images as vectors.

    images → uint8 pixels, once → overlapping patches → pooled step by step            (cnn) → a vector
                                  → patches as tokens → the transformer of text → a pool (vit) → a vector

from likewise import images

model = images.cnn("photos", objective="contrast", seed=1)
model.encode(["one.jpg"]); model.similar("one.jpg"); likewise.save(model, "photos-cnn")

What the network is trained on: classes ("classify", "prototypes"), other views of the same image ("contrast"), patches
that are hidden ("masked"), or another encoder ("distil").
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.errors import OptionError
from likewise.images import _networks as networks
from likewise.images._classes import Classes
from likewise.images._encoder import Found, ImageEncoder
from likewise.images._options import TrainingOptions
from likewise.images._pretrained import from_pretrained
from likewise.images._training import fitted, untrained
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

    images: what `likewise.data.images.read` takes (a folder, files, arrays (n, h, w) or (n, h, w, c)), or an
    `ImageDataset`; `size` and `channels` are those of reading, and `labels` too: a file, or a label an image.

    objective: "classify" (a linear layer predicts the class), "prototypes" (a vector of each class in the images' own
    space), "contrast" (two views of one image find each other; no labels) or "distil" (a `teacher`, any encoder of
    images, is imitated: its vectors and their similarities). Without one: by what there is, a teacher, labels, or
    neither.

    The last stage has `dim` channels, pooled by `pool`, "mean", "max" or "attention"; or by "grid" in each of at
    most 5 · 5 parts of the image, whose `dim` numbers are joined: better where things stand in their places. A patch
    is `patch` pixels wide and high, its filters are "whitened" or, "dirac", its pixels. `augment` says how far views
    are from their images; without it there is no mirroring where there are labels.

    `epochs` or `hours` are the budget, `batch_size` the images of a step, `learning_rate` the highest one. `keep`
    keeps the vectors of the images, for `similar`. One seed gives the same bits at the same number of threads, stopped
    and resumed or not. With `out` the model is saved there. Raises `InputError` for images that cannot be used, too
    few of them, or one class; `OptionError`; and `MissingExtra` without torch.

    Parameters
    ----------
    images : str, Path, ndarray, ImageDataset or sequence
        Images: a folder, files, arrays of shape (n, h, w) or (n, h, w, c), or an `ImageDataset`.
    objective : str or None, default None
        What the network is trained on: "classify", "prototypes", "contrast", "masked" or "distil". None: by
        what there is.
    labels : sequence, str, Path or None, default None
        Label of each image, or a file of paths and labels. None: the folders of the images, if all are in
        one.
    teacher : Encoder or None, default None
        Encoder of images that is imitated, for the objective "distil".
    dim : int, default 256
        Length of the vectors.
    pool : "mean", "max", "attention" or "grid" or None, default None
        How the last feature maps become one vector.
    patch : int or None, default None
        Height and width of a patch in pixels. None: by the size of the images.
    start : "whitened" or "dirac", default "whitened"
        Initial filters of the first layer: whitened patches of the images, or the identity.
    augment : Augment or None, default None
        Random changes of the training images. None: the default of the objective.
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    batch_size : int, default 128
        Items of a training step.
    learning_rate : float or None, default None
        Highest learning rate. None: by the method.
    size : tuple of int or None, default None
        Height and width that all images are resized to. None: that of most images.
    channels : int or None, default None
        1 for grey, 3 for colour. None: by the images.
    keep : bool, default True
        Keep the vectors of the images, so that the nearest ones to an image can be found.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    training = TrainingOptions(
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
        images,
        training,
        {"dim": dim, "pool": pool, "patch": patch, "start": start},
        seed=seed,
        threads=threads,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )


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
    convolutions up to it, or "linear". A further objective, "masked": the pixels of masked patches are predicted from
    those that are left (stem "linear"). All else as in `cnn`.

    Parameters
    ----------
    images : str, Path, ndarray, ImageDataset or sequence
        Images: a folder, files, arrays of shape (n, h, w) or (n, h, w, c), or an `ImageDataset`.
    objective : str or None, default None
        What the network is trained on: "classify", "prototypes", "contrast", "masked" or "distil". None: by
        what there is.
    labels : sequence, str, Path or None, default None
        Label of each image, or a file of paths and labels. None: the folders of the images, if all are in
        one.
    teacher : Encoder or None, default None
        Encoder of images that is imitated, for the objective "distil".
    dim : int, default 128
        Length of the vectors.
    layers : int, default 4
        Number of layers of the transformer.
    pool : "class", "mean", "max" or "attention" or None, default None
        How the patches become one vector.
    patch : int or None, default None
        Height and width of a patch in pixels. None: by the size of the images.
    stem : "conv", "linear" or None, default None
        How patches become tokens: by convolutions, or by one matrix.
    augment : Augment or None, default None
        Random changes of the training images. None: the default of the objective.
    epochs : int or None, default None
        Passes over the training data. None: by `hours`, or the default of the method.
    hours : float or None, default None
        Length of the training in hours, in place of `epochs`.
    batch_size : int, default 128
        Items of a training step.
    learning_rate : float or None, default None
        Highest learning rate. None: by the method.
    size : tuple of int or None, default None
        Height and width that all images are resized to. None: that of most images.
    channels : int or None, default None
        1 for grey, 3 for colour. None: by the images.
    keep : bool, default True
        Keep the vectors of the images, so that the nearest ones to an image can be found.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    training = TrainingOptions(
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
        images, training, {"dim": dim, "layers": layers, "pool": pool, "patch": patch, "stem": stem}, seed=seed,
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
    """The untrained network of a `method`, "cnn" or "vit", for these images: a baseline that a trained one must beat.

    Only the mean and spread of the pixels, and in a cnn the whitening of patches, are taken from the images.

    Parameters
    ----------
    images : str, Path, ndarray, ImageDataset or sequence
        Images: a folder, files, arrays of shape (n, h, w) or (n, h, w, c), or an `ImageDataset`.
    method : "cnn" or "vit", default "cnn"
        Network.
    dim : int or None, default None
        Length of the vectors. None: 256 for a cnn, 128 for a vit.
    pool : str or None, default None
        How the last layer becomes one vector, as in `cnn` and `vit`.
    patch : int or None, default None
        Height and width of a patch in pixels. None: by the size of the images.
    size : tuple of int or None, default None
        Height and width that all images are resized to. None: that of most images.
    channels : int or None, default None
        1 for grey, 3 for colour. None: by the images.
    keep : bool, default False
        Keep the vectors of the images, so that the nearest ones to an image can be found.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    """
    if method not in networks.METHODS:
        raise OptionError(f"method must be 'cnn' or 'vit', not {method!r}")
    training = TrainingOptions(method, size=size, channels=channels, keep=keep, patch=patch)
    return untrained(images, training, dim=dim, pool=pool, seed=seed, threads=threads)
