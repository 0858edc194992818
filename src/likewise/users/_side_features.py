"""Side features: the attributes of users and items, and the tower that turns them into a vector, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.data.attributes import Column, Vocabulary
from likewise.errors import InputError, WrongType
from likewise.learn.kernels import sparse_product as sparse

SIDES = ("user", "item")
WEIGHTS = ("tokens", "inner", "bias", "outer")


@dataclass(frozen=True, eq=False)
class Tower:
    """The weights of one tower: the sum of its inputs, and one hidden layer with a residual connection.

    `tokens` (t, dim), of each attribute; `inner` (dim, hidden), `bias` (hidden,), `outer` (hidden, dim).
    """

    tokens: np.ndarray
    inner: np.ndarray
    bias: np.ndarray
    outer: np.ndarray

    def __post_init__(self) -> None:
        dim, hidden = self.inner.shape
        if (
            self.tokens.shape[1:] != (dim,)
            or self.bias.shape != (hidden,)
            or self.outer.shape != (hidden, dim)
        ):
            raise ValueError("the arrays of a tower do not fit each other")

    def forward(self, below: np.ndarray, rows: Ragged, threads: int) -> np.ndarray:
        """(n, dim) float32: x + max(0, x inner + bias) outer, where x is `below` (n, dim) + the mean of its tokens.

        Zeros where nothing is known: where x is zero.
        """
        x = below + means(rows, self.tokens, threads)
        lifted = x + np.maximum(x @ self.inner + self.bias, 0) @ self.outer
        lifted[~x.any(axis=1)] = 0
        return np.asarray(lifted, np.float32)


def means(rows: Ragged, vectors: np.ndarray, threads: int) -> np.ndarray:
    """(n, dim) float32: the mean of the vectors of each row, zeros for an empty one."""
    if not len(rows) or not len(vectors):
        return np.zeros((len(rows), vectors.shape[1]), np.float32)
    summed = sparse.times(rows.counts(len(vectors)), vectors, threads)
    return summed / np.maximum(rows.lengths, 1)[:, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Side:
    """The tower of users or of items, and the vocabulary of its attributes."""

    tower: Tower
    vocabulary: Vocabulary

    def vectors(self, things: Sequence[Mapping[str, Any]], below: np.ndarray | None = None) -> np.ndarray:
        """(n, dim) float32 of n objects with attributes, added to `below` (n, dim); zeros where nothing is known."""
        if below is None:
            below = np.zeros((len(things), self.tower.inner.shape[0]), np.float32)
        return self.tower.forward(below, self.vocabulary.rows(things), 1)

    def check(self, thing: Mapping[str, Any]) -> None:
        """Raise `InputError` for an attribute that no column has, `WrongType` for an object without attributes."""
        if not isinstance(thing, Mapping):
            raise WrongType(f"attributes are objects such as {{'genre': 'comedy'}}, not {thing!r}")
        names = [column.name for column in self.vocabulary.columns]
        for name in thing:
            if name not in names:
                known = ", ".join(map(repr, names)) or "none: it was trained without attributes"
                raise InputError(f"the model has no attribute {name!r}; it has {known}")


@dataclass(frozen=True, eq=False)
class SideFeatures:
    """Both sides of two towers."""

    user: Side
    item: Side

    def parts(self) -> tuple[dict[str, np.ndarray], list[str], dict[str, Any]]:
        """(arrays, tokens, facts) as an artifact holds them."""
        arrays = {
            f"{name}_{each}": getattr(getattr(self, name).tower, each) for name in SIDES for each in WEIGHTS
        }
        facts = {
            name: {
                "columns": [asdict(column) for column in side.vocabulary.columns],
                "tokens": len(side.vocabulary.tokens),
            }
            for name, side in (("user", self.user), ("item", self.item))
        }
        return arrays, [*self.user.vocabulary.tokens, *self.item.vocabulary.tokens], facts

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, np.ndarray], tokens: list[str], facts: Mapping[str, Any]
    ) -> SideFeatures:
        """The inverse of `parts`; raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        sides, start = [], 0
        for name in SIDES:
            own = facts[name]
            end = start + own["tokens"]
            columns = tuple(
                Column(each["name"], each["kind"], tuple(each["edges"])) for each in own["columns"]
            )
            vocabulary = Vocabulary(columns, tuple(tokens[start:end]))
            tower = Tower(*(arrays[f"{name}_{each}"] for each in WEIGHTS))
            if len(tower.tokens) != len(vocabulary.tokens):
                raise ValueError(f"{len(tower.tokens)} vectors for {len(vocabulary.tokens)} attributes")
            sides.append(Side(tower, vocabulary))
            start = end
        if start != len(tokens):
            raise ValueError(f"{len(tokens)} attributes, but the facts count {start}")
        return cls(*sides)


def no_tokens(n: int) -> Ragged:
    """n empty rows."""
    return Ragged(np.empty(0, np.int32), np.zeros(n + 1, np.int64))
