"""What the commands do with a model of images: encode, find the nearest and draw them, judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.cli import image_options
from likewise.cli.models import is_folder, open_model, refuse_output
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.errors import ArtifactError, InputError, OptionError
from likewise.system.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from likewise.data.images import ImageDataset
    from likewise.evaluate import Report

PART = 1024  # images encoded at a time
LONGEST = 32  # pixels of the longer side as raw features: more take long to learn from, and add little
CELLS = 8  # of HOG, along the longer side
SHOWN = 96  # pixels of the longer side in a sheet


def is_one(name: str) -> bool:
    """Whether a folder holds a model of images, by its `model.json` alone."""
    from likewise.artifacts import artifact

    try:
        return is_folder(Path(name)) and artifact.info(name)["kind"] == "images"
    except ArtifactError:
        return False


def encode(model: Any, source: Path, output: Path, *, column: str | None, overwrite: bool) -> None:
    """The vectors of the images of a folder or file, each by its name."""
    from numpy import ones

    from likewise.formats.stream import Batch, streamed

    with Bar() as bar, streamed(output, model.dim, has_texts=False, overwrite=overwrite) as add:
        dataset = image_options.as_drawn(source, model, bar, column=column)
        for start in range(0, len(dataset), PART):
            vectors = model.encode(dataset.pixels[start : start + PART])
            names = dataset.names[start : start + PART]
            add(Batch(names, vectors, None, ones(len(names), bool)))
            bar(Progress("encoding", start + len(names), len(dataset), "images"))
    skipped = f"; {len(dataset.skipped):,} skipped" if dataset.skipped else ""
    note(f"{output}: {len(dataset):,} images, {model.dim:,} dimensions{skipped}")


def draw(model: Any, queries: list[tuple[str, list[Any]]], output: Path, *, overwrite: bool) -> None:
    """A page with a row for each query image and its nearest images."""
    from likewise.report.contact_sheet import Strip, sheet
    from likewise.report.page import Section, page
    from likewise.system import files

    refuse_output(output, overwrite=overwrite, is_folder=False)
    seen = _seen(model, list(dict.fromkeys(found.key for _, nearest in queries for found in nearest)))
    strips = []
    for item, nearest in queries:
        own = _thumbnails([item])[item]
        captions = [(Path(item).name, "query"), *((found.key, _score(found)) for found in nearest)]
        strips.append(Strip([own, *(seen[found.key] for found in nearest)], captions, lead=1))
    section = Section(
        "Nearest images",
        "The query image on the left, then those nearest to it, each with its cosine.",
        figure=sheet(strips, title="nearest images"),
    )
    with files.atomic_file(output) as file:
        file.write(page("A contact sheet", [section]).encode())
    note(f"the sheet is in {output}: open it in a browser")


def judged(
    names: list[str], *, labels: Path | None, label_column: str | None, baselines: bool, seed: int
) -> Report:
    """Rows of each model on the labelled images that are named last."""
    from likewise.evaluate.images import evaluate
    from likewise.evaluate.report import Report

    models, source = names[:-1], Path(names[-1])
    if not models or is_one(names[-1]):
        raise InputError(
            f"{names[-1]!r} is a model, and there are no images to evaluate it on: name a folder of them"
        )
    rows = []
    for name in models:
        model = open_model(name)
        if not image_options.is_of_images(model):
            raise InputError(f"{name!r} is no model of images, as {models[0]!r} is: judge it by itself")
        dataset = image_options.labelled(source, model, "evaluate", labels=labels, label_column=label_column)
        vectors = model.encode(dataset.pixels)
        warn_of_training_images(name, model, dataset, vectors)
        baseline_features = raw_features(dataset.pixels) if baselines else {}
        score = evaluate(
            vectors,
            dataset.labels or [],
            baselines=baseline_features,
            seed=seed,
            folds=max(2, min(5, len(dataset))),
        )
        rows += score.rows(f"{name} on {source.name}" if len(models) > 1 else source.name)
    return Report(tuple(rows))


def raw_features(images: np.ndarray, threads: int | None = None) -> dict[str, np.ndarray]:
    """Pixels, shrunk where they are many, and HOG, of (n, h, w, c) uint8."""
    from likewise.features.hog import hog
    from likewise.features.pixels import pixels

    height, width = images.shape[1:3]
    scale = min(1.0, LONGEST / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    cell = max(1, min(height, width, max(4, -(-max(height, width) // CELLS))))
    return {
        "pixels": pixels(images, size=size, threads=threads),
        "HOG": hog(images, cell=cell, threads=threads),
    }


def warn_of_training_images(name: str, model: Any, dataset: ImageDataset, vectors: np.ndarray) -> None:
    """Warn where a model was trained on the classes of these very images: then the scores are not of new images."""
    from numpy import isclose

    if model.classes is None or model.index is None:
        return
    known = {key: place for place, key in enumerate(model.index.keys)}
    rows = [(i, known[key]) for i, key in enumerate(dataset.names) if key in known]
    if not rows:
        return
    own, kept = map(list, zip(*rows, strict=True))
    same = int(isclose(vectors[own], model.index.vectors[kept], atol=1e-3).all(axis=1).sum())
    if same:
        note(
            f"warning: {name} was trained on the classes of {same:,} of these {len(dataset):,} images: what "
            "is measured on "
            "them is better than on new ones; give others"
        )


def _score(found: Any) -> str:
    return f"{found.score:.3f} {found.label}".strip()


def _seen(model: Any, names: list[str]) -> dict[str, np.ndarray]:
    """Small images of the names, as they are where the model was made from them; a grey one where they are not."""
    from numpy import full, uint8

    source = model.facts.get("images")
    place = Path(source["from"] if isinstance(source, dict) else str(source))
    found: dict[str, np.ndarray] = {}
    if place.is_dir() or place.suffix.lower() in (".csv", ".tsv"):
        base = place if place.is_dir() else place.parent
        shown = _thumbnails([str(base / name) for name in names])
        found = {name: shown[str(base / name)] for name in names if str(base / name) in shown}
    elif place.is_file():
        dataset = image_options.as_drawn(place, model)
        found = {name: dataset.pixels[dataset.names.index(name)] for name in names if name in dataset.names}
    if len(found) < len(names):
        note(f"{len(names) - len(found)} of the images are no longer at {str(place)!r}: grey in the sheet")
    return {name: found.get(name, full((8, 8, 1), 128, uint8)) for name in names}


def _thumbnails(paths: list[str]) -> dict[str, np.ndarray]:
    """Images by their path, the longer side at most `SHOWN`; those that cannot be read are left out."""
    from likewise.data.images import read

    found = {}
    for path in paths:
        try:
            wide = read([path]).size
            scale = SHOWN / max(wide)
            size = max(1, round(wide[0] * scale)), max(1, round(wide[1] * scale))
            found[path] = read([path], size=size if scale < 1 else wide).pixels[0]
        except InputError:
            continue
    return found


def refuse_of_texts(**given: Any) -> None:
    """Raise `OptionError` for an option of texts that was given though the model is one of images."""
    from likewise.cli.method_options import option_as_typed

    for name, value in given.items():
        if value is not None:
            raise OptionError(
                f"{option_as_typed(name)} is of texts, and this model is one of images: leave it out"
            )
