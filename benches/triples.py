"""ComplEx on a knowledge graph, every entity scored, against PyKEEN's: seconds an epoch, and what the epochs reach.

    python benches/triples.py FOLDER --pykeen PYTHON [--rank 100] [--epochs 1] [--rounds 2] [--threads 2]
    python benches/triples.py FOLDER --epochs 12 --rank 200 --alone

FOLDER has train.txt, valid.txt and test.txt (FB15k-237, WN18RR); PYTHON is an interpreter that has the peer
(`pip install torch==2.13.0`, then `pip install pykeen`), or torch alone, with `--peer torch`: ComplEx by its plainest
code. All of them learn the same: inverse relations, each different (head, relation) once with all its tails, softmax
cross-entropy over all entities, N3, AdaGrad, equal batches. Each run is a process of its own, A B A B; kernels are
compiled before the clock starts. Times are of training alone; MB is the peak of the process.

Two thirds of an epoch are matrix products, so the kernels that NumPy's OpenBLAS took are printed: those for Haswell,
where OPENBLAS_CORETYPE asks for them or the processor has no AVX-512, run at some 6 tenths of the speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

RATE, BATCH, N3 = 0.1, 500, 0.05


def read(folder: Path, most: int | None) -> tuple[dict[str, np.ndarray], int, int]:
    """The parts by numbers, at most `most` training triples; how many entities and relations there are."""
    nodes: dict[str, int] = {}
    kinds: dict[str, int] = {}
    parts = {}
    for part in ("train", "valid", "test"):
        rows = [line.split("\t") for line in (folder / f"{part}.txt").read_text("utf-8").splitlines()]
        parts[part] = np.array(
            [
                (
                    nodes.setdefault(h, len(nodes)),
                    kinds.setdefault(r, len(kinds)),
                    nodes.setdefault(t, len(nodes)),
                )
                for h, r, t in rows
            ]
        )
    parts["train"] = np.random.default_rng(0).permutation(parts["train"])[:most]
    return parts, len(nodes), len(kinds)


def with_likewise(args: argparse.Namespace) -> dict[str, Any]:
    import threadpoolctl

    from likewise.evaluate import links
    from likewise.learn.knowledge_graph import training as triples
    from likewise.learn.knowledge_graph.scores import scorer
    from likewise.learn.knowledge_graph.state import Settings, initialise

    parts, n, r = read(args.folder, args.triples)
    few = Settings(dim=2, epochs=1)
    list(triples.train(initialise(n, r, few), parts["train"][:100], few))  # compiles
    settings = Settings(
        dim=2 * args.rank, epochs=args.epochs, learning_rate=RATE, batch_size=args.batch_size, regularisation=args.n3,
        negatives=args.negatives,
    )  # fmt: skip
    state = initialise(n, r, settings)
    start, cpu = time.perf_counter(), time.process_time()
    for report in triples.train(state, parts["train"], settings, threads=args.threads):
        if len(state.losses) and report.done == len(state.losses) * (report.total // args.epochs):
            print(f"epoch {len(state.losses)}, loss {state.losses[-1]:.3f}", file=sys.stderr, flush=True)
    blas = {one["architecture"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"}
    print("BLAS kernels for", *sorted(blas), file=sys.stderr)
    found = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "peak_mb": peak_mb()}
    if args.unjudged:
        return found
    score = links.evaluate(
        scorer("complex", state.entities, state.relations), parts["test"], parts["train"], entities=n, relations=r,
        others=[parts["valid"]],
    )  # fmt: skip
    print(score.known, score.unseen, score.baseline, score.leaks, sep="\n", file=sys.stderr)
    return found | {"mrr": score.total.mrr, **{f"hits@{k}": hits for k, hits in score.total.hits.items()}}


def with_pykeen(args: argparse.Namespace) -> dict[str, Any]:
    import torch
    from pykeen.losses import CrossEntropyLoss
    from pykeen.models import ComplEx
    from pykeen.regularizers import LpRegularizer
    from pykeen.training import LCWATrainingLoop
    from pykeen.triples import CoreTriplesFactory

    torch.set_num_threads(args.threads)
    parts, n, r = read(args.folder, args.triples)
    factory = CoreTriplesFactory(
        torch.as_tensor(parts["train"]), num_entities=n, num_relations=r, create_inverse_triples=True
    )
    model = ComplEx(
        triples_factory=factory, embedding_dim=args.rank, loss=CrossEntropyLoss(), random_seed=0,
        regularizer=LpRegularizer(weight=args.n3, p=3.0),
    )  # fmt: skip
    loop = LCWATrainingLoop(
        model=model, triples_factory=factory, optimizer=torch.optim.Adagrad(model.parameters(), lr=RATE)
    )
    start, cpu = time.perf_counter(), time.process_time()
    loop.train(factory, num_epochs=args.epochs, batch_size=args.batch, use_tqdm=False)
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "peak_mb": peak_mb()}


def with_torch(args: argparse.Namespace) -> dict[str, Any]:
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    parts, n, r = read(args.folder, args.triples)
    given = parts["train"]
    both = np.concatenate([given, np.stack([given[:, 2], given[:, 1] + r, given[:, 0]], axis=1)])
    both = np.unique(both[:, [0, 1, 2]], axis=0)
    asked, row = np.unique(both[:, :2], axis=0, return_inverse=True)
    starts = np.searchsorted(row.reshape(-1), np.arange(len(asked) + 1))
    nodes = torch.nn.Parameter(torch.randn(n, 2 * args.rank) * 1e-3)
    kinds = torch.nn.Parameter(torch.randn(2 * r, 2 * args.rank) * 1e-3)
    optimizer = torch.optim.Adagrad([nodes, kinds], lr=RATE)
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(args.epochs):
        order = np.random.default_rng(0).permutation(len(asked))
        for first in range(0, len(order), args.batch):
            chosen = order[first : first + args.batch]
            labels = torch.zeros(len(chosen), n)
            for i, question in enumerate(chosen):
                labels[i, both[starts[question] : starts[question + 1], 2]] = 1
            h, w = nodes[asked[chosen, 0]], kinds[asked[chosen, 1]]
            (a, b), (c, d) = h.chunk(2, 1), w.chunk(2, 1)
            scores = torch.cat([a * c - b * d, a * d + b * c], 1) @ nodes.T
            loss = torch.nn.functional.cross_entropy(scores, labels, reduction="sum") / labels.sum()
            cubes = [torch.hypot(x, y).pow(3).sum() for x, y in ((a, b), (c, d))]
            loss = loss + args.n3 * sum(cubes) / len(chosen)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "peak_mb": peak_mb()}


RUNS = {"likewise": with_likewise, "pykeen": with_pykeen, "torch": with_torch}


def peak_mb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def run(name: str, python: str) -> dict[str, Any]:
    command = [python, __file__, *sys.argv[1:], "--run", name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, found, flush=True)
    return found


def main() -> None:
    """Run the rounds and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pykeen", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--peer", choices=("pykeen", "torch"), default="pykeen")
    for name, value in {"rank": 100, "epochs": 1, "rounds": 2, "threads": 2, "batch": BATCH}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--n3", type=float, default=N3)
    parser.add_argument("--negatives", type=int)
    parser.add_argument("--triples", type=int, help="so many of the training triples, of all entities")
    parser.add_argument("--alone", action="store_true", help="no peer")
    parser.add_argument("--unjudged", action="store_true", help="no ranks")
    parser.add_argument("--run", choices=RUNS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        print(json.dumps(RUNS[args.run](args)))
        return
    names = ["likewise"] if args.alone else ["likewise", args.peer]
    pythons = {"likewise": sys.executable, args.peer: args.pykeen}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for name in names * args.rounds:
        found[name].append(run(name, pythons[name]))
    medians = {name: {key: median(one[key] for one in own) for key in own[0]} for name, own in found.items()}
    print(
        f"{args.folder.name}, rank {args.rank}, {args.epochs} epochs, {args.threads} threads, batch {args.batch}"
    )
    for name, got in medians.items():
        each = f"{got['seconds'] / args.epochs:.1f} s, {got['cpu'] / args.epochs:.1f} CPU s an epoch"
        ratios = ", ".join(
            f"{medians[name][key] / medians['likewise'][key]:.1f}x" for key in ("seconds", "cpu")
        )
        print(f"{name:10} {each}, {got['peak_mb']} MB; {ratios}; {got}")


if __name__ == "__main__":
    main()
