"""An edge list of 10 million generated edges → a graph, with the peak memory of the process.

    python benches/graph_reading.py [--edges 10000000] [--nodes 1000000] [--rounds 1] [--peer]

Ends are drawn so that a few nodes have very many edges (a power of a uniform number). `--peer` also reads the
file by the shortest way through pyarrow and SciPy: the whole file at once, dictionary codes, a CSR matrix. Each run is
a process of its own.
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

import numpy as np


def write(path: Path, edges: int, nodes: int) -> None:
    """A tab-separated file of edges between nodes named n0, n1, and so on."""
    random = np.random.default_rng(1)
    with path.open("w", encoding="ascii") as file:
        for start in range(0, edges, 1 << 20):
            ends = (nodes * random.random((min(1 << 20, edges - start), 2)) ** 2).astype(np.int64)
            file.writelines(f"n{u}\tn{v}\n" for u, v in ends.tolist())


def read_with_likewise(path: Path) -> tuple[int, int]:
    """Nodes and different edges, undirected, sorted."""
    from likewise.data.graph import read

    graph = read(path)
    return len(graph), graph.size


def read_with_arrow(path: Path) -> tuple[int, int]:
    """The same by the whole file at once."""
    import pyarrow as arrow
    from pyarrow import csv
    from scipy.sparse import csr_array

    table = csv.read_csv(
        path, csv.ReadOptions(column_names=["u", "v"]), csv.ParseOptions(delimiter="\t", quote_char=False)
    )
    both = arrow.chunked_array([*table["u"].chunks, *table["v"].chunks]).combine_chunks().dictionary_encode()
    codes, n = both.indices.to_numpy(), len(both.dictionary)
    names = both.dictionary.to_pylist()
    u, v = codes[: len(table)], codes[len(table) :]
    loops = u == v
    rows, columns = np.concatenate([u, v[~loops]]), np.concatenate([v, u[~loops]])
    matrix = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(n, n))
    matrix.sum_duplicates()
    return len(names), (matrix.nnz + int(np.count_nonzero(matrix.diagonal()))) // 2


READERS = {"likewise": read_with_likewise, "arrow, scipy": read_with_arrow}


def measure(name: str, path: Path) -> None:
    """In a process of its own: imports and kernels first, on two lines; then print what the file took."""
    small = path.with_name(f"small-{name[:5]}.txt")
    small.write_text("a\tb\nb\tc\n", encoding="ascii")
    READERS[name](small)
    started, cpu = time.perf_counter(), time.process_time()
    nodes, edges = READERS[name](path)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "nodes": nodes, "edges": edges}))


def main() -> None:
    """Run the rounds, and print seconds and memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", type=int, default=10_000_000)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        measure(args.run[0], Path(args.run[1]))
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, "edges.txt")
        write(path, args.edges, args.nodes)
        print(f"{args.edges:,} edges, {path.stat().st_size / 1e6:.0f} MB, medians of {args.rounds}")
        names = list(READERS) if args.peer else ["likewise"]
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for name in names * args.rounds:
            command = [sys.executable, __file__, "--run", name, str(path)]
            runs[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    for name, got in runs.items():
        middle = {key: median(run[key] for run in got) for key in got[0]}
        print(
            f"{name:14} {middle['seconds']:6.1f} s  {middle['cpu']:6.1f} CPU s  {middle['peak_mb']:6.0f} MB  "
            f"{middle['nodes']:,.0f} nodes  {middle['edges']:,.0f} edges"
        )


if __name__ == "__main__":
    main()
