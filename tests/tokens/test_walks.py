from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats

from likewise.arrays.graph.csr import transpose
from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, OptionError
from likewise.learn import epochs
from likewise.learn.kernels.row_stream import Source, count_ids, sort_by_frequency
from likewise.learn.sgns import training as sgns
from likewise.system import seeds
from likewise.tokens.walks import graph as walk_graph
from likewise.tokens.walks.sampling import half_bits, permute
from likewise.tokens.walks.walker import Walker, Walks, needed_bytes, prepare
from likewise.tokens.walks.walks import walk

Graph = dict[str, np.ndarray]
MASK, GAMMA = 2**64 - 1, 0x9E3779B97F4A7C15


def csr(edges: list[tuple[int, int]], n: int, **values: list[Any]) -> Graph:
    """Offsets and targets of edges, and what each edge carries, in the order of the rows."""
    order = sorted(range(len(edges)), key=lambda i: edges[i])
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount([edge[0] for edge in edges], minlength=n), out=offsets[1:])
    kinds = {"weights": np.float32, "relations": np.int32}
    carried = {name: np.array([value[i] for i in order], kinds[name]) for name, value in values.items()}
    return {"offsets": offsets, "targets": np.array([edges[i][1] for i in order], np.int32), **carried}


def made(n: int, edges: int, seed: int = 0, *, directed: bool = False, parallel: bool = False) -> Graph:
    """A random graph with self-loops, dangling and isolated nodes, weights and relations."""
    random = np.random.default_rng(seed)
    ends = random.integers(0, n - 1, (edges, 2))
    pairs = [(int(a), int(b)) for a, b in ends if a % 7 or not directed]
    if not parallel:
        pairs = list(dict.fromkeys(pairs))
    if not directed:
        pairs = list(dict.fromkeys([*pairs, *((b, a) for a, b in pairs)]))
    weights = (random.exponential(size=len(pairs)) + 0.01).tolist()
    return csr(pairs, n, weights=weights, relations=random.integers(0, 5, len(pairs)).tolist())


def only(graph: Graph, *names: str) -> Graph:
    return {name: graph[name] for name in ("offsets", "targets", *names)}


def edge_set(graph: Graph) -> set[tuple[int, ...]]:
    """(source, target), or (source, relation, target) where edges have one."""
    sources = np.repeat(np.arange(len(graph["offsets"]) - 1), np.diff(graph["offsets"]))
    parts = [sources, graph["targets"]]
    if "relations" in graph:
        parts.insert(1, graph["relations"])
    return set(zip(*(part.tolist() for part in parts), strict=True))


# The slow twin


def mixed(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def stream(key: int, number: int) -> int:
    return mixed((key + (number + 1) * GAMMA) & MASK)


def slow_place(place: int, n: int, key: int) -> int:
    half = next(b for b in range(1, 40) if 4**b >= n)
    while True:
        left, right = place >> half, place & (2**half - 1)
        for turn in range(4):
            left, right = right, left ^ (stream((key + turn) & MASK, right) & (2**half - 1))
        place = left << half | right
        if place < n:
            return place


def slow_walk(graph: Graph, walks: Walks, number: int, epoch: int, seed: int) -> list[int]:
    """A uniform walk, as one would write it down."""
    n = len(graph["offsets"]) - 1
    order, steps = seeds.state(seed, "walks.order", epoch), seeds.state(seed, "walks.steps", epoch)
    node = slow_place(number % n, n, stream(order, number // n))
    state, path = stream(stream(steps, number // n), node), [node]
    while len(path) < walks.length:
        row = graph["targets"][graph["offsets"][node] : graph["offsets"][node + 1]].tolist()
        if not row:
            break
        state = (state + GAMMA) & MASK
        node = row[int((mixed(state) >> 24) * 2.0**-40 * len(row))]
        path.append(node)
    return path


def test_uniform_walks_are_the_slow_twin() -> None:
    graph, walks = made(60, 100, directed=True), Walks(length=12, per_node=2)
    rows = walk(prepare(walks, **only(graph)), epoch=3, seed=5)
    assert [row.tolist() for row in rows] == [slow_walk(graph, walks, i, 3, 5) for i in range(120)]
    assert min(rows.lengths) == 1, "a node without edges was to be there"


@pytest.mark.parametrize("n", [1, 2, 3, 16, 17, 1000])
def test_every_round_starts_once_from_every_node_in_an_order_of_its_own(n: int) -> None:
    keys = (seeds.state(1, "walks.order", 0), seeds.state(2, "walks.order", 0))
    orders = [[permute(i, n, half_bits(n), np.uint64(key)) for i in range(n)] for key in keys]
    assert all(sorted(order) == list(range(n)) for order in orders)
    assert orders[0] == [slow_place(i, n, keys[0]) for i in range(n)]
    assert n < 16 or orders[0] != orders[1]


# Steps are edges


KINDS: list[tuple[Walks, tuple[str, ...]]] = [
    (Walks(), ()),
    (Walks(), ("weights",)),
    (Walks(p=0.5, q=2), ()),
    (Walks(p=0.25, q=4), ("weights",)),
    (Walks(p=4, q=0.25), ()),
    (Walks(p=0.01), ("weights",)),
    (Walks(both_ways=True), ()),
    (Walks(predicates=True), ("relations",)),
    (Walks(predicates=True, both_ways=True), ("weights", "relations")),
]


def name_of(value: Any) -> str | None:
    if isinstance(value, Walks):
        return ",".join(f"{k}={v}" for k, v in vars(value).items() if v != getattr(Walks(), k)) or "uniform"
    return "+".join(value) if isinstance(value, tuple) else None


@pytest.mark.parametrize(("walks", "names"), KINDS, ids=name_of)
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("parallel", [False, True])
def test_every_step_is_an_edge_and_walks_end_only_where_they_must(
    walks: Walks, names: tuple[str, ...], directed: bool, parallel: bool
) -> None:
    n = 50
    graph = only(made(n, 120, directed=directed, parallel=parallel), *names)
    walks = replace(walks, length=11, per_node=3)
    there, walker = edge_set(graph), prepare(walks, **graph)
    rows = walk(walker, seed=7)
    sources, sinks = {edge[0] for edge in there}, {edge[-1] for edge in there}
    assert len(rows) == 3 * n
    assert rows.ids.max() < walker.tokens
    for row in rows:
        path = row.tolist()
        if walks.predicates:
            steps = [(a, r - n, b) for a, r, b in zip(path[::2], path[1::2], path[2::2], strict=False)]
        else:
            steps = list(pairwise(path))
        assert there.issuperset(steps)
        if len(steps) < walks.length - 1:
            assert path[-1] not in sources or (walks.both_ways and path[0] not in sinks)


def test_a_walk_both_ways_has_its_first_node_in_the_middle() -> None:
    ring = csr([(i, (i + 1) % 30) for i in range(30)], 30)
    rows = walk(prepare(Walks(length=7, per_node=1, both_ways=True), **ring))
    assert sorted(row[3] for row in rows) == list(range(30))
    assert all(((np.diff(row) - 1) % 30 == 0).all() for row in rows)
    path = csr([(0, 1), (1, 2)], 3)
    short = walk(prepare(Walks(length=9, per_node=1, both_ways=True), **path))
    assert [row.tolist() for row in short] == [[0, 1, 2]] * 3


def test_relations_stand_between_their_nodes_both_ways() -> None:
    graph = csr([(0, 1), (1, 2)], 3, relations=[4, 6])
    rows = walk(prepare(Walks(length=5, per_node=2, predicates=True, both_ways=True), **graph))
    assert [row.tolist() for row in rows] == [[0, 7, 1, 9, 2]] * 6


def test_a_metapath_is_obeyed_and_starts_at_its_first_type() -> None:
    graph = made(80, 600, seed=2)
    types = np.random.default_rng(1).integers(5, 9, 80).astype(np.int32)
    walks = Walks(length=10, per_node=4, metapath=(6, 5, 8))
    rows = walk(prepare(walks, **only(graph, "weights"), types=types), seed=3)
    there = edge_set(only(graph))
    assert Counter(int(row[0]) for row in rows) == dict.fromkeys(np.flatnonzero(types == 6).tolist(), 4)
    for row in rows:
        assert (types[row] == np.resize([6, 5, 8], len(row))).all()
        assert there.issuperset(pairwise(row.tolist()))
        if len(row) < 10:
            onward = [b for a, b in there if a == row[-1]]
            assert not any(types[b] == (6, 5, 8)[len(row) % 3] for b in onward)
    assert max(rows.lengths) == 10


# Steps are drawn as they should be


def exact(graph: Graph, p: float, q: float, before: int | None, node: int) -> dict[int, float]:
    """The probability of every next node (Grover and Leskovec 2016, §3.2.2)."""
    there, chances = edge_set(only(graph)), Counter[int]()
    start, end = graph["offsets"][node : node + 2]
    weights = graph.get("weights", np.ones(len(graph["targets"])))
    for edge in range(start, end):
        target = int(graph["targets"][edge])
        bias = 1.0
        if before is not None:
            bias = 1 / p if target == before else 1.0 if (before, target) in there else 1 / q
        chances[target] += bias * float(weights[edge])
    total = sum(chances.values())
    return {target: chance / total for target, chance in chances.items()}


def surprise(graph: Graph, rows: Ragged, p: float, q: float) -> float:
    """The p-value of all steps together: chi-square over every (node before, node) with its next nodes."""
    seen: dict[tuple[int | None, int], Counter[int]] = {}
    for row in rows:
        path = [None, *row.tolist()]
        for before, node, following in zip(path, path[1:], path[2:], strict=False):
            seen.setdefault((before, node), Counter())[following] += 1
    statistic, freedom = 0.0, 0
    for (before, node), counts in seen.items():
        wanted, total = exact(graph, p, q, before, node), counts.total()
        assert set(counts) <= set(wanted)
        likely = [target for target in wanted if wanted[target] * total >= 5]
        for target in likely:
            statistic += (counts[target] - wanted[target] * total) ** 2 / (wanted[target] * total)
        freedom += len(likely) - (len(likely) == len(wanted))
    assert freedom > 20
    return float(stats.chi2.sf(statistic, freedom))


def endless(kind: str) -> Graph:
    """A graph in which every walk goes on, with loops, triangles and edges that are there in one direction only."""
    random = np.random.default_rng(4)
    pairs = [(i, (i + 1) % 12) for i in range(12)]
    pairs += [(int(a), int(b)) for a, b in random.integers(0, 12, (36, 2))]
    if kind == "undirected":
        pairs += [(b, a) for a, b in pairs]
    if kind != "parallel":
        pairs = list(dict.fromkeys(pairs))
    return csr(pairs, 12, weights=(random.exponential(size=len(pairs)) + 0.01).tolist())


BIASES = [(0.5, 2.0), (0.25, 4.0), (4.0, 0.25), (2.0, 0.5), (0.1, 1.0), (1.0, 3.0), (0.2, 0.5), (3.0, 3.0)]


@pytest.mark.parametrize(("p", "q"), BIASES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["undirected", "directed", "parallel"])
def test_steps_of_the_second_order_have_the_exact_distribution(
    p: float, q: float, weighted: bool, kind: str
) -> None:
    graph = only(endless(kind), *(["weights"] if weighted else []))
    rows = walk(prepare(Walks(length=40, per_node=100, p=p, q=q), **graph), seed=1)
    assert surprise(graph, rows, p, q) > 1e-3
    assert surprise(graph, rows, p * 1.6, q) < 1e-6, "the test could not distinguish p from another"
    assert surprise(graph, rows, p, q * 1.6) < 1e-6, "the test could not distinguish q from another"


@pytest.mark.parametrize("weighted", [False, True])
def test_steps_of_the_first_order_have_the_exact_distribution(weighted: bool) -> None:
    graph = only(made(16, 45, seed=4, parallel=True, directed=True), *(["weights"] if weighted else []))
    rows = walk(prepare(Walks(length=40, per_node=100), **graph), seed=1)
    assert surprise(graph, rows, 1, 1) > 1e-3


def test_weights_many_powers_apart() -> None:
    weights = [1e-30, 1e-3, 1.0, 3.0, 1e-7]
    star = csr([(0, i) for i in range(1, 6)], 6, weights=weights)
    rows = walk(prepare(Walks(length=2, per_node=40_000), **star))
    found = Counter(int(row[1]) for row in rows if len(row) == 2)
    assert found[1] == 0
    assert found.total() == 40_000
    assert abs(found[4] - 30_000) < 500
    assert 10 <= found[2] + found[5] < 80


# What walkers are given


@pytest.mark.parametrize("directed", [False, True])
def test_the_bloom_filter_has_no_false_negatives_and_few_false_positives(directed: bool) -> None:
    graph = made(500, 4000, directed=directed)
    bloom = np.zeros(len(graph["targets"]) // 8 + 1, np.uint64)
    walk_graph.fill_bloom(graph["offsets"], graph["targets"], not directed, bloom)
    there, false_positives = edge_set(only(graph)), 0
    for a in range(0, 500, 5):
        for b in range(500):
            ends = (a, b) if directed else (min(a, b), max(a, b))
            key = hash_edge(*ends)
            bits = sum(1 << b for b in {key & 63, key >> 6 & 63, key >> 12 & 63})
            is_marked = int(bloom[(key >> 32) * len(bloom) >> 32]) & bits == bits
            assert is_marked or (a, b) not in there
            false_positives += is_marked and (a, b) not in there
    assert false_positives < (0.06 if directed else 0.02) * 50_000


def hash_edge(a: int, b: int) -> int:
    return mixed((a << 32 | b) * GAMMA & MASK)


def test_cells_give_every_edge_its_weight() -> None:
    graph = made(40, 300)
    cells = np.zeros((len(graph["weights"]), 2), np.uint32)
    walk_graph.alias_cells(graph["offsets"], graph["weights"], cells)
    for start, end in pairwise(graph["offsets"].tolist()):
        share = np.zeros(end - start)
        for i in range(end - start):
            kept = int(cells[start + i, 0]) / 2**32
            share[i] += kept
            share[i + int(cells[start + i, 1].astype(np.int32))] += 1 - kept
        weights = graph["weights"][start:end].astype(float)
        np.testing.assert_allclose(share, weights / weights.sum() * (end - start), atol=1e-7)


def test_edges_turned_round_and_sorted_by_type_are_the_same_edges() -> None:
    graph = made(40, 200, directed=True, parallel=True)
    offsets, targets = graph["offsets"], graph["targets"]
    sources = np.repeat(np.arange(40), np.diff(offsets))
    starts, back, order = transpose(offsets, targets)
    np.testing.assert_array_equal(order, np.argsort(targets, kind="stable"))
    np.testing.assert_array_equal(back, sources[order])
    np.testing.assert_array_equal(np.diff(starts), np.bincount(targets, minlength=40))
    kinds = np.arange(40, dtype=np.int32) % 4 - 1
    starts, kept, order = walk_graph.by_type(offsets, targets, kinds, 3)
    row = sources * 3 + kinds[targets]
    wanted = np.argsort(np.where(kinds[targets] >= 0, row, 1000), kind="stable")[: len(kept)]
    np.testing.assert_array_equal(order, wanted)
    np.testing.assert_array_equal(kept, targets[order])
    np.testing.assert_array_equal(np.diff(starts), np.bincount(row[order], minlength=120))


def test_undirected_and_directed_are_distinguished() -> None:
    graph = made(40, 200)
    assert walk_graph.is_undirected(graph["offsets"], graph["targets"])
    for edges in ([(0, 1)], [(0, 1), (1, 0), (0, 1)], [(0, 1), (1, 2), (2, 0)], [(1, 0), (2, 0), (0, 1)]):
        one_way = csr(edges, 3)
        assert not walk_graph.is_undirected(one_way["offsets"], one_way["targets"]), edges


# The same walks


@pytest.mark.parametrize(("walks", "names"), KINDS, ids=name_of)
def test_the_same_walks_at_any_number_of_threads_and_in_any_parts(
    walks: Walks, names: tuple[str, ...]
) -> None:
    walker = prepare(replace(walks, length=9), **only(made(70, 150, directed=True), *names))
    whole = walk(walker, epoch=1, seed=4)
    for threads in (2, 3):
        assert same(walk(walker, epoch=1, seed=4, threads=threads), whole)
    for begin, end in [*walker.parts(1000), (0, 0), (699, 700)]:
        part = walk(walker, begin, end, epoch=1, seed=4, threads=2)
        assert [row.tolist() for row in part] == [whole[i].tolist() for i in range(begin, end)]
    assert not same(walk(walker, epoch=2, seed=4), whole)
    assert not same(walk(walker, epoch=1, seed=5), whole)


def same(one: Ragged, other: Ragged) -> bool:
    return np.array_equal(one.ids, other.ids) and np.array_equal(one.offsets, other.offsets)


def test_a_walk_does_not_depend_on_edges_it_never_comes_near() -> None:
    graph = only(made(40, 90, seed=3))
    walks = Walks(length=20, per_node=2, p=0.5, q=2)
    before = walk(prepare(walks, **graph))
    offsets = np.append(graph["offsets"][:-1], graph["offsets"][-1] + 1)
    after = walk(prepare(walks, offsets, np.append(graph["targets"], 39).astype(np.int32)))
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old, new) or (old[0] == 39 and (new == 39).all() and len(new) == 20)


# Edges of what may come


@pytest.mark.parametrize("walks", [Walks(), Walks(p=0.5, q=2), Walks(both_ways=True)], ids=name_of)
def test_nodes_without_edges_are_walks_of_one_token(walks: Walks) -> None:
    for n in (0, 1, 5):
        rows = walk(prepare(walks, np.zeros(n + 1, np.int64), np.zeros(0, np.int32)), threads=2)
        assert sorted(rows.ids.tolist()) == sorted(list(range(n)) * 10)
        assert (rows.lengths == 1).all()


@pytest.mark.parametrize("walks", [Walks(), Walks(p=0.5, q=2), Walks(p=4, q=0.25)], ids=name_of)
def test_a_loop_is_walked_and_two_nodes_go_to_and_fro(walks: Walks) -> None:
    loop = walk(prepare(walks, **csr([(0, 0)], 1)))
    assert (loop.ids == 0).all()
    assert (loop.lengths == 80).all()
    pair = walk(prepare(walks, **csr([(0, 1), (1, 0)], 2)))
    assert (np.abs(np.diff(pair.ids.reshape(-1, 80), axis=1)) == 1).all()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("walks", [Walks(), Walks(p=0.5, q=2)], ids=name_of)
def test_a_hub_of_a_million_edges_takes_memory_linear_in_them(walks: Walks, weighted: bool) -> None:
    leaves = 10**6
    offsets = np.concatenate([[0], leaves + np.arange(leaves + 1)])
    targets = np.concatenate([np.arange(1, leaves + 1), np.zeros(leaves)]).astype(np.int32)
    weights = np.ones(2 * leaves, np.float32) if weighted else None
    walker = prepare(walks, offsets, targets, weights=weights)
    own = sum(array.nbytes for array in (walker.most, walker.bloom, walker.ahead[2]))
    assert own <= 8 + needed_bytes(walks, leaves + 1, 2 * leaves, weighted=weighted) < 50 * leaves
    rows = walk(walker, 0, 2000, threads=2)
    path = rows.ids.reshape(-1, 80)
    assert ((path[:, 1:] == 0) != (path[:, :-1] == 0)).all()
    assert len(np.unique(path)) > 10_000, "a hub leads everywhere"


def test_needed_memory_is_predicted() -> None:
    graph = made(3000, 20_000, directed=True)
    types = np.arange(3000, dtype=np.int32) % 3
    for walks in (
        Walks(both_ways=True),
        Walks(metapath=(0, 1)),
        Walks(q=2),
        Walks(both_ways=True, predicates=True),
    ):
        walker = prepare(walks, **graph, types=types)
        given = {id(array) for array in graph.values()}
        arrays = [walker.most, walker.bloom, *walker.ahead, *walker.behind]
        own = {id(array): array.nbytes for array in arrays if id(array.base) not in given}
        predicted = needed_bytes(walks, 3000, len(graph["targets"]), weighted=True, types=2)
        assert sum(own.values()) <= predicted < 4 * sum(own.values())


def test_arrays_may_be_maps_that_must_not_be_written(tmp_path: Any) -> None:
    graph = made(50, 200)
    maps = {}
    for name, array in graph.items():
        array.tofile(tmp_path / name)
        maps[name] = np.memmap(tmp_path / name, array.dtype, "r")
    for walks in (Walks(), Walks(p=0.5, q=2)):
        assert same(
            walk(prepare(walks, **only(maps, "weights"))), walk(prepare(walks, **only(graph, "weights")))
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 1}, "length must be a whole number from 2"),
        ({"length": 2.5}, "length must be a whole number"),
        ({"per_node": 0}, "per_node must be a whole number from 1"),
        ({"p": 0}, "p must be a number from 0.001 to 1000, not 0"),
        ({"q": float("nan")}, "q must be a number"),
        ({"q": 2, "metapath": (0,)}, "exclude metapath"),
        ({"p": 2, "predicates": True}, "exclude"),
        ({"metapath": (0, 1), "both_ways": True}, "exclude each other"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Walks(**options)


@pytest.mark.parametrize(
    ("walks", "change", "message"),
    [
        (Walks(), {"offsets": np.array([0, 2, 1, 3])}, "offsets must rise from 0 to 3"),
        (Walks(), {"offsets": np.zeros(0, np.int64)}, "offsets must rise"),
        (Walks(), {"targets": np.array([1, 3, 0], np.int32)}, "targets must be from 0 to 2, and run from 0 to 3"),
        (Walks(q=2), {"targets": np.array([2, 1, 0], np.int32)}, "targets must rise within a row"),
        (Walks(), {"weights": np.ones(2, np.float32)}, "there must be 3 weights, not 2"),
        (Walks(), {"weights": np.array([1, -1, 1], np.float32)}, "edge 1 has -1.0: leave it out"),
        (Walks(), {"weights": np.array([1, 1, np.nan], np.float32)}, "edge 2 has nan"),
        (Walks(predicates=True), {}, "need relations, 3 of them"),
        (Walks(metapath=(0,)), {}, "need types, 3 of them"),
        (Walks(metapath=(0, 4)), {"types": np.zeros(3, np.int32)}, "no node has type 4"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(walks: Walks, change: Graph, message: str) -> None:
    graph = {"offsets": np.array([0, 2, 3, 3]), "targets": np.array([1, 2, 0], np.int32)}
    with pytest.raises((InputError, OptionError), match=message):
        prepare(walks, **{**graph, **change})


def test_walks_beyond_the_epoch_are_refused() -> None:
    walker = prepare(Walks(), **only(made(5, 8)))
    with pytest.raises(OptionError, match="walks 0 to 51 are not among the 50 of an epoch"):
        walk(walker, 0, 51)


# Walks as sentences


def two_clusters(size: int) -> tuple[Graph, np.ndarray]:
    """Two random graphs with a few edges between them, like Zachary's karate club; and the side of each node."""
    random = np.random.default_rng(8)
    side = np.arange(2 * size) % 2
    pairs = set()
    for a in range(2 * size):
        for b in random.choice(np.flatnonzero(side == side[a]), 5, replace=False).tolist():
            pairs |= {(a, b), (b, a)}
    for _ in range(size // 10):
        a, b = 2 * int(random.integers(size)), 2 * int(random.integers(size)) + 1
        pairs |= {(a, b), (b, a)}
    return csr(sorted(pairs), 2 * size), side


def source_of(walker: Walker, tokens: int, threads: int = 1) -> Source:
    parts = walker.parts(tokens)
    longest = max(end - begin for begin, end in parts) * walker.walks.longest
    return Source(
        lambda epoch, part: walk(walker, *parts[part], epoch=epoch, seed=2, threads=threads),
        len(parts),
        longest,
    )


SETTINGS = sgns.Settings(dim=16, window=4, epochs=2, sample=0, seed=1, learning_rate=0.05)


def learnt(
    walker: Walker, state: sgns.State | None = None, threads: int = 1
) -> tuple[sgns.State, np.ndarray]:
    source, counts, order = sort_by_frequency(
        *(lambda s: (s, count_ids(s, walker.tokens)))(source_of(walker, 4000, threads))
    )
    state = sgns.fresh(len(counts), SETTINGS) if state is None else state
    for _ in sgns.train(state, source, counts, SETTINGS, threads=threads):
        pass
    vectors = np.empty((len(counts), 16), np.float32)
    vectors[order] = state.inputs
    return state, vectors


def test_skip_gram_on_walks_separates_two_clusters() -> None:
    graph, side = two_clusters(60)
    walker = prepare(Walks(length=20, per_node=20, p=0.5, q=2), **graph)
    vectors = learnt(walker)[1]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = unit @ unit.T
    np.fill_diagonal(scores, -1)
    assert np.mean(side[scores.argmax(axis=1)] == side) > 0.95
    axis = np.linalg.svd(unit - unit.mean(axis=0))[2][0]
    found = (unit - unit.mean(axis=0)) @ axis > 0
    assert abs(np.mean(found == side) - 0.5) > 0.45


def test_training_on_walks_is_the_same_on_any_threads_and_resumed_anywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)
    walker = prepare(Walks(length=20, per_node=6, p=0.5, q=2), **two_clusters(60)[0])
    whole, vectors = learnt(walker)
    np.testing.assert_array_equal(learnt(walker, threads=3)[1], vectors)
    source, counts, _ = sort_by_frequency(
        source_of(walker, 4000), count_ids(source_of(walker, 4000), walker.tokens)
    )
    assert source.parts == 4
    stopped = sgns.fresh(len(counts), SETTINGS)
    stops = 0
    for _ in sgns.train(stopped, source, counts, SETTINGS):
        stops += 1
        if stops in (1, 5, 13):
            place = sgns.resumed(
                stopped.inputs, stopped.outputs, stopped.epoch, stopped.block, list(stopped.shard_loss),
                stopped.pairs, stopped.losses,
            )  # fmt: skip
            np.testing.assert_array_equal(learnt(walker, place)[1], vectors)
            assert place.losses == whole.losses
    assert stops > 13
