"""A network of images as an encoder: images in, vectors out, with the classes and the images that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, final

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError
from likewise.images import _networks as networks
from likewise.images import _preprocess as preprocess
from likewise.images._classes import Classes
from likewise.system.cores import checked_threads
from likewise.table import Table

KIND = "images"
SAVED_INDEX = "shelf_vectors"  # the name of the array in saved models
BATCH = 64  # images that go through the network together


class Found(NamedTuple):
    """An image: its name, its cosine similarity to the query, and its class, "" where none is known.

    Parameters
    ----------
    key : str
        Name.
    score : float
        Cosine similarity to the query.
    label : str
        Class, "" if none is known.
    """

    key: str
    score: float
    label: str


@final
class ImageEncoder:
    """An `Encoder` of images: paths, or arrays (h, w), (h, w, 1 or 3) uint8, in a list; or one array of many.

    `network` is a torch module, `canvas` the size and colours that it reads. `classes` are those it was trained to
    predict, or None; `index` a Table of the images it was made from, and `labels` their classes, or None.

    Parameters
    ----------
    network : torch module
        Network.
    canvas : Canvas
        Size and colours that the network reads.
    classes : Classes or None, default None
        Classes that the network predicts.
    index : Table or None, default None
        Vectors of the images that the model keeps.
    labels : list of str or None, default None
        Class of each image of `index`.
    facts : dict or None, default None
        How the model was made.
    """

    def __init__(
        self,
        network: Any,
        canvas: Any,
        *,
        classes: Classes | None = None,
        index: Table | None = None,
        labels: list[str] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.network, self.canvas = network.eval(), canvas
        self.classes, self.index, self.labels, self.facts = classes, index, labels, dict(facts or {})

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self.network.dim)

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Rows and columns of an image on its way through the network."""
        return networks.sizes(self.network)

    @accepts_one
    def encode(self, items: Sequence[Any] | np.ndarray, *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32, the same bits at the same number of threads.

        An image of another size, or of other colours, is brought to the network's as reading does it. Raises
        `InputError` for one that cannot be read, `WrongType` for what is no list of images.

        Parameters
        ----------
        items : sequence or ndarray
            Images: paths, or arrays (h, w) or (h, w, c) of uint8; or one array of shape (n, h, w, c).
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        threads = checked_threads(threads)
        items = preprocess.listed(items)
        vectors = np.zeros((len(items), self.dim), np.float32)
        for number, pixels in enumerate(preprocess.batches(items, self.canvas, BATCH)):
            vectors[number * BATCH : number * BATCH + len(pixels)] = networks.encoded(
                self.network, pixels, threads
            )
        return vectors

    def attention(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """(n, layers, heads, rows, columns) float32: how much the class token reads of each patch.

        Raises `InputError` for a network without one.

        Parameters
        ----------
        items : sequence or ndarray
            Images: paths, or arrays (h, w) or (h, w, c) of uint8; or one array of shape (n, h, w, c).
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        items = preprocess.listed(items)
        found = [
            networks.attention(self.network, pixels, checked_threads(threads))
            for pixels in preprocess.batches(items, self.canvas, BATCH)
        ]
        return np.concatenate(found) if found else np.zeros((0, 0, 0, 0, 0), np.float32)

    def classify(self, items: Sequence[Any], *, threads: int | None = None) -> list[str]:
        """The class of each image; raises `InputError` where the network was trained without labels.

        Parameters
        ----------
        items : sequence or ndarray
            Images: paths, or arrays (h, w) or (h, w, c) of uint8; or one array of shape (n, h, w, c).
        threads : int or None, default None
            Number of threads. None: all cores.
        """
        if self.classes is None:
            raise InputError(
                "this network was trained without labels: train it with labels, or put a probe on its vectors"
            )
        return self.classes.nearest(self.encode(items, threads=threads))

    def similar(self, item: Any, k: int = 10) -> list[Found]:
        """The k images, of those that it was made from, of largest cosine with an image.

        Parameters
        ----------
        item : str, Path or ndarray
            Image.
        k : int, default 10
            Number of results, at least 1.
        """
        if self.index is None or self.labels is None:
            raise InputError("this model keeps no images, so none can be near: make it again with keep=True")
        places, scores = self.index.nearest_many(self.encode([item]), k)
        pairs = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        return [Found(self.index.keys[place], score, self.labels[place]) for place, score in pairs]

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk: first the classes' names, then the images'."""
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
        if self.index is not None:
            arrays[SAVED_INDEX] = self.index.vectors
            keys += self.index.keys
            labels += self.labels or [""] * len(self.index)
        return Contents(
            KIND, {**facts, "classes": len(self.classes.names) if self.classes else 0}, arrays, keys, None, labels
        )  # fmt: skip

    @classmethod
    def from_contents(cls, contents: Contents) -> ImageEncoder:
        """The encoder that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        facts, arrays, keys, labels = contents.facts, dict(contents.arrays), contents.keys, contents.labels
        n = facts.get("classes")
        if keys is None or labels is None or type(n) is not int or not 0 <= n <= len(keys):
            raise ArtifactError("a model of images does not say which of its keys are classes")
        classes = Classes.taken_from(arrays, keys[:n])
        vectors = arrays.pop(SAVED_INDEX, None)
        if (vectors is None) != (n == len(keys)):
            raise ArtifactError("names of images without vectors, or vectors without names")
        network = networks.restored(facts["network"], arrays)
        index = None if vectors is None else Table(keys[n:], vectors)
        if any(
            width != network.dim
            for width in ([index.dim] if index else []) + ([classes.dim] if classes else [])
        ):
            raise ArtifactError("the network, its classes and its images have vectors of different widths")
        canvas = networks.canvas_from(facts["canvas"])
        return cls(
            network,
            canvas,
            classes=classes,
            index=index,
            labels=labels[n:] if index else None,
            facts=facts["made"],
        )
