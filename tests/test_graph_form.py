from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.arrays.graph import Graph, Literals, ReadStats, Strings
from likewise.arrays.graph.interning import Interned
from likewise.arrays.graph.literals import finite_number, instant
from likewise.arrays.graph.strings import Lists
from likewise.errors import InputError, UnknownKey

NAMES = list("abcdef")
EDGE = st.tuples(
    st.integers(0, 5), st.integers(0, 5), st.integers(0, 2), st.sampled_from([0.0, 0.5, 1.0, 2.0])
)


def by_dict(edges: list[tuple], *, weighted: bool, typed: bool, directed: bool) -> dict[tuple, float]:
    """The slow twin: {(row, target, relation): weight}, with both directions of an undirected edge."""
    found: dict[tuple, float] = defaultdict(float)
    for head, tail, kind, weight in edges:
        if weighted and weight == 0:
            continue
        for row, end in {(head, tail)} if directed else {(head, tail), (tail, head)}:
            found[row, end, kind if typed else 0] += weight if weighted else 1
    return dict(found)


@given(st.lists(EDGE, max_size=30), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_rows_are_those_of_a_dict(edges: list[tuple], weighted: bool, typed: bool, directed: bool) -> None:
    heads, tails, kinds, weights = ([edge[i] for edge in edges] for i in range(4))
    graph = Graph.from_edges(
        NAMES,
        heads,
        tails,
        weights=weights if weighted else None,
        relations=kinds if typed else None,
        relation_names=["p", "q", "r"] if typed else [],
        directed=directed,
    )
    wanted = by_dict(edges, weighted=weighted, typed=typed, directed=directed)
    stored = graph.relations if typed else np.zeros(len(graph.targets), int)
    keys = list(zip(graph.sources().tolist(), graph.targets.tolist(), stored.tolist(), strict=True))
    assert keys == sorted(wanted)  # sorted rows, each edge once
    if graph.weights is not None:
        assert graph.weights.tolist() == [wanted[key] for key in keys]
    elif not typed and not weighted:
        assert len(set(wanted.values())) <= 1
    assert graph.targets.dtype == np.int32
    assert graph.offsets.dtype == np.int64
    kept = [edge for edge in edges if not (weighted and edge[3] == 0)]
    assert graph.reading.edges == len(edges)
    assert graph.reading.weightless == len(edges) - len(kept)
    assert graph.reading.self_loops == sum(edge[0] == edge[1] for edge in kept)
    assert graph.reading.parallel + graph.reading.duplicates == len(kept) - graph.size
    touched = {end for key in wanted for end in key[:2]}
    assert [i for i in range(6) if not graph.isolated[i]] == sorted(touched)
    assert graph.reading.isolated == 6 - len(touched)
    assert len(graph.triples()) == graph.size


def test_reverse_and_both_ways() -> None:
    graph = Graph.from_edges(
        NAMES,
        [0, 0, 2],
        [1, 2, 0],
        weights=[1, 2, 3],
        relations=[0, 1, 1],
        relation_names=["p", "q"],
        directed=True,
    )
    back = graph.reverse()
    assert back.triples().tolist() == [[0, 1, 2], [1, 0, 0], [2, 1, 0]]
    assert back.weights.tolist() == [3, 1, 2]
    assert back.reverse().triples().tolist() == graph.triples().tolist()
    both = graph.both_ways()
    assert both.relation_names == ["p", "q", "^p", "^q"]
    assert both.triples().tolist() == [[0, 0, 1], [0, 1, 2], [0, 3, 2], [1, 2, 0], [2, 1, 0], [2, 3, 0]]
    plain = Graph.from_edges(NAMES, [0, 1, 2], [1, 0, 3], weights=[1, 2, 5], directed=True)
    assert plain.both_ways().weights.tolist() == [3, 3, 5, 5]
    assert not plain.both_ways().directed
    loops = Graph.from_edges(NAMES, [3, 1], [3, 2])
    assert loops.reverse() is loops
    assert loops.both_ways() is loops
    assert loops.degrees.tolist() == [0, 1, 1, 1, 0, 0]
    assert loops.size == 2


def test_what_is_named_is_found_and_what_is_not_has_its_nearest_spellings() -> None:
    graph = Graph.from_edges(
        ["apple", "pear", "plum"], [0], [1], relations=[0], relation_names=["likes"], directed=True
    )
    assert graph.index("pear") == 1
    assert graph.neighbours(0).tolist() == [1]
    assert graph.relation("likes") == 0
    with pytest.raises(UnknownKey, match=r"'aple' is not among the 3 nodes; nearest: 'apple'"):
        graph.index("aple")
    with pytest.raises(UnknownKey, match=r"'like' is not among the 1 relations; nearest: 'likes'"):
        graph.relation("like")
    assert repr(graph) == "Graph(3 nodes, 1 directed edges, 1 relations)"


def test_the_edge_cases_empty_single_and_duplicate() -> None:
    assert len(Graph.from_edges([], [], [])) == 0
    alone = Graph.from_edges(["a"], [], [])
    assert (len(alone), alone.size, alone.isolated.tolist()) == (1, 0, [True])
    assert alone.triples().shape == (0, 3)
    twice = Graph.from_edges(
        ["a", "b"], [0, 0], [1, 1], relations=[0, 0], relation_names=["p"], directed=True
    )
    assert (twice.size, twice.weights, twice.reading.duplicates, twice.reading.parallel) == (1, None, 1, 0)
    assert Graph.from_edges(["a", "b"], [0, 1], [1, 0]).weights is None  # both given twice: no news in that
    with pytest.raises(InputError, match="two nodes are named 'a'"):
        Graph.from_edges(["a", "a"], [0], [1])


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), 1e39])
def test_a_weight_that_is_invalid_is_reported_with_its_edge(weight: float) -> None:
    with pytest.raises(InputError, match=r"edge 2, 'b' to 'c', has the weight .*; wanted a finite number"):
        Graph.from_edges(NAMES, [0, 1], [1, 2], weights=[1, weight])


def test_ids_and_lengths_are_checked() -> None:
    with pytest.raises(InputError, match="node 6 of 6"):
        Graph.from_edges(NAMES, [0], [6])
    with pytest.raises(InputError, match="node -1 of 6"):
        Graph.from_edges(NAMES, [-1], [0])
    with pytest.raises(InputError, match="relation 1 of 1"):
        Graph.from_edges(NAMES, [0], [1], relations=[1], relation_names=["p"])
    with pytest.raises(InputError, match="1 sources and 2 targets"):
        Graph.from_edges(NAMES, [0], [1, 2])
    with pytest.raises(InputError, match="whole numbers"):
        Graph.from_edges(NAMES, [0.5], [1])
    with pytest.raises(InputError, match="exceeds float32"):
        Graph.from_edges(NAMES, [0, 0], [1, 1], weights=[3e38, 3e38])
    with pytest.raises(InputError, match="1 labels, wanted 2"):
        Graph(["a", "b"], np.zeros(3, np.int64), np.empty(0, np.int32), labels=["x"])


def test_a_hub_is_linear() -> None:
    n = 100_000
    graph = Graph.from_edges([str(i) for i in range(n)], np.zeros(n - 1, int), np.arange(1, n))
    assert graph.degrees[0] == n - 1
    assert np.array_equal(graph.neighbours(0), np.arange(1, n))


@given(st.lists(st.text(max_size=20)))
@settings(deadline=None, max_examples=60)
def test_strings_are_those_given(texts: list[str]) -> None:
    packed = Strings.of(texts)
    assert list(packed) == texts
    assert list(Lists.of([texts, [], texts])) == [texts, [], texts]
    known, numbers = Interned(), {}
    wanted = [numbers.setdefault(text, len(numbers)) for text in texts * 2]
    twice = Strings.of(texts * 2)
    assert known.numbers(twice.data, twice.offsets).tolist() == wanted
    assert list(Strings(*known.texts())) == list(numbers)


def test_many_texts_outgrow_every_table() -> None:
    texts = [f"{i % 30_000:x}" * (1 + i % 30_000 % 4) for i in range(60_000)]
    packed, known, numbers = Strings.of(texts), Interned(), {}
    wanted = [numbers.setdefault(text, len(numbers)) for text in texts]
    assert known.numbers(packed.data, packed.offsets).tolist() == wanted
    assert len(known) == len(numbers)
    assert Strings.of(["\ud800"])[0] == "\ufffd" * len(Strings.of(["\ud800"])[0])


def test_literals_are_numbers_dates_and_texts() -> None:
    values = [
        "3",
        "x",
        "inf",
        "-2.5e3",
        "2001-02-03",
        "2001",
        "1999-05",
        "2020-01-01T12:00:00+02:00",
        "hi",
        "ho",
    ]
    n = len(values)
    kinds = [0] * 8 + [1, 2]
    found = Literals(
        np.arange(n, dtype=np.int32),
        np.array([0] * 4 + [1] * 4 + [2] * 2, np.int32),
        Strings.of(values),
        np.array(kinds, np.int32),
        ["size", "born", "note"],
        ["xsd", "@en-GB", "@de"],
    )
    nodes, numbers = found.numbers("size")
    assert (nodes.tolist(), numbers.tolist()) == ([0, 3], [3.0, -2500.0])
    nodes, dates = found.dates("born")
    assert nodes.tolist() == [4, 5, 6, 7]
    assert dates.astype(str).tolist() == [
        "2001-02-03T00:00:00",
        "2001-01-01T00:00:00",
        "1999-05-01T00:00:00",
        "2020-01-01T10:00:00",
    ]
    assert found.texts("note")[1] == ["hi", "ho"]
    assert found.texts("note", "en")[1] == ["hi"]
    with pytest.raises(UnknownKey, match="nearest: 'note'"):
        found.texts("notes")
    assert finite_number("1_0") is None
    assert instant("-0044-03-15") is not None
    assert all(
        instant(text) is None for text in ("", "soon", "2001-13-01", "99999999999-01-01", "2001-02-30")
    )


def test_read_stats_as_text() -> None:
    assert str(ReadStats()) == "nothing"
    assert str(ReadStats(edges=1200, self_loops=2)) == "1,200 edges, 2 self loops"
