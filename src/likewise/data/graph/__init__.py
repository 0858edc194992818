"""Graphs out of files and out of memory: edge lists, RDF, sparse matrices, networkx."""

from __future__ import annotations

from likewise.data.graph.door import read
from likewise.data.graph.options import Columns, Details, NodeFile

__all__ = ["Columns", "Details", "NodeFile", "read"]
