"""`likewise links` and `likewise resolve`: queries to a graph model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from likewise.cli import options
from likewise.cli.models import kind_of, open_model
from likewise.cli.output import records
from likewise.errors import InputError, OptionError

if TYPE_CHECKING:
    from likewise.graphs import Nodes

UNKNOWN, EDGE = "?", "edge"


def links(
    model: options.Model,
    head: Annotated[str, typer.Argument(metavar="HEAD", help="A node, by id or label, or ? to predict it.")],
    relation: Annotated[str, typer.Argument(metavar="RELATION")],
    tail: Annotated[str, typer.Argument(metavar="TAIL", help="A node, by id or label, or ? to predict it.")],
    k: options.Nearest = 10,
    known: Annotated[bool, typer.Option("--known", help="Include links that are in the graph.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Predict the missing end of a link: the most likely nodes with their scores.

    Models by transe, distmult, complex and rotate score triples. For other models give edge as RELATION: a linear
    probe, trained on the graph's edges and on negative edges, predicts how likely an edge is. Quote '?' in a shell.
    """
    if (head == UNKNOWN) == (tail == UNKNOWN):
        raise OptionError("one end of a link must be unknown: write ? for HEAD or for TAIL")
    ends = (None if end == UNKNOWN else end for end in (head, tail))
    first, last = ends
    nodes = _nodes(model)
    if nodes.scores_triples:
        found = nodes.links(first, relation, last, k, known=known)
        records((one._asdict() for one in found), as_json=as_json)
        return
    if relation != EDGE:
        raise OptionError(
            f"{model!r} ({nodes.method}) scores no triples: write {EDGE} for RELATION, or train by complex"
        )
    records(predict_edges(nodes, nodes.index(first or last or ""), k, known), as_json=as_json)


def predict_edges(nodes: Nodes, node: int, k: int, known: bool) -> list[dict[str, Any]]:
    """The k most likely neighbours of `node`, by a linear probe on the products of vectors."""
    import numpy as np

    from likewise.evaluate import edges
    from likewise.evaluate.edge_splits import held_out

    graph = nodes.graph.undirected()
    probe = edges.evaluate(nodes.vectors, held_out(graph.offsets, graph.targets), resamples=0).head
    pairs = np.stack([np.full(len(nodes), node), np.arange(len(nodes))], axis=1)
    odds = probe.scores(edges.features(nodes.vectors, pairs, "hadamard")).reshape(-1)
    odds[node] = -np.inf
    odds[~nodes.vectors.any(axis=1)] = -np.inf  # of a node without an edge nothing is known
    if not known:
        odds[graph.neighbours(node)] = -np.inf
    best = np.argsort(-odds, kind="stable")[:k]
    probability = 1 / (1 + np.exp(-odds[best]))
    return [
        {
            "key": nodes.keys[i],
            "score": float(p),
            "label": nodes.names.label_of(i),
            "type": nodes.names.type_of(i),
        }
        for i, p in zip(best.tolist(), probability, strict=True)
        if odds[i] > -np.inf
    ]


def resolve(
    model: options.Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An id, a label or an alias.")],
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="NAME", help="A node in its context; may be given several times."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """The nodes that a name may mean, with types and neighbours; with --context, the most likely first."""
    found = _nodes(model).resolve(name, context or ())
    rows = ({**one._asdict(), "neighbours": ", ".join(one.neighbours)} for one in found)
    records(rows, as_json=as_json)


def _nodes(name: str) -> Nodes:
    from likewise.graphs import Nodes

    model = open_model(name)
    if not isinstance(model, Nodes):
        raise InputError(
            f"{name!r} is not a graph model ({kind_of(model)}): `likewise train graph` makes one"
        )
    return model
