"""Images as each representation of a comparison has them: raw pixels, HOG, an untrained network, models named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.cli import image_options
from likewise.cli.images import raw_features, warn_of_training_images
from likewise.cli.models import open_model
from likewise.cli.output import note
from likewise.errors import InputError

if TYPE_CHECKING:
    from likewise.data.images import ImageDataset

UNTRAINED = "untrained"


def task(
    source: Path, test: Path | None, models: list[str], labels: Path | None, label: str | None
) -> tuple[Callable[[Any], ImageDataset], ImageDataset, int, dict[str, Any]]:
    """What reads the images for a model, those of the first, how many of them may be learnt from, and the models."""
    repeated = next((name for name in models if models.count(name) > 1), None)
    if repeated is not None:
        raise InputError(f"{repeated!r} is named twice: name each model once")
    loaded = {name: open_model(name) for name in models}
    other = next((name for name, model in loaded.items() if not image_options.is_of_images(model)), None)
    if other is not None:
        raise InputError(f"{other!r} is no model of images, and {str(source)!r} holds images: leave it out")

    def read(model: Any) -> ImageDataset:
        """All images as one model has them, those to test last."""
        import numpy as np

        from likewise.data.images import ImageDataset

        options = {"labels": labels, "label_column": label}
        found = image_options.labelled(source, model, "compare", **options)
        if test is None:
            return found
        tested = image_options.labelled(test, found, "compare", **options)
        return ImageDataset(
            np.concatenate([found.pixels, tested.pixels]), found.names + tested.names,
            [*(found.labels or ()), *(tested.labels or ())], canvas=found.canvas,
            facts={"learnt": len(found)},
        )  # fmt: skip

    first = read(next(iter(loaded.values()), None))
    return read, first, first.facts.get("learnt", len(first)), loaded


def represented(
    read: Callable[[Any], ImageDataset],
    first: ImageDataset,
    models: dict[str, Any],
    *,
    raw: str,
    seed: int,
    threads: int | None,
) -> dict[str, Any]:
    """The matrices of all images by name, the raw features `raw` first."""
    made = raw_features(first.pixels, threads)
    found: dict[str, Any] = {raw: made.pop(raw), **made}
    note(f"{UNTRAINED}: a network of the same shape, not trained")
    found[UNTRAINED] = _untrained(first, models, seed).encode(first.pixels, threads=threads)
    for name, model in models.items():
        dataset = first if model.canvas == first.canvas else read(model)
        found[name] = model.encode(dataset.pixels, threads=threads)
        warn_of_training_images(name, model, dataset, found[name])
    return found


def _untrained(dataset: ImageDataset, models: dict[str, Any], seed: int) -> Any:
    """The network of the first model as it was before training, or a small cnn where there is none."""
    from likewise import images as family
    from likewise.images import _networks as networks

    if not models:
        return family.random_network(dataset, seed=seed)
    model = next(iter(models.values()))
    method = networks.described(model.network)["method"]
    network = networks.started(method, model.network.shape, seed, dataset.pixels)
    return family.ImageEncoder(network, model.canvas)
