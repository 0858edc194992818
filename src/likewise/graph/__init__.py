"""A graph in memory: nodes by the user's own ids, edges as compressed sparse rows, literals kept apart."""

from __future__ import annotations

from likewise.graph.form import Graph
from likewise.graph.literals import Literals
from likewise.graph.reading import Reading
from likewise.graph.strings import Strings

__all__ = ["Graph", "Literals", "Reading", "Strings"]
