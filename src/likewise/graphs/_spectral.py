"""Vectors of nodes without walks: NetMF and ProNE, and features of nodes smoothed over their edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph
from likewise.artifacts.run import Run
from likewise.errors import InputError, WrongType
from likewise.graphs._card import card
from likewise.graphs._nodes import Nodes
from likewise.graphs._options import Reading, read_graph, source_of
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
    """Factorise the matrix that DeepWalk samples, without walking. Fast: the default of the command line.

    Up to 20,000 nodes this is NetMF, beyond ProNE. Edges of a directed graph count in both directions; relations are
    not used.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from.
    dim : int, default 128
        Dimension of the vectors, from 1 to the number of nodes with an edge.
    window : int or None, default None
        Longest walk that counts, from 1, for NetMF. None: 10. ProNE has no window.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        How files are read as a graph.
    out : str, Path or None, default None
        Folder to save the model to.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    report : callable or None, default None
        Called with each `Progress`.

    Returns
    -------
    Nodes
        A vector for each node; zeros for a node without an edge.

    Raises
    ------
    InputError
        If the graph cannot be read or has no edge.
    OptionError
        If an option is out of its range, or `dim` is larger than the number of nodes with an edge.
    NotEnoughMemory
        Before the work, if it would not fit into memory.

    References
    ----------
    Qiu et al., "Network Embedding as Matrix Factorization", WSDM 2018, algorithm 4 (NetMF).
    Zhang et al., "ProNE: Fast and Scalable Network Representation Learning", IJCAI 2019, sections 3.1 and 3.2.

    Examples
    --------
    >>> from likewise import graphs
    >>> graphs.spectral([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], dim=2, seed=1)
    Nodes(4 × 2, spectral)
    """
    seed = draw_seed_if_none(seed)
    call = {
        "function": "likewise.graphs.spectral", "text": source_of(graph), "reading": reading.recorded, "dim": dim,
        "window": window, "seed": seed,
    }  # fmt: skip

    def fit(found: Graph) -> Nodes:
        model = factorisation.fit(
            found.offsets, found.targets, dim, weights=found.weights, directed=found.directed, window=window,
            seed=seed, threads=checked_threads(threads),
        )  # fmt: skip
        return Nodes(found, model.vectors, facts={**call, "by": model.method, "graph": asdict(found.reading)})

    return _run(fit, graph, reading, call, out, overwrite, report)


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
    """Average features of nodes over their neighbours, `steps` times (SGC). There is no training.

    Often as good as any embedding where nodes have features.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from.
    features : Table or ndarray of shape (n, d)
        Vectors by the ids of the nodes (zeros for ids that are missing), or one row for each node in the order of the
        graph.
    steps : int, default 2
        How often each node is averaged with its neighbours, 0 or more.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        How files are read as a graph.
    out : str, Path or None, default None
        Folder to save the model to.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    report : callable or None, default None
        Called with each `Progress`.

    Returns
    -------
    Nodes
        A vector of dimension d for each node. A node without an edge keeps its features.

    Raises
    ------
    InputError
        If the graph cannot be read or has no edge, or the features are not finite or do not fit the nodes.
    OptionError
        If `steps` is below 0.
    WrongType
        If `features` is neither a Table nor an array.

    References
    ----------
    Wu et al., "Simplifying Graph Convolutional Networks", ICML 2019, eq. 8.

    Examples
    --------
    >>> import numpy as np
    >>> from likewise import graphs
    >>> graphs.propagate([("a", "b"), ("b", "c")], features=np.eye(3, dtype=np.float32), steps=1)
    Nodes(3 × 3, propagate)
    """
    call = {
        "function": "likewise.graphs.propagate", "text": source_of(graph), "reading": reading.recorded, "steps": steps,
    }  # fmt: skip

    def fit(found: Graph) -> Nodes:
        smooth = propagation.propagate(
            _features(found, features), found.offsets, found.targets, weights=found.weights, directed=found.directed,
            steps=steps, threads=checked_threads(threads),
        )  # fmt: skip
        return Nodes(found, np.asarray(smooth), facts={**call, "graph": asdict(found.reading)})

    return _run(fit, graph, reading, call, out, overwrite, report)


def _features(graph: Graph, features: Any) -> np.ndarray:
    """(n, d) float32 in the order of the nodes."""
    if isinstance(features, Table):
        if not features.known(graph.names).any():
            raise InputError(f"none of the {len(graph):,} nodes is among the keys of the features")
        return features.encode(graph.names)
    if not isinstance(features, np.ndarray):
        raise WrongType(f"features are a Table or an array, not {type(features).__name__}")
    return features


def _run(
    fit: Callable[[Graph], Nodes],
    graph: Any,
    reading: Reading,
    call: dict[str, Any],
    out: str | Path | None,
    overwrite: bool,
    report: Report | None,
) -> Nodes:
    """Read the graph, fit its nodes, and save them if `out` is given."""
    if out is None:
        return fit(read_graph(graph, reading))
    with Run(out, call, overwrite=overwrite) as run:
        found = read_graph(graph, reading)
        progress = Progress("factorising", 0, 0, "steps")
        if report is not None:
            report(progress)
        run.reached(progress, None)
        nodes = fit(found)
        run.finish(nodes, card=card(nodes))
        return nodes
