"""The model of users: vectors of users and items in one space, and the histories of the users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.arrays.ranking import Scorer, best
from likewise.arrays.spelling import id_text, nearest_spellings
from likewise.artifacts.artifact import Contents
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError, OptionError, UnknownKey, WrongType
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Neighbour, Table
from likewise.users._fold_in import FoldIn
from likewise.users._histories import ITEM, USER, Histories, histories, place, select
from likewise.users._side_features import Side, means
from likewise.users._stored import from_contents, to_contents

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Recommendation(NamedTuple):
    """An item that is recommended to a user.

    Attributes
    ----------
    item : str
        The id of the item.
    score : float
        The predicted score; larger is likelier.
    because : tuple of str
        The items of the user's history that are nearest to the item, nearest first.
    cold : bool
        Whether nothing is known of the user. The item is then a popular one, and its score the share of its users.
    """

    item: str
    score: float
    because: tuple[str, ...]
    cold: bool


@final
class Users:
    """An `Encoder` of histories: lists of item ids become vectors (dim,) in the space of `users` and `items`.

    The trainings of `likewise.users` return it; it is seldom made by hand. `users` and `items` are Tables by the ids of
    the log.

    Parameters
    ----------
    keys : list of str
        The ids of the users.
    vectors : ndarray of shape (users, dim), float32, or None
        The vectors of the users. None computes them from their histories when they are needed.
    items : Table
        The items with their vectors, and how many users each has.
    seen : Ragged
        The items of each user, as ascending positions in `items`.
    fold_in : FoldIn
        How a history becomes a vector, and a vector scores.
    facts : dict or None, default None
        What the model card says: options and results of the training.

    Examples
    --------
    >>> from likewise import users
    >>> log = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "milk"), ("cid", "nails"), ("cid", "saw")]
    >>> model = users.als(log, dim=2, seed=1)
    >>> model.recommend(["nails"], k=1)[0].item
    'saw'
    """

    def __init__(
        self,
        keys: list[str],
        vectors: np.ndarray | None,
        items: Table,
        seen: Ragged,
        fold_in: FoldIn,
        *,
        facts: dict[str, Any] | None = None,
    ) -> None:
        if len(seen) != len(keys) or items.counts is None:
            raise ArtifactError(f"{len(seen)} histories of {len(keys)} users, or items without counts")
        self.items, self.seen, self.fold_in, self.vectors = items, seen, fold_in, vectors
        self.names = Table(keys, np.zeros((len(keys), 1), np.float32) if vectors is None else vectors)
        self.facts = dict(facts or {})
        fold_in.check(items, items.dim if vectors is None else self.names.dim)

    @property
    def dim(self) -> int:
        """The dimension of the vectors."""
        return self.items.dim

    @property
    def method(self) -> str:
        """The name of the function that trained the model."""
        return str(self.facts.get("function", "")).rpartition(".")[2]

    @property
    def counts(self) -> np.ndarray:
        """(items,) int64: how many users each item has, in descending order."""
        assert self.items.counts is not None
        return self.items.counts

    @cached_property
    def users(self) -> Table:
        """The users by id, with how many items each has."""
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
        """Encode histories as vectors.

        Parameters
        ----------
        items : sequence of lists of str, or of str; or one str
            Histories, each a list of item ids; or "user:ID" or "item:ID" for a row of the tables.
        threads : int or None, default None
            Number of threads. None uses all processors. The result does not depend on it.

        Returns
        -------
        ndarray of shape (len(items), dim), float32
            Zeros where nothing is known. Of shape (dim,) for one str.

        Raises
        ------
        WrongType
            A history is not a list of str.
        """
        if isinstance(items, bytes):
            raise WrongType("got bytes; give a list of histories")
        named = [n for n, item in enumerate(items) if isinstance(item, str)]
        lists = [[] if isinstance(item, str) else item for item in items]
        vectors = self.fold_in.vectors(histories(lists, self.items), self.items, checked_threads(threads))
        for n in named:
            vectors[n] = self._row(items[n])
        return vectors

    def known(self, items: Sequence[Any]) -> np.ndarray:
        """Whether anything is known of each history or key.

        Parameters
        ----------
        items : sequence of lists of str, or of str
            As for `encode`.

        Returns
        -------
        ndarray of shape (len(items),), bool
        """
        found = ~histories([[] if isinstance(item, str) else item for item in items], self.items).cold
        for n, item in enumerate(items):
            if isinstance(item, str):
                found[n] = self._kind(item) is not None
        return found

    def new_items(self, things: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Vectors of new items by their attributes; only of models by `two_tower`.

        Parameters
        ----------
        things : sequence of dict
            The attributes of each item, such as {"genre": "comedy"}.

        Returns
        -------
        ndarray of shape (n, dim), float32
            Zeros where no attribute is known.

        Raises
        ------
        InputError
            The model was trained by another method, or does not have the attribute.
        """
        side = self._side("item")
        for thing in things:
            side.check(thing)
        return side.vectors(things)

    def new_users(
        self, things: Sequence[Mapping[str, Any]], histories: Sequence[Any] | None = None
    ) -> np.ndarray:
        """Vectors of new users by their attributes and histories; only of models by `two_tower`.

        Parameters
        ----------
        things : sequence of dict
            The attributes of each user, such as {"age": 30}.
        histories : sequence of lists of str, or None, default None
            The history of each user. None: they have none.

        Returns
        -------
        ndarray of shape (n, dim), float32
            Zeros where nothing is known.

        Raises
        ------
        InputError
            The model was trained by another method, or does not have the attribute.
        """
        side = self._side("user")
        for thing in things:
            side.check(thing)
        rows = self.histories([[] for _ in things] if histories is None else histories).rows
        assert self.fold_in.inputs is not None
        return side.vectors(things, means(rows, self.fold_in.inputs, 1))

    def _side(self, name: str) -> Side:
        sides = self.fold_in.side_features
        if sides is None:
            raise InputError(
                f"a model by {self.method} has no attributes: train by two_tower, with a file of attributes"
            )
        return sides.user if name == "user" else sides.item

    def histories(self, items: Sequence[Any]) -> Histories:
        """Histories as positions of items, with how many of their items are unknown, and which are cold.

        Parameters
        ----------
        items : sequence of lists of str
            Histories, each a list of item ids.

        Returns
        -------
        Histories
        """
        return histories(items, self.items)

    def _kind(self, key: str) -> tuple[Table, int] | None:
        """The table and the position of a key: first by its prefix, then as an item, then as a user."""
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
        """The nearest items of an item, or the nearest users of a user, by cosine.

        Parameters
        ----------
        key : str
            "item:ID" or "user:ID"; the prefix may be left out.
        k : int, default 10
            How many to return.

        Returns
        -------
        list of Neighbour

        Raises
        ------
        UnknownKey
            The key is not there; the message has the nearest spellings.
        InputError
            The id, without a prefix, is both a user's and an item's.
        """
        key = str(id_text(key))
        found = self._kind(key)
        if found is None:
            raise UnknownKey(self.missing(key))
        table, position = found
        if not key.startswith((USER, ITEM)) and key in self.names and key in self.items:
            raise InputError(f"{key!r} is a user and an item: give {USER + key!r} or {ITEM + key!r}")
        prefix = USER if table is self.users else ITEM
        return [Neighbour(prefix + near, score) for near, score in table.similar(table.keys[position], k)]

    def missing(self, key: str) -> str:
        """The message for an unknown key, with the nearest spellings.

        Parameters
        ----------
        key : str
            "user:ID", "item:ID", or an id without a prefix.

        Returns
        -------
        str
        """
        bare = key.removeprefix(USER).removeprefix(ITEM)
        tables = [(ITEM, self.items), (USER, self.names)]
        if key.startswith((USER, ITEM)):
            tables = [(prefix, table) for prefix, table in tables if key.startswith(prefix)]
        near = [prefix + each for prefix, table in tables for each in nearest_spellings(bare, table.keys, 2)]
        hint = f"; nearest: {', '.join(map(repr, near))}" if near else ""
        return f"{key!r} is not among {len(self):,} users and {len(self.items):,} items{hint}"

    def recommend(
        self,
        who: str | Sequence[str],
        k: int = 10,
        *,
        seen: bool = False,
        reasons: int = 3,
        about: Mapping[str, Any] | None = None,
    ) -> list[Recommendation]:
        """Recommend items for a user or a history.

        A user who is unknown, or has no known item, gets the most popular items, marked cold.

        Parameters
        ----------
        who : str or sequence of str
            The id of a user, or a history of item ids.
        k : int, default 10
            How many items to return.
        seen : bool, default False
            Whether to recommend items of the history, too.
        reasons : int, default 3
            How many items of the history `because` has at most.
        about : dict or None, default None
            Attributes of the user of a history, such as {"age": 30}; only of models by `two_tower`.

        Returns
        -------
        list of Recommendation
            Best first.

        Raises
        ------
        InputError
            `about` is given for a user who is in the model, or to a model that has no attributes.
        """
        who = id_text(who)
        if isinstance(who, str) and about is not None:
            raise InputError(
                f"about= goes with a history, not with the user {who!r}: give a history, which may be empty"
            )
        if isinstance(who, str):
            user = place(who, self.names, USER)
            row = self.seen[user] if user >= 0 else np.empty(0, np.int32)
            vector = self._vectors(np.array([user])) if user >= 0 else np.zeros((1, self.dim), np.float32)
        else:
            history = histories([who], self.items)
            row, vector = history.rows[0], self.fold_in.vectors(history, self.items, 1)
            if about is not None:
                vector = self.new_users([about], [who])
        is_cold = not vector.any()
        scores = self._popularity() if is_cold else self.fold_in.scores(vector, self.items)
        left_out = Ragged.from_rows([[] if seen else row.tolist()]).counts(len(self.items))
        found, values = self._best(lambda rows: scores, np.zeros(1, np.int64), left_out, k, 1)
        return [
            Recommendation(
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
        """Recommend items for all users, or for some of them.

        Parameters
        ----------
        k : int, default 10
            How many items to return for each user.
        users : sequence of str or None, default None
            The ids of the users. None: all of them.
        seen : bool, default False
            Whether to recommend items of the history, too.
        threads : int or None, default None
            Number of threads. None uses all processors. The result does not depend on it.

        Returns
        -------
        items : ndarray of shape (n, k), int32
            Positions in the table of items, best first; -1 where fewer than k are left.
        scores : ndarray of shape (n, k), float32

        Raises
        ------
        UnknownKey
            A user is not there.
        """
        chosen = np.arange(len(self)) if users is None else [self.names.index(user) for user in users]
        left_out = None if seen else self.seen_matrix
        return self._best(self.scorer(), np.array(chosen, np.int64), left_out, k, checked_threads(threads))

    def scorer(self) -> Scorer:
        """A function from positions of users (b,) int64 to the scores of all items (b, items) float32."""
        return lambda rows: self.fold_in.scores(self._vectors(rows), self.items)

    @cached_property
    def seen_matrix(self) -> csr_array:
        """(users, items) CSR: 1 where a user has an item."""
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

    def _vectors(self, users: np.ndarray) -> np.ndarray:
        """(n, dim) float32 of these users."""
        if self.vectors is not None:
            return np.asarray(self.vectors[users])
        rows = select(self.seen, users)
        return self.fold_in.vectors(Histories(rows, np.zeros(len(rows), np.int64)), self.items, 1)

    def _popularity(self) -> np.ndarray:
        """(1, items): the share of all users that each item has, for a user of whom nothing is known."""
        return (self.counts / max(1, len(self))).astype(np.float32)[None]

    def _because(self, item: int, row: np.ndarray, reasons: int) -> tuple[str, ...]:
        """The items of a history that are nearest to an item, by cosine, where it is above 0."""
        others = row[row != item]
        near = self.items.unit[others] @ self.items.unit[item]
        best = np.argsort(-near, kind="stable")[:reasons]
        return tuple(self.items.keys[others[place]] for place in best if near[place] > 0)

    def contents(self) -> Contents:
        """What `likewise.save` writes to disk."""
        return to_contents(self.names.keys, self.vectors, self.items, self.seen, self.fold_in, self.facts)

    @classmethod
    def from_contents(cls, contents: Contents) -> Users:
        """The model of what `likewise.load` reads from disk.

        Parameters
        ----------
        contents : Contents
            What `contents` returned.

        Returns
        -------
        Users

        Raises
        ------
        ArtifactError
            The parts do not fit each other.
        """
        keys, vectors, items, seen, fold_in, facts = from_contents(contents)
        return cls(keys, vectors, items, seen, fold_in, facts=facts)

    def __repr__(self) -> str:
        return f"Users({len(self):,} users and {len(self.items):,} items × {self.dim}, {self.method})"
