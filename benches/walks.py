"""Random walks against GRAPE (ensmallen) and PecanPy's SparseOTF: steps a second; and walks with skip-gram, end to end.

    python benches/walks.py --grape PYTHON --pecanpy PYTHON [--nodes 10000 --edges 100000 --per-node 10]
    python benches/walks.py --pecanpy PYTHON --train [--nodes 100000 --edges 1000000 --per-node 1]

PYTHON is an interpreter that has the peer (`pip install ensmallen "numpy<2"`, `pip install pecanpy`): they want other
versions of NumPy than likewise does. Each run is a process of its own; kernels are compiled, and read from the cache,
before the clock starts. Reading the graph is not timed, and making it ready for walks is, for each of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

P, Q, LENGTH, DIM, WINDOW, THREADS = 0.5, 2.0, 80, 128, 10, 2
COMMUNITIES = 50


def clock() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def made(nodes: int, edges: int, folder: Path) -> Path:
    """An undirected graph whose degrees follow a power law, 7 of 10 edges within one of 50 communities."""
    random = np.random.default_rng(0)
    weight = random.permutation(np.arange(1, nodes + 1) ** -0.6)
    community = random.integers(COMMUNITIES, size=nodes)
    ends = random.choice(nodes, (2, edges), p=weight / weight.sum())
    near = random.random(edges) < 0.7
    for one in range(COMMUNITIES):
        of_it = np.flatnonzero(community == one)
        some = near & (community[ends[0]] == one)
        ends[1, some] = random.choice(of_it, some.sum(), p=weight[of_it] / weight[of_it].sum())
    low, high = np.sort(ends[:, ends[0] != ends[1]], axis=0)
    pairs = np.unique(low.astype(np.int64) * nodes + high)
    path = folder / "graph.tsv"
    np.savetxt(path, np.column_stack([pairs // nodes, pairs % nodes]), fmt="%d", delimiter="\t")
    return path


def rows_of(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offsets, targets, and the edges (e, 2) as they are in the file."""
    edges = np.loadtxt(path, np.int64, delimiter="\t")
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0]))])
    return offsets, both[:, 1].astype(np.int32), edges


def run_likewise(args: argparse.Namespace, p: float, q: float) -> tuple[float, float, int]:
    from likewise.tokens.walks.walker import Walks, prepare
    from likewise.tokens.walks.walks import walk

    offsets, targets, _ = rows_of(args.graph)
    walks = Walks(length=LENGTH, per_node=args.per_node, p=p, q=q)
    walk(prepare(walks, offsets, targets), 0, 10)
    start = clock()
    walker, tokens = prepare(walks, offsets, targets), 0
    for begin, end in walker.parts(2**22):
        tokens += len(walk(walker, begin, end, seed=args.seed, threads=THREADS).ids)
    return *(b - a for a, b in zip(start, clock(), strict=True)), tokens  # type: ignore[return-value]


def run_grape(args: argparse.Namespace, p: float, q: float) -> tuple[float, float, int]:
    from ensmallen import Graph

    graph = Graph.from_csv(
        edge_path=str(args.graph), sources_column_number=0, destinations_column_number=1, edge_list_header=False,
        edge_list_separator="\t", directed=False, edge_list_numeric_node_ids=False, verbose=False,
    )  # fmt: skip
    graph.enable()
    biases = {} if p == q == 1 else {"return_weight": 1 / p, "explore_weight": 1 / q}
    start = clock()
    tokens = 0
    for turn in range(args.per_node):
        tokens += graph.complete_walks(
            walk_length=LENGTH, iterations=1, random_state=args.seed + turn, **biases
        ).size
    return *(b - a for a, b in zip(start, clock(), strict=True)), tokens  # type: ignore[return-value]


def pecanpy_graph(args: argparse.Namespace, p: float, q: float) -> Any:
    from pecanpy import pecanpy

    graph = pecanpy.SparseOTF(p=p, q=q, workers=THREADS, verbose=False, random_state=args.seed)
    graph.read_edg(str(args.graph), weighted=False, directed=False)
    graph.simulate_walks(1, 3)
    return graph


def run_pecanpy(args: argparse.Namespace, p: float, q: float) -> tuple[float, float, int]:
    graph = pecanpy_graph(args, p, q)
    start = clock()
    graph.preprocess_transition_probs()
    tokens = sum(map(len, graph.simulate_walks(args.per_node, LENGTH)))
    return *(b - a for a, b in zip(start, clock(), strict=True)), tokens  # type: ignore[return-value]


def train_likewise(args: argparse.Namespace) -> tuple[float, float, float]:
    from likewise.arrays.ragged import Ragged
    from likewise.learn.kernels.row_stream import Source, count_ids, sort_by_frequency
    from likewise.learn.sgns import training as sgns
    from likewise.tokens.walks.walker import Walks, prepare
    from likewise.tokens.walks.walks import walk

    offsets, targets, edges = rows_of(args.graph)
    walks = Walks(length=LENGTH, per_node=args.per_node, p=P, q=Q)
    settings = sgns.Settings(dim=DIM, window=WINDOW, epochs=1, sample=0, seed=args.seed)
    small = Ragged(np.arange(200, dtype=np.int32) % 100, np.array([0, 200]))
    list(sgns.train(sgns.fresh(100, settings), small, np.full(100, 2), settings, threads=THREADS))
    walk(prepare(walks, offsets, targets), 0, 10)
    start = clock()
    walker = prepare(walks, offsets, targets)
    parts = walker.parts()
    source = Source(
        lambda epoch, part: walk(walker, *parts[part], epoch=epoch, seed=args.seed, threads=THREADS),
        len(parts),
        max(end - begin for begin, end in parts) * LENGTH,
    )
    source, counts, order = sort_by_frequency(source, count_ids(source, walker.tokens))
    state = sgns.fresh(len(counts), settings)
    for _ in sgns.train(state, source, counts, settings, threads=THREADS):
        pass
    wall, cpu = (b - a for a, b in zip(start, clock(), strict=True))
    vectors = np.empty((len(order), DIM), np.float32)
    vectors[order] = state.inputs[:, :DIM]
    return wall, cpu, edge_auc(vectors, edges)


def train_pecanpy(args: argparse.Namespace) -> tuple[float, float, float]:
    graph = pecanpy_graph(args, P, Q)
    edges = np.loadtxt(args.graph, np.int64, delimiter="\t")
    start = clock()
    graph.preprocess_transition_probs()
    found = graph.embed(dim=DIM, num_walks=args.per_node, walk_length=LENGTH, window_size=WINDOW, epochs=1)
    wall, cpu = (b - a for a, b in zip(start, clock(), strict=True))
    vectors = np.zeros((edges.max() + 1, DIM), np.float32)
    vectors[[int(node) for node in graph.nodes]] = found
    return wall, cpu, edge_auc(vectors, edges)


def edge_auc(vectors: np.ndarray, edges: np.ndarray) -> float:
    """How often the ends of an edge are nearer by cosine than two ends of different edges."""
    random = np.random.default_rng(0)
    some = edges[random.integers(len(edges), size=100_000)]
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    true = (unit[some[:, 0]] * unit[some[:, 1]]).sum(axis=1)
    false = (unit[some[:, 0]] * unit[random.permutation(some[:, 1])]).sum(axis=1)
    return float((true > false).mean())


WALKERS = {"grape": run_grape, "pecanpy": run_pecanpy, "likewise": run_likewise}
TRAINERS = {"pecanpy": train_pecanpy, "likewise": train_likewise}


def compare(args: argparse.Namespace, task: list[str], names: list[str]) -> None:
    """Every program in turn, `rounds` times; medians, spreads, and how many times faster likewise is."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(1, args.rounds + 1):
        for name in names:
            command = [getattr(args, name, None) or sys.executable, __file__, "--run", name, *task]
            command += ["--graph", str(args.graph), "--per-node", str(args.per_node), "--seed", str(seed)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            runs[name].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"  round {seed} {name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    for name in names:
        for unit in ("seconds", "cpu"):
            found = [run[unit] for run in runs[name]]
            ratios = [run[unit] / own[unit] for run, own in zip(runs[name], runs["likewise"], strict=True)]
            print(
                f"{' '.join(task):12} {name:10} {unit:8} {median(found):8.2f} ({min(found):.2f} to {max(found):.2f})"
                f"  {median(ratios):6.1f}x ({min(ratios):.1f} to {max(ratios):.1f})  {runs[name][-1]['result']:.4g}"
            )


def run(args: argparse.Namespace) -> None:
    """One program once, in this process."""
    if args.train:
        wall, cpu, result = TRAINERS[args.run](args)
    else:
        p, q = (1.0, 1.0) if args.first_order else (P, Q)
        wall, cpu, result = WALKERS[args.run](args, p, q)
    print(json.dumps({"seconds": wall, "cpu": cpu, "result": result}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in (("nodes", 10_000), ("edges", 100_000), ("per-node", 10), ("rounds", 3), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    for name in ("grape", "pecanpy", "run"):
        parser.add_argument(f"--{name}")
    for name in ("train", "first-order"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--graph", type=Path, help="a graph made before, to save the making")
    args = parser.parse_args()
    if args.run:
        run(args)
        return
    with TemporaryDirectory() as folder:
        args.graph = args.graph or made(args.nodes, args.edges, Path(folder))
        peers = [name for name in ("grape", "pecanpy") if getattr(args, name)]
        if args.train:
            compare(args, ["--train"], [name for name in [*peers, "likewise"] if name in TRAINERS])
            return
        compare(args, ["--first-order"], [name for name in [*peers, "likewise"] if name != "pecanpy"])
        compare(args, [], [*peers, "likewise"])


if __name__ == "__main__":
    main()
