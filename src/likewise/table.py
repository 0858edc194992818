"""A table of vectors, one for each of n different keys: what training yields and everything else reads."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, final

import numpy as np

from likewise.arrays.linalg import are_unit, first_not_finite, nearest_rows, pair_scores, top_k, unit_rows
from likewise.arrays.spelling import Spelling, nearest_spellings
from likewise.encoder import accepts_one
from likewise.errors import ArtifactError, InputError, OptionError, UnknownKey, WrongType

if TYPE_CHECKING:
    from likewise.artifacts.artifact import Contents

EPSILON = 0.001  # of 3CosMul (Levy and Goldberg 2014, section 6): keeps the division defined


class Neighbour(NamedTuple):
    """A key and its cosine similarity to the query."""

    key: str
    score: float


@final
class Table:
    """n different keys and their (n, dim) float32 vectors, which are finite and never change.

    `counts` (n,) int64 says how often each key was seen, where that is known; `spelling` is how a query is
    spelt when it is no key as it stands; `facts` is a JSON-able account of how the table was made; `outputs`
    (n, dim) are the vectors that predict the context words, which training goes on from (None where there are
    none). float32 vectors are not copied, and may be a read-only memory map. A Table is an `Encoder` of its keys.

    Raises `InputError` for vectors that are not finite or do not fit the keys, and for keys that repeat;
    `WrongType` for keys that are not strings.

    Parameters
    ----------
    keys : sequence of str
        Keys, all different.
    vectors : ndarray of shape (n, dim), float32
        Vectors.
    counts : ndarray of shape (n,), int64, or None, default None
        How often each key was seen.
    spelling : Spelling, default Spelling()
        How a query is spelt when it is no key as it stands.
    facts : dict or None, default None
        How the model was made.
    outputs : ndarray of shape (n, dim), float32, or None, default None
        Vectors that predict the context words; training continues from them.
    """

    def __init__(
        self,
        keys: Sequence[str],
        vectors: np.ndarray,
        *,
        counts: np.ndarray | None = None,
        spelling: Spelling = Spelling(),  # noqa: B008 (frozen)
        facts: dict[str, Any] | None = None,
        outputs: np.ndarray | None = None,
    ) -> None:
        self.keys = _checked_keys(keys)
        self._positions = {key: position for position, key in enumerate(self.keys)}
        if len(self._positions) < len(self.keys):
            raise InputError(_repeated(self.keys, self._positions))
        self.vectors = _checked_vectors(vectors, self.keys)
        self.counts = None if counts is None else _checked_counts(counts, len(self.keys))
        self.spelling = spelling
        self.facts = dict(facts or {})
        self.outputs = None if outputs is None else _checked_vectors(outputs, self.keys)
        if self.outputs is not None and self.outputs.shape != self.vectors.shape:
            raise InputError(f"outputs have shape {self.outputs.shape}, vectors {self.vectors.shape}")
        self._unit: np.ndarray | None = None

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __contains__(self, item: object) -> bool:
        return isinstance(item, str) and self._find(item) >= 0

    def __getitem__(self, item: str) -> np.ndarray:
        return self.vectors[self.index(item)]

    def index(self, item: str) -> int:
        """The position of `item` among the keys, as it stands or else as the spelling writes it.

        Raises `UnknownKey` with up to three keys that are spelt like it.

        Parameters
        ----------
        item : str
            Key.
        """
        position = self._find(item)
        if position < 0:
            near = ", ".join(repr(key) for key in nearest_spellings(self.spelling(item), self.keys))
            raise UnknownKey(
                f"{item!r} is not among the {len(self):,} keys" + (f"; nearest: {near}" if near else "")
            )
        return position

    def places(self, items: Sequence[str]) -> np.ndarray:
        """(len(items),) int64: the position of each item among the keys, -1 where it is unknown.

        Parameters
        ----------
        items : sequence of str
            Keys.
        """
        return self._find_all(items)

    def known(self, items: Sequence[str]) -> np.ndarray:
        """(len(items),) bool: which items have a vector.

        Parameters
        ----------
        items : sequence of str
            Keys.
        """
        return self._find_all(items) >= 0

    @accepts_one
    def encode(self, items: Sequence[str]) -> np.ndarray:
        """(len(items), dim) float32: the vector of each item, zeros for an item that is unknown.

        Parameters
        ----------
        items : sequence of str
            Keys.
        """
        positions = self._find_all(items)
        vectors = np.zeros((len(positions), self.dim), np.float32)
        vectors[positions >= 0] = self.vectors[positions[positions >= 0]]
        return vectors

    def similar(self, item: str, k: int = 10) -> list[Neighbour]:
        """The k keys of largest cosine with `item`, itself left out; ties by position among the keys.

        Parameters
        ----------
        item : str
            Key, or text.
        k : int, default 10
            Number of results, at least 1.
        """
        position = self.index(item)
        if not self.vectors[position].any():
            raise InputError(f"the vector of {item!r} is zero, so nothing is nearer to it than anything else")
        return self._nearest(self.unit[position], k, {position})

    def nearest(self, vector: np.ndarray, k: int = 10, leave_out: Iterable[str] = ()) -> list[Neighbour]:
        """The k keys of largest cosine with `vector` (dim,), those in `leave_out` left out.

        Parameters
        ----------
        vector : ndarray of shape (dim,)
            Query vector.
        k : int, default 10
            Number of results, at least 1.
        leave_out : sequence of str, default ()
            Keys that are left out of the result.
        """
        query = np.asarray(vector)
        if query.ndim != 1:
            raise InputError(f"a query is one row of {self.dim} numbers, not an array of shape {query.shape}")
        unit = self._unit_queries(query[None])[0]
        return self._nearest(unit, k, set(self._find_all(leave_out).tolist()))

    def nearest_many(self, vectors: np.ndarray, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Positions int64 and cosines float32, both (m, min(k, n)): the nearest keys of each row of (m, dim).

        Exact, in blocks of bounded memory, on all cores; each row is answered as if it were the only one.

        Parameters
        ----------
        vectors : ndarray of shape (n, dim)
            Vectors.
        k : int, default 10
            Number of results, at least 1.
        """
        return nearest_rows(self._unit_queries(np.asarray(vectors)), self.unit, _checked_k(k))

    def similarity(self, a: str, b: str) -> float:
        """The cosine of the vectors of `a` and `b`, from -1 to 1; 0 where either is zero.

        Parameters
        ----------
        a : str
            Key.
        b : str
            Key.
        """
        left, right = np.array([self.index(a)]), np.array([self.index(b)])
        return float(pair_scores(self.unit, self.unit, left, right)[0])

    def analogy(
        self, a: str, b: str, c: str, k: int = 10, *, method: Literal["add", "multiply"] = "add"
    ) -> list[Neighbour]:
        """`a` is to `b` as `c` is to what? The k best keys; the three given words are left out.

        "add" is 3CosAdd (Mikolov, Yih and Zweig 2013): the cosine with b - a + c of unit vectors. "multiply"
        is 3CosMul (Levy and Goldberg 2014, equation 4): cos(x, b) cos(x, c) / (cos(x, a) + 0.001), each
        cosine moved to [0, 1].

        Parameters
        ----------
        a : str
            Key.
        b : str
            Key.
        c : str
            Key.
        k : int, default 10
            Number of results, at least 1.
        method : "add" or "multiply", default "add"
            3CosAdd (Mikolov et al. 2013) or 3CosMul (Levy and Goldberg 2014).
        """
        positions = [self.index(a), self.index(b), self.index(c)]
        first, second, third = self.unit[positions]
        if method == "add":
            query = self._unit_queries((second - first + third)[None])[0]
            return self._nearest(query, k, set(positions))
        if method != "multiply":
            raise OptionError(f'method must be "add" or "multiply", not {method!r}')
        similarities = (self.unit @ np.stack([first, second, third]).T + 1) / 2
        scores = similarities[:, 1] * similarities[:, 2] / (similarities[:, 0] + np.float32(EPSILON))
        best = top_k(scores[None], _checked_k(k) + len(set(positions)))[0]
        return self._neighbours(best, scores[best], k, set(positions))

    def odd_one_out(self, items: Sequence[str]) -> str:
        """The item whose vector has the smallest cosine with the mean of their unit vectors.

        Unknown items are passed over; raises `InputError` where fewer than three are known.

        Parameters
        ----------
        items : sequence of str
            Keys.
        """
        positions = self._find_all(items)
        if np.count_nonzero(positions >= 0) < 3:
            raise InputError(f"the odd one out needs 3 known items; {list(items)!r} has fewer")
        known = np.flatnonzero(positions >= 0)
        rows = self.unit[positions[known]]
        return items[known[np.argmin(rows @ rows.mean(axis=0))]]

    def subset(self, keys: Sequence[str]) -> Table:
        """A table of these keys only, in this order; raises `UnknownKey` for one that is not there.

        Parameters
        ----------
        keys : sequence of str
            Keys, all different.
        """
        _refuse_bare(keys)
        return self._rows(np.array([self.index(key) for key in keys], np.int64))

    def head(self, n: int) -> Table:
        """A table of the n most frequent keys; without counts, of the first n.

        Parameters
        ----------
        n : int
            Number of keys.
        """
        n = _checked_k(n, "n")
        if self.counts is None:
            return self._rows(np.arange(min(n, len(self))))
        return self._rows(np.argsort(-self.counts, kind="stable")[:n])

    @property
    def unit(self) -> np.ndarray:
        """(n, dim) float32: the vectors at length 1, zero where they are zero; made when first needed."""
        if self._unit is None:
            self._unit = self.vectors if are_unit(self.vectors) else unit_rows(self.vectors)
        return self._unit

    def contents(self) -> Contents:
        """What `likewise.artifacts.artifact` writes to disk."""
        from likewise.artifacts.artifact import Contents

        facts = {"spelling": asdict(self.spelling), "made": self.facts}
        arrays = {"vectors": self.vectors}
        if self.outputs is not None:
            arrays["outputs"] = self.outputs
        return Contents("table", facts, arrays, self.keys, self.counts)

    @classmethod
    def from_contents(cls, contents: Contents) -> Table:
        """The table that `contents` describes; raises `ArtifactError` where it describes none.

        Parameters
        ----------
        contents : Contents
            What `contents` gave.
        """
        if contents.kind != "table" or contents.keys is None or "vectors" not in contents.arrays:
            raise ArtifactError(
                f"a model of kind {contents.kind!r} with arrays {sorted(contents.arrays)} is no table"
            )
        spelling = contents.facts.get("spelling", {})
        try:
            if spelling.get("case", "keep") not in ("keep", "lower"):
                raise ValueError("another case")
            spelt = Spelling(**spelling)
            spelt("é")
        except (AttributeError, TypeError, ValueError) as error:
            raise ArtifactError(f"a table cannot be spelt by {spelling!r}") from error
        facts = contents.facts.get("made", {})
        arrays = contents.arrays
        return cls(
            contents.keys,
            arrays["vectors"],
            counts=contents.counts,
            spelling=spelt,
            facts=facts,
            outputs=arrays.get("outputs"),
        )

    def __repr__(self) -> str:
        shown = ", ".join(repr(key) for key in self.keys[:3]) + (", …" if len(self) > 3 else "")
        return f"Table({len(self):,} keys × {self.dim}{': ' if shown else ''}{shown})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(repr(key)[1:-1])}</th>"
            + "".join(f"<td>{number:.3f}</td>" for number in vector[:6])
            + ("<td>…</td>" if self.dim > 6 else "")
            + "</tr>"
            for key, vector in zip(self.keys[:8], self.vectors, strict=False)
        )
        return f"<table><caption>{len(self):,} keys × {self.dim}</caption>{rows}</table>"

    def _find(self, item: str) -> int:
        """The position of `item`, -1 where it is unknown."""
        if not isinstance(item, str):
            raise WrongType(f"an item is a str, not {type(item).__name__}")
        position = self._positions.get(item)
        return self._positions.get(self.spelling(item), -1) if position is None else position

    def _find_all(self, items: Iterable[str]) -> np.ndarray:
        _refuse_bare(items)
        return np.array([self._find(item) for item in items], np.int64)

    def _unit_queries(self, queries: np.ndarray) -> np.ndarray:
        """(m, dim) float32 at length 1, or `InputError` naming the row that cannot be used."""
        if queries.ndim != 2 or queries.dtype.kind not in "fiu":
            raise InputError(f"queries are (m, {self.dim}) numbers, not {queries.dtype} {queries.shape}")
        if queries.shape[1] != self.dim:
            raise InputError(f"query has {queries.shape[1]} numbers, the table {self.dim}")
        for row in np.flatnonzero(~np.isfinite(queries).all(axis=1))[:1]:
            raise InputError(f"query {row} has numbers that are not finite (NaN or Inf)")
        for row in np.flatnonzero(~queries.any(axis=1))[:1]:
            raise InputError(f"query {row} is zero, so nothing is nearer to it than anything else")
        queries = queries.astype(np.float64)
        largest = np.abs(queries).max(axis=1, keepdims=True)
        return unit_rows(queries / largest)  # so that no float64 square over- or underflows

    def _nearest(self, query: np.ndarray, k: int, left_out: set[int]) -> list[Neighbour]:
        columns, scores = nearest_rows(query[None], self.unit, _checked_k(k) + len(left_out))
        return self._neighbours(columns[0], scores[0], k, left_out)

    def _neighbours(
        self, columns: np.ndarray, scores: np.ndarray, k: int, left_out: set[int]
    ) -> list[Neighbour]:
        pairs = zip(columns.tolist(), scores.tolist(), strict=True)
        return [Neighbour(self.keys[column], score) for column, score in pairs if column not in left_out][:k]

    def _rows(self, positions: np.ndarray) -> Table:
        return Table(
            [self.keys[position] for position in positions],
            self.vectors[positions],
            counts=None if self.counts is None else self.counts[positions],
            spelling=self.spelling,
            facts=self.facts,
            outputs=None if self.outputs is None else self.outputs[positions],
        )


def _refuse_bare(items: object) -> None:
    if isinstance(items, str | bytes):
        raise WrongType(f"got one {type(items).__name__}; wrap it in a list")


def _checked_k(k: int, name: str = "k") -> int:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
        raise OptionError(f"{name} must be a whole number from 0, not {k!r}")
    return int(k)


def _checked_keys(keys: Sequence[str]) -> list[str]:
    _refuse_bare(keys)
    listed = list(keys)
    for key in listed:
        if not isinstance(key, str):
            raise WrongType(f"a key is a str, not {type(key).__name__} ({key!r})")
    return listed


def _repeated(keys: list[str], last: dict[str, int]) -> str:
    repeated = dict.fromkeys(key for position, key in enumerate(keys) if last[key] != position)
    named = ", ".join(repr(key) for key in list(repeated)[:3])
    return f"{len(repeated):,} keys stand more than once, such as {named}; keep one vector for each key"


def _checked_vectors(vectors: np.ndarray, keys: list[str]) -> np.ndarray:
    given = np.asarray(vectors)
    if given.dtype.kind not in "fiu":
        raise WrongType(f"vectors are numbers, not {given.dtype}")
    if given.ndim != 2 or given.shape[1] == 0 or len(given) != len(keys):
        raise InputError(f"{len(keys):,} keys want vectors of shape ({len(keys)}, dim), not {given.shape}")
    with np.errstate(over="ignore"):  # a float64 beyond float32 becomes Inf, which is refused by name below
        rows = np.ascontiguousarray(given, np.float32).view()
    row = first_not_finite(rows)
    if row is not None:
        raise InputError(
            f"the vector of {keys[row]!r} (row {row}) has numbers that are not finite in float32"
        )
    rows.flags.writeable = False
    return rows


def _checked_counts(counts: np.ndarray, n: int) -> np.ndarray:
    given = np.asarray(counts)
    if given.shape != (n,) or (n > 0 and (given.dtype.kind not in "iu" or given.min() < 0)):
        raise InputError(f"counts must be {n} whole numbers from 0, not {given.dtype} of shape {given.shape}")
    rows = given.astype(np.int64, copy=False).view()
    rows.flags.writeable = False
    return rows
