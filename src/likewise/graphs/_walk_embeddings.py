"""Random walks as sentences, and skip-gram over them: DeepWalk, node2vec and RDF2Vec.

a graph → walks, some at a time → skip-gram → Nodes
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.ragged import Ragged
from likewise.artifacts.run import Run
from likewise.graphs._card import card
from likewise.graphs._nodes import Nodes
from likewise.graphs._options import Reading, digest, read_graph, source_of
from likewise.learn.kernels.row_stream import Source, count_ids, sort_by_frequency
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.tokens.walks.walker import Walker, Walks, needed_bytes, prepare
from likewise.tokens.walks.walks import walk
from likewise.training.plan import Plan, Report
from likewise.training.run import driven, made_before, owned, skipgram_checkpoint, skipgram_resumed
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.words import Tuning

log = logging.getLogger(__name__)


def deepwalk(
    graph: Any,
    *,
    dim: int = 128,
    window: int = 10,
    length: int = 80,
    per_node: int = 10,
    negatives: int = 5,
    epochs: int = 1,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    tuning: Tuning = Tuning(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train DeepWalk: skip-gram over random walks. Nodes that occur together in walks are near.

    A step takes any edge of the node, by weight where edges have weights. Walks are made when they are needed, and are
    never stored.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from.
    dim : int, default 128
        Dimension of the vectors, from 1.
    window : int, default 10
        Number of tokens of a walk on each side that count as context.
    length : int, default 80
        Nodes in a walk, from 2 to 1,000,000.
    per_node : int, default 10
        Walks from each node in an epoch, from 1 to 1,000,000.
    negatives : int, default 5
        Negative samples for each pair.
    epochs : int, default 1
        Passes over new walks.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it, except with
        `Tuning(racing=True)`.
    reading : Reading, default Reading()
        How files are read as a graph.
    tuning : likewise.words.Tuning, default Tuning()
        Options of skip-gram that are rarely changed.
    out : str, Path or None, default None
        Folder to save the model to. Checkpoints are kept next to it during training.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Nodes
        A vector for each node; zeros for a node without an edge.

    Raises
    ------
    InputError
        If the graph cannot be read or has no edge.
    OptionError
        If an option is out of its range.
    Diverged
        If a vector is no longer finite.
    NotEnoughMemory
        Before training, if it would not fit into memory.
    Stopped
        After a signal to stop; the last checkpoint is kept.

    References
    ----------
    Perozzi, Al-Rfou and Skiena, "DeepWalk: Online Learning of Social Representations", KDD 2014, section 4.
    Mikolov et al., "Distributed Representations of Words and Phrases", NeurIPS 2013, section 2 (skip-gram).

    Examples
    --------
    >>> from likewise import graphs
    >>> nodes = graphs.deepwalk([("a", "b"), ("b", "c"), ("c", "a")], dim=4, seed=1)
    >>> nodes.encode(["a", "b"]).shape
    (2, 4)
    """
    return _fit("deepwalk", walks=Walks(length, per_node), **_common_options(locals()))


def node2vec(
    graph: Any,
    *,
    dim: int = 128,
    p: float = 1.0,
    q: float = 1.0,
    window: int = 10,
    length: int = 80,
    per_node: int = 10,
    negatives: int = 5,
    epochs: int = 1,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    tuning: Tuning = Tuning(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train node2vec: skip-gram over biased random walks. With p = q = 1 it is `deepwalk`.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from.
    dim : int, default 128
        Dimension of the vectors, from 1.
    p : float, default 1.0
        Return parameter, from 0.001 to 1000. Above 1 a walk seldom returns to the node it came from.
    q : float, default 1.0
        In-out parameter, from 0.001 to 1000. Above 1 walks stay near their start; below 1 they go far.
    window : int, default 10
        Number of tokens of a walk on each side that count as context.
    length : int, default 80
        Nodes in a walk, from 2 to 1,000,000.
    per_node : int, default 10
        Walks from each node in an epoch, from 1 to 1,000,000.
    negatives : int, default 5
        Negative samples for each pair.
    epochs : int, default 1
        Passes over new walks.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it, except with
        `Tuning(racing=True)`.
    reading : Reading, default Reading()
        How files are read as a graph.
    tuning : likewise.words.Tuning, default Tuning()
        Options of skip-gram that are rarely changed.
    out : str, Path or None, default None
        Folder to save the model to. Checkpoints are kept next to it during training.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Nodes
        A vector for each node; zeros for a node without an edge.

    Raises
    ------
    InputError
        If the graph cannot be read or has no edge.
    OptionError
        If an option is out of its range.
    Diverged
        If a vector is no longer finite.
    NotEnoughMemory
        Before training, if it would not fit into memory.
    Stopped
        After a signal to stop; the last checkpoint is kept.

    References
    ----------
    Grover and Leskovec, "node2vec: Scalable Feature Learning for Networks", KDD 2016, section 3.2.

    Examples
    --------
    >>> from likewise import graphs
    >>> edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]
    >>> graphs.node2vec(edges, dim=4, p=0.5, q=2, seed=1)
    Nodes(4 × 4, node2vec)
    """
    return _fit("node2vec", walks=Walks(length, per_node, p, q), **_common_options(locals()))


def rdf2vec(
    graph: Any,
    *,
    dim: int = 128,
    window: int = 5,
    length: int = 8,
    per_node: int = 100,
    both_ways: bool = True,
    negatives: int = 5,
    epochs: int = 1,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    tuning: Tuning = Tuning(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train RDF2Vec: skip-gram over walks in which relations are words, too. Relations have vectors.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from.
    dim : int, default 128
        Dimension of the vectors, from 1.
    window : int, default 5
        Number of tokens of a walk on each side that count as context.
    length : int, default 8
        Nodes in a walk, from 2 to 1,000,000.
    per_node : int, default 100
        Walks from each node in an epoch, from 1 to 1,000,000.
    both_ways : bool, default True
        Walk along the edges and against them, with the first node in the middle of the walk.
    negatives : int, default 5
        Negative samples for each pair.
    epochs : int, default 1
        Passes over new walks.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it, except with
        `Tuning(racing=True)`.
    reading : Reading, default Reading()
        How files are read as a graph.
    tuning : likewise.words.Tuning, default Tuning()
        Options of skip-gram that are rarely changed.
    out : str, Path or None, default None
        Folder to save the model to. Checkpoints are kept next to it during training.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Nodes
        A vector for each node; zeros for a node without an edge.

    Raises
    ------
    InputError
        If the graph cannot be read, has no edge, or its edges have no relations.
    OptionError
        If an option is out of its range.
    Diverged
        If a vector is no longer finite.
    NotEnoughMemory
        Before training, if it would not fit into memory.
    Stopped
        After a signal to stop; the last checkpoint is kept.

    References
    ----------
    Ristoski and Paulheim, "RDF2Vec: RDF Graph Embeddings for Data Mining", ISWC 2016, section 3.

    Examples
    --------
    >>> from likewise import graphs
    >>> triples = [("apple", "is a", "fruit"), ("pear", "is a", "fruit"), ("seed", "part of", "apple")]
    >>> graphs.rdf2vec(triples, dim=4, seed=1).relations.shape
    (2, 4)
    """
    walks = Walks(length, per_node, predicates=True, both_ways=both_ways)
    return _fit("rdf2vec", **_common_options(locals()))


OF_WALKS = ("length", "per_node", "p", "q", "both_ways")  # parameters that `Walks` holds


def _common_options(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a method that `_fit` takes."""
    return {name: value for name, value in parameters.items() if name not in OF_WALKS}


def _fit(
    function: str,
    graph: Any,
    *,
    walks: Walks,
    dim: int,
    window: int,
    negatives: int,
    epochs: int,
    seed: int | None,
    threads: int | None,
    reading: Reading,
    tuning: Tuning,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> Nodes:
    """The training that the methods with walks share."""
    begun = recorded_seed(seed, out, resume=resume)
    settings = sgns.Settings(
        dim=dim,
        window=window,
        negatives=negatives,
        epochs=epochs,
        sample=0.0,
        seed=draw_seed_if_none(begun),
        learning_rate=tuning.learning_rate,
        exponent=tuning.exponent,
        max_norm=tuning.max_norm,
        dynamic_window=tuning.dynamic_window,
        replicas=tuning.replicas,
        racing=tuning.racing,
    )
    threads = checked_threads(threads)
    call = {
        "function": f"likewise.graphs.{function}", "text": source_of(graph), "reading": reading.recorded,
        "walks": {**asdict(walks), "metapath": list(walks.metapath)},
        "training": asdict(settings),
    }  # fmt: skip
    with ExitStack() as stack:
        run = stack.enter_context(
            owned(
                out, call, overwrite=overwrite, resume=resume, checkpoint_seconds=checkpoint_seconds,
            )
        )  # fmt: skip
        if run is not None and run.finished:
            return made_before(run, epochs)
        found = read_graph(graph, reading)
        if run is not None:
            run.check_data(digest(found))
        if begun is None:
            log.info("no seed was given: using seed %d", settings.seed)
        nodes = _train(found, walks, settings, call, threads=threads, run=run, report=report)
        if run is not None:
            run.finish(nodes, card=card(nodes))
    return nodes


def _train(
    graph: Graph,
    walks: Walks,
    settings: sgns.Settings,
    call: dict[str, Any],
    *,
    threads: int,
    run: Run | None,
    report: Report | None,
) -> Nodes:
    """Vectors of the nodes by skip-gram over their walks; zeros for nodes without an edge."""
    walker = prepare(
        walks, graph.offsets, graph.targets, weights=graph.weights,
        relations=graph.relations if walks.predicates else None, types=graph.types if walks.metapath else None,
    )  # fmt: skip
    source = _rows_of(walker, settings.seed, threads)
    _check_and_report(graph, walks, walker, source, settings, threads, report)
    counts = count_ids(source, walker.tokens)
    source, counts, order = sort_by_frequency(source, counts)
    saved = None if run is None else run.restore()
    state = sgns.fresh(walker.tokens, settings) if saved is None else skipgram_resumed(saved)
    steps = sgns.train(state, source, counts, settings, threads=threads)
    driven(steps, run, report, lambda: state.epoch < settings.epochs, lambda: skipgram_checkpoint(state))
    vectors = np.zeros((walker.tokens, settings.dim), np.float32)
    vectors[order] = state.inputs[:, : settings.dim]
    nodes = vectors[: len(graph)]
    nodes[graph.isolated] = 0
    relations = np.ascontiguousarray(vectors[len(graph) :]) if walks.predicates else None
    facts = {**call, "graph": asdict(graph.reading), "losses": state.losses}
    return Nodes(graph, nodes, relations=relations, facts=facts)


def _rows_of(walker: Walker, seed: int, threads: int) -> Source:
    """The walks of a graph as rows of token ids, some at a time, made when the training needs them."""
    parts = walker.parts()

    def rows(epoch: int, part: int) -> Ragged:
        begin, end = parts[part]
        return walk(walker, begin, end, epoch=epoch, seed=seed, threads=threads)

    most = max(end - begin for begin, end in parts)
    return Source(rows, len(parts), most * walker.walks.longest)


def _check_and_report(
    graph: Graph,
    walks: Walks,
    walker: Walker,
    source: Source,
    settings: sgns.Settings,
    threads: int,
    report: Report | None,
) -> None:
    """Raise `NotEnoughMemory` if the training does not fit into memory, and report the plan."""
    edges = len(graph.targets)
    needed = needed_bytes(
        walks, len(graph), edges, weighted=graph.weights is not None, types=max(1, len(walks.metapath))
    )
    needed += sgns.needed_bytes(walker.tokens, source.tokens, settings, threads)
    memory.demand(needed, f"try --dim {max(1, settings.dim // 2)}")
    if report is not None:
        tokens = walker.total * walks.longest
        even = np.full(walker.tokens, max(1, tokens // max(1, walker.tokens)), np.int64)
        seconds = sgns.expected_seconds(even, settings, threads)
        disk = walker.tokens * settings.dim * 4 + edges * 8 + sum(len(name) + 16 for name in graph.names)
        units = ("walks an epoch", "steps in them", "nodes")
        report(Plan(walker.total, tokens, walker.tokens, needed, disk, seconds, units))
