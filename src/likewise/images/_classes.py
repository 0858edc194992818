"""The classes that a network was trained to predict, as vectors in its own space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likewise.errors import ArtifactError
from likewise.table import Table


@dataclass(frozen=True, eq=False)
class Classes:
    """c names with `vectors` (c, dim) float32, and `biases` (c,) float32, or None.

    With biases the class of an image is the one of the largest vector · image + bias; without them, as prototypes,
    the one of the largest cosine.

    Parameters
    ----------
    names : list of str
        Names of the classes.
    vectors : ndarray of shape (n, dim), float32
        Vectors of the classes, or of images.
    biases : ndarray or None, default None
        Bias of each class.
    """

    names: list[str]
    vectors: np.ndarray
    biases: np.ndarray | None = None

    @property
    def dim(self) -> int:
        return self.vectors.shape[1]

    @property
    def table(self) -> Table:
        """The classes as keys, so that they can be compared with each other and with images."""
        return Table(self.names, self.vectors)

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """(n, dim) → (n, c): products plus biases, or cosines; 0 for a vector of zeros.

        Parameters
        ----------
        vectors : ndarray of shape (n, dim)
            Vectors.
        """
        if self.biases is not None:
            return vectors @ self.vectors.T + self.biases
        lengths = np.linalg.norm(self.vectors, axis=1) * np.linalg.norm(vectors, axis=1)[:, None]
        return (vectors @ self.vectors.T) / np.maximum(lengths, 1e-12)

    def nearest(self, vectors: np.ndarray) -> list[str]:
        """The name of the class of each of (n, dim).

        Parameters
        ----------
        vectors : ndarray of shape (n, dim)
            Vectors.
        """
        return (
            [self.names[place] for place in self.scores(vectors).argmax(1).tolist()] if len(vectors) else []
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """As an artifact holds them."""
        biases = {} if self.biases is None else {"class_biases": self.biases}
        return {"class_vectors": self.vectors, **biases}

    @classmethod
    def taken_from(cls, arrays: dict[str, np.ndarray], names: list[str]) -> Classes | None:
        """Those that `arrays` hold, taken out of it; None where it holds none. Raises `ArtifactError`.

        Parameters
        ----------
        arrays : dict
            Arrays of a saved model, from which the classes are taken.
        names : list of str
            Names of the classes.
        """
        vectors, biases = arrays.pop("class_vectors", None), arrays.pop("class_biases", None)
        if vectors is None and not names and biases is None:
            return None
        if vectors is None or vectors.ndim != 2 or vectors.dtype != np.float32 or len(vectors) != len(names):
            raise ArtifactError(f"{len(names)} classes without as many vectors")
        if biases is not None and (biases.shape != (len(names),) or biases.dtype != np.float32):
            raise ArtifactError(f"biases of the shape {biases.shape} for {len(names)} classes")
        return cls(names, vectors, biases)
