"""Graphs: nodes and edges go in, one vector for each node comes out. A node of a knowledge graph is one meaning.

    edges → a graph → random walks, read as sentences → skip-gram           → Nodes
    edges → a graph → the matrix of random walks → its leading eigenvectors → Nodes
    triples → scores of heads, relations and tails                          → Nodes, which predict missing links

from likewise import graphs

nodes = graphs.node2vec("edges.tsv", dim=128, p=0.5, q=2, seed=1)
nodes.similar("Q42"); nodes.resolve("fruit", context=["seed", "flower"])
"""

from __future__ import annotations

from likewise.arrays.graph import Graph
from likewise.data.graph import Details, NodeFile, read
from likewise.graphs._names import Meaning
from likewise.graphs._nodes import Near, Nodes
from likewise.graphs._options import Reading
from likewise.graphs._spectral import propagate, spectral
from likewise.graphs._triples import complex, distmult, rotate, transe
from likewise.graphs._walk_embeddings import deepwalk, node2vec, rdf2vec

__all__ = [
    "Details",
    "Graph",
    "Meaning",
    "Near",
    "NodeFile",
    "Nodes",
    "Reading",
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
