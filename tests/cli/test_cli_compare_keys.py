"""`likewise compare` of nodes and users: edges and histories as they are beside the vectors of models."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from likewise import users
from likewise.arrays.graph import Graph
from likewise.artifacts import artifact
from likewise.cli.compare_keys import represented
from likewise.graphs import Nodes
from likewise.table import Table

Run = Callable[..., tuple[int, str, str]]
BUDGETS = ("--budgets", "none")
FAST = (*BUDGETS, "--folds", 2)


def two_circles(n: int = 60) -> tuple[Graph, list[str]]:
    """Even nodes know even ones, odd nodes odd ones; each few, so that edges alone seldom meet again."""
    draw = np.random.default_rng(0)
    sources = np.repeat(np.arange(n), 3)
    targets = (sources + 2 * draw.integers(1, n // 2, size=len(sources))) % n
    names = [f"n{i}" for i in range(n)]
    return Graph.from_edges(names, sources, targets), [("even", "odd")[i % 2] for i in range(n)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("keys")
    graph, labels = two_circles()
    rows = [f"{name},{label}\n" for name, label in zip(graph.names, labels, strict=True)]
    (place / "nodes.csv").write_text("key,label\n" + "".join(rows))
    vectors = np.random.default_rng(1).normal(0, 0.2, (60, 4)).astype(np.float32)
    vectors[::2, 0] += 1
    artifact.save(Nodes(graph, vectors, facts={"function": "likewise.graphs.made"}), place / "kg")
    artifact.save(Table(graph.names, vectors), place / "vectors")
    draw, log, told = random.Random(1), ["user,item\n"], ["who,label\n"]
    for n in range(40):
        items = draw.sample([f"{('food', 'tool')[n % 2]} {i}" for i in range(8)], 4)
        log += [f"u{n},{item}\n" for item in items]
        told.append(f"u{n},{('cook', 'smith')[n % 2]}\n")
    (place / "log.csv").write_text("".join(log))
    (place / "users.csv").write_text("".join(told))
    users.als(place / "log.csv", dim=4, seed=1, threads=1, out=place / "taste")
    return place


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_nodes_have_their_edges_beside_their_vectors(here: Run, inside: Path) -> None:
    code, out, err = here("compare", "nodes.csv", "kg", "vectors", *FAST)
    assert code == 0, err
    *found, last = lines(out)
    assert [row["name"] for row in found] == ["adjacency", "kg", "vectors", "random-4"]
    assert [row["dim"] for row in found] == [60, 4, 4, 4]
    assert found[1]["value"] == found[2]["value"] > 0.9  # type: ignore[operator]
    assert str(last["verdict"]).startswith(("use kg", "keep adjacency"))


def test_the_edges_are_those_of_the_graph_either_way(inside: Path) -> None:
    graph, _ = two_circles()
    keys = ["n7", "none", "n0"]
    found = represented(keys, ["kg"])["adjacency"].toarray()
    for row, key in zip(found, keys, strict=True):
        node = graph.names.index(key) if key in graph.names else None
        assert set(np.flatnonzero(row)) == (set() if node is None else set(graph.neighbours(node).tolist()))


def test_users_have_their_histories(here: Run, inside: Path) -> None:
    code, out, err = here("compare", "users.csv", "taste", "--key", "who", *FAST)
    assert code == 0, err
    *found, last = lines(out)
    assert [row["name"] for row in found] == ["history", "taste", "random-4"]
    assert found[0]["dim"] == 16
    assert found[0]["value"] == 1
    assert "keep history" in str(last["verdict"])
    prefixed = represented(["user:u3", "u4"], ["taste"])
    bare = represented(["u3", "user:u4"], ["taste"])
    assert (prefixed["history"] != bare["history"]).nnz == 0
    np.testing.assert_array_equal(prefixed["taste"], bare["taste"])
    assert prefixed["history"].toarray().sum(axis=1).tolist() == [4, 4]


def test_a_table_alone_stands_beside_a_key_that_is_only_itself(here: Run, inside: Path) -> None:
    code, out, err = here("compare", "nodes.csv", "vectors", "--key", "key", *FAST)
    assert code == 0, err
    found = lines(out)
    assert found[0]["name"] == "one-hot"
    assert found[0]["value"] < 0.7 < found[1]["value"]  # type: ignore[operator]
    assert err.startswith("one-hot: ")


def test_keys_to_test_come_from_a_file(here: Run, inside: Path) -> None:
    rows = Path("nodes.csv").read_text().splitlines(keepends=True)
    Path("some.csv").write_text("".join(rows[:41]))
    Path("others.csv").write_text("".join([rows[0], *rows[41:], "unknown,even\n"]))
    code, out, err = here("compare", "some.csv", "kg", "--test", "others.csv", *BUDGETS)
    assert code == 0
    assert len(lines(out)[0]["per_fold"]) == 1  # type: ignore[arg-type]
    assert "kg: 1 of 61 keys unknown" in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nodes.csv", "kg", "--raw", "words"], ["--raw", "ids of nodes or users"]),
        (["nodes.csv", "kg", "--dim", "3"], ["--dim"]),
        (["nodes.csv", "kg", "--text", "key"], ["--text"]),
        (["nodes.csv", "kg", "--key", "kye"], ["no column 'kye'", "did you mean 'key'"]),
        (["nodes.csv", "kg", "kg"], ["'kg' is named twice"]),
        (["twice.csv", "kg"], ["row 3", "'n1'", "twice"]),
        (["users.csv", "kg", "--key", "who"], ["none of 40 keys"]),
        (["nodes.csv", "kg", "taste"], ["'taste'", "none of 60 keys"]),
        (["nodes.csv", "none", "--key", "key"], ["no model 'none'"]),
    ],
)
def test_keys_that_cannot_be_compared_are_one_line(
    here: Run, inside: Path, given: list[str], said: list[str]
) -> None:
    Path("twice.csv").write_text("key,label\nn1,x\nn2,y\nn1,x\n")
    code, out, err = here("compare", *given, *BUDGETS)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1, err
    assert all(each in err for each in said), err
