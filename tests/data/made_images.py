"""Small images with known colours, written in every way that a reader must stand."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(height: int = 8, width: int = 8) -> np.ndarray:
    """(h, w, 3): red, green, blue and white, a quarter each, so that every turn of it is another image."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = BLUE, WHITE
    return pixels


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(h, w, 3) smooth colours, as a photograph has."""
    draw = np.random.default_rng(seed).uniform(0.5, 3, (3, 2))
    y, x = np.mgrid[:height, :width] / max(height, width)
    waves = [np.sin(2 * np.pi * (a * y + b * x)) for a, b in draw]
    return np.uint8(127 + 120 * np.stack(waves, axis=-1))


def written(pixels: np.ndarray, path: Path, **options: object) -> Path:
    """A file of the kind its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]
    return path


def png_of_size(width: int, height: int) -> bytes:
    """A well-formed PNG of some 60 bytes whose header promises so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
