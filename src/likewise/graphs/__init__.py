"""Graphs: nodes and edges go in, one vector for each node comes out. A node of a knowledge graph is one meaning.

    edges → a graph → random walks, read as sentences → skip-gram → Nodes
    edges → a graph → a matrix of who is near whom → its strongest directions → Nodes
    triples → scores of heads, relations and tails → Nodes, and links that are missing

from likewise import graphs

nodes = graphs.node2vec("edges.tsv", dim=128, p=0.5, q=2, seed=1)
nodes.similar("Q42"); nodes.resolve("fruit", context=["seed", "flower"])
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from likewise.arrays.graph import Graph
from likewise.data.graph import Details, NodeFile, read
from likewise.graphs._card import card
from likewise.graphs._names import Meaning
from likewise.graphs._nodes import Near, Nodes
from likewise.graphs._options import Reading, digest, opened, source_of
from likewise.graphs._spectral import propagate, spectral
from likewise.graphs._triples import fitted
from likewise.graphs._walk_embeddings import walked
from likewise.learn.sgns import training as sgns
from likewise.system.cores import checked_threads
from likewise.tokens.walks.walker import Walks
from likewise.training.plan import Report
from likewise.training.run import made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.words import Tuning

log = logging.getLogger(__name__)

__all__ = [
    "Details",
    "Graph",
    "Meaning",
    "Near",
    "NodeFile",
    "Nodes",
    "Reading",
    "Walks",
    "complex",
    "deepwalk",
    "distmult",
    "node2vec",
    "propagate",
    "rdf2vec",
    "read",
    "rotate",
    "spectral",
    "transe",
]


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
    """Skip-gram over random walks (Perozzi, Al-Rfou and Skiena 2014): nodes that walks pass together are near.

    graph: a `Graph`, or anything that `read` takes, such as a path. Each epoch makes `per_node` walks of `length` nodes
    from each node, by weight where edges have one; they are made as they are needed, and never stored. `reading` says
    how files become a graph. With `out` the model is also saved there, with checkpoints; `resume` goes on to the same
    bits as if never stopped.

    The same seed gives the same bits at any number of threads (not with `Tuning(racing=True)`). Raises `InputError` for
    a graph that cannot be used, `OptionError` for options, and otherwise as `likewise.words.word2vec`.
    """
    return _walked(
        "deepwalk", graph, Walks(length, per_node), dim=dim, window=window, negatives=negatives, epochs=epochs,
        seed=seed, threads=threads, reading=reading, tuning=tuning, out=out, overwrite=overwrite, resume=resume,
        checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


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
    """Skip-gram over biased walks (Grover and Leskovec 2016): above 1, `p` keeps them from going straight back, and `q`
    keeps them near; below 1, `q` sends them far. Else as `deepwalk`, which it is where both are 1.
    """
    return _walked(
        "node2vec", graph, Walks(length, per_node, p, q), dim=dim, window=window, negatives=negatives, epochs=epochs,
        seed=seed, threads=threads, reading=reading, tuning=tuning, out=out, overwrite=overwrite, resume=resume,
        checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


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
    """Skip-gram over walks in which relations are words too (Ristoski and Paulheim 2016), so relations have vectors.

    With `both_ways` a walk goes along edges and against them, its first node in the middle. Else as `deepwalk`; raises
    `InputError` for a graph without relations.
    """
    walks = Walks(length, per_node, predicates=True, both_ways=both_ways)
    return _walked(
        "rdf2vec", graph, walks, dim=dim, window=window, negatives=negatives, epochs=epochs, seed=seed,
        threads=threads, reading=reading, tuning=tuning, out=out, overwrite=overwrite, resume=resume,
        checkpoint_seconds=checkpoint_seconds, report=report,
    )  # fmt: skip


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
    """Triples scored as Re⟨head, relation, tail̄⟩ of complex vectors (Trouillon et al. 2016; Lacroix et al. 2018).

    graph: a `Graph` with relations, or anything that `read` takes. Each triple is asked both ways, and the right answer
    is to score above every other node (above `negatives` drawn ones, in graphs with very many); `regularisation` weighs
    the third powers of the vectors' sizes. `dim` numbers are dim / 2 complex ones. `Nodes.links` tells missing links.
    With `out` the model is also saved there, with checkpoints; `resume` goes on to the same bits.

    The same seed gives the same bits at any number of threads. Raises `InputError` for a graph that cannot be used or
    has no relations, `OptionError` for options, and otherwise as `likewise.words.word2vec`.
    """
    return fitted(
        "complex",
        graph,
        dim=dim,
        epochs=epochs,
        learning_rate=learning_rate,
        regularisation=regularisation,
        batch_size=batch_size,
        negatives=negatives,
        seed=seed,
        threads=threads,
        reading=reading,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )


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
    """Triples scored as ⟨head, relation, tail⟩ (Yang et al. 2015), with a relation for each way; else as `complex`."""
    return fitted(
        "distmult",
        graph,
        dim=dim,
        epochs=epochs,
        learning_rate=learning_rate,
        regularisation=regularisation,
        batch_size=batch_size,
        negatives=negatives,
        seed=seed,
        threads=threads,
        reading=reading,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )


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
    """Triples scored as −‖head + relation − tail‖ (Bordes et al. 2013); else as `complex`."""
    return fitted(
        "transe",
        graph,
        dim=dim,
        epochs=epochs,
        learning_rate=learning_rate,
        regularisation=regularisation,
        batch_size=batch_size,
        negatives=negatives,
        seed=seed,
        threads=threads,
        reading=reading,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )


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
    """Triples scored as −‖head ∘ rotation − tail‖ of complex vectors (Sun et al. 2019); else as `complex`."""
    return fitted(
        "rotate",
        graph,
        dim=dim,
        epochs=epochs,
        learning_rate=learning_rate,
        regularisation=regularisation,
        batch_size=batch_size,
        negatives=negatives,
        seed=seed,
        threads=threads,
        reading=reading,
        out=out,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        report=report,
    )


def _walked(
    function: str,
    graph: Any,
    walks: Walks,
    *,
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
    """What the methods with walks share: the run, its seed, and the reading of the graph."""
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
        found = opened(graph, reading)
        if run is not None:
            run.check_data(digest(found))
        if begun is None:
            log.info("no seed was given: using seed %d", settings.seed)
        nodes = walked(found, walks, settings, call, threads=threads, run=run, report=report)
        if run is not None:
            run.finish(nodes, card=card(nodes))
    return nodes
