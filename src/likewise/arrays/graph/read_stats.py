"""Counts of what was read of a graph: whatever is changed or left out is counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadStats:
    """Counts of one reading.

    `edges` were read. Of these `self_loops` join a node to itself (kept), `parallel` were merged into an earlier edge
    (weights summed), `duplicates` repeated a triple (dropped), `weightless` had weight 0 (dropped). `isolated` nodes
    have no edge. `bad_lines` were written to the `skip_bad` file, `comments` were lines beginning with # or %.

    Of RDF: `literals` are stored apart from the edges, `foreign` texts in another language were left out, `blanks` are
    nodes without a name, `further_types` came after a node's first type, `quoted` are statements about statements,
    which are not edges.
    """

    edges: int = 0
    self_loops: int = 0
    parallel: int = 0
    duplicates: int = 0
    weightless: int = 0
    isolated: int = 0
    bad_lines: int = 0
    comments: int = 0
    literals: int = 0
    foreign: int = 0
    blanks: int = 0
    further_types: int = 0
    quoted: int = 0

    def __str__(self) -> str:
        """One line of all counts above 0."""
        counts = {name.replace("_", " "): count for name, count in vars(self).items() if count}
        return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "nothing"
