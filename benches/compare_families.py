"""Do embeddings beat the raw features? One task of each family where they do, or where the raw features hold.

    env -u OPENBLAS_CORETYPE python benches/compare_families.py [--only nodes users texts] [--threads 1]

Nodes: the seven classes of Cora's 2,708 papers by their citations alone, edges as they are beside two methods. Users:
the gender of MovieLens 100K's 943 users by the films they rated, histories beside ALS. Texts: R8's eight topics, its
own split, tf-idf beside LSA. The same folds, labels and head for all, as `likewise compare` has them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from likewise.probing import Comparison, compare, given_split

DATA = Path(__file__).parents[2] / "shared" / "data"
BUDGETS = (10, 30)


def nodes(threads: int) -> Comparison:
    """Cora."""
    from likewise import graphs
    from likewise.arrays.graph import Graph
    from likewise.cli.compare_keys import edges

    z = np.load(DATA / "graphs" / "citation" / "cora.npz")
    names = [f"paper {i}" for i in range(len(z["labels"]))]
    graph = Graph.from_edges(names, z["edges"][:, 0], z["edges"][:, 1])
    models: dict[str, Any] = {
        "spectral": graphs.spectral(graph, dim=128, seed=1, threads=threads),
        "deepwalk": graphs.deepwalk(graph, dim=128, seed=1, threads=threads),
    }
    features = {"adjacency": edges(models["spectral"], names)}
    features |= {name: model.encode(names) for name, model in models.items()}
    return compare(z["labels"].tolist(), features, budgets=BUDGETS)


def users(threads: int) -> Comparison:
    """MovieLens 100K."""
    from likewise import users as family
    from likewise.cli.compare_keys import histories

    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(DATA / "users" / "ml-100k.zip") as packed:
        name = {Path(inside).name: inside for inside in packed.namelist()}
        rows = packed.read(name["u.data"]).decode().split("\n")
        log = Path(folder) / "log.csv"
        chosen = [",".join(row.split("\t")[:2]) for row in rows if row]
        log.write_text("user,item\n" + "\n".join(chosen) + "\n")
        gender = dict(row.split("|")[:3:2] for row in packed.read(name["u.user"]).decode().split("\n") if row)
        model = family.als(log, dim=64, seed=1, threads=threads)
    keys = list(gender)
    vectors = model.encode([f"user:{key}" for key in keys])
    features = {"history": histories(model, keys), "als": vectors}
    return compare([gender[key] for key in keys], features, budgets=BUDGETS)


def texts(threads: int) -> Comparison:
    """R8."""
    from _documents import TASKS
    from likewise import documents
    from likewise.cli.representations import represented

    task = TASKS["R8"]()
    assert task.is_test is not None
    learnt = int((~task.is_test).sum())
    raw = represented(task.texts, learnt, [], raw="words", dim=None, seed=0, threads=threads)
    lsa = documents.lsa(task.texts[:learnt], dim=100, keep=False, seed=0, threads=threads)
    return compare(
        task.labels, {**raw, "lsa": lsa.encode(task.texts)}, folds=given_split(task.is_test), budgets=BUDGETS
    )


FAMILIES = {"nodes": nodes, "users": users, "texts": texts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    for name in asked.only:
        begin = time.process_time()
        found = FAMILIES[name](asked.threads)
        print(f"{name}, {time.process_time() - begin:.0f} s of processor\n{found}\n", flush=True)


if __name__ == "__main__":
    main()
