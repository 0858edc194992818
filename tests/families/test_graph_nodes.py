"""Graphs as vectors: walks, meanings, what is saved, what is near, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from damage import unnoticed
from likewise import graphs
from likewise.arrays.graph.strings import Lists
from likewise.errors import ArtifactError, InputError, OptionError, OutputExists, UnknownKey
from likewise.graphs import Graph, Nodes
from likewise.testing import check_encoder

FOOD = ["bread", "cheese", "apple", "pear", "honey"]
PLANT = ["seed", "flower", "leaf", "root", "stem"]


def meanings() -> Graph:
    """Two rings of things; "fruit" is the label of one node in each; one node has no edge."""
    names = [*FOOD, *PLANT, "Q1", "Q2", "alone"]
    place = {name: i for i, name in enumerate(names)}
    edges = [(ring[i], ring[j]) for ring in (FOOD, PLANT) for i in range(5) for j in range(i)]
    edges += [("Q1", name) for name in FOOD] + [("Q2", name) for name in PLANT] + [("honey", "flower")]
    made = Graph.from_edges(names, [place[a] for a, _ in edges], [place[b] for _, b in edges])
    labels = [*FOOD, *PLANT, "fruit", "Fruit", ""]
    types = np.array([0] * 5 + [1] * 5 + [0, 1, -1], np.int32)
    aliases = Lists.of([[] for _ in range(10)] + [["produce"], ["seed vessel"], []])
    return Graph(
        names,
        made.offsets,
        made.targets,
        types=types,
        type_names=["food", "plant"],
        labels=labels,
        aliases=aliases,
    )


def relations() -> Graph:
    return graphs.read(
        [(a, "eaten with", b) for a in FOOD for b in FOOD if a < b] + [("seed", "part of", "apple")]
    )


MAKERS: dict[str, Callable[..., Nodes]] = {
    "deepwalk": lambda graph, **options: graphs.deepwalk(
        graph, **{"dim": 8, "seed": 1, "epochs": 2, "length": 20, **options}
    ),
    "node2vec": lambda graph, **options: graphs.node2vec(
        graph, **{"dim": 8, "p": 0.5, "q": 2.0, "seed": 1, "length": 20, **options}
    ),
}
MAKERS["spectral"] = lambda graph, **options: graphs.spectral(graph, **{"dim": 4, "seed": 1, **options})
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


@every
def test_an_encoder_of_nodes(make: Callable[..., Nodes]) -> None:
    nodes = make(meanings())
    check_encoder(nodes, ["bread", "seed", "Q1"], empty="")
    assert nodes.known(["bread", "Q1", "nothing"]).tolist() == [True, True, False]
    assert not nodes.encode(["alone"]).any()


@every
def test_near_in_the_graph_is_near_in_space(make: Callable[..., Nodes]) -> None:
    nodes = make(meanings())
    assert {one.key for one in nodes.similar("Q2", 5)} == set(PLANT)
    assert {one.type for one in nodes.similar("Q2", 5, type="food")} == {"food"}
    assert nodes.similar("Q2", 1)[0].label in PLANT


@every
def test_what_loads_is_what_was_saved(make: Callable[..., Nodes], tmp_path: Path) -> None:
    nodes = make(meanings(), out=tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert np.array_equal(again.vectors, nodes.vectors)
    assert again.similar("Q1", 4) == nodes.similar("Q1", 4)
    assert again.resolve("fruit", ["seed"]) == nodes.resolve("fruit", ["seed"])
    assert again.graph.names == nodes.graph.names
    assert again.graph.aliases[10] == ["produce"]
    assert np.array_equal(again.graph.targets, nodes.graph.targets)
    assert again.facts == nodes.facts
    assert "# 13 nodes" in (tmp_path / "m" / "README.md").read_text()


@every
def test_the_same_bits_at_any_number_of_threads(make: Callable[..., Nodes], tmp_path: Path) -> None:
    one, three = (make(meanings(), threads=threads) for threads in (1, 3))
    assert np.array_equal(one.vectors, three.vectors)


def test_a_name_with_two_meanings_is_resolved_by_its_context() -> None:
    nodes = MAKERS["deepwalk"](meanings())
    assert {one.key for one in nodes.resolve("fruit")} == {"Q1", "Q2"}
    assert [one.key for one in nodes.resolve("FRUIT", context=["seed", "flower"])] == ["Q2", "Q1"]
    first = nodes.resolve("fruit", context=["bread", "cheese"])[0]
    assert (first.key, first.label, first.type) == ("Q1", "fruit", "food")
    assert set(first.neighbours) == set(FOOD)
    with pytest.raises(InputError, match="'fruit' may mean 2 nodes, 'Q1', 'Q2'"):
        nodes.similar("fruit")
    assert nodes.similar("produce", 3) == nodes.similar("Q1", 3)
    with pytest.raises(
        UnknownKey, match=r"'friut' is not an id, label or alias of the 13 nodes; nearest: '.ruit'"
    ):
        nodes.resolve("friut")


def test_relations_are_words_too(tmp_path: Path) -> None:
    nodes = graphs.rdf2vec(relations(), dim=8, seed=1, per_node=10, out=tmp_path / "m")
    assert nodes.relations is not None
    assert nodes.relations.shape == (2, 8)
    again = likewise.load(tmp_path / "m")
    assert np.array_equal(again.relations, nodes.relations)
    with pytest.raises(InputError, match="need relations"):
        graphs.rdf2vec(meanings(), dim=8)


FACTS = [
    *((name, "is", "fruit") for name in ("apple", "pear", "plum")),
    *((name, "is", "root") for name in ("carrot", "beet")),
    ("apple", "grows on", "tree"), ("plum", "grows on", "tree"), ("carrot", "grows in", "soil"),
]  # fmt: skip


@pytest.mark.parametrize("method", ["complex", "distmult", "transe", "rotate"])
def test_a_missing_link_is_predicted_in_both_directions(method: str, tmp_path: Path) -> None:
    fit = getattr(graphs, method)
    nodes = fit(FACTS, dim=16, epochs=100, seed=1, out=tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert again.links("pear", "grows on", None, 1)[0].key == "tree"
    assert {one.key for one in again.links(None, "is", "root", 2, known=True)} == {"carrot", "beet"}
    assert not {one.key for one in again.links(None, "is", "root", 20)} & {
        "carrot",
        "beet",
    }  # known, so no prediction
    assert again.links("pear", "is", None, 3) == nodes.links("pear", "is", None, 3)
    assert np.array_equal(fit(FACTS, dim=16, epochs=100, seed=1, threads=2).vectors, nodes.vectors)
    check_encoder(again, ["apple", "tree"])
    new = again.fold_in_links([(None, "is", "fruit"), (None, "grows on", "tree")])
    assert {one.key for one in again.nearest(new, 2)} == {"apple", "plum"}
    with pytest.raises(UnknownKey, match="'grow on' is not among the 3 relations; nearest: 'grows on'"):
        nodes.links("pear", "grow on", None)
    with pytest.raises(UnknownKey, match="nearest: 'pear'"):
        nodes.links("paer", "is", None)
    with pytest.raises(OptionError, match="either a head or a tail"):
        nodes.links(None, "is", None)


def test_features_are_smoothed_over_edges(tmp_path: Path) -> None:
    graph = graphs.read([("a", "b"), ("b", "c")])
    table = likewise.Table(["a", "c"], np.eye(2, dtype=np.float32))
    nodes = graphs.propagate(graph, features=table, steps=1, out=tmp_path / "m")
    looped = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]]) / np.sqrt(np.outer([2, 3, 2], [2, 3, 2]))
    assert np.allclose(nodes.encode(["a", "b", "c"]), looped @ np.array([[1, 0], [0, 0], [0, 1]]), atol=1e-6)
    assert np.array_equal(likewise.load(tmp_path / "m").vectors, nodes.vectors)
    with pytest.raises(InputError, match="none of the 3 nodes is among the keys"):
        graphs.propagate(graph, features=likewise.Table(["z"], np.ones((1, 2), np.float32)))


def test_methods_for_triples_want_relations() -> None:
    with pytest.raises(InputError, match="complex needs triples of head, relation and tail"):
        graphs.complex(meanings())
    with pytest.raises(InputError, match="vectors by deepwalk score no triples"):
        MAKERS["deepwalk"](relations()).links("bread", "part of", None)


def test_a_node_that_came_later_stands_among_its_neighbours() -> None:
    nodes = MAKERS["deepwalk"](meanings())
    new, none = nodes.fold_in([["seed", "leaf", "unheard of"], []])
    assert {one.key for one in nodes.nearest(new, 4)} <= {*PLANT, "Q2"}
    assert not none.any()
    assert np.array_equal(
        nodes.fold_in([["bread"], ["seed", "leaf"]])[1], new
    )  # whatever else is in the batch


def test_graphs_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not one edge"):
        graphs.deepwalk(Graph.from_edges(["a", "b"], [], []))
    with pytest.raises(InputError):
        graphs.deepwalk(tmp_path / "missing.tsv")
    (tmp_path / "empty.tsv").write_text("")
    with pytest.raises(InputError):
        graphs.deepwalk(tmp_path / "empty.tsv", out=tmp_path / "m")
    assert not (tmp_path / "m").exists()
    nodes = MAKERS["deepwalk"](meanings())
    with pytest.raises(InputError, match="has no edge, so its vector is zero"):
        nodes.similar("alone")
    with pytest.raises(UnknownKey, match="no type 'fod'"):
        nodes.similar("Q1", type="fod")
    with pytest.raises(OptionError, match="have no types"):
        MAKERS["deepwalk"](relations()).similar("bread", type="x")
    (tmp_path / "there").mkdir()
    with pytest.raises(OutputExists):
        graphs.deepwalk(meanings(), out=tmp_path / "there")


def test_one_self_loop_is_a_graph() -> None:
    nodes = graphs.deepwalk([("a", "a"), ("a", "b")], dim=4, seed=1)
    assert np.isfinite(nodes.vectors).all()


@pytest.mark.slow
def test_damage_is_noticed(tmp_path: Path) -> None:
    MAKERS["deepwalk"](meanings(), out=tmp_path / "m")
    assert unnoticed(tmp_path / "m", "damage:contents_of", flips=40, seed=1) == []


def test_a_model_whose_parts_do_not_fit_is_refused(tmp_path: Path) -> None:
    MAKERS["deepwalk"](meanings(), out=tmp_path / "m")
    whole = likewise.artifacts.artifact.read(tmp_path / "m")

    def refused(**changes: Any) -> None:
        parts = {
            name: getattr(whole, name) for name in ("kind", "facts", "arrays", "keys", "counts", "labels")
        }
        likewise.artifacts.artifact.write(
            likewise.artifacts.artifact.Contents(**{**parts, **changes}), tmp_path / "b", overwrite=True
        )
        with pytest.raises(ArtifactError, match="does not hold a whole"):
            likewise.load(tmp_path / "b")

    for name, array in whole.arrays.items():
        refused(arrays={**whole.arrays, name: array[:-1]})
    refused(arrays={**whole.arrays, "targets": whole.arrays["targets"] + 100})
    refused(facts={**whole.facts, "graph": {**whole.facts["graph"], "nodes": 4}})


@pytest.mark.parametrize("method", ["transe", "distmult", "complex", "rotate"])
def test_a_node_without_an_edge_is_the_end_of_no_link(method: str) -> None:
    triples = [("a", "r", "b"), ("b", "r", "c"), ("c", "s", "a"), ("d", "s", "b")]
    graph = graphs.read(triples, nodes=["lone", "a"])
    model = getattr(graphs, method)(graph, dim=4, epochs=2, seed=1)
    vectors = np.array(model.vectors)
    lone = model.index("lone")
    if vectors[lone].any():
        pytest.skip("this method gives such a node a vector")
    for head, tail in (("a", None), (None, "b")):
        found = model.links(head, "r", tail, k=9)
        assert "lone" not in [near.key for near in found]
        assert found
