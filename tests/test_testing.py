from __future__ import annotations

import subprocess
import sys
import zlib

import numpy as np
import pytest

from likewise.encoder import Encoder
from likewise.table import Neighbour, Table
from likewise.testing import LAWS, check_encoder, check_table

ITEMS = ["one", "two words", "three more words", "4", "five"]


class Honest:
    """Hashed letters, averaged: the smallest encoder that keeps the laws."""

    dim = 8

    def one(self, item):
        vector = np.zeros(self.dim, np.float32)
        for place, letter in enumerate(item):
            vector[zlib.crc32(f"{letter}{place}".encode()) % self.dim] += 1 + place
        return vector

    def encode(self, items):
        if isinstance(items, str):
            raise TypeError("got one str; wrap it in a list")
        return np.array([self.one(item) for item in items], np.float32).reshape(-1, self.dim)


class WrongShape(Honest):
    def encode(self, items):
        return super().encode(items)[:, :-1]


class WrongDtype(Honest):
    def encode(self, items):
        return super().encode(items).astype(np.float64)


class NotFinite(Honest):
    def encode(self, items):
        vectors = super().encode(items)
        vectors[[item == "five" for item in items]] = np.nan
        return vectors


class SortsItsArgument(Honest):
    def encode(self, items):
        vectors = super().encode(items)
        if not isinstance(items, str):
            items.sort()
        return vectors


class Noisy(Honest):
    calls = 0

    def encode(self, items):
        self.calls += 1
        return super().encode(items) * np.float32(1 + self.calls / 1000)


class HandsOutItsMemory(Honest):
    def __init__(self):
        self.memory = {}

    def encode(self, items):
        if isinstance(items, str):
            raise TypeError
        return self.memory.setdefault(tuple(items), super().encode(items))


class SortsItsResult(Honest):
    def encode(self, items):
        return super().encode(items if isinstance(items, str) else sorted(items))


class LooksAtItsPlace(Honest):
    """Keeps the order of a palindrome: the first and the last item are scaled alike."""

    def encode(self, items):
        vectors = super().encode(items)
        if len(vectors) == 5:
            vectors[[0, 4]] *= 2
        return vectors


class SkipsDuplicates(Honest):
    def encode(self, items):
        return super().encode(items if isinstance(items, str) else list(dict.fromkeys(items)))


class WhitensTheBatch(Honest):
    def encode(self, items):
        vectors = super().encode(items)
        return vectors - vectors.mean(axis=0) * np.float32(0.01) if len(vectors) == 1 else vectors


class NothingIsFlat(Honest):
    def encode(self, items):
        return super().encode(items) if len(items) else np.zeros(0, np.float32)


class NothingFails(Honest):
    def encode(self, items):
        return (
            np.stack([self.one(item) for item in items]) if not isinstance(items, str) else self.encode(None)
        )


class TakesOneString(Honest):
    def encode(self, items):
        return super().encode([items] if isinstance(items, str) else items)


class EmptyIsNan(Honest):
    def one(self, item):
        return super().one(item) if item else np.full(self.dim, np.nan, np.float32)


class EmptyIsSomething(Honest):
    def one(self, item):
        return super().one(item) + np.float32(0.1)


class NoDim(Honest):
    dim = 0

    def encode(self, items):
        return np.zeros((len(items), 0), np.float32)


BROKEN = {
    WrongShape: "shape",
    NoDim: "shape",
    WrongDtype: "dtype",
    NotFinite: "finite",
    SortsItsArgument: "argument unchanged",
    Noisy: "same twice",
    HandsOutItsMemory: "same twice",
    SortsItsResult: "order",
    LooksAtItsPlace: "subset",
    SkipsDuplicates: "duplicates",
    WhitensTheBatch: "batch independence",
    NothingIsFlat: "no items",
    NothingFails: "no items",
    TakesOneString: "bare string",
    EmptyIsNan: "empty item",
    EmptyIsSomething: "empty item",
}


def test_an_honest_encoder_passes():
    assert isinstance(Honest(), Encoder)
    check_encoder(Honest(), ITEMS)


@pytest.mark.parametrize(
    ("broken", "law"), BROKEN.items(), ids=lambda value: getattr(value, "__name__", value)
)
def test_each_broken_encoder_is_caught_by_its_law(broken, law):
    with pytest.raises(AssertionError, match=f"^{law}: "):
        check_encoder(broken(), ITEMS)


def test_every_law_has_its_breaker():
    assert set(BROKEN.values()) == {"empty item", *LAWS}


def test_things_that_cannot_be_empty():
    check_encoder(EmptyIsSomething(), ITEMS, empty=None)
    with pytest.raises(ValueError, match="two or more items, not 1"):
        check_encoder(Honest(), ["one"])


@pytest.mark.parametrize("n", [0, 1, 2, 60])
def test_tables_keep_the_contract(n):
    rng = np.random.default_rng(n)
    keys = ["", "\n", *[f"key {i}" for i in range(n)]][:n]
    check_table(Table(keys, rng.normal(size=(n, 5)).astype(np.float32)))


def test_tables_with_zero_rows_ties_and_counts_keep_the_contract():
    vectors = np.zeros((7, 3), np.float32)
    vectors[2:] = [1, 2, 3]
    check_table(Table(list("abcdefg"), vectors, counts=np.arange(7), facts={"seed": 1}))


@pytest.mark.parametrize(
    ("law", "breaker"),
    [
        ("unique keys", lambda table: table.keys.append("b")),
        ("index", lambda table: table._positions.update(a=1)),
        (
            "finite",
            lambda table: setattr(table, "vectors", np.array([[1, 2], [1, np.nan], [0, 0]], np.float32)),
        ),
    ],
)
def test_a_broken_table_is_caught(law, breaker):
    table = Table(["a", "b", "c"], np.array([[1, 0], [1, 1], [0, 2]]))
    breaker(table)
    with pytest.raises(AssertionError, match=f"^{law}: "):
        check_table(table)


@pytest.mark.parametrize("scores", [[1.0, 0.5], [0.2, 0.5], [2.0, 0.5], [0.5]])
def test_broken_neighbours_are_caught(monkeypatch, scores):
    table = Table(["a", "b", "c"], np.array([[1, 0], [1, 1], [0, 2]]))
    found = [Neighbour(key, score) for key, score in zip("bc", scores, strict=False)]
    monkeypatch.setattr(Table, "similar", lambda self, item, k: found[: max(k, 1)])
    with pytest.raises(AssertionError, match=r"^similar: "):
        check_table(table)


def test_it_needs_no_test_runner():
    code = "import sys, likewise.testing; sys.exit('pytest' in sys.modules or 'numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_encoder_may_give_one_string_its_one_vector() -> None:
    class Accepting(Honest):
        def encode(self, items):
            return super().encode([items])[0] if isinstance(items, str) else super().encode(items)

    class Spelling(Honest):
        def encode(self, items):
            return super().encode(list(items))

    check_encoder(Accepting(), ["king", "queen", ""])
    with pytest.raises(AssertionError, match="one string"):
        check_encoder(Spelling(), ["king", "queen", ""])
