"""Train entity and relation vectors from triples: TransE, DistMult, ComplEx and RotatE share one training."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from likewise.arrays.graph import Graph
from likewise.artifacts.artifact import Contents
from likewise.errors import InputError
from likewise.graphs._card import card
from likewise.graphs._nodes import Nodes
from likewise.graphs._options import Reading, digest, read_graph, source_of
from likewise.learn.knowledge_graph import state as states
from likewise.learn.knowledge_graph import training
from likewise.learn.knowledge_graph.scores import Method
from likewise.learn.knowledge_graph.state import Settings, State
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.training.plan import Plan, Report
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed

log = logging.getLogger(__name__)

ROWS = ("entities", "relations", "entity_squares", "relation_squares")  # of a state, in a checkpoint


def complex(
    graph: Any,
    *,
    dim: int = 200,
    epochs: int = 30,
    learning_rate: float = 0.1,
    regularisation: float | None = None,
    batch_size: int = 500,
    negatives: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train ComplEx: a triple scores Re⟨head, relation, tail̄⟩ of complex vectors.

    Each triple (h, r, t) gives two queries, (h, r, ?) and (?, r, t), and training raises the score of the right answer
    above the scores of the other entities. `Nodes.links` predicts missing links.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from. Its edges need relations.
    dim : int, default 200
        Dimension of the vectors, even, from 2 to 65,536: dim / 2 complex numbers.
    epochs : int, default 30
        Passes over the triples, from 1 to 1,000,000.
    learning_rate : float, default 0.1
        First learning rate of AdaGrad, above 0; it falls linearly to 0.
    regularisation : float or None, default None
        Weight of the N3 penalty, 0 or more. None: 0.05.
    batch_size : int, default 500
        Queries in a training step (triples, with `negatives`), from 1 to 1,048,576.
    negatives : int or None, default None
        Entities sampled for each batch to score against, from 1 to 1,048,576. None: all entities.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        How files are read as a graph.
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
    Trouillon et al., "Complex Embeddings for Simple Link Prediction", ICML 2016, eq. 9.
    Lacroix, Usunier and Obozinski, "Canonical Tensor Decomposition for Knowledge Base Completion", ICML 2018:
    the loss over all entities (eq. 5), reciprocal relations (3.3) and the N3 penalty (4.2).

    Examples
    --------
    >>> from likewise import graphs
    >>> facts = [("apple", "is", "fruit"), ("pear", "is", "fruit"), ("apple", "on", "tree"), ("plum", "on", "tree")]
    >>> nodes = graphs.complex(facts, dim=8, epochs=20, seed=1)
    >>> len(nodes.links("plum", "is", None, k=2))
    2
    """
    return _fit("complex", **locals())


def distmult(
    graph: Any,
    *,
    dim: int = 200,
    epochs: int = 30,
    learning_rate: float = 0.1,
    regularisation: float | None = None,
    batch_size: int = 500,
    negatives: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train DistMult: a triple scores ⟨head, relation, tail⟩, with a relation vector for each direction.

    Each triple (h, r, t) gives two queries, (h, r, ?) and (?, r, t), and training raises the score of the right answer
    above the scores of the other entities. `Nodes.links` predicts missing links.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from. Its edges need relations.
    dim : int, default 200
        Dimension of the vectors, from 1 to 65,536.
    epochs : int, default 30
        Passes over the triples, from 1 to 1,000,000.
    learning_rate : float, default 0.1
        First learning rate of AdaGrad, above 0; it falls linearly to 0.
    regularisation : float or None, default None
        Weight of the N3 penalty, 0 or more. None: 0.05.
    batch_size : int, default 500
        Queries in a training step (triples, with `negatives`), from 1 to 1,048,576.
    negatives : int or None, default None
        Entities sampled for each batch to score against, from 1 to 1,048,576. None: all entities.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        How files are read as a graph.
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
    Yang et al., "Embedding Entities and Relations for Learning and Inference in Knowledge Bases", ICLR 2015, 3.1.
    Lacroix, Usunier and Obozinski, "Canonical Tensor Decomposition for Knowledge Base Completion", ICML 2018:
    the loss over all entities (eq. 5), reciprocal relations (3.3) and the N3 penalty (4.2).

    Examples
    --------
    >>> from likewise import graphs
    >>> facts = [("apple", "is", "fruit"), ("pear", "is", "fruit"), ("apple", "on", "tree"), ("plum", "on", "tree")]
    >>> nodes = graphs.distmult(facts, dim=8, epochs=20, seed=1)
    >>> len(nodes.links("plum", "is", None, k=2))
    2
    """
    return _fit("distmult", **locals())


def transe(
    graph: Any,
    *,
    dim: int = 200,
    epochs: int = 30,
    learning_rate: float = 0.1,
    regularisation: float | None = None,
    batch_size: int = 500,
    negatives: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train TransE: a triple scores −‖head + relation − tail‖.

    Each triple (h, r, t) gives two queries, (h, r, ?) and (?, r, t), and training raises the score of the right answer
    above the scores of the other entities. `Nodes.links` predicts missing links.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from. Its edges need relations.
    dim : int, default 200
        Dimension of the vectors, from 1 to 65,536.
    epochs : int, default 30
        Passes over the triples, from 1 to 1,000,000.
    learning_rate : float, default 0.1
        First learning rate of AdaGrad, above 0; it falls linearly to 0.
    regularisation : float or None, default None
        Weight of the N3 penalty, 0 or more. None: 0.
    batch_size : int, default 500
        Queries in a training step (triples, with `negatives`), from 1 to 1,048,576.
    negatives : int or None, default None
        Entities sampled for each batch to score against, from 1 to 1,048,576. None: all entities.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        How files are read as a graph.
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
    Bordes et al., "Translating Embeddings for Modeling Multi-relational Data", NeurIPS 2013, eq. 1.
    Lacroix, Usunier and Obozinski, "Canonical Tensor Decomposition for Knowledge Base Completion", ICML 2018:
    the loss over all entities (eq. 5), reciprocal relations (3.3) and the N3 penalty (4.2).

    Examples
    --------
    >>> from likewise import graphs
    >>> facts = [("apple", "is", "fruit"), ("pear", "is", "fruit"), ("apple", "on", "tree"), ("plum", "on", "tree")]
    >>> nodes = graphs.transe(facts, dim=8, epochs=20, seed=1)
    >>> len(nodes.links("plum", "is", None, k=2))
    2
    """
    return _fit("transe", **locals())


def rotate(
    graph: Any,
    *,
    dim: int = 200,
    epochs: int = 30,
    learning_rate: float = 0.1,
    regularisation: float | None = None,
    batch_size: int = 500,
    negatives: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Nodes:
    """Train RotatE: a triple scores −‖head ∘ rotation − tail‖ of complex vectors.

    Each triple (h, r, t) gives two queries, (h, r, ?) and (?, r, t), and training raises the score of the right answer
    above the scores of the other entities. `Nodes.links` predicts missing links.

    Parameters
    ----------
    graph : Graph, or anything that `read` takes
        The graph, or the files or edges to read it from. Its edges need relations.
    dim : int, default 200
        Dimension of the vectors, even, from 2 to 65,536: dim / 2 complex numbers.
    epochs : int, default 30
        Passes over the triples, from 1 to 1,000,000.
    learning_rate : float, default 0.1
        First learning rate of AdaGrad, above 0; it falls linearly to 0.
    regularisation : float or None, default None
        Weight of the N3 penalty, 0 or more. None: 0.
    batch_size : int, default 500
        Queries in a training step (triples, with `negatives`), from 1 to 1,048,576.
    negatives : int or None, default None
        Entities sampled for each batch to score against, from 1 to 1,048,576. None: all entities.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, default Reading()
        How files are read as a graph.
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
    Sun et al., "RotatE: Knowledge Graph Embedding by Relational Rotation in Complex Space", ICLR 2019, eq. 2.
    Lacroix, Usunier and Obozinski, "Canonical Tensor Decomposition for Knowledge Base Completion", ICML 2018:
    the loss over all entities (eq. 5), reciprocal relations (3.3) and the N3 penalty (4.2).

    Examples
    --------
    >>> from likewise import graphs
    >>> facts = [("apple", "is", "fruit"), ("pear", "is", "fruit"), ("apple", "on", "tree"), ("plum", "on", "tree")]
    >>> nodes = graphs.rotate(facts, dim=8, epochs=20, seed=1)
    >>> len(nodes.links("plum", "is", None, k=2))
    2
    """
    return _fit("rotate", **locals())


def _fit(
    method: Method,
    graph: Any,
    *,
    dim: int,
    epochs: int,
    learning_rate: float,
    regularisation: float | None,
    batch_size: int,
    negatives: int | None,
    seed: int | None,
    threads: int | None,
    reading: Reading,
    out: str | Path | None,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    report: Report | None,
) -> Nodes:
    """The training that the four methods share."""
    begun = recorded_seed(seed, out, resume=resume)
    settings = Settings(
        method, dim, epochs, learning_rate, regularisation, batch_size, negatives, draw_seed_if_none(begun)
    )
    threads = checked_threads(threads)
    call = {
        "function": f"likewise.graphs.{method}", "text": source_of(graph), "reading": reading.recorded,
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
        if found.relations is None:
            raise InputError(
                f"the edges of this graph have no relations, and {method} needs triples of head, relation and tail: "
                "name the relation's column, or try spectral or node2vec"
            )
        if run is not None:
            run.check_data(digest(found))
        if begun is None:
            log.info("no seed was given: using seed %d", settings.seed)
        _check_and_report(found, settings, report)
        state = _start(found, settings, None if run is None else run.restore())
        steps = training.train(state, found.triples(), settings, threads=threads)
        driven(steps, run, report, lambda: state.epoch < settings.epochs, lambda: _checkpoint(state))
        nodes = _nodes(found, state, call)
        if run is not None:
            run.finish(nodes, card=card(nodes))
    return nodes


def _check_and_report(graph: Graph, settings: Settings, report: Report | None) -> None:
    """Raise `NotEnoughMemory` if the training does not fit into memory, and report the plan."""
    edges = len(graph.targets)
    needed = training.needed_bytes(len(graph), len(graph.relation_names), edges, settings)
    memory.demand(needed, f"try --dim {max(2, settings.dim // 2)}, or --negatives 1000")
    if report is not None:
        disk = len(graph) * settings.dim * 4 + edges * 12 + sum(len(name) + 16 for name in graph.names)
        units = ("triples", "relations", "nodes")
        report(Plan(edges, len(graph.relation_names), len(graph), needed, disk, None, units))


def _start(graph: Graph, settings: Settings, saved: Contents | None) -> State:
    """The first state of a training, or that of its checkpoint."""
    if saved is None:
        return states.initialise(len(graph), len(graph.relation_names), settings)
    rows = [saved.arrays[name] for name in ROWS]
    return states.restore(rows[0], rows[1], rows[2], rows[3], **saved.facts)


def _checkpoint(state: State) -> Contents:
    facts = {name: getattr(state, name) for name in ("epoch", "batch", "loss", "seen", "losses")}
    return Contents("checkpoint", facts, {name: getattr(state, name) for name in ROWS})


def _nodes(graph: Graph, state: State, call: dict[str, Any]) -> Nodes:
    """The trained vectors; zeros for a node without an edge, which is in no query."""
    vectors = state.entities.copy()
    vectors[graph.isolated] = 0
    facts = {**call, "graph": asdict(graph.reading), "losses": state.losses}
    return Nodes(graph, vectors, relations=state.relations, facts=facts)
