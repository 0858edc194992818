"""What tasks share: a fresh network for vectors or images, or a copy of one that has been trained already."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.contextual._model import Contextual
from likewise.data.images.preprocess import Canvas
from likewise.errors import InputError, WrongType
from likewise.images import _networks as networks
from likewise.images import _preprocess as preprocess
from likewise.images._encoder import ImageEncoder

PART = 256  # images brought to a network's size at a time


@dataclass(frozen=True, eq=False)
class Ground:
    """`inputs_of(items)` are items as the trunk reads them; `begun(inputs, dim, seed)` is a trunk to train, best with
    learning rate `rate` by `optimiser`. `encoder_of(trunk)` is, once it is trained, the model whose network it is; or
    the         one that makes the vectors it reads; or None, where vectors are given.
    """

    inputs_of: Callable[[Any], Any]
    begun: Callable[[Any, int, int], Any]
    encoder_of: Callable[[Any], Any]
    learning_rate: float
    optimiser: Literal["muon", "adamw"] = "adamw"
    is_small: bool = False  # its products are done sooner than several threads have agreed on them


# Seven tasks on HOG of 4,000 photos: mean loss .391 of the baseline's with AdamW at .003, .405 with it at .001 and
# with Muon at its best rate. A cnn has the rate that it has in `images`.
FRESH, FRESH_CNN, FINE_TUNED = 3e-3, 0.02, 1e-3


def ground(items: Any, trunk: Any) -> Ground:
    """By the items, or by the trunk that is given: a contextual or image model is fine-tuned, any other
    encoder gives vectors. Raises `WrongType` for texts without a trunk.
    """
    if isinstance(trunk, Contextual) and trunk.method == "transformer":
        return Ground(
            lambda each: _tokens_of(trunk, each),
            lambda inputs, dim, seed: _reader(copy.deepcopy(trunk.model)),
            lambda trained: Contextual(trained.model, trunk.subwords, facts=trunk.facts),
            FINE_TUNED,
        )
    if isinstance(trunk, ImageEncoder):
        return Ground(
            lambda each: _drawn(trunk, each),
            lambda inputs, dim, seed: copy.deepcopy(trunk.network),
            lambda trained: ImageEncoder(trained, trunk.canvas, facts=trunk.facts),
            FINE_TUNED,
        )
    if trunk is not None:
        return Ground(
            lambda each: _vectors(trunk.encode(each)),
            _perceptron,
            lambda trained: trunk,
            FRESH,
            is_small=True,
        )
    pixels = getattr(items, "pixels", items)
    if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.ndim in (3, 4):
        return Ground(_images_of, _cnn, _seeing, FRESH_CNN, "muon")
    if hasattr(items, "tocsr") or (isinstance(items, np.ndarray) and items.ndim == 2):
        return Ground(_vectors, _perceptron, lambda trained: None, FRESH, is_small=True)
    raise WrongType(
        "items are vectors (n, d), images (n, h, w, c) uint8 or an ImageDataset; for texts and all else give a trunk: "
        "a model that encodes them"
    )


def inputs_of(encoder: Any, items: Any, *, is_trunk: bool) -> Any:
    """Items as a trained trunk reads them: one that is the network of `encoder`, or that reads its vectors."""
    if not is_trunk:
        return _vectors(items if encoder is None else encoder.encode(items))
    return _tokens_of(encoder, items) if isinstance(encoder, Contextual) else _drawn(encoder, items)


def trunk_of(encoder: Any) -> Any:
    """The network of an encoder as a trunk, itself and no copy."""
    return _reader(encoder.model) if isinstance(encoder, Contextual) else encoder.network


def count(items: Any) -> int:
    """How many items there are."""
    return items.shape[0] if hasattr(items, "tocsr") else len(items)


def _vectors(rows: Any) -> Any:
    from likewise.neural.multitask.inputs import Vectors

    rows = rows.tocsr() if hasattr(rows, "tocsr") else np.asarray(rows)
    numbers = rows.data if hasattr(rows, "tocsr") else rows
    if rows.ndim != 2 or rows.shape[1] == 0 or numbers.dtype.kind not in "fiub":
        raise InputError(f"vectors are numbers (n, d), not {numbers.dtype} of shape {rows.shape}")
    if not np.isfinite(numbers).all():
        raise InputError("vectors hold numbers that are not finite (NaN or Inf); look at how they were made")
    return Vectors(rows)


def _perceptron(inputs: Any, dim: int, seed: int) -> Any:
    from likewise.neural.multitask.network import perceptron

    return perceptron(inputs.rows, dim, seed)


def _images_of(items: Any) -> Any:
    from likewise.neural.images.augment import LABELLED
    from likewise.neural.multitask.inputs import ImageInputs

    pixels = getattr(items, "pixels", items)
    return ImageInputs(pixels[..., None] if pixels.ndim == 3 else pixels, LABELLED)


def _cnn(inputs: Any, dim: int, seed: int) -> Any:
    height, width, channels = inputs.pixels.shape[1:]
    shape = networks.shape_of("cnn", (height, width, channels), dim=dim, pool=None, patch=None)
    return networks.started("cnn", shape, seed, inputs.pixels)


def _seeing(network: Any) -> ImageEncoder:
    shape = network.shape
    return ImageEncoder(network, Canvas(shape.height, shape.width, shape.channels))


def _drawn(model: ImageEncoder, items: Any) -> Any:
    canvas = model.canvas
    pixels = getattr(items, "pixels", None)
    if pixels is None or pixels.shape[1:] != (canvas.height, canvas.width, canvas.channels):
        listed = preprocess.listed(items if pixels is None else pixels)
        parts = list(preprocess.batches(listed, canvas, PART))
        pixels = (
            np.concatenate(parts)
            if parts
            else np.zeros((0, canvas.height, canvas.width, canvas.channels), np.uint8)
        )
    return _images_of(pixels)


def _tokens_of(model: Contextual, items: Any) -> Any:
    """Texts in tokens, cut to what the model reads at once; one without any is an unknown token."""
    from likewise.contextual._span_pooling import checked_texts
    from likewise.neural.multitask.inputs import TokenInputs

    shape = model.model.shape
    unknown = np.array([model.subwords.specials.index("[UNK]")], np.int32)
    rows = [row[: shape.longest - shape.lead] for row in model.subwords.encode(checked_texts(items))]
    rows = [row if len(row) else unknown for row in rows]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(row) for row in rows], dtype=np.int64)])
    return TokenInputs(Ragged(np.concatenate([np.empty(0, np.int32), *rows]), offsets), shape.lead)


def _reader(model: Any) -> Any:
    from likewise.neural.multitask.network import Reader

    return Reader(model)
