"""Walks over a graph as sentences, and skip-gram over them: DeepWalk, node2vec and RDF2Vec are this one path.

a graph → walks, a part at a time → skip-gram → Nodes
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.ragged import Ragged
from likewise.artifacts.run import Run
from likewise.graphs._nodes import Nodes
from likewise.learn.kernels.row_stream import Source, by_frequency, counted
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.tokens.walks.walker import Walker, Walks, needed_bytes, ready
from likewise.tokens.walks.walks import walk
from likewise.training.plan import Plan, Report
from likewise.training.run import driven, skipgram_checkpoint, skipgram_resumed

log = logging.getLogger(__name__)


def walked(
    graph: Graph,
    walks: Walks,
    settings: sgns.Settings,
    call: dict[str, Any],
    *,
    threads: int,
    run: Run | None,
    report: Report | None,
) -> Nodes:
    """Vectors of the nodes by skip-gram over their walks; those without an edge stay at zero, and are flagged so."""
    walker = ready(
        walks, graph.offsets, graph.targets, weights=graph.weights,
        relations=graph.relations if walks.predicates else None, types=graph.types if walks.metapath else None,
    )  # fmt: skip
    source = rows_of(walker, settings.seed, threads)
    _tell(graph, walks, walker, source, settings, threads, report)
    counts = counted(source, walker.tokens)
    source, counts, order = by_frequency(source, counts)
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


def rows_of(walker: Walker, seed: int, threads: int) -> Source:
    """The walks of a graph as a trainer wants them: some at a time, made when they are asked for."""
    parts = walker.parts()

    def rows(epoch: int, part: int) -> Ragged:
        begin, end = parts[part]
        return walk(walker, begin, end, epoch=epoch, seed=seed, threads=threads)

    most = max(end - begin for begin, end in parts)
    return Source(rows, len(parts), most * walker.walks.longest)


def _tell(
    graph: Graph,
    walks: Walks,
    walker: Walker,
    source: Source,
    settings: sgns.Settings,
    threads: int,
    report: Report | None,
) -> None:
    """Tell what the training takes, and refuse it where the memory is not there."""
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
