"""A graph in memory: ids of nodes, edges as compressed sparse rows, and literals."""

from __future__ import annotations

from likewise.arrays.graph.graph import Graph
from likewise.arrays.graph.literals import Literals
from likewise.arrays.graph.read_stats import ReadStats
from likewise.arrays.graph.strings import Strings

__all__ = ["Graph", "Literals", "ReadStats", "Strings"]
