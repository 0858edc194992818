"""What is known of users and items beside their choices, and how it becomes a vector: for those who came just now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.data.attributes import Column, Vocabulary
from likewise.errors import InputError, WrongType
from likewise.learn.recommend.tower import Tower

SIDES = ("user", "item")
WEIGHTS = ("tokens", "inner", "bias", "outer")


@dataclass(frozen=True, eq=False)
class Side:
    """One tower, and the words that it knows attributes by."""

    tower: Tower
    words: Vocabulary

    def vectors(self, things: Sequence[Mapping[str, Any]], below: np.ndarray | None = None) -> np.ndarray:
        """(n, dim) float32 of n objects with attributes, beside what is `below` (n, dim); zeros where none is known."""
        if below is None:
            below = np.zeros((len(things), self.tower.inner.shape[0]), np.float32)
        return self.tower.top(below, self.words.rows(things), 1)

    def check(self, thing: Mapping[str, Any]) -> None:
        """Raise `InputError` for an attribute that no column is called by, `WrongType` for what has no attributes."""
        if not isinstance(thing, Mapping):
            raise WrongType(f"attributes are objects such as {{'genre': 'comedy'}}, not {thing!r}")
        names = [column.name for column in self.words.columns]
        for name in thing:
            if name not in names:
                known = ", ".join(map(repr, names)) or "none: it was trained without any"
                raise InputError(f"{name!r} is no attribute that the model knows; those are {known}")


@dataclass(frozen=True, eq=False)
class Beside:
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
                "columns": [asdict(column) for column in side.words.columns],
                "tokens": len(side.words.tokens),
            }
            for name, side in (("user", self.user), ("item", self.item))
        }
        return arrays, [*self.user.words.tokens, *self.item.words.tokens], facts

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, np.ndarray], tokens: list[str], facts: Mapping[str, Any]
    ) -> Beside:
        """What `parts` gave; raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        sides, start = [], 0
        for name in SIDES:
            told = facts[name]
            end = start + told["tokens"]
            columns = tuple(
                Column(each["name"], each["kind"], tuple(each["edges"])) for each in told["columns"]
            )
            words = Vocabulary(columns, tuple(tokens[start:end]))
            tower = Tower(*(arrays[f"{name}_{each}"] for each in WEIGHTS))
            if len(tower.tokens) != len(words.tokens):
                raise ValueError(f"{len(tower.tokens)} vectors for {len(words.tokens)} attributes")
            sides.append(Side(tower, words))
            start = end
        if start != len(tokens):
            raise ValueError(f"{len(tokens)} attributes, where {start} were said")
        return cls(*sides)


def no_tokens(n: int) -> Ragged:
    """n rows of nothing."""
    return Ragged(np.empty(0, np.int32), np.zeros(n + 1, np.int64))
