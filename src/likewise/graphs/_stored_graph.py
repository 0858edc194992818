"""A graph as an artifact stores it: its edges as arrays, its names in the list of keys.

Literals are not stored: they are values of nodes, and the training does not use them.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from likewise.arrays.graph import Graph, ReadStats
from likewise.arrays.graph.strings import Lists
from likewise.errors import ArtifactError


class StoredGraph(NamedTuple):
    """What is stored of a graph; the keys are nodes, relations, types and aliases, in this order."""

    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]
    keys: list[str]
    labels: list[str]


def to_stored(graph: Graph) -> StoredGraph:
    """A graph as facts, arrays, keys and labels."""
    aliases = [list(each) for each in graph.aliases] if len(graph.aliases) else [[] for _ in graph.names]
    others = [alias for each in aliases for alias in each]
    keys = [*graph.names, *graph.relation_names, *graph.type_names, *others]
    labels = [*(graph.labels or [""] * len(graph)), *[""] * (len(keys) - len(graph))]
    offsets = np.cumsum([0, *(len(each) for each in aliases)], dtype=np.int64)
    arrays = {"offsets": graph.offsets, "targets": graph.targets, "alias_offsets": offsets}
    for name in ("weights", "relations", "types"):
        if getattr(graph, name) is not None:
            arrays[f"edge_{name}" if name != "types" else "node_types"] = getattr(graph, name)
    facts = {
        "nodes": len(graph), "relation_names": len(graph.relation_names), "type_names": len(graph.type_names),
        "labelled": graph.labels is not None, "directed": graph.directed, "reading": asdict(graph.reading),
    }  # fmt: skip
    return StoredGraph(facts, arrays, keys, labels)


def from_stored(stored: StoredGraph) -> Graph:
    """The graph that `to_stored` wrote; raises `ArtifactError` for parts that do not fit each other."""
    facts, arrays, keys, labels = stored
    n, r, t = (facts[name] for name in ("nodes", "relation_names", "type_names"))
    ends = np.cumsum([n, r, t])
    if min(n, r, t) < 0 or ends[-1] > len(keys) or len(labels) != len(keys):
        raise ArtifactError(f"{n} nodes, {r} relations and {t} types among {len(keys)} keys")
    others, alias_offsets = keys[ends[2] :], arrays["alias_offsets"]
    for name, offsets, last in (
        ("alias_offsets", alias_offsets, len(others)),
        ("offsets", arrays["offsets"], len(arrays["targets"])),
    ):
        if len(offsets) != n + 1 or offsets[0] != 0 or offsets[-1] != last or (np.diff(offsets) < 0).any():
            raise ArtifactError(f"{name} must rise from 0 to {last} over {n} nodes")
    for name, top in (("targets", n), ("edge_relations", r), ("node_types", t)):
        ids = arrays.get(name)
        if ids is not None and len(ids) and not -(name == "node_types") <= ids.min() <= ids.max() < top:
            raise ArtifactError(f"{name} are not all below {top}")
    aliases = Lists.of(others[a:b] for a, b in pairwise(alias_offsets.tolist()))
    return Graph(
        keys[:n], arrays["offsets"], arrays["targets"], arrays.get("edge_weights"), arrays.get("edge_relations"),
        keys[n : ends[1]], arrays.get("node_types"), keys[ends[1] : ends[2]], labels[:n] if facts["labelled"] else None,
        aliases if others else Lists(), directed=facts["directed"], reading=ReadStats(**facts["reading"]),
    )  # fmt: skip
