"""What may be opened in a folder that another program wrote: JSON and safetensors, and nothing that could run."""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from likewise.artifacts import layout
from likewise.errors import ArtifactError

CONFIG, MODULES, VOCABULARY, WEIGHTS = "config.json", "modules.json", "tokenizer.json", "model.safetensors"
RUNNING = {  # endings of what runs, or may, when another program opens it
    ".bin": "a pickle", ".pt": "a pickle", ".pth": "a pickle", ".pkl": "a pickle", ".pickle": "a pickle",
    ".ckpt": "a pickle", ".joblib": "a pickle", ".dill": "a pickle", ".py": "code", ".pyc": "code", ".so": "code",
}  # fmt: skip
LARGEST_HEADER = 4 << 20  # bytes of safetensors names; large models have some thousand arrays
DTYPES = {"BF16": np.dtype("<u2"), **layout.DTYPES}
SIMPLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")


@dataclass(frozen=True)
class Folder:
    """A folder and the files in it that may be read; every error is an `ArtifactError` that names the file."""

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_dir():
            raise ArtifactError(f"there is no model folder {self.path}")
        for entry in sorted(os.scandir(self.path), key=lambda entry: entry.name):
            what = RUNNING.get(os.path.splitext(entry.name)[1].lower())
            if what is not None:
                raise ArtifactError(
                    f"{self.path} holds {entry.name!r}, {what}: nothing was loaded; move it away, for only "
                    "safetensors and JSON are read"
                )

    def __contains__(self, name: str) -> bool:
        return (self.path / name).exists()

    def inside(self, name: Any) -> Folder:
        """The folder of this name in it, or itself for ""."""
        if name == "":
            return self
        if not isinstance(name, str) or not SIMPLE.match(name) or (self.path / name).is_symlink():
            raise ArtifactError(f"{self.path}: {str(name)[:64]!r} is no folder next to the others")
        return Folder(self.path / name)

    def text(self, name: str, largest: int = layout.LARGEST_JSON) -> str:
        """A file as text."""
        with self._opened(name) as file:
            size = os.fstat(file.fileno()).st_size
            if size > largest:
                raise ArtifactError(f"{self.path / name} has {size:,} bytes; at most {largest:,} are read")
            try:
                return file.read(size).decode()
            except UnicodeDecodeError as error:
                raise ArtifactError(f"{self.path / name} is damaged: {error}") from error

    def json(self, name: str) -> dict[str, Any]:
        """A JSON object; strict: no key twice, no number out of range, limited in size and depth."""
        found = self._json(name)
        if not isinstance(found, dict):
            raise ArtifactError(f"{self.path / name} is no JSON object")
        return found

    def entries(self, name: str) -> list[dict[str, Any]]:
        """A JSON list of objects."""
        found = self._json(name)
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise ArtifactError(f"{self.path / name} is no JSON list of objects")
        return found

    def _json(self, name: str) -> Any:
        try:
            return layout.parse_json(self.text(name).encode())
        except (ValueError, RecursionError) as error:
            raise ArtifactError(f"{self.path / name} is damaged: {error}") from error

    def arrays(self, name: str = WEIGHTS) -> dict[str, np.ndarray]:
        """The arrays of a safetensors file; those of 16 bits as float32."""
        with self._opened(name) as file:
            try:
                buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                found = layout.parse_arrays(buffer, dtypes=DTYPES, largest_header=LARGEST_HEADER)
            except (ValueError, OverflowError, RecursionError) as error:
                raise ArtifactError(f"{self.path / name} is damaged: {error}") from error
        return {key: widened(array) for key, array in found.items()}

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO]:
        path = self.path / name
        if path.is_symlink() and not is_of_the_cache(path):
            raise ArtifactError(f"{path} is a link that leads out of the folder: nothing was loaded")
        try:
            with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise ArtifactError(f"{path} is no regular file")
                yield file
        except FileNotFoundError:
            raise ArtifactError(
                f"{self.path} is no whole checkpoint: {name} is missing{self._hint(name)}"
            ) from None
        except OSError as error:
            if isinstance(error, ArtifactError):
                raise
            raise ArtifactError(f"{path} cannot be read: {error.strerror}") from error

    def _hint(self, name: str) -> str:
        if f"{name}.index.json" in self:
            return f"; weights in several files are not read: save them as one {name}"
        return ""


def widened(array: np.ndarray) -> np.ndarray:
    """float16 and bfloat16 (here read as uint16) as float32; all else as it is."""
    if array.dtype == DTYPES["BF16"]:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def is_of_the_cache(path: Path) -> bool:
    """Whether a link is one of the hub's own cache: MODEL/snapshots/REVISION/FILE → MODEL/blobs/DIGEST."""
    target, folder = Path(os.path.realpath(path)), Path(os.path.realpath(path.parent))
    model = next((above.parent for above in folder.parents if above.name == "snapshots"), None)
    return model is not None and target.parent == model / "blobs"
