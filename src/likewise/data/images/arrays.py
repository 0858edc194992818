"""Images in arrays: NumPy's npy and npz, the IDX files of MNIST, and arrays in memory."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.images.high_bit_depth import scaled
from likewise.data.images.preprocess import Canvas
from likewise.data.sources import LARGEST_RATIO, LARGEST_UNCHECKED, opened, source
from likewise.errors import InputError, WrongType
from likewise.system.extras import need

IMAGES = ("images", "pixels", "x", "x_train", "data", "arr_0")
IMAGES_AT_A_TIME = 1024
LABELS = ("labels", "y", "y_train", "targets", "target", "arr_1")
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


@dataclass(frozen=True)
class Stack:
    """`pixels` (n, h, w, c) uint8, and labels where the file has them."""

    name: str
    pixels: np.ndarray
    labels: list[str] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[1], self.pixels.shape[2]


def find(inputs: Any, column: str | None) -> Stack | None:
    """The images of an array, a list of arrays, or a file of numbers; None where `inputs` is none of these."""
    if isinstance(inputs, np.ndarray) or (
        isinstance(inputs, list | tuple) and inputs and isinstance(inputs[0], np.ndarray)
    ):
        return given(inputs)
    if isinstance(inputs, str | os.PathLike) and (path := Path(inputs)).is_file():
        if path.suffix == ".npy":
            return npy(path)
        if path.suffix == ".npz":
            return npz(path, column)
        if is_idx(path):
            return idx(path)
    return None


def npy(path: Path) -> Stack:
    """The images of a .npy file, mapped; pickles are refused."""
    return Stack(str(path), checked(npy_array(path), str(path)))


def npy_array(path: Path) -> np.ndarray:
    """The one array of a .npy file, mapped, whatever it is."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (
        OSError,
        ValueError,
        EOFError,
        SyntaxError,
    ) as error:  # a header that is cut ends in a SyntaxError
        raise InputError(f"{path} is damaged, no .npy, or holds pickled objects: {error}") from error


def npz(path: Path, column: str | None) -> Stack:
    """The images of a .npz file, those called `column` or as in `IMAGES`, and labels called as in `LABELS`."""
    try:
        with (
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):  # NumPy leaves a bad file open
            name = _named(column, arrays.files, path)
            _check_unpacked_size(path, name)
            pixels = arrays[name]
            labels = next((arrays[each] for each in LABELS if each in arrays.files and each != name), None)
    except (
        OSError,
        ValueError,
        EOFError,
        SyntaxError,
        zlib.error,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged, no .npz, or holds pickled objects: {error}") from error
    is_for_them = labels is not None and labels.ndim == 1 and len(labels) == len(pixels)
    return Stack(
        str(path),
        checked(pixels, f"{path}, array {name!r},"),
        list(map(str, labels.tolist())) if is_for_them and labels is not None else None,
    )


def _check_unpacked_size(path: Path, name: str) -> None:
    """Raise `InputError` for an array that unpacks to more than 1 GiB and 250 times its size, as a bomb does."""
    with zipfile.ZipFile(path) as archive:
        entry = next((each for each in archive.infolist() if each.filename == f"{name}.npy"), None)
    if entry is not None and entry.file_size > max(LARGEST_UNCHECKED, LARGEST_RATIO * entry.compress_size):
        raise InputError(
            f"{path}: the array {name!r} unpacks to {entry.file_size:,} bytes from {entry.compress_size:,}: "
            "save it as .npy"
        )


def idx(path: Path) -> Stack:
    """The images of an IDX file, plain or in gzip, and the labels of the file that is called as MNIST calls it."""
    labels_path = path.with_name(
        path.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    )
    labels = None
    if labels_path != path and labels_path.is_file():
        found = idx_array(labels_path)
        labels = list(map(str, found.tolist())) if found.ndim == 1 else None
    return Stack(str(path), checked(idx_array(path), str(path)), labels)


def is_idx(path: Path) -> bool:
    """Whether a file is called, or begins, as an IDX file of images or labels does."""
    return any(part in path.name for part in ("idx1", "idx3", "idx4")) or path.name.endswith(
        (".idx", ".idx.gz")
    )


def idx_array(path: Path) -> np.ndarray:
    """The array of an IDX file; raises `InputError` where it holds less or more than its header says."""
    with opened(source(path), None) as stream:
        head = _exactly(stream, 4, path)
        if head[:2] != b"\0\0" or head[2] not in IDX_TYPES or not head[3]:
            raise InputError(f"{path} is no IDX file: it begins with {head.hex(' ')}")
        shape = struct.unpack(f">{head[3]}I", _exactly(stream, 4 * head[3], path))
        dtype = np.dtype(IDX_TYPES[head[2]])
        wanted = int(np.prod(shape, dtype=object)) * dtype.itemsize
        data = _read(stream, wanted)
        rest = stream.read(1)
    if len(data) != wanted or rest:
        raise InputError(
            f"{path} is {'longer than it says' if rest else 'cut'}: wanted {wanted:,} bytes for {shape}"
        )
    return np.frombuffer(data, dtype).reshape(shape)


def checked(numbers: np.ndarray, name: str) -> np.ndarray:
    """The pixels as (n, h, w, c) uint8; raises `InputError` for what are no images.

    Whole numbers up to 255 are taken as they are, up to 65535 divided by 257; floats from 0 to 1 times 255, up to 255
    as they are, and all others stretched from the least to the greatest of the whole array. A fourth channel, as of
    RGBA, is refused.
    """
    pixels = numbers
    if pixels.dtype.kind not in "buif":
        raise InputError(f"{name} holds {pixels.dtype}, not numbers")
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3) or 0 in pixels.shape[1:]:
        raise InputError(
            f"{name} is of shape {numbers.shape}; wanted images as (n, h, w), (n, h, w, 1) or (n, h, w, 3)"
        )
    if len(pixels) == 0:
        raise InputError(f"{name} holds no images: its shape is {numbers.shape}")
    for start in range(0, len(pixels) if pixels.dtype.kind == "f" else 0, IMAGES_AT_A_TIME):
        part = pixels[start : start + IMAGES_AT_A_TIME]
        bad = np.flatnonzero(~np.isfinite(part).all(axis=(1, 2, 3)))
        if len(bad):
            raise InputError(
                f"{name} image {start + bad[0]:,} holds NaN or infinity: mend it, or leave it out"
            )
    if pixels.dtype.kind in "iuf" and pixels.dtype != np.uint8 and pixels.size:
        least, most = pixels.min(), pixels.max()
        is_unit = pixels.dtype.kind == "f" and most <= 1
        if least >= 0 and most <= 255 and not is_unit:
            return np.rint(pixels).astype(np.uint8)
    return scaled(pixels)


def given(images: Any) -> Stack:
    """Arrays from Python: one of all images, or a list of arrays of one shape."""
    if isinstance(images, np.ndarray):
        return Stack("the array given", checked(images, "the array given"))
    shapes = {np.shape(each) for each in images}
    if len(shapes) > 1:
        raise WrongType(
            f"the arrays given are of {len(shapes)} shapes, such as {sorted(shapes)[:2]}; wanted one"
        )
    stacked = np.stack([np.asarray(each) for each in images])
    return Stack("the arrays given", checked(stacked, "the arrays given"))


def _named(column: str | None, found: list[str], path: Path) -> str:
    if column is not None and column not in found:
        raise InputError(f"{path} has no array {column!r}, but {', '.join(map(repr, found)) or 'none'}")
    name = column or next((each for each in IMAGES if each in found), None)
    if name is None:
        raise InputError(
            f"{path} has the arrays {', '.join(map(repr, found)) or 'none'}: name one with column="
        )
    return name


def _exactly(stream: Any, count: int, path: Path) -> bytes:
    data = _read(stream, count)
    if len(data) < count:
        raise InputError(f"{path} is cut: it ends in its header")
    return data


def _read(stream: Any, count: int) -> bytes:
    """`count` bytes, fewer only where the stream ends."""
    parts = []
    while count > 0 and (part := stream.read(min(count, 1 << 24))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def drawn(pixels: np.ndarray, canvas: Canvas) -> np.ndarray:
    """One image (h, w, c) uint8 in the shape of the canvas."""
    pillow = need("PIL.Image", "neural", "changing the size or the channels of images")
    image = pillow.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image = image if image.mode == canvas.mode else image.convert(canvas.mode)
    return np.asarray(canvas.placed(image), np.uint8).reshape(canvas.shape)
