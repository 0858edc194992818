"""A graph in memory: nodes by the user's own ids, edges as compressed sparse rows, literals kept apart."""

from __future__ import annotations

from likewise.arrays.graph.graph import Graph
from likewise.arrays.graph.literals import Literals
from likewise.arrays.graph.read_report import Reading
from likewise.arrays.graph.strings import Strings

__all__ = ["Graph", "Literals", "Reading", "Strings"]
