"""How each method turns a history into a vector (fold-in), and a vector into scores of items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from likewise.errors import ArtifactError
from likewise.learn.kernels import sparse_product as sparse
from likewise.learn.recommend import als, bpr
from likewise.table import Table
from likewise.users._histories import Histories
from likewise.users._side_features import SideFeatures, means, no_tokens

Rule = Literal["als", "bpr", "sum", "mean", "towers"]
RULES = ("als", "bpr", "sum", "mean", "towers")


@dataclass(frozen=True, eq=False)
class FoldIn:
    """`rule` turns a history into a vector: the closed form of least squares ("als"), gradient steps with fixed items
    ("bpr"), the sum or mean of rows of `inputs`, or a tower over that mean ("towers").

    `inputs` (i, dim) float32, or None where the vectors of the items themselves are summed; `options` are the settings
    of "als" or "bpr". `is_direct`: the vector of a user holds its scores, as in EASE without `dim`.
    `popularity_weight` is the weight of ln(how many users an item has) in its score.
    """

    rule: Rule
    inputs: np.ndarray | None = None
    options: dict[str, Any] = field(default_factory=dict)
    is_direct: bool = False
    popularity_weight: float = 0.0
    side_features: SideFeatures | None = None  # of "towers"

    def check(self, items: Table, width: int) -> None:
        """Raise `ArtifactError` where the parts do not fit each other."""
        if self.rule not in RULES:
            raise ArtifactError(f"{self.rule!r} is not a way to turn a history into a vector")
        if width != items.dim or (self.inputs is not None and self.inputs.shape != items.vectors.shape):
            raise ArtifactError("users and items have vectors of different widths")
        has_sides = self.side_features is not None
        if (self.rule == "towers") != has_sides or (has_sides and self.inputs is None):
            raise ArtifactError(
                "towers need attributes and vectors of histories, and no other method has them"
            )
        if self.is_direct and items.dim != len(items):
            raise ArtifactError(f"{items.dim} scores for {len(items)} items")

    def vectors(self, histories: Histories, items: Table, threads: int) -> np.ndarray:
        """(n, dim) float32: the vectors of histories; zeros where none of their items is known."""
        rows = histories.rows.counts(len(items))
        if self.rule == "als":
            return als.fold_in(items.vectors, rows, als.Settings(**self.options), threads=threads)
        if self.rule == "bpr":
            own = np.array(items.vectors)  # the kernel takes a writable array, and does not change it
            return bpr.fold_in(own, rows, bpr.Settings(**self.options), threads=threads)
        if self.side_features is not None and self.inputs is not None:
            below = means(histories.rows, self.inputs, threads)
            return self.side_features.user.tower.forward(below, no_tokens(len(histories)), threads)
        summed = np.array(sparse.times(rows, items.vectors if self.inputs is None else self.inputs, threads))
        if self.rule == "mean":
            summed /= np.maximum(histories.rows.lengths, 1)[:, None].astype(np.float32)
        return summed

    def scores(self, vectors: np.ndarray, items: Table) -> np.ndarray:
        """(n, items) float32: how likely each item is for each of n vectors (n, dim); larger is likelier."""
        if self.is_direct:
            return vectors
        scores = vectors @ items.vectors.T
        if self.popularity_weight and items.counts is not None:
            popularity = np.log(np.maximum(items.counts, 1)).astype(np.float32)
            scores += np.float32(self.popularity_weight) * popularity
        return scores
