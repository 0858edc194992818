"""The model card of a graph model: what it is, how it was made, and its limits."""

from __future__ import annotations

from typing import Any

from likewise._version import __version__
from likewise.training.model_card import rows_of_card


def card(model: Any) -> str:
    """The model card as Markdown."""
    made = dict(model.facts)
    graph, method = model.graph, made.pop("function").rsplit(".", 1)[1]
    isolated = int(graph.isolated.sum())
    shape = {
        "nodes": f"{len(graph):,}", "edges": f"{graph.size:,}", "directed": graph.directed,
        "relations": len(graph.relation_names), "types": len(graph.type_names), "isolated": isolated,
    }  # fmt: skip
    return "\n".join(
        [
            f"# {len(graph):,} nodes × {model.dim}",
            "",
            f"Made by likewise {__version__}: {method}. A node is one meaning, and has one vector.",
            "",
            *rows_of_card("Graph", {"from": made.pop("text"), **shape, **made.pop("graph", {})}),
            *rows_of_card("Options and results", made),
            "## Limits",
            "",
            f"- {isolated:,} nodes without an edge have the vector zero."
            if isolated
            else "- Every node has an edge.",
            "- The distance of nodes in different connected components means nothing.",
            "- `likewise evaluate` compares the vectors with degrees and common neighbours.",
            "",
        ]
    )
