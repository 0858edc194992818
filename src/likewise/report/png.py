"""Pixels as a PNG file, and that as an address which needs no network; no image library (W3C PNG, third edition)."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from likewise.errors import InputError

COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # grey, RGB, RGBA
UP = 2  # the filter that stores differences to the row above, which photos and flat grounds both like


def png(pixels: np.ndarray) -> bytes:
    """(h, w, c) uint8, c 1, 3 or 4 (with opacity), as a PNG; raises `InputError` for anything else."""
    if (
        pixels.ndim != 3
        or pixels.shape[2] not in COLOUR_TYPES
        or pixels.dtype != np.uint8
        or 0 in pixels.shape
    ):
        raise InputError(f"pixels are (h, w, 1, 3 or 4) uint8, not {pixels.dtype} of shape {pixels.shape}")
    height, width, channels = pixels.shape
    rows = pixels.reshape(height, width * channels)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    lines = np.hstack([np.full((height, 1), UP, np.uint8), rows - above])
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def address(pixels: np.ndarray) -> str:
    """`png` as a data: address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
