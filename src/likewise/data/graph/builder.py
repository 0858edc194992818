"""Collects edges in batches, with names as numbers; the work in Python is per different name, not per edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph, ReadStats
from likewise.arrays.graph.csr import number_in_order
from likewise.arrays.graph.interning import Interned
from likewise.errors import InputError
from likewise.system.extras import need


@dataclass(frozen=True, eq=False)
class Texts:
    """m texts in UTF-8: `data` (bytes,) uint8 between `offsets` (m + 1,) int64."""

    data: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, eq=False)
class Batch:
    """Some edges: columns of text (`Texts`), and weights (b,) float32."""

    sources: Texts
    targets: Texts
    relations: Texts | None = None
    weights: np.ndarray | None = None


def texts_of(column: Any) -> Texts:
    """A list of str, or an Arrow column of large_string, as arrays; Arrow's are not copied."""
    arrow = need("pyarrow", "all", "reading graphs")
    array = arrow.array(column, arrow.large_string()) if isinstance(column, list) else column
    _, ends, data = array.buffers()
    found = Texts(
        np.frombuffer(data or b"", np.uint8),
        np.frombuffer(ends, np.int64)[array.offset : array.offset + len(array) + 1],
    )
    found.data.flags.writeable = found.offsets.flags.writeable = (
        False  # one kind of array: kernels compile once
    )
    return found


class Names:
    """Numbers for the texts of columns, each with a role."""

    def __init__(self) -> None:
        self.known = Interned()
        self.codes: dict[str, list[np.ndarray]] = {}

    def add(self, role: str, texts: Texts) -> None:
        """Add a column; `numbers` returns its numbers by its role."""
        self.codes.setdefault(role, []).append(self.known.numbers(texts.data, texts.offsets))

    def numbers(self, role: str) -> np.ndarray:
        """(e,) int32: the numbers of all columns of a role; they are removed."""
        parts = self.codes.pop(role, [])
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def texts(self, order: np.ndarray) -> list[str]:
        """The texts of the numbers in `order`."""
        arrow = need("pyarrow", "all", "reading graphs")
        data, offsets = self.known.texts()
        buffers = [None, arrow.py_buffer(offsets), arrow.py_buffer(data)]
        return (
            arrow.Array.from_buffers(arrow.large_string(), len(self.known), buffers).take(order).to_pylist()
        )


class EdgeBuilder:
    """The edges read so far."""

    def __init__(self) -> None:
        self.nodes, self.relations = Names(), Names()
        self.weights: list[np.ndarray] = []
        self.form: tuple[bool, bool] | None = None
        self.edges = 0

    def add(self, batch: Batch, name: str) -> None:
        """Add a batch; `InputError` if some inputs have weights or relations and others have none."""
        form = (batch.relations is not None, batch.weights is not None)
        if self.form not in (None, form):
            what = "relations" if self.form and self.form[0] != form[0] else "weights"
            raise InputError(
                f"{name} has {'' if form[what == 'weights'] else 'no '}{what}, unlike the inputs before it"
            )
        self.form = form
        self.nodes.add("source", batch.sources)
        self.nodes.add("target", batch.targets)
        if batch.relations is not None:
            self.relations.add("relation", batch.relations)
        if batch.weights is not None:
            self.weights.append(batch.weights)
        self.edges += len(batch.sources)

    def graph(self, named: list[str], directed: bool | None, reading: ReadStats) -> Graph:
        """The graph: first the nodes `named`, then others in the order of the edges. None: directed with relations."""
        if named:
            self.nodes.add("named", texts_of(named))
        given = self.nodes.numbers("named")
        sources, targets = self.nodes.numbers("source"), self.nodes.numbers("target")
        numbers = np.full(len(self.nodes.known), -1, np.int32)
        numbers[given] = np.arange(len(given), dtype=np.int32)
        number_in_order(sources, targets, numbers, len(given))
        names = self.nodes.texts(inverse_of(numbers))
        kinds, kind_names = self._kinds()
        return Graph.from_edges(
            names,
            numbers[sources],
            numbers[targets],
            weights=np.concatenate(self.weights) if self.weights else None,
            relations=kinds,
            relation_names=kind_names,
            directed=kinds is not None if directed is None else directed,
            reading=reading,
        )

    def _kinds(self) -> tuple[np.ndarray | None, list[str]]:
        if not (self.form and self.form[0]):
            return None, []
        codes = self.relations.numbers("relation")
        numbers = np.full(len(self.relations.known), -1, np.int32)
        number_in_order(codes, codes, numbers, 0)
        return numbers[codes], self.relations.texts(inverse_of(numbers))


def inverse_of(numbers: np.ndarray) -> np.ndarray:
    """The inverse of a permutation of the numbers from 0."""
    places = np.empty(len(numbers), np.int64)
    places[numbers] = np.arange(len(numbers))
    return places
