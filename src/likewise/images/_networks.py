"""The networks of this family as facts and arrays, and images through them; torch is imported inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from likewise.data.images import preprocess as canvases
from likewise.data.images.preprocess import Canvas
from likewise.errors import ArtifactError, InputError, OptionError
from likewise.images._prepared import Prepared
from likewise.system.extras import need

METHODS = ("cnn", "vit")


def check_torch() -> None:
    """Raise `MissingExtra` where torch is not installed."""
    need("torch", "neural", "a network of images")


def started(method: str, shape: Any, seed: int, pixels: np.ndarray | None) -> Any:
    """An untrained network of this shape."""
    from likewise.neural.images import convolution
    from likewise.neural.images import vit as vision

    return {"cnn": convolution, "vit": vision}[method].started(shape, seed, pixels)


def shape_of(
    method: str, size: tuple[int, int, int], *, dim: int, pool: Any, patch: int | None, **options: Any
) -> Any:
    """The shape of a network for images (height, width, channels); what is None is chosen by their size."""
    from likewise.neural.images import convolution
    from likewise.neural.images import vit as vision

    height, width, channels = size
    if method == "vit":
        patch = patch or (
            2
            if max(height, width) <= 16
            else 4
            if max(height, width) <= 32
            else 8
            if max(height, width) <= 96
            else 16
        )
        heads = next(heads for heads in range(max(1, dim // 32), 0, -1) if dim % heads == 0)
        return vision.Shape(
            height, width, channels, patch, dim, heads=heads, inner=4 * dim, pool=pool or "class", **options
        )  # fmt: skip
    is_large = max(height, width) > 48
    patch, stride = patch or (5 if is_large else 3), 2 if is_large else 1
    stages = int(np.clip(round(np.log2(min(height, width) / stride / 4)), 2, 6))
    if dim % 2 ** (stages - 1):
        raise OptionError(
            f"dim must be a multiple of {2 ** (stages - 1)}, for {stages} stages of doubling width, not {dim}"
        )
    widths = tuple(dim >> (stages - 1 - i) for i in range(stages))
    return convolution.Shape(
        height, width, channels, patch, min(stride, patch), widths, pool=pool or "mean", **options
    )


def sizes(network: Any) -> list[tuple[int, int]]:
    """Rows and columns of an image on its way through a network."""
    shape = network.shape
    return shape.sizes if hasattr(shape, "sizes") else [(shape.height, shape.width), shape.grid, (1, 1)]


def described(network: Any) -> dict[str, Any]:
    """A network's kind and shape as JSON values."""
    method = next(name for name, (make, _) in makers().items() if isinstance(network, make))
    shape = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(network.shape).items()
    }
    return {"method": method, "shape": shape}


def makers() -> dict[str, tuple[Any, Any]]:
    """The networks there are by the names that a saved one has, each with its shape."""
    from likewise.neural.images import convolution
    from likewise.neural.images import pretrained_vit as borrowed
    from likewise.neural.images import vit as vision

    return {
        "cnn": (convolution.Convolution, convolution.Shape),
        "vit": (vision.Vision, vision.Shape),
        "borrowed": (borrowed.Borrowed, borrowed.Shape),
    }


def arrays(network: Any) -> dict[str, np.ndarray]:
    """Its weights, and what it has seen the mean of, float32 by name."""
    from likewise.neural import weights as stored

    return stored.to_arrays(network)


def restored(facts: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> Any:
    """The network that `described` and `arrays` describe; raises `ArtifactError` or `InputError` for anything else."""
    check_torch()
    from likewise.neural import weights as stored

    if facts.get("method") not in makers():
        raise ArtifactError(f"a network of the unknown kind {facts.get('method')!r}")
    make, shape = makers()[facts["method"]]
    network = make(shape(**facts["shape"]))
    stored.from_arrays(network, weights)
    return network


def canvas_from(facts: Mapping[str, Any]) -> Any:
    """The canvas that its facts describe; raises `OptionError` or `ArtifactError` where they describe none."""
    if "resample" in facts:
        return Prepared(**facts)
    found = Canvas(**{**facts, "ground": tuple(facts["ground"])})
    canvases.checked((found.height, found.width), found.channels, found.ground, found.fit, found.max_pixels)
    return found


def encoded(network: Any, pixels: np.ndarray, threads: int) -> np.ndarray:
    """(n, h, w, c) uint8 → (n, dim) float32."""
    import torch

    from likewise.neural.images import augment
    from likewise.neural.threads import only_threads

    with only_threads(threads), torch.inference_mode():
        return network(augment.images(pixels)).float().numpy()


def attention(network: Any, pixels: np.ndarray, threads: int) -> np.ndarray:
    """(n, layers, heads, rows, columns) float32; raises `InputError` for a network without a class token."""
    import torch

    from likewise.neural.images import augment
    from likewise.neural.threads import only_threads

    if not hasattr(network, "attention"):
        raise InputError("a cnn has no class token whose attention could be shown: give a vit")
    with only_threads(threads), torch.inference_mode():
        return network.attention(augment.images(pixels)).numpy()


def needed_bytes(network: Any, batch_size: int) -> int:
    """Roughly the memory of a training: weights, gradients, moments, and what a step keeps for its way back."""
    shape = network.shape
    parameters = sum(p.numel() for p in network.parameters())
    if hasattr(shape, "widths"):
        places = [height * width for height, width in shape.sizes[1:-1]]
        widths = (2 * shape.filters, *shape.widths)
        kept = sum(a * (3 * w + 3 * v) for a, w, v in zip(places, widths, (*shape.widths, 0), strict=True))
    else:
        kept = shape.body.longest * shape.layers * (10 * shape.dim + 3 * shape.inner)
    return int(
        4 * (4 * parameters + 2 * batch_size * (kept + 4 * shape.height * shape.width * shape.channels))
    )
