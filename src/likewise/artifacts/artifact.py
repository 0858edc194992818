"""A model as a folder: `model.json`, `arrays.safetensors`, `keys.arrow`, and no code.

Reading trusts in this order: size, checksum, parse with limits, validate, use. A checksum finds damage, not a
forger, so the limits stay. Reading writes nothing, and a folder that is replaced meanwhile is read again.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import numpy as np

from likewise.artifacts import layout
from likewise.artifacts.manifest import (
    ARRAY_NAMES,
    ARRAYS,
    KEYS,
    MODEL,
    TEXTS,
    TOKENIZER,
    entries_of,
    is_known,
    make_model,
    opened_model,
)
from likewise.artifacts.old_names import with_current_names
from likewise.errors import ArtifactError, Diverged, InputError, LikewiseError, MissingExtra
from likewise.system import files

LONGEST_NAME = 64
ATTEMPTS = 50  # at reading a folder that is being replaced meanwhile

KINDS = {
    "contextual": ("likewise.contextual._model", "Contextual"),
    "table": ("likewise.table", "Table"),
    "subwords": ("likewise.words._subword_table", "SubwordTable"),
    "features": ("likewise.documents._bag_of_words", "Features"),
    "lsa": ("likewise.documents._lsa", "Lsa"),
    "doc2vec": ("likewise.documents._paragraph_vectors", "Paragraphs"),
    "classifier": ("likewise.documents._text_classifier", "TextClassifier"),
    "graph": ("likewise.graphs._nodes", "Nodes"),
    "averaged": ("likewise.documents._averaged", "Averaged"),
    "images": ("likewise.images._encoder", "ImageEncoder"),
    "tasks": ("likewise.tasks._model", "TaskModel"),
    "users": ("likewise.users._model", "Users"),
}

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Contents:
    """What an artifact holds: its kind, the facts of its making as JSON values, its arrays, and maybe keys.

    Arrays are float32, float16, int8, int32, int64 or uint8, and finite; `counts` (n,) int64 and `labels`, what a
    person reads for a key, go with `keys`. `tokenizer` is the JSON of a subword tokenizer.
    """

    kind: str
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]
    keys: list[str] | None = None
    counts: np.ndarray | None = None
    labels: list[str] | None = None
    tokenizer: str | None = None


class Savable(Protocol):
    """Anything that can say what it would be on disk."""

    def contents(self) -> Contents:
        """What to save."""


def save(artifact: Savable, folder: Path | str, *, overwrite: bool = False) -> None:
    """Save a model as a folder, whole or not at all; raises as `write` does.

    Parameters
    ----------
    artifact : object
        Model of any kind.
    folder : str or Path
        Folder to write.
    overwrite : bool, default False
        Replace what is already in the output.
    """
    write(artifact.contents(), folder, overwrite=overwrite)


def load(folder: Path | str) -> Any:
    """The model in a folder, its arrays memory-mapped and read-only.

    Raises `ArtifactError` where the folder is damaged, newer than this version, or holds what it must not.

    Parameters
    ----------
    folder : str or Path
        Folder of a model.
    """
    contents = read(folder)
    if contents.kind not in KINDS:
        raise ArtifactError(
            f"{folder} holds a {contents.kind}, not a model: give the folder of a finished model"
        )
    try:
        return made(contents)
    except MissingExtra:
        raise
    except (LikewiseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArtifactError(f"{folder} does not hold a whole {contents.kind}: {error}") from error


def made(contents: Contents) -> Any:
    """The model that `contents`, whose kind is one of `KINDS`, describe; raises what that kind raises."""
    module, name = KINDS[contents.kind]
    current = replace(contents, facts=with_current_names(contents.facts))
    return getattr(import_module(module), name).from_contents(current)


def write(
    contents: Contents,
    folder: Path | str,
    *,
    overwrite: bool = False,
    texts: Mapping[str, str] | None = None,
) -> str:
    """Write an artifact, whole or not at all, with `texts` (run.toml, README.md) next to it; returns its digest.

    Raises `OutputExists` where the folder exists and `overwrite` is False, `ArtifactError` where
    it is no model folder or `contents` are not those of their kind, `InputError` where facts or keys cannot
    be written, `Diverged` where a number is not finite, and `NotEnoughSpace`.
    """
    folder, texts = Path(folder), texts or {}
    if not texts.keys() <= set(TEXTS):
        raise ArtifactError(
            f"{folder}: next to a model there are only {' and '.join(TEXTS)}, not {sorted(texts)}"
        )
    _validate(contents, str(folder), Diverged)
    facts = _json(contents.facts, folder)
    if overwrite:
        check_replaceable(folder)
    digests = []

    def fill(fresh: Path) -> None:
        _fill(contents, fresh, folder)
        for name, text in texts.items():
            _write(fresh / name, text.encode())
        model = make_model(contents.kind, contents.facts, fresh)
        _write(fresh / MODEL, _json(model, folder))
        digests.append(model["digest"])

    needed = _bytes_needed(contents) + len(facts) + sum(map(len, texts.values()))
    files.replace_folder(folder, fill, overwrite=overwrite, needed_bytes=needed)
    return digests[0]


def read(folder: Path | str) -> Contents:
    """What an artifact holds, verified, its arrays memory-mapped and read-only; raises as `load` does."""
    return _undisturbed(Path(folder), lambda model, opened: _contents(model, opened, str(folder)))


def info(folder: Path | str) -> dict[str, Any]:
    """What `model.json` says; the list of files is checked, their bytes are not. Raises `ArtifactError`."""
    return _undisturbed(Path(folder), lambda model, opened: model)


def verify(folder: Path | str) -> list[tuple[str, int, bool]]:
    """(file, bytes, whether it is as it was written) of each file with a checksum; raises as `info` does."""
    return _undisturbed(Path(folder), _verdicts)


def _fill(contents: Contents, fresh: Path, folder: Path) -> None:
    with files.new_file(fresh / ARRAYS) as file:
        layout.write_arrays(contents.arrays, file)
    if contents.keys is not None:
        try:
            with files.new_file(fresh / KEYS) as file:
                layout.write_keys(contents.keys, contents.counts, contents.labels, file)
        except (ValueError, TypeError) as error:
            raise InputError(f"{folder} was not written: its keys are not text: {error}") from error
    if contents.tokenizer is not None:
        _write(fresh / TOKENIZER, contents.tokenizer.encode())


def _write(path: Path, data: bytes) -> None:
    with files.new_file(path) as file:
        file.write(data)


def check_replaceable(folder: Path) -> None:
    """Raise `ArtifactError` where overwriting `folder` would lose anything that is not a model's."""
    if folder.exists() and not folder.is_dir():
        raise ArtifactError(f"{folder} is a file: give the name of a folder")
    others = [entry.name for entry in entries_of(folder) if not is_known(entry)] if folder.exists() else []
    if others:
        raise ArtifactError(
            f"{folder} holds {others[0]!r}, which is no part of a model: it is not overwritten"
        )


def _undisturbed(folder: Path, work: Callable[[dict[str, Any], dict[str, BinaryIO]], T]) -> T:
    """`work` on the opened model; again where the folder was replaced meanwhile, which is no damage."""
    for attempt in range(ATTEMPTS):
        place = files.standing(folder)
        before = _identity(place)
        try:
            with opened_model(place, str(folder)) as (model, opened):
                return work(model, opened)
        except OSError as error:
            if attempt < ATTEMPTS - 1 and (before != _identity(place) or place != files.standing(folder)):
                continue
            if isinstance(error, ArtifactError):
                raise
            raise ArtifactError(f"{folder} cannot be read: {error.strerror}") from error
    raise AssertionError("the last attempt returns or raises")


def _identity(folder: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_ctime_ns


def _verdicts(model: dict[str, Any], opened: dict[str, BinaryIO]) -> list[tuple[str, int, bool]]:
    verdicts = [(MODEL, os.fstat(opened[MODEL].fileno()).st_size, True)]
    for name, entry in sorted(model["files"].items()):
        size = os.fstat(opened[name].fileno()).st_size
        is_whole = size == entry["size"] and files.sha256_of(opened[name]) == entry["sha256"]
        verdicts.append((name, size, is_whole))
    return verdicts


def _contents(model: dict[str, Any], opened: dict[str, BinaryIO], name: str) -> Contents:
    keys, counts, labels, tokenizer = None, None, None, None
    arrays = _parsed(ARRAYS, model, opened, name, layout.parse_arrays)
    if KEYS in opened:
        keys, counts, labels = _parsed(KEYS, model, opened, name, layout.parse_keys)
    if TOKENIZER in opened:
        tokenizer = _parsed(TOKENIZER, model, opened, name, lambda buffer: bytes(buffer).decode())
    contents = Contents(model["kind"], model["facts"], arrays, keys, counts, labels, tokenizer)
    _validate(contents, name, ArtifactError)
    return contents


def _parsed(
    file: str, model: dict[str, Any], opened: dict[str, BinaryIO], name: str, parse: Callable[[Any], T]
) -> T:
    entry, descriptor = model["files"][file], opened[file].fileno()
    size = os.fstat(descriptor).st_size
    if size != entry["size"]:
        raise ArtifactError(f"{name} is damaged: {file} has {size} bytes, where {entry['size']} were written")
    if files.sha256_of(opened[file]) != entry["sha256"]:
        raise ArtifactError(f"{name} is damaged: the checksum of {file} is not that of what was written")
    try:
        return parse(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    except (ValueError, OverflowError) as error:
        raise ArtifactError(f"{name} is damaged: {file}: {error}") from error


def _validate(contents: Contents, name: str, not_finite: type[Exception]) -> None:
    """Raise where `contents` break a law of their kind, `not_finite` for a number that is none."""
    if contents.kind not in ARRAY_NAMES:
        raise ArtifactError(f"{name}: there is no kind {contents.kind!r}, only {', '.join(ARRAY_NAMES)}")
    allowed = ARRAY_NAMES[contents.kind]
    for array_name, array in contents.arrays.items():
        fits = array_name.isidentifier() and len(array_name) <= LONGEST_NAME
        if not fits if allowed is None else array_name not in allowed:
            raise ArtifactError(f"{name}: a {contents.kind} has no array {array_name[:LONGEST_NAME]!r}")
        if array.dtype.newbyteorder("<") not in layout.DTYPE_NAMES:
            raise ArtifactError(f"{name}: the array {array_name!r} is of {array.dtype}, which is not stored")
        if array.dtype.kind == "f" and not _is_finite(array):
            raise not_finite(f"{name}: {array_name!r} holds a number that is not finite, {_first_bad(array)}")
    if contents.counts is not None and len(contents.counts) != len(contents.keys or ()):
        raise ArtifactError(f"{name}: {len(contents.counts)} counts for {len(contents.keys or ())} keys")
    if contents.labels is not None and len(contents.labels) != len(contents.keys or ()):
        raise ArtifactError(f"{name}: {len(contents.labels)} labels for {len(contents.keys or ())} keys")


def _is_finite(array: np.ndarray) -> bool:
    """Whether all numbers are finite, with no mask as long as the array: min and max pass a NaN on."""
    return array.size == 0 or bool(np.isfinite(array.min()) and np.isfinite(array.max()))


def _first_bad(array: np.ndarray) -> str:
    index = np.unravel_index(int(np.argmin(np.isfinite(array))), array.shape)
    return f"first at {tuple(map(int, index))}"


def _json(value: Any, folder: Path) -> bytes:
    try:
        return layout.dump_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{folder} was not written: its facts are not plain JSON: {error}") from error


def _bytes_needed(contents: Contents) -> int:
    arrays = sum(array.nbytes for array in contents.arrays.values())
    texts = (contents.keys or []) + (contents.labels or [])
    keys = sum(len(str(text)) + 16 for text in texts) + len(contents.tokenizer or "")
    return arrays + keys + (16 << 10)
