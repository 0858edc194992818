"""Triples to vectors of entities and relations: TransE, DistMult, ComplEx and RotatE are this one path."""

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
from likewise.graphs._options import Reading, digest, opened, source_of
from likewise.learn.knowledge_graph import training as triples
from likewise.learn.knowledge_graph.scores import Method
from likewise.learn.knowledge_graph.training import Settings, State
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.training.plan import Plan, Report
from likewise.training.run import driven, made_before, owned
from likewise.training.seeds import draw_seed_if_none, recorded_seed

log = logging.getLogger(__name__)

ROWS = ("entities", "relations", "entity_squares", "relation_squares")  # of a state, in a checkpoint


def fitted(
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
    """Nodes and relations as `method` scores them best; raises `InputError` for a graph without relations."""
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
        found = opened(graph, reading)
        if found.relations is None:
            raise InputError(
                f"the edges of this graph have no relations, and {method} wants triples of head, relation and tail: "
                "name the relation's column, or try spectral or node2vec"
            )
        if run is not None:
            run.check_data(digest(found))
        if begun is None:
            log.info("no seed was given: using seed %d", settings.seed)
        _tell(found, settings, report)
        saved = None if run is None else run.restore()
        state = _state(found, settings, saved)
        steps = triples.train(state, found.triples(), settings, threads=threads)
        driven(steps, run, report, lambda: state.epoch < settings.epochs, lambda: _checkpoint(state))
        nodes = _nodes(found, state, call)
        if run is not None:
            run.finish(nodes, card=card(nodes))
    return nodes


def _tell(graph: Graph, settings: Settings, report: Report | None) -> None:
    """Tell what the training takes, and refuse it where the memory is not there."""
    edges = len(graph.targets)
    needed = triples.needed_bytes(len(graph), len(graph.relation_names), edges, settings)
    memory.demand(needed, f"try --dim {max(2, settings.dim // 2)}, or --negatives 1000")
    if report is not None:
        disk = len(graph) * settings.dim * 4 + edges * 12 + sum(len(name) + 16 for name in graph.names)
        units = ("triples", "relations", "nodes")
        report(Plan(edges, len(graph.relation_names), len(graph), needed, disk, None, units))


def _state(graph: Graph, settings: Settings, saved: Contents | None) -> State:
    """Where the training begins, or goes on."""
    if saved is None:
        return triples.fresh(len(graph), len(graph.relation_names), settings)
    rows = [saved.arrays[name] for name in ROWS]
    return triples.resumed(rows[0], rows[1], rows[2], rows[3], **saved.facts)


def _checkpoint(state: State) -> Contents:
    facts = {name: getattr(state, name) for name in ("epoch", "batch", "loss", "seen", "losses")}
    return Contents("checkpoint", facts, {name: getattr(state, name) for name in ROWS})


def _nodes(graph: Graph, state: State, call: dict[str, Any]) -> Nodes:
    """The vectors as they score; a node without an edge was never asked for, and is zero."""
    vectors = state.entities.copy()
    vectors[graph.isolated] = 0
    facts = {**call, "graph": asdict(graph.reading), "losses": state.losses}
    return Nodes(graph, vectors, relations=state.relations, facts=facts)
