"""A network of images as an encoder: pictures in, vectors out, with the classes and the pictures that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, final

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.images import _networks as networks
from likewise.images import _preprocess as pictures
from likewise.images._classes import Classes
from likewise.system.cores import checked_threads
from likewise.table import Table

KIND = "images"
BATCH = 64  # pictures that go through the network together


class Found(NamedTuple):
    """A picture: its name, its cosine similarity to what was asked, and its class, "" where none is known."""

    key: str
    score: float
    label: str


@final
class ImageEncoder:
    """An `Encoder` of pictures: paths, or arrays (h, w), (h, w, 1 or 3) uint8, in a list; or one array of many.

    `network` is a torch module, `canvas` the size and colours that it reads. `classes` are those it was taught to tell,
    or None; `shelf` a Table of the pictures it was made from, and `labels` their classes, or None.
    """

    def __init__(
        self,
        network: Any,
        canvas: Any,
        *,
        classes: Classes | None = None,
        shelf: Table | None = None,
        labels: list[str] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.network, self.canvas = network.eval(), canvas
        self.classes, self.shelf, self.labels, self.facts = classes, shelf, labels, dict(facts or {})

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self.network.dim)

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Rows and columns of a picture on its way through the network."""
        return networks.sizes(self.network)

    @accepts_one
    def encode(self, items: Sequence[Any] | np.ndarray, *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32, the same bits at the same number of threads.

        A picture of another size, or of other colours, is brought to the network's as reading does it. Raises
        `InputError` for one that cannot be read, `WrongType` for what is no list of pictures.
        """
        threads = checked_threads(threads)
        items = pictures.listed(items)
        vectors = np.zeros((len(items), self.dim), np.float32)
        for number, pixels in enumerate(pictures.batches(items, self.canvas, BATCH)):
            vectors[number * BATCH : number * BATCH + len(pixels)] = networks.encoded(
                self.network, pixels, threads
            )
        return vectors

    def attention(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """(n, layers, heads, rows, columns) float32: how much the class token reads of each patch.

        Raises `InputError` for a network without one.
        """
        items = pictures.listed(items)
        found = [
            networks.attention(self.network, pixels, checked_threads(threads))
            for pixels in pictures.batches(items, self.canvas, BATCH)
        ]
        return np.concatenate(found) if found else np.zeros((0, 0, 0, 0, 0), np.float32)

    def classify(self, items: Sequence[Any], *, threads: int | None = None) -> list[str]:
        """The class of each picture; raises `InputError` where the network was not taught any."""
        if self.classes is None:
            raise InputError(
                "this network was not taught classes: make it with labels, or put a probe on its vectors"
            )
        return self.classes.nearest(self.encode(items, threads=threads))

    def similar(self, item: Any, k: int = 10) -> list[Found]:
        """The k pictures, of those that it was made from, of largest cosine with a picture."""
        if self.shelf is None or self.labels is None:
            raise InputError(
                "this model keeps no pictures, so none can be near: make it again with keep=True"
            )
        places, scores = self.shelf.nearest_many(self.encode([item]), k)
        pairs = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        return [Found(self.shelf.keys[place], score, self.labels[place]) for place, score in pairs]

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk: first the classes' names, then the pictures'."""
        arrays = networks.arrays(self.network)
        keys: list[str] = []
        labels: list[str] = []
        facts = {
            "made": self.facts,
            "network": networks.described(self.network),
            "canvas": asdict(self.canvas),
        }
        if self.classes is not None:
            arrays |= self.classes.arrays()
            keys += self.classes.names
            labels += [""] * len(self.classes.names)
        if self.shelf is not None:
            arrays["shelf_vectors"] = self.shelf.vectors
            keys += self.shelf.keys
            labels += self.labels or [""] * len(self.shelf)
        return Contents(
            KIND, {**facts, "classes": len(self.classes.names) if self.classes else 0}, arrays, keys, None, labels
        )  # fmt: skip

    @classmethod
    def from_contents(cls, contents: Contents) -> ImageEncoder:
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none."""
        facts, arrays, keys, labels = contents.facts, dict(contents.arrays), contents.keys, contents.labels
        n = facts.get("classes")
        if keys is None or labels is None or type(n) is not int or not 0 <= n <= len(keys):
            raise ArtifactError("a model of images does not say which of its keys are classes")
        classes = Classes.taken_from(arrays, keys[:n])
        vectors = arrays.pop("shelf_vectors", None)
        if (vectors is None) != (n == len(keys)):
            raise ArtifactError("names of pictures without vectors, or vectors without names")
        network = networks.restored(facts["network"], arrays)
        shelf = None if vectors is None else Table(keys[n:], vectors)
        if any(
            width != network.dim
            for width in ([shelf.dim] if shelf else []) + ([classes.dim] if classes else [])
        ):
            raise ArtifactError("the network, its classes and its pictures have vectors of different widths")
        canvas = networks.canvas_from(facts["canvas"])
        return cls(
            network,
            canvas,
            classes=classes,
            shelf=shelf,
            labels=labels[n:] if shelf else None,
            facts=facts["made"],
        )
