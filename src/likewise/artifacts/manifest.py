"""`model.json`, which says what a model's folder holds, and the opening of a folder that holds just that.

It has the format's version, the kind, the facts of the making, and the size and SHA-256 of the other files.
Its `digest` is taken over all of these, so that one seed gives one digest, and not over what differs between
equal runs: `created`, and `likewise`, the version that wrote it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from likewise._version import __version__
from likewise.artifacts import layout
from likewise.errors import ArtifactError
from likewise.system import files

FORMAT = 1
MODEL, ARRAYS, KEYS, TOKENIZER = "model.json", "arrays.safetensors", "keys.arrow", "tokenizer.json"
CHECKED = (ARRAYS, KEYS, TOKENIZER)  # what has a size and a checksum in `model.json`
# Next to the model are how it was made and its card. No checksum covers them: a person is meant to write in
# the card, both differ between machines where the model does not, and loading reads neither.
TEXTS = ("run.toml", "README.md")
FEATURES: frozenset[str] = frozenset()  # what a reader must know about beyond the format's version
ARRAY_NAMES = {  # None: any identifier
    "table": frozenset({"vectors", "outputs"}),
    "features": frozenset({"idf", "counts", "columns", "offsets"}),
    "lsa": frozenset({"idf", "terms", "documents", "values", "explained", "explained_ratio"}),
    "averaged": frozenset({"vectors", "weights", "directions", "shares", "documents"}),
    "doc2vec": frozenset({"inputs", "outputs", "documents"}),
    "classifier": frozenset({"inputs", "outputs", "ngrams"}),
    "subwords": frozenset({"vectors", "rows", "scales", "buckets", "places"}),
    "graph": frozenset(
        {
            "vectors",
            "relation_vectors",
            "offsets",
            "targets",
            "edge_weights",
            "edge_relations",
            "node_types",
            "alias_offsets",
        }
    ),
    "users": frozenset(
        {"users", "items", "inputs", "offsets", "seen"}
        | {f"{side}_{part}" for side in ("user", "item") for part in ("tokens", "inner", "bias", "outer")}
    ),
    "checkpoint": None,
    "images": None,  # one for each weight of a network, whose shape says which
    "tasks": None,  # one for each weight of its heads and its trunk, and those of the encoder inside
    "contextual": None,  # one for each weight of a network, whose shape says which: it is compared with all of them
}


def make_model(kind: str, facts: dict[str, Any], fresh: Path) -> dict[str, Any]:
    """What `model.json` is to say of a folder whose other files are written."""
    listed = {
        name: {"size": (fresh / name).stat().st_size, "sha256": files.sha256_of(fresh / name)}
        for name in CHECKED
        if (fresh / name).exists()
    }
    model = {"format": FORMAT, "features": [], "kind": kind, "facts": facts, "files": listed}
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return {**model, "likewise": __version__, "created": created, "digest": _digest(model)}


@contextmanager
def opened_model(place: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, BinaryIO]]]:
    """`model.json`, checked, and each file, opened once, so that what is checked is what is used."""
    if not place.exists():
        raise ArtifactError(f"there is no model folder {name}")
    if not place.is_dir():
        raise ArtifactError(f"{name} is a file, not a model folder")
    entries = entries_of(place)
    if not any(entry.name == MODEL and is_known(entry) for entry in entries):
        raise ArtifactError(f"{name} is no model folder: {MODEL} is missing")
    with ExitStack() as stack:
        files_read = [entry for entry in entries if entry.name in (MODEL, *CHECKED) and is_known(entry)]
        opened: dict[str, BinaryIO] = {
            entry.name: stack.enter_context(open(entry.path, "rb")) for entry in files_read
        }
        model = _parsed_model(opened[MODEL], name)
        _check_entries(entries, model["files"], name)
        yield model, opened


def entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds, by name."""
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def is_known(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, and no link, by a name that a model's files have."""
    return entry.name in (MODEL, *CHECKED, *TEXTS) and entry.is_file(follow_symlinks=False)


def _check_entries(entries: list[os.DirEntry[str]], listed: dict[str, Any], name: str) -> None:
    for entry in entries:
        if not is_known(entry):
            raise ArtifactError(
                f"{name} holds {entry.name!r}, which is no part of a model (no links, folders, pickles, or "
                f"files of other programs): nothing was loaded; move it away if you put it there"
            )
        if entry.name not in (MODEL, *TEXTS, *listed):
            raise ArtifactError(
                f"{name} holds {entry.name!r}, which {MODEL} does not list: nothing was loaded"
            )
    missing = sorted(listed.keys() - {entry.name for entry in entries})
    if missing:
        raise ArtifactError(f"{name} is damaged: {missing[0]} is missing")


def _parsed_model(file: BinaryIO, name: str) -> dict[str, Any]:
    size = os.fstat(file.fileno()).st_size
    if size > layout.LARGEST_JSON:
        raise ArtifactError(f"{name} is damaged: {MODEL} has {size} bytes, more than {layout.LARGEST_JSON}")
    try:
        model = layout.parse_json(file.read(size))
        _refuse_newer(model, name)
        _check_model(model)
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{name} is damaged: {MODEL}: {error}") from error
    return model


def _refuse_newer(model: Any, name: str) -> None:
    if not isinstance(model, dict) or type(model.get("format")) is not int or model["format"] < 1:
        raise ValueError("it names no format")
    unknown = model.get("features", [])
    unknown = sorted(map(str, set(unknown) - FEATURES)) if isinstance(unknown, list) else ["features"]
    if model["format"] > FORMAT or unknown:
        what = f"format {model['format']}" + (f" with {unknown[0]!r}" if unknown else "")
        raise ArtifactError(
            f"{name} was written by likewise {str(model.get('likewise'))[:20]} ({what}); "
            f"this is {__version__} (format {FORMAT}): upgrade with pip install -U likewise"
        )


def _check_model(model: dict[str, Any]) -> None:
    if model.keys() != {"format", "features", "kind", "likewise", "digest", "created", "facts", "files"}:
        raise ValueError("its entries are not those of a model")
    if model["kind"] not in ARRAY_NAMES or not isinstance(model["facts"], dict):
        raise ValueError(f"a model of the unknown kind {model['kind']!r}")
    listed = model["files"]
    if not isinstance(listed, dict) or ARRAYS not in listed or not listed.keys() <= set(CHECKED):
        raise ValueError("its list of files is not that of a model")
    for entry in listed.values():
        if not isinstance(entry, dict) or entry.keys() != {"size", "sha256"}:
            raise ValueError("its list of files has an entry without size and checksum")
    if model["digest"] != _digest(model):
        raise ValueError("its digest is another one: it was changed after it was written")


def _digest(model: dict[str, Any]) -> str:
    lasting = {name: model[name] for name in ("format", "features", "kind", "facts", "files")}
    return hashlib.sha256(layout.dump_json(lasting)).hexdigest()
