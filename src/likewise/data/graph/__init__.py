"""Graphs out of files and out of memory: edge lists, RDF, sparse matrices, networkx."""

from __future__ import annotations

from likewise.data.graph.options import Columns, Details, NodeFile
from likewise.data.graph.reader import read

__all__ = ["Columns", "Details", "NodeFile", "read"]
