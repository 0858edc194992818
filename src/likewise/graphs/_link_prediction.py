"""Links that are missing: the likeliest tails of a head and a relation, or heads of a relation and a tail."""

from __future__ import annotations

import numpy as np

from likewise.arrays.graph import Graph
from likewise.arrays.graph.queries import Queries, questions
from likewise.errors import InputError, OptionError
from likewise.learn.knowledge_graph.link_prediction import Scorer, predict, scorer
from likewise.learn.knowledge_graph.scores import DISTANCES, METHODS, parameters, queries, relation_shape


def scorer_of(method: str, vectors: np.ndarray, relations: np.ndarray | None) -> Scorer:
    """What scores every node as the end of a link; raises `InputError` for vectors that were not fitted to triples."""
    if method not in METHODS or relations is None:
        raise InputError(
            f"vectors by {method or 'another program'} score no triples: train by {', '.join(METHODS)}"
        )
    return scorer(method, vectors, relations)  # type: ignore[arg-type]


def check_relations(method: str, relations: np.ndarray | None, r: int, dim: int) -> None:
    """Raise `InputError` where vectors of relations are not those of r relations by `method`."""
    if relations is None:
        return
    wanted = relation_shape(method, r, dim) if method in METHODS else (r, dim)  # type: ignore[arg-type]
    if relations.shape != wanted or relations.dtype != np.float32:
        raise InputError(f"vectors of relations of the shape {relations.shape}, where {wanted} are wanted")


def folded(
    method: str, vectors: np.ndarray, relations: np.ndarray, ends: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """(dim,) float32: a new node, from what its links expect of it: ends (m,) and asked (m,) as `Scorer` takes them.

    The mean of the queries. Where scores are products, that is the direction in which their sum grows fastest, brought
    to the mean length of the nodes.
    """
    rows, signs = parameters(method, relations, asked)  # type: ignore[arg-type]
    mean = queries(method, vectors[ends], relations[rows] * signs).mean(axis=0)  # type: ignore[arg-type]
    if method in DISTANCES:
        return mean
    norms = np.linalg.norm(vectors, axis=1)
    norm = np.linalg.norm(mean)
    return (mean * (norms[norms > 0].mean() / norm) if norm > 0 else mean).astype(np.float32)


def known_links(graph: Graph) -> Queries:
    """The links of a graph as questions with their answers, both ways."""
    return questions(graph.triples(), len(graph.relation_names))


def likeliest(
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
        raise OptionError("a link is asked by its head or by its tail: give one of them, and ? for the other")
    if head is not None:
        return predict(score, head, relation, k=k, known=known)
    assert tail is not None
    return predict(score, tail, relation + len(graph.relation_names), k=k, known=known)
