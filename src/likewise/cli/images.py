"""What the commands do with a model of images: encode, find the nearest and draw them, judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.cli import image_options as pictures
from likewise.cli.models import is_folder, open_model, refuse_output
from likewise.cli.output import note
from likewise.cli.progress import Bar
from likewise.errors import ArtifactError, InputError, OptionError
from likewise.system.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from likewise.data.images import Album
    from likewise.evaluate import Report

PART = 1024  # pictures encoded at a time
SHOWN = 96  # pixels of the longer side in a sheet


def is_one(name: str) -> bool:
    """Whether a folder holds a model of images, by its `model.json` alone."""
    from likewise.artifacts import artifact

    try:
        return is_folder(Path(name)) and artifact.info(name)["kind"] == "images"
    except ArtifactError:
        return False


def encode(model: Any, source: Path, output: Path, *, column: str | None, overwrite: bool) -> None:
    """The vectors of the pictures of a folder or file, each by its name."""
    from numpy import ones

    from likewise.formats.stream import Batch, streamed

    with Bar() as bar, streamed(output, model.dim, has_texts=False, overwrite=overwrite) as add:
        album = pictures.as_drawn(source, model, bar, column=column)
        for start in range(0, len(album), PART):
            vectors = model.encode(album.pixels[start : start + PART])
            names = album.names[start : start + PART]
            add(Batch(names, vectors, None, ones(len(names), bool)))
            bar(Progress("encoding", start + len(names), len(album), "pictures"))
    skipped = f"; {len(album.skipped):,} skipped" if album.skipped else ""
    note(f"{output}: {len(album):,} pictures, {model.dim:,} numbers each{skipped}")


def draw(model: Any, asked: list[tuple[str, list[Any]]], output: Path, *, overwrite: bool) -> None:
    """A page with a row for each picture asked, and what was found near it beside."""
    from likewise.report.contact_sheet import Strip, sheet
    from likewise.report.page import Section, page
    from likewise.system import files

    refuse_output(output, overwrite=overwrite, is_folder=False)
    seen = _seen(model, list(dict.fromkeys(found.key for _, nearest in asked for found in nearest)))
    strips = []
    for item, nearest in asked:
        own = _thumbnails([item])[item]
        captions = [(Path(item).name, "asked"), *((found.key, _score(found)) for found in nearest)]
        strips.append(Strip([own, *(seen[found.key] for found in nearest)], captions, lead=1))
    section = Section(
        "Nearest pictures",
        "The picture that was asked on the left, then those nearest to it, each with its cosine.",
        picture=sheet(strips, title="nearest pictures"),
    )
    with files.atomic_file(output) as file:
        file.write(page("A contact sheet", [section]).encode())
    note(f"the sheet is in {output}: open it in a browser")


def judged(
    names: list[str], *, labels: Path | None, label_column: str | None, baselines: bool, seed: int
) -> Report:
    """Rows of each model on the labelled pictures that are named last."""
    from likewise.cli.compare_images import raw_features
    from likewise.evaluate.images import evaluate
    from likewise.evaluate.report import Report

    models, source = names[:-1], Path(names[-1])
    if not models or is_one(names[-1]):
        raise InputError(
            f"{names[-1]!r} is a model, and there are no pictures to judge it by: name a folder of them"
        )
    rows = []
    for name in models:
        model = open_model(name)
        if not pictures.is_of_images(model):
            raise InputError(f"{name!r} is no model of images, as {models[0]!r} is: judge it by itself")
        album = pictures.labelled(source, model, "evaluate", labels=labels, label_column=label_column)
        vectors = model.encode(album.pixels)
        warn_of_taught(name, model, album, vectors)
        beside = raw_features(album.pixels) if baselines else {}
        score = evaluate(
            vectors, album.labels or [], baselines=beside, seed=seed, folds=max(2, min(5, len(album)))
        )
        rows += score.rows(f"{name} on {source.name}" if len(models) > 1 else source.name)
    return Report(tuple(rows))


def warn_of_taught(name: str, model: Any, album: Album, vectors: np.ndarray) -> None:
    """Say it where a model was taught the classes of these very pictures: then the scores are of what it was told."""
    from numpy import isclose

    if model.classes is None or model.shelf is None:
        return
    known = {key: place for place, key in enumerate(model.shelf.keys)}
    rows = [(i, known[key]) for i, key in enumerate(album.names) if key in known]
    if not rows:
        return
    own, kept = map(list, zip(*rows, strict=True))
    same = int(isclose(vectors[own], model.shelf.vectors[kept], atol=1e-3).all(axis=1).sum())
    if same:
        note(
            f"warning: {name} was taught classes on {same:,} of these {len(album):,} pictures: what is measured on "
            "them is better than on new ones; give others"
        )


def _score(found: Any) -> str:
    return f"{found.score:.3f} {found.label}".strip()


def _seen(model: Any, names: list[str]) -> dict[str, np.ndarray]:
    """Small pictures of the names, as they are where the model was made from them; a grey one where they are not."""
    from numpy import full, uint8

    source = model.facts.get("images")
    place = Path(source["from"] if isinstance(source, dict) else str(source))
    found: dict[str, np.ndarray] = {}
    if place.is_dir() or place.suffix.lower() in (".csv", ".tsv"):
        base = place if place.is_dir() else place.parent
        shown = _thumbnails([str(base / name) for name in names])
        found = {name: shown[str(base / name)] for name in names if str(base / name) in shown}
    elif place.is_file():
        album = pictures.as_drawn(place, model)
        found = {name: album.pixels[album.names.index(name)] for name in names if name in album.names}
    if len(found) < len(names):
        note(f"{len(names) - len(found)} of the pictures are no longer at {str(place)!r}: grey in the sheet")
    return {name: found.get(name, full((8, 8, 1), 128, uint8)) for name in names}


def _thumbnails(paths: list[str]) -> dict[str, np.ndarray]:
    """Pictures by their path, the longer side at most `SHOWN`; those that cannot be read are left out."""
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
