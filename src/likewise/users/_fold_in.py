"""How a history becomes a vector, and a vector scores: each method's own way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from likewise.errors import ArtifactError
from likewise.learn.kernels import sparse_product as sparse
from likewise.learn.recommend import als, bpr
from likewise.learn.recommend.tower import means
from likewise.table import Table
from likewise.users._histories import Histories
from likewise.users._side_features import Beside, no_tokens

Way = Literal["als", "bpr", "sum", "mean", "towers"]
WAYS = ("als", "bpr", "sum", "mean", "towers")


@dataclass(frozen=True, eq=False)
class Space:
    """`way` makes a vector of a history: the closed form of least squares, steps over its items while they stay as they
    are, the sum or mean of rows of `inputs`, or a tower
    above that.

    `inputs` (i, dim) float32 or None, where the vectors of the items themselves are summed; `options` of the way.
    `direct`: a user's vector is its scores, as in EASE whole.
    """

    way: Way
    inputs: np.ndarray | None = None
    options: dict[str, Any] = field(default_factory=dict)
    direct: bool = False
    prior: float = 0.0  # weight of ln(how many users chose an item) in its score
    beside: Beside | None = None  # of "towers": what is known beside the choices

    def check(self, items: Table, width: int) -> None:
        """Raise `ArtifactError` where the parts do not fit each other."""
        if self.way not in WAYS:
            raise ArtifactError(f"no way {self.way!r} from a history to a vector")
        if width != items.dim or (self.inputs is not None and self.inputs.shape != items.vectors.shape):
            raise ArtifactError("users and items have vectors of different widths")
        if (self.way == "towers") != (self.beside is not None) or (self.beside and self.inputs is None):
            raise ArtifactError("towers have attributes and vectors of histories, and nothing else has")
        if self.direct and items.dim != len(items):
            raise ArtifactError(f"{items.dim} scores for {len(items)} items")

    def folded(self, asked: Histories, items: Table, threads: int) -> np.ndarray:
        """(n, dim) float32: the vectors of histories; zeros where none of their items is known."""
        rows = asked.rows.counts(len(items))
        if self.way == "als":
            return als.fold_in(items.vectors, rows, als.Settings(**self.options), threads=threads)
        if self.way == "bpr":
            own = np.array(items.vectors)  # its kernel writes to rows that it then leaves as they are
            return bpr.fold_in(own, rows, bpr.Settings(**self.options), threads=threads)
        if self.beside is not None and self.inputs is not None:
            below = means(asked.rows, self.inputs, threads)
            return self.beside.user.tower.top(below, no_tokens(len(asked)), threads)
        summed = np.array(sparse.times(rows, items.vectors if self.inputs is None else self.inputs, threads))
        if self.way == "mean":
            summed /= np.maximum(asked.rows.lengths, 1)[:, None].astype(np.float32)
        return summed

    def scores(self, vectors: np.ndarray, items: Table) -> np.ndarray:
        """(n, items) float32: how likely each item is for each of n vectors (n, dim); larger is likelier."""
        if self.direct:
            return vectors
        scores = vectors @ items.vectors.T
        if self.prior and items.counts is not None:
            scores += np.float32(self.prior) * np.log(np.maximum(items.counts, 1)).astype(np.float32)
        return scores
