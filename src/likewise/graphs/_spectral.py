"""Vectors of nodes without walks: who is near whom, factorised; and features of nodes, smoothed over their edges."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph
from likewise.artifacts.run import Run
from likewise.errors import InputError, WrongType
from likewise.graphs._card import card
from likewise.graphs._nodes import Nodes
from likewise.graphs._options import Reading, opened, source_of
from likewise.learn.factorise import propagation
from likewise.learn.factorise import spectral as factorisation
from likewise.system.cores import checked_threads
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.training.plan import Report
from likewise.training.seeds import draw_seed_if_none


def spectral(
    graph: Any,
    *,
    dim: int = 128,
    window: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Nodes:
    """The quick default: the matrix that walks of up to `window` steps (10) would sample, factorised without walking.

    Up to 20,000 nodes that is NetMF (Qiu et al. 2018), beyond ProNE (Zhang et al. 2019), which has no `window`. Edges
    of a directed graph are taken both ways, and relations are not looked at. The same seed gives the same bits at any
    number of threads. Raises as `deepwalk` does, and `OptionError` for a dim above the nodes with edges.
    """
    seed = draw_seed_if_none(seed)
    call = {
        "function": "likewise.graphs.spectral", "text": source_of(graph), "reading": reading.recorded, "dim": dim,
        "window": window, "seed": seed,
    }  # fmt: skip

    def made(found: Graph) -> Nodes:
        fitted = factorisation.fit(
            found.offsets, found.targets, dim, weights=found.weights, directed=found.directed, window=window,
            seed=seed, threads=checked_threads(threads),
        )  # fmt: skip
        return Nodes(
            found, fitted.vectors, facts={**call, "by": fitted.method, "graph": asdict(found.reading)}
        )

    return _saved(made, graph, reading, call, out, overwrite, report)


def propagate(
    graph: Any,
    *,
    features: Table | np.ndarray,
    steps: int = 2,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Nodes:
    """Features of nodes averaged over their neighbours, `steps` times (SGC, Wu et al. 2019): nothing is learnt.

    features: a `Table` by the ids of the nodes (zeros for those it has not), or (n, d) numbers in the order of the
    graph's nodes. Often as good as any embedding where nodes have features. Raises as `spectral` does.
    """
    call = {
        "function": "likewise.graphs.propagate", "text": source_of(graph), "reading": reading.recorded, "steps": steps,
    }  # fmt: skip

    def made(found: Graph) -> Nodes:
        smooth = propagation.propagate(
            _features(found, features), found.offsets, found.targets, weights=found.weights, directed=found.directed,
            steps=steps, threads=checked_threads(threads),
        )  # fmt: skip
        return Nodes(found, np.asarray(smooth), facts={**call, "graph": asdict(found.reading)})

    return _saved(made, graph, reading, call, out, overwrite, report)


def _features(graph: Graph, features: Any) -> np.ndarray:
    """(n, d) float32 in the order of the nodes."""
    if isinstance(features, Table):
        if not features.known(graph.names).any():
            raise InputError(f"none of the {len(graph):,} nodes is among the keys of the features")
        return features.encode(graph.names)
    if not isinstance(features, np.ndarray):
        raise WrongType(f"features are a Table or an array, not {type(features).__name__}")
    return features


def _saved(
    made: Any,
    graph: Any,
    reading: Reading,
    call: dict[str, Any],
    out: str | Path | None,
    overwrite: bool,
    report: Report | None,
) -> Nodes:
    """Read the graph, make its nodes, and save them where that is wanted."""
    if out is None:
        return made(opened(graph, reading))
    with Run(out, call, overwrite=overwrite) as run:
        found = opened(graph, reading)
        told = Progress("factorising", 0, 0, "steps")
        if report is not None:
            report(told)
        run.reached(told, None)
        nodes = made(found)
        run.finish(nodes, card=card(nodes))
        return nodes
