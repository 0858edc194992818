"""`likewise links` and `likewise resolve`: questions to a model of nodes."""

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
    head: Annotated[str, typer.Argument(metavar="HEAD", help="A node, by id or label; ? asks for it.")],
    relation: Annotated[str, typer.Argument(metavar="RELATION")],
    tail: Annotated[str, typer.Argument(metavar="TAIL", help="A node, by id or label; ? asks for it.")],
    k: options.Nearest = 10,
    known: Annotated[bool, typer.Option("--known", help="Also links that the graph has.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """The missing end of a link: the likeliest nodes with their scores.

    A model by transe, distmult, complex or rotate scores triples. For any other write edge for RELATION: a head learnt
    on the graph's own edges, against pairs that are none, tells how likely one is. In a shell, write '?' in quotes.
    """
    if (head == UNKNOWN) == (tail == UNKNOWN):
        raise OptionError("one end of a link is asked for: write ? for HEAD or for TAIL")
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
    records(likeliest_edges(nodes, nodes.index(first or last or ""), k, known), as_json=as_json)


def likeliest_edges(nodes: Nodes, node: int, k: int, known: bool) -> list[dict[str, Any]]:
    """The k nodes that an edge with `node` is likeliest to, by a head on the products of vectors."""
    import numpy as np

    from likewise.evaluate import edges
    from likewise.evaluate.edge_splits import held_out

    graph = nodes.graph.undirected()
    head = edges.evaluate(nodes.vectors, held_out(graph.offsets, graph.targets), resamples=0).head
    pairs = np.stack([np.full(len(nodes), node), np.arange(len(nodes))], axis=1)
    odds = head.scores(edges.features(nodes.vectors, pairs, "hadamard")).reshape(-1)
    odds[node] = -np.inf
    if not known:
        odds[graph.neighbours(node)] = -np.inf
    best = np.argsort(-odds, kind="stable")[:k]
    chance = 1 / (1 + np.exp(-odds[best]))
    return [
        {
            "key": nodes.keys[i],
            "score": float(p),
            "label": nodes.names.shown(i),
            "type": nodes.names.type_of(i),
        }
        for i, p in zip(best.tolist(), chance, strict=True)
        if odds[i] > -np.inf
    ]


def resolve(
    model: options.Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An id, a label or an alias.")],
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="NAME", help="What stands around it; may be given several times."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """The nodes that a name may mean, with type and neighbours; by --context, the likeliest first."""
    found = _nodes(model).resolve(name, context or ())
    rows = ({**one._asdict(), "neighbours": ", ".join(one.neighbours)} for one in found)
    records(rows, as_json=as_json)


def _nodes(name: str) -> Nodes:
    from likewise.graphs import Nodes

    model = open_model(name)
    if not isinstance(model, Nodes):
        raise InputError(
            f"{name!r} is no model of nodes ({kind_of(model)}): `likewise train graph` makes one"
        )
    return model
