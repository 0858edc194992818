"""Users and the items they chose, with vectors in one space: what every method of this family gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.ranking.top_k import Scorer, best
from likewise.arrays.spelling import nearest_spellings
from likewise.artifacts.artifact import Contents
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError, OptionError, UnknownKey, WrongType
from likewise.learn.recommend.tower import means
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Neighbour, Table
from likewise.users._fold_in import Space
from likewise.users._histories import ITEM, USER, Histories, histories, place, taken
from likewise.users._side_features import Side
from likewise.users._stored import parted, parts_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Choice(NamedTuple):
    """An item for a user: its score, the nearest items of the user's history, and whether nothing is known of the user,
    so that it is the popular answer and its score the share of users who chose it."""

    item: str
    score: float
    because: tuple[str, ...]
    cold: bool


@final
class Users:
    """An `Encoder` of histories: lists of item ids, as vectors (dim,) in the space of `users` and `items`.

    `users` and `items` are Tables by the user's own ids; `seen` are the items of each user, rising. A string among the
    items of `encode` is a row of a table: "user:ID" or "item:ID". `vectors` (u, dim) float32 are those of the users,
    None where they are made of their histories when they are asked for.
    """

    def __init__(
        self,
        keys: list[str],
        vectors: np.ndarray | None,
        items: Table,
        seen: Ragged,
        space: Space,
        *,
        facts: dict[str, Any] | None = None,
    ) -> None:
        if len(seen) != len(keys) or items.counts is None:
            raise ArtifactError(f"{len(seen)} histories of {len(keys)} users, or items without counts")
        self.items, self.seen, self.space, self.vectors = items, seen, space, vectors
        self.names = Table(keys, np.zeros((len(keys), 1), np.float32) if vectors is None else vectors)
        self.facts = dict(facts or {})
        space.check(items, items.dim if vectors is None else self.names.dim)

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.items.dim

    @property
    def method(self) -> str:
        """What made the vectors."""
        return str(self.facts.get("function", "")).rpartition(".")[2]

    @property
    def counts(self) -> np.ndarray:
        """(items,) int64: how many users chose each; they never rise."""
        assert self.items.counts is not None
        return self.items.counts

    @cached_property
    def users(self) -> Table:
        """The users by id, with how many items each chose."""
        vectors = self.vectors
        if vectors is None:
            memory.demand(4 * len(self) * self.dim, "train with --dim for short vectors")
            vectors = self._vectors(np.arange(len(self)))
        return Table(self.names.keys, vectors, counts=self.seen.lengths)

    @cached_property
    def table(self) -> Table:
        """All vectors as one Table, of keys "user:ID" and "item:ID"."""
        keys = [USER + key for key in self.users.keys] + [ITEM + key for key in self.items.keys]
        return Table(keys, np.concatenate([self.users.vectors, self.items.vectors]), facts=self.facts)

    def __len__(self) -> int:
        return len(self.names)

    @accepts_one
    def encode(self, items: Sequence[Any], *, threads: int | None = None) -> np.ndarray:
        """(len(items), dim) float32: the vector of each history, by the method's own way; zeros of which none is known.

        A string is the vector of "user:ID" or "item:ID", zeros for one that is unknown. Raises `WrongType`.
        """
        if isinstance(items, str | bytes):
            raise WrongType(f"got one {type(items).__name__}; wrap it in a list")
        named = [n for n, item in enumerate(items) if isinstance(item, str)]
        asked = [[] if isinstance(item, str) else item for item in items]
        vectors = self.space.folded(histories(asked, self.items), self.items, checked_threads(threads))
        for n in named:
            vectors[n] = self._row(items[n])
        return vectors

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """(len(items),) bool: of which items anything is known."""
        found = ~histories([[] if isinstance(item, str) else item for item in items], self.items).cold
        for n, item in enumerate(items):
            if isinstance(item, str):
                found[n] = self._kind(item) is not None
        return found

    def new_items(self, things: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """(n, dim) float32: items that nobody chose yet, by their attributes; zeros where none is known.

        Of models by `two_tower`; raises `InputError` for others, and for an attribute that the model does not know.
        """
        side = self._side("item")
        for thing in things:
            side.check(thing)
        return side.vectors(things)

    def new_users(
        self, things: Sequence[Mapping[str, Any]], histories: Sequence[Any] | None = None
    ) -> np.ndarray:
        """(n, dim) float32: users by their attributes, and by their histories where there are any; as `new_items`."""
        side = self._side("user")
        for thing in things:
            side.check(thing)
        rows = self.histories([[] for _ in things] if histories is None else histories).rows
        assert self.space.inputs is not None
        return side.vectors(things, means(rows, self.space.inputs, 1))

    def _side(self, name: str) -> Side:
        if self.space.beside is None:
            raise InputError(
                f"a model by {self.method} knows no attributes: train by two_tower, with a file of them"
            )
        return self.space.beside.user if name == "user" else self.space.beside.item

    def histories(self, items: Sequence[Any]) -> Histories:
        """What is known of each history, how many of its items are not, and which are cold."""
        return histories(items, self.items)

    def _kind(self, key: str) -> tuple[Table, int] | None:
        """The table and the place that a key means: first as it is prefixed, then an item, then a user."""
        for prefix, names in ((USER, self.names), (ITEM, self.items)):
            if key.startswith(prefix) and key.removeprefix(prefix) in names:
                return (self.users if prefix == USER else self.items), names.index(key.removeprefix(prefix))
        for names in (self.items, self.names):
            if key in names:
                return (self.users if names is self.names else self.items), names.index(key)
        return None

    def _row(self, key: str) -> np.ndarray:
        found = self._kind(key)
        return np.zeros(self.dim, np.float32) if found is None else found[0].vectors[found[1]]

    def similar(self, key: str, k: int = 10) -> list[Neighbour]:
        """The k nearest items of "item:ID", or users of "user:ID", by cosine; the prefix may be left out.

        Raises `UnknownKey` with near spellings, and `InputError` where an id is both a user's and an item's.
        """
        found = self._kind(key)
        if found is None:
            raise UnknownKey(self.missing(key))
        table, position = found
        if not key.startswith((USER, ITEM)) and key in self.names and key in self.items:
            raise InputError(f"{key!r} is a user and an item: ask for {USER + key!r} or {ITEM + key!r}")
        prefix = USER if table is self.users else ITEM
        return [Neighbour(prefix + near, score) for near, score in table.similar(table.keys[position], k)]

    def missing(self, key: str) -> str:
        """What to say of a key that is unknown, "user:ID" or "item:ID" or bare: with the nearest that are there."""
        bare = key.removeprefix(USER).removeprefix(ITEM)
        tables = [(ITEM, self.items), (USER, self.names)]
        if key.startswith((USER, ITEM)):
            tables = [(prefix, table) for prefix, table in tables if key.startswith(prefix)]
        near = [prefix + each for prefix, table in tables for each in nearest_spellings(bare, table.keys, 2)]
        hint = f"; nearest: {', '.join(map(repr, near))}" if near else ""
        return f"{key!r} is none of {len(self):,} users and {len(self.items):,} items{hint}"

    def recommend(
        self,
        who: str | Sequence[str],
        k: int = 10,
        *,
        seen: bool = False,
        reasons: int = 3,
        about: Mapping[str, Any] | None = None,
    ) -> list[Choice]:
        """The k best items for a user, by id, or for a history of item ids; what was seen is left out, unless `seen`.

        A user who is unknown, or has no known item, gets what most users chose, marked cold; but by `two_tower` what
        suits what is told `about` a history's user, attributes such as {"age": 30}.
        """
        if isinstance(who, str) and about is not None:
            raise InputError(
                f"what is told about {who!r} is known already: give a history, which may be empty"
            )
        if isinstance(who, str):
            user = place(who, self.names, USER)
            row = self.seen[user] if user >= 0 else np.empty(0, np.int32)
            vector = self._vectors(np.array([user])) if user >= 0 else np.zeros((1, self.dim), np.float32)
        else:
            asked = histories([who], self.items)
            row, vector = asked.rows[0], self.space.folded(asked, self.items, 1)
            if about is not None:
                vector = self.new_users([about], [who])
        is_cold = not vector.any()
        scores = self._popular() if is_cold else self.space.scores(vector, self.items)
        left_out = Ragged.from_rows([[] if seen else row.tolist()]).counts(len(self.items))
        found, values = self._best(lambda rows: scores, np.zeros(1, np.int64), left_out, k, 1)
        return [
            Choice(
                self.items.keys[item], score, () if is_cold else self._because(item, row, reasons), is_cold
            )
            for item, score in zip(found[0].tolist(), values[0].tolist(), strict=True)
            if item >= 0
        ]

    def recommend_all(
        self,
        k: int = 10,
        *,
        users: Sequence[str] | None = None,
        seen: bool = False,
        threads: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(n, k) int32 numbers of items and float32 scores for all users, or these, best first; what was seen left out.

        -1 where a user has seen all items but fewer than k. Blocks of users on all threads, the same bits at any
        number of them. Raises `UnknownKey` for a user that is not there.
        """
        chosen = np.arange(len(self)) if users is None else [self.names.index(user) for user in users]
        left_out = None if seen else self.seen_matrix
        return self._best(self.scorer(), np.array(chosen, np.int64), left_out, k, checked_threads(threads))

    def scorer(self) -> Scorer:
        """What scores every item for some users: numbers of users (b,) int64 → (b, items) float32."""
        return lambda rows: self.space.scores(self._vectors(rows), self.items)

    @cached_property
    def seen_matrix(self) -> csr_array:
        """(users, items) CSR: 1 where a user chose an item."""
        return self.seen.counts(len(self.items))

    def _best(
        self, score: Scorer, users: np.ndarray, left_out: csr_array | None, k: int, threads: int
    ) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
            raise OptionError(f"k must be a whole number from 0, not {k!r}")
        if k == 0:
            return np.empty((len(users), 0), np.int32), np.empty((len(users), 0), np.float32)
        items = len(self.items)
        return best(score, users, left_out, items, min(int(k), items), threads=threads)

    def _rows(self, users: np.ndarray) -> Ragged:
        return taken(self.seen, users)

    def _vectors(self, users: np.ndarray) -> np.ndarray:
        """(n, dim) float32 of these users."""
        if self.vectors is not None:
            return np.asarray(self.vectors[users])
        rows = self._rows(users)
        return self.space.folded(Histories(rows, np.zeros(len(rows), np.int64)), self.items, 1)

    def _popular(self) -> np.ndarray:
        """(1, items): the share of users who chose each, for a user of whom nothing is known."""
        return (self.counts / max(1, len(self))).astype(np.float32)[None]

    def _because(self, item: int, row: np.ndarray, reasons: int) -> tuple[str, ...]:
        """The items of a history that are nearest to an item, by cosine, as far as they are near at all."""
        others = row[row != item]
        near = self.items.unit[others] @ self.items.unit[item]
        best = np.argsort(-near, kind="stable")[:reasons]
        return tuple(self.items.keys[others[place]] for place in best if near[place] > 0)

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk."""
        return parts_of(self.names.keys, self.vectors, self.items, self.seen, self.space, self.facts)

    @classmethod
    def from_contents(cls, contents: Contents) -> Users:
        """The model that `contents` describes; raises `ArtifactError` where it describes none."""
        keys, vectors, items, seen, space, facts = parted(contents)
        return cls(keys, vectors, items, seen, space, facts=facts)

    def __repr__(self) -> str:
        return f"Users({len(self):,} users and {len(self.items):,} items × {self.dim}, {self.method})"
