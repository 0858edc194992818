"""What was met while a graph was read: nothing is changed or left out without being counted here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """Counts of one reading.

    `edges` were read; of these `self_loops` join a node to itself (kept), `parallel` were added to an edge that was
    there already (weights summed), `duplicates` said the same triple again (dropped), `weightless` weighed 0 (no edge).
    `isolated` nodes have no edge. `bad_lines` went to the side file, `comments` were lines beginning with # or %.

    Of RDF: `literals` kept apart, `foreign` texts in another language left out, `blanks` nodes without a name,
    `further_types` beyond a node's first, `quoted` statements about statements, which are no edges.
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
        """One line of what there is more than none of."""
        counts = {name.replace("_", " "): count for name, count in vars(self).items() if count}
        return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "nothing"
