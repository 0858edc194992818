"""`likewise evaluate MODEL --test FILE`: held-out links of a graph, or held-out interactions of users."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.cli import evaluate_users as judge_users
from likewise.cli.models import kind_of, open_model
from likewise.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from likewise.evaluate import Report
    from likewise.evaluate.rows import Row
    from likewise.graphs import Graph, Nodes


def evaluate_links(names: list[str], test: Path, seed: int) -> Report:
    """A row for each metric of each model on the links, or the interactions, of a file."""
    from likewise.evaluate.report import Report
    from likewise.graphs import Nodes, read
    from likewise.users import Users

    rows: list[Row] = []
    for name in names:
        model = open_model(name)
        head = f"{name} on {test.name}" if len(names) > 1 else test.name
        if isinstance(model, Users):
            rows += judge_users.rows_of(model, test, head, seed)
            continue
        if not isinstance(model, Nodes):
            raise InputError(
                f"{name!r} is not a model of a graph or of users ({kind_of(model)}), so it predicts no links: "
                "leave out --test"
            )
        held = read(test)
        rows += _of_triples(model, held, head) if model.scores_triples else _of_edges(model, held, head, seed)
    return Report(tuple(rows))


def _of_triples(model: Nodes, held: Graph, name: str) -> list[Row]:
    """Ranks of the answers among all nodes, in both directions."""
    import numpy as np

    from likewise.evaluate import links

    if held.relations is None:
        raise InputError(f"{name} holds pairs, and this model needs triples of head, relation and tail")
    nodes = _numbers(held.names, model.graph.names)
    relations = _numbers(held.relation_names, model.graph.relation_names)
    given = held.triples()
    test = np.stack([nodes[given[:, 0]], relations[given[:, 1]], nodes[given[:, 2]]], axis=1)
    score = links.evaluate(
        model.scorer(),
        test,
        model.graph.triples(),
        entities=len(model),
        relations=len(model.graph.relation_names),
    )
    return [*score.rows(name), *_leaks(score, name)]


def _leaks(score: Any, name: str) -> list[Row]:
    """What makes the metrics too optimistic, as rows."""
    from likewise.evaluate.rows import Row

    counts = {
        "in training already": score.leaks.repeated, "answered by a twin relation": score.leaks.answered,
        "with unseen names": score.unseen,
    }  # fmt: skip
    total = score.total.count // 2
    return [Row(name, what, count / total, total, total) for what, count in counts.items() if count]


def _of_edges(model: Nodes, held: Graph, name: str, seed: int) -> list[Row]:
    """Edges against negative edges, by a linear probe trained on the graph of the model."""
    import numpy as np

    from likewise.evaluate import edges
    from likewise.evaluate.edge_splits import Split

    graph = model.graph.undirected()
    nodes = _numbers(held.names, graph.names)
    pairs = np.stack([nodes[held.sources()], nodes[held.targets]], axis=1)
    pairs = np.unique(np.sort(pairs[(pairs >= 0).all(axis=1)], axis=1), axis=0)
    if not len(pairs):
        raise InputError(f"none of the edges of {name} is between nodes of the model")
    split = Split(graph.offsets, graph.targets, graph.weights, pairs, max(held.size, len(pairs)))
    return edges.evaluate(model.vectors, split, seed=seed).rows(name)


def _numbers(names: list[str], known: list[str]) -> np.ndarray:
    """(len(names),) int64: the index of each name in `known`, -1 if it is not there."""
    import numpy as np

    places = {name: place for place, name in enumerate(known)}
    return np.array([places.get(name, -1) for name in names], np.int64)
