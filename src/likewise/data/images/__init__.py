"""Images from folders, lists, arrays and Parquet files, each decoded once, into one memory-mapped array of bytes."""

from __future__ import annotations

from likewise.data.images.dataset import ImageDataset
from likewise.data.images.preprocess import Canvas
from likewise.data.images.reader import read

__all__ = ["Canvas", "ImageDataset", "read"]
