"""Node vectors by method: BlogCatalog's labels at 10, 50 and 90 %, Cora's and Citeseer's classes, links and new nodes.

    python benches/nodes.py DATA [--splits 10] [--threads 2] [--only blogcatalog|citation|unseen|links]

DATA is a folder with blogcatalog.mat, citation/cora.npz and citation/citeseer.npz. Seconds are those of the vectors by
wall and by CPU, kernels compiled; a score stands beside the commonest labels and random vectors, in one run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from likewise.arrays.graph import Graph
from likewise.data.graph import read
from likewise.evaluate import Report, edges, logistic, nodes
from likewise.evaluate.edge_splits import held_out
from likewise.learn.factorise import a_la_carte, spectral
from likewise.learn.factorise.adjacency import symmetric
from likewise.learn.factorise.propagation import propagate
from likewise.learn.kernels.row_stream import Source, count_ids, sort_by_frequency
from likewise.learn.sgns import training as sgns
from likewise.tokens.walks.walker import Walks, prepare
from likewise.tokens.walks.walks import walk

DIM, WINDOW = 128, 10
MANY, FEW = (
    (40, 1),
    (10, 5),
)  # walks from each node and epochs: small graphs gain from several falls of the rate
Rows = tuple[np.ndarray, np.ndarray]


def by_walks(graph: Rows, walks: Walks, threads: int, epochs: int = 1, seed: int = 0) -> np.ndarray:
    """Skip-gram vectors of walks; every epoch walks anew."""
    settings = sgns.Settings(dim=DIM, window=WINDOW, epochs=epochs, sample=0, seed=seed)
    walker = prepare(walks, *graph)
    parts = walker.parts()
    source = Source(
        lambda epoch, part: walk(walker, *parts[part], epoch=epoch, seed=seed, threads=threads),
        len(parts),
        max(end - begin for begin, end in parts) * walks.longest,
    )
    source, counts, order = sort_by_frequency(source, count_ids(source, walker.tokens))
    state = sgns.fresh(len(counts), settings)
    for _ in sgns.train(state, source, counts, settings, threads=threads):
        pass
    vectors = np.empty((len(order), DIM), np.float32)
    vectors[order] = state.inputs[:, :DIM]
    return vectors


def ways(threads: int, per_node: int, epochs: int) -> dict[str, Callable[[Rows], np.ndarray]]:
    return {
        "netmf": lambda graph: spectral.fit(*graph, DIM, method="netmf", threads=threads).vectors,
        "prone": lambda graph: spectral.fit(*graph, DIM, method="prone", threads=threads).vectors,
        "deepwalk": lambda graph: by_walks(graph, Walks(80, per_node), threads, epochs),
        "node2vec": lambda graph: by_walks(graph, Walks(80, per_node, p=0.25, q=0.25), threads, epochs),
    }


def timed(way: Callable[[Rows], np.ndarray], graph: Rows) -> tuple[np.ndarray, str]:
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = way(graph)
    return vectors, f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} CPU s"


def warm(args: argparse.Namespace) -> None:
    """Compile, on a ring."""
    n = 1200
    ends = np.stack([np.arange(n) - 1, np.arange(n) + 1], axis=1) % n
    graph = np.arange(0, 2 * n + 1, 2), np.sort(ends, axis=1).reshape(-1).astype(np.int32)
    for way in ways(args.threads, *MANY).values():
        way(graph)


def rows_of(matrix: csr_array) -> Rows:
    matrix = csr_array(matrix)
    matrix.sort_indices()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


def blogcatalog(args: argparse.Namespace) -> tuple[Graph, np.ndarray]:
    from scipy.io import loadmat

    path = args.data / "blogcatalog.mat"
    return read(path), loadmat(path)["group"].toarray().astype(bool)


def run_blogcatalog(args: argparse.Namespace) -> None:
    graph, labels = blogcatalog(args)
    for name, way in ways(args.threads, *MANY).items():
        vectors, took = timed(way, (graph.offsets, graph.targets))
        found = nodes.multilabel(vectors, labels, splits=args.splits)
        print(f"{took}\n{Report(tuple(found.rows(f'BlogCatalog {name}')))}\n", flush=True)


def run_citation(args: argparse.Namespace) -> None:
    for name in ("cora", "citeseer"):
        z = np.load(args.data / "citation" / f"{name}.npz")
        n = len(z["labels"])
        raw = csr_array(
            (z["x_data"].astype(np.float32), z["x_indices"], z["x_indptr"]), shape=tuple(z["x_shape"])
        )
        both = np.concatenate([z["edges"], z["edges"][:, ::-1]])
        graph = rows_of(csr_array((np.ones(len(both)), both.T), (n, n)))
        given = {
            "raw": lambda graph, raw=raw: raw,
            "propagate": lambda graph, raw=raw: propagate(raw, *graph),
        }
        for method, way in {**given, **ways(args.threads, *FEW)}.items():
            vectors, took = timed(way, graph)
            found = nodes.single(vectors, z["labels"], z["train_idx"], z["test_idx"])
            print(f"{took}\n{Report(tuple(found.rows(f'{name} {method}')))}\n", flush=True)


def run_unseen(args: argparse.Namespace) -> None:
    """A twentieth of BlogCatalog's nodes are hidden and folded in; the heads are of the others."""
    graph, labels = blogcatalog(args)
    whole = csr_array((np.ones(len(graph.targets)), graph.targets, graph.offsets), (len(graph), len(graph)))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(graph))
        new, old = np.sort(order[: len(graph) // 20]), np.sort(order[len(graph) // 20 :])
        left, joining = rows_of(whole[old][:, old]), rows_of(whole[new][:, old])
        print(f"hidden {seed}: {len(new)} nodes; micro- and macro-F1")
        for method in ("netmf", "prone", "deepwalk"):
            if method == "deepwalk":
                vectors = by_walks(left, Walks(80, MANY[0]), args.threads)
                folded = None
            else:
                found = spectral.fit(*left, DIM, method=method, threads=args.threads)  # type: ignore[arg-type]
                vectors, folded = found.vectors, found.fold_in(*joining, threads=args.threads)
            turn = a_la_carte.fit(symmetric(*left), vectors, threads=args.threads)
            if folded is None:
                folded = a_la_carte.fold_in(vectors, turn, *joining)
            head = logistic.fit(vectors, labels[old])
            for name, guess in (
                ("folded in", folded),
                ("mean of neighbours", a_la_carte.neighbour_means(vectors, *joining)),
            ):
                told = nodes.likeliest(head.scores(guess), labels[new].sum(axis=1))
                micro, macro = nodes.f1(labels[new], told)
                print(f"  {method:9} {name:19} {micro:.3f} {macro:.3f}", flush=True)


def run_links(args: argparse.Namespace) -> None:
    graph, _ = blogcatalog(args)
    split = held_out(graph.offsets, graph.targets, share=0.1)
    for name, way in ways(args.threads, *MANY).items():
        vectors, took = timed(way, (split.offsets, split.targets))
        for drawn in ("uniform", "degree"):
            found = edges.evaluate(vectors, split, drawn=drawn)  # type: ignore[arg-type]
            print(f"{took}\n{Report(tuple(found.rows(f'links {name}, {drawn}')))}\n", flush=True)


RUNS = {"blogcatalog": run_blogcatalog, "citation": run_citation, "unseen": run_unseen, "links": run_links}


def main() -> None:
    """Run what is asked for, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=RUNS, action="append")
    args = parser.parse_args()
    warm(args)
    for name in args.only or RUNS:
        RUNS[name](args)


if __name__ == "__main__":
    main()
