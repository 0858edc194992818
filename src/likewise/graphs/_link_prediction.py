"""Link prediction: the most likely tails of a head and a relation, or heads of a relation and a tail."""

from __future__ import annotations

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.graph.queries import Queries, queries_of
from likewise.errors import InputError, OptionError
from likewise.learn.knowledge_graph.scores import (
    DISTANCES,
    METHODS,
    Scorer,
    parameters,
    predict,
    queries,
    relation_shape,
    scorer,
)


def scorer_of(method: str, vectors: np.ndarray, relations: np.ndarray | None) -> Scorer:
    """A function that scores every node as the end of a link; `InputError` for vectors not trained on triples."""
    if method not in METHODS or relations is None:
        raise InputError(
            f"vectors by {method or 'another program'} score no triples: train by {', '.join(METHODS)}"
        )
    return scorer(method, vectors, relations)  # type: ignore[arg-type]


def check_relations(method: str, relations: np.ndarray | None, r: int, dim: int) -> None:
    """Raise `InputError` if vectors of relations are not those of r relations by `method`."""
    if relations is None:
        return
    wanted = relation_shape(method, r, dim) if method in METHODS else (r, dim)  # type: ignore[arg-type]
    if relations.shape != wanted or relations.dtype != np.float32:
        raise InputError(f"vectors of relations have the shape {relations.shape}; wanted {wanted} float32")


def fold_in(
    method: str, vectors: np.ndarray, relations: np.ndarray, ends: np.ndarray, relation_ids: np.ndarray
) -> np.ndarray:
    """(dim,) float32: a new node from its links, to nodes `ends` (m,) by `relation_ids` (m,), as `Scorer` takes them.

    It is the mean of the queries. Where scores are products, that is the direction in which their sum grows fastest,
    scaled to the mean length of the nodes.
    """
    rows, signs = parameters(method, relations, relation_ids)  # type: ignore[arg-type]
    mean = queries(method, vectors[ends], relations[rows] * signs).mean(axis=0)  # type: ignore[arg-type]
    if method in DISTANCES:
        return mean
    norms = np.linalg.norm(vectors, axis=1)
    norm = np.linalg.norm(mean)
    return (mean * (norms[norms > 0].mean() / norm) if norm > 0 else mean).astype(np.float32)


def known_links(graph: Graph) -> Queries:
    """The links of a graph as queries with their answers, in both directions."""
    return queries_of(graph.triples(), len(graph.relation_names))


def leave_out_nodes(score: Scorer, nodes: np.ndarray) -> Scorer:
    """The same scores, but for some nodes, which are the end of no link."""

    def scores(entities: np.ndarray, relations: np.ndarray) -> np.ndarray:
        found = np.array(score(entities, relations), np.float32)
        found[:, nodes] = -np.inf
        return found

    return scores


def predict_links(
    graph: Graph,
    score: Scorer,
    known: Queries | None,
    head: int | None,
    relation: int,
    tail: int | None,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(at most k,) nodes and their scores for the end that is None, best first; `known` links are left out."""
    if (head is None) == (tail is None):
        raise OptionError(
            "links need either a head or a tail: give one of them, and None (or ?) for the other"
        )
    if head is not None:
        return predict(score, head, relation, k=k, known=known)
    assert tail is not None
    return predict(score, tail, relation + len(graph.relation_names), k=k, known=known)
