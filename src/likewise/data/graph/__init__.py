"""Readers of graphs: edge lists, RDF, sparse matrices, networkx graphs, and edges in memory."""

from __future__ import annotations

from likewise.data.graph.options import Columns, Details, NodeFile
from likewise.data.graph.reader import read

__all__ = ["Columns", "Details", "NodeFile", "read"]
