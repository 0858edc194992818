"""What reading gives: the pixels of all images, their names and labels, and what was done or left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likewise.data.images.preprocess import Canvas

NOTES = {  # what decoding notes of an image, and the words for many
    "turned": "turned as their EXIF says",
    "first frame": "animated or of several pages: the first frame is taken",
    "composited": "with transparency, laid on the ground",
    "converted": "of another colour model, converted",
    "scaled": "of more than 8 bits, scaled",
    "drafted": "large, read at a smaller size",
    "resized": "brought to the size",
}


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """n images of one size.

    `pixels` (n, h, w, c) uint8, c 1 or 3, read-only, mostly mapped from a file without a name, which is gone with
    them. `names[i]` is an image's path, in its folder or as it was given, or its number. `labels[i]` is the class;
    `columns` holds every column of labels there is, the one of `labels` too. `skipped` lists (name, reason) of what
    could not be used; `facts` counts what was done to how many (`NOTES` says of what), and `others`: files that by
    their names are no images. `canvas` is what they were drawn on, as others are to be that are compared with them;
    `source` says, as JSON values, what they were read from and by which options.
    """

    pixels: np.ndarray
    names: list[str]
    labels: list[str] | None = None
    columns: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    canvas: Canvas | None = None
    source: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels.shape[1], self.pixels.shape[2]

    @property
    def classes(self) -> list[str]:
        """The distinct labels, sorted; none where there are no labels."""
        return sorted(set(self.labels or ()))

    def taken(self, rows: np.ndarray) -> ImageDataset:
        """The images `rows` alone, their pixels copied."""
        chosen = np.arange(len(self))[rows].tolist()
        return ImageDataset(
            self.pixels[chosen],
            [self.names[row] for row in chosen],
            None if self.labels is None else [self.labels[row] for row in chosen],
            {name: [cells[row] for row in chosen] for name, cells in self.columns.items()},
            canvas=self.canvas,
            source=self.source,
        )

    def notes(self) -> list[str]:
        """What a person should know, a line each: what was skipped and why, what was done to how many."""
        lines = []
        if self.skipped:
            name, reason = self.skipped[0]
            lines.append(f"{len(self.skipped):,} skipped; the first, {name}: {reason}")
        lines += [f"{self.facts[what]:,} {text}" for what, text in NOTES.items() if self.facts.get(what)]
        if self.facts.get("others"):
            lines.append(
                f"{self.facts['others']:,} other files, which by their names are no images, passed over"
            )
        return lines

    def __str__(self) -> str:
        height, width = self.size
        counted = Counter(self.labels or ())
        classes = f", {len(counted):,} classes" if self.labels is not None else ""
        return f"{len(self):,} images of {width} × {height}{classes}"
