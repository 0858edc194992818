"""Ids are given as they were in the data: whole numbers too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from likewise import graphs, users
from likewise.errors import LikewiseError, OptionError, UnknownKey, WrongType

EDGES = [(1, 2), (2, 3), (3, 1), (3, 4), (4, 5)]
TRIPLES = [("1", "r", "2"), ("2", "r", "3"), ("3", "s", "1"), ("4", "s", "2")] * 3


def test_nodes_are_found_by_numbers() -> None:
    nodes = graphs.spectral(EDGES, dim=2, seed=1)
    for one in (1, np.int64(1)):
        assert nodes.similar(one, 2) == nodes.similar("1", 2)  # type: ignore[arg-type]
        assert nodes.resolve(one) == nodes.resolve("1")  # type: ignore[arg-type]
    with pytest.raises(UnknownKey, match="'77' is not an id"):
        nodes.similar(77)  # type: ignore[arg-type]
    for wrong in (None, 1.5, True, ["1"]):
        with pytest.raises(WrongType, match="a node is named by its id"):
            nodes.resolve(wrong)  # type: ignore[arg-type]


def test_links_are_predicted_for_numbers() -> None:
    model = graphs.complex(TRIPLES, dim=4, epochs=2, seed=1)
    assert model.links(1, "r", None, k=2) == model.links("1", "r", None, k=2)  # type: ignore[arg-type]
    for k in (-1, 0, 1.5, True, "3"):
        with pytest.raises(OptionError, match="k must be a whole number"):
            model.links("1", "r", None, k=k)  # type: ignore[arg-type]


def test_users_and_items_are_found_by_numbers() -> None:
    log = [(n % 7, 100 + n * 3 % 5) for n in range(60)]
    model = users.als(log, dim=3, epochs=2, seed=1)
    assert model.recommend(3, k=2, seen=True) == model.recommend("3", k=2, seen=True)  # type: ignore[arg-type]
    assert model.similar(101, 2) == model.similar("101", 2)  # type: ignore[arg-type]
    histories: Any = [[100, 101], [np.int64(102)]]
    np.testing.assert_array_equal(model.encode(histories), model.encode([["100", "101"], ["102"]]))
    for wrong in (1.5, True, None):
        with pytest.raises(LikewiseError):
            model.recommend(wrong)  # type: ignore[arg-type]
