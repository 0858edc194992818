"""Graphs on the command line: training, queries, and errors in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Ended = tuple[int, str, str]
Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graphs")
    facts = [(name, "is", "fruit") for name in ("apple", "pear", "plum")]
    facts += [("apple", "grows on", "tree"), ("plum", "grows on", "tree"), ("carrot", "grows in", "soil")]
    (folder / "facts.tsv").write_text("".join("\t".join(fact) + "\n" for fact in facts))
    nodes = [("apple", "food"), ("pear", "food"), ("plum", "food"), ("carrot", "food"), ("tree", "plant")]
    (folder / "nodes.csv").write_text(
        "id,label,type,aliases\n"
        + "".join(f"{name},The {name},{kind},{name}s|good\n" for name, kind in nodes)
    )
    return folder


def lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_triples_are_trained_on_and_missing_links_predicted(here: Run, folder: Path) -> None:
    model = folder / "kg"
    code, _, err = here(
        "train", "graph", folder / "facts.tsv", "-o", model, "--method", "complex", "--dim", 16, "--epochs", 100,
        "--seed", 1, "--nodes", folder / "nodes.csv",
    )  # fmt: skip
    assert (code, err.count("Traceback")) == (0, 0)
    assert "7 nodes, 16 dimensions; next: likewise similar" in err
    code, out, _ = here("links", model, "pear", "grows on", "?", "-k", 1)
    assert (code, lines(out)[0]["key"]) == (0, "tree")
    code, out, _ = here("links", model, "?", "is", "fruit", "-k", 3, "--known")
    assert {row["key"] for row in lines(out)} == {"apple", "pear", "plum"}
    code, out, _ = here("similar", model, "The pear", "-k", 2, "--type", "food")
    assert {row["type"] for row in lines(out)} == {"food"}
    code, out, _ = here("resolve", model, "good", "--context", "tree", "--context", "apple")
    assert (code, len(lines(out))) == (0, 5)
    assert "tree" in lines(out)[0]["neighbours"] or lines(out)[0]["key"] == "tree"
    code, out, _ = here("info", model)
    assert lines(out)[0]["kind"] == "graph"
    assert here("convert", model, folder / "kg.vec")[0] == 0


def test_held_out_links_are_evaluated_with_baselines(here: Run, folder: Path) -> None:
    (folder / "held.tsv").write_text("pear\tgrows on\ttree\nquince\tis\tfruit\napple\tis\tfruit\n")
    code, out, err = here("evaluate", folder / "kg", "--test", folder / "held.tsv")
    assert code == 0, err
    rows = {row["metric"]: row for row in lines(out)}
    assert rows["MRR"]["most frequent baseline"] > 0
    assert rows["with unseen names"]["value"] == rows["in training already"]["value"] == pytest.approx(1 / 3)
    assert rows["MRR of what is known"]["value"] > rows["MRR"]["value"]
    (folder / "edges.tsv").write_text("pear\ttree\n")
    here("train", "graph", folder / "facts.tsv", "-o", folder / "near", "--dim", 4)
    code, out, err = here("evaluate", folder / "near", "--test", folder / "edges.tsv")
    assert code == 0, err
    assert {row["metric"] for row in lines(out)} >= {"AUC", "precision"}
    (folder / "text.txt").write_text("the king and the queen\n" * 20)
    here("train", "words", folder / "text.txt", "-o", folder / "w", "--dim", 4)
    assert "is not a model of a graph" in here("evaluate", folder / "w", "--test", folder / "held.tsv")[2]


def test_walks_on_the_command_line(here: Run, folder: Path) -> None:
    for method, more in (
        ("node2vec", ("--q", 2)),
        ("deepwalk", ()),
        ("rdf2vec", ("--forwards",)),
        ("spectral", ()),
    ):
        model = folder / method
        dim = 4
        code, _, err = here(
            "train", "graph", folder / "facts.tsv", "-o", model, "--method", method, "--dim", dim, *more
        )
        assert code == 0, err
        assert here("similar", model, "pear", "-k", 2)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("train", "graph", "facts.tsv", "-o", "x", "--method", "deepwalk", "--p", 2),
            "--p is not an option of deepwalk",
        ),
        (
            ("train", "graph", "facts.tsv", "-o", "x", "--method", "complex", "--length", 2),
            "--length is not an option",
        ),
        (("train", "graph", "fact.tsv", "-o", "x"), "did you mean"),
        (("train", "graph", "facts.tsv", "-o", "kg"), "is there already"),
        (("train", "graph", "facts.tsv", "-o", "x", "--weight", "1"), "need both --source and --target"),
        (("links", "kg", "pear", "grows on", "tree"), "write ? for HEAD or for TAIL"),
        (("links", "kg", "paer", "grows on", "?"), "nearest: 'pear'"),
        (("links", "kg", "pear", "grow", "?"), "nearest: 'grows in', 'grows on'"),
        (("links", "node2vec", "pear", "grows on", "?"), "write edge for RELATION"),
        (("similar", "kg", "good"), "may mean 5 nodes"),
        (("similar", "kg", "pear", "--type", "fodo"), "nearest: 'food'"),
        (("similar", "kg", "pear", "--among", "terms"), "--among"),
        (("encode", "kg", "nodes.csv", "-o", "v.npy", "--column", "id"), ""),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    here: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(folder)
    code, _, err = here(*arguments)
    if said:
        assert code in (1, 2)
        assert said in err
        assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_a_likely_edge_is_predicted_by_walks_too(here: Run, tmp_path: Path) -> None:
    rings = [
        (f"{side}{i}", f"{side}{j}") for side in "ab" for i in range(12) for j in range(i) if (i, j) != (7, 3)
    ]
    (tmp_path / "rings.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in [*rings, ("a0", "b0")]))
    here("train", "graph", tmp_path / "rings.tsv", "-o", tmp_path / "m", "--dim", 4, "--seed", 1)
    code, out, err = here("links", tmp_path / "m", "a7", "edge", "?", "-k", 1)
    assert code == 0, err
    assert lines(out)[0]["key"] == "a3"  # the only one of its ring that it is not joined to
    code, out, _ = here("links", tmp_path / "m", "?", "edge", "a7", "-k", 5, "--known")
    assert {row["key"][0] for row in lines(out)} == {"a"}
    assert all(0 < row["score"] < 1 for row in lines(out))


def test_features_are_smoothed(here: Run, folder: Path) -> None:
    (folder / "features.vec").write_text("3 2\napple 1 0\npear 1 0\ncarrot 0 1\n")
    how = ("train", "graph", folder / "facts.tsv", "-o", folder / "smooth", "--method", "propagate")
    code, _, err = here(*how)
    assert code == 2 or "give --features" in err
    assert here(*how, "--features", folder / "features.vec", "--steps", 1)[0] == 0
    assert here("similar", folder / "smooth", "apple", "-k", 2)[0] == 0


def test_an_empty_graph(here: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.tsv").write_text("")
    code, _, err = here("train", "graph", tmp_path / "empty.tsv", "-o", tmp_path / "x")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_a_node_without_an_edge_is_no_likely_neighbour() -> None:
    from likewise import graphs
    from likewise.cli.links import predict_edges

    ring = [(f"n{i}", f"n{(i + step) % 20}") for i in range(20) for step in (1, 2)]
    nodes = graphs.spectral(graphs.read(ring, nodes=["lone", "n0"]), dim=4, seed=1)
    assert not nodes.vectors[nodes.index("lone")].any()
    found = predict_edges(nodes, nodes.index("n3"), 21, False)
    assert len(found) == 15
    assert "lone" not in [each["key"] for each in found]
