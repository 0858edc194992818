"""A graph as an artifact holds it: its edges as arrays, its names in the list of keys.

Literals are not kept: they are numbers and texts of nodes, and no part of what was learnt.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from likewise.arrays.graph import Graph, Reading
from likewise.arrays.graph.strings import Lists
from likewise.errors import ArtifactError

Parts = tuple[dict[str, Any], dict[str, np.ndarray], list[str], list[str]]


def parts_of(graph: Graph) -> Parts:
    """(facts, arrays, keys, labels): nodes first among the keys, then relations, types, and other names of nodes."""
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
    return facts, arrays, keys, labels


def graph_from(
    facts: dict[str, Any], arrays: dict[str, np.ndarray], keys: list[str], labels: list[str]
) -> Graph:
    """The graph that `parts_of` wrote; raises `ArtifactError` for parts that do not fit each other."""
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
            raise ArtifactError(f"{name} do not rise from 0 to {last} over {n} nodes")
    for name, top in (("targets", n), ("edge_relations", r), ("node_types", t)):
        ids = arrays.get(name)
        if ids is not None and len(ids) and not -(name == "node_types") <= ids.min() <= ids.max() < top:
            raise ArtifactError(f"{name} are not all below {top}")
    aliases = Lists.of(others[a:b] for a, b in pairwise(alias_offsets.tolist()))
    return Graph(
        keys[:n], arrays["offsets"], arrays["targets"], arrays.get("edge_weights"), arrays.get("edge_relations"),
        keys[n : ends[1]], arrays.get("node_types"), keys[ends[1] : ends[2]], labels[:n] if facts["labelled"] else None,
        aliases if others else Lists(), directed=facts["directed"], reading=Reading(**facts["reading"]),
    )  # fmt: skip
