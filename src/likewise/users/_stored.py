"""Users, items and the words of attributes in one list of keys, as an artifact holds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.artifacts.artifact import Contents
from likewise.errors import ArtifactError
from likewise.table import Table
from likewise.users._fold_in import Space
from likewise.users._side_features import Beside

KIND = "users"
Parts = tuple[list[str], np.ndarray | None, Table, Ragged, Space, dict[str, Any]]


def parts_of(
    keys: list[str],
    vectors: np.ndarray | None,
    items: Table,
    seen: Ragged,
    space: Space,
    facts: dict[str, Any],
) -> Contents:
    """First the users among the keys, then items, then attributes; the counts are how many each chose, or chose it."""
    arrays = {"items": items.vectors, "offsets": seen.offsets, "seen": seen.ids}
    for name, part in (("users", vectors), ("inputs", space.inputs)):
        if part is not None:
            arrays[name] = part
    assert items.counts is not None
    counts = np.concatenate([seen.lengths, items.counts])
    told = {"way": space.way, "options": space.options, "direct": space.direct, "prior": space.prior}
    more: dict[str, Any] = {}
    tokens: list[str] = []
    if space.beside is not None:
        own, tokens, more["beside"] = space.beside.parts()
        arrays.update(own)
    counts = np.concatenate([counts, np.zeros(len(tokens), np.int64)])
    sizes = {"users": len(keys), "items": len(items), "space": told, **more}
    return Contents(KIND, {"made": facts, **sizes}, arrays, [*keys, *items.keys, *tokens], counts)


def parted(contents: Contents) -> Parts:
    """What `parts_of` wrote; raises `ArtifactError` for parts that do not fit each other."""
    keys, counts, arrays, facts = contents.keys, contents.counts, contents.arrays, contents.facts
    n, m = facts["users"], facts["items"]
    if (
        keys is None
        or counts is None
        or type(n) is not int
        or type(m) is not int
        or n < 0
        or m < 0
        or n + m > len(keys)
    ):
        raise ArtifactError("users and items have names and counts")
    offsets, ids = arrays["offsets"], arrays["seen"]
    rises = len(offsets) == n + 1 and not (np.diff(offsets) < 0).any()
    if not rises or (len(ids) and not 0 <= ids.min() <= ids.max() < m):
        raise ArtifactError("what was seen does not fit the users and items")
    beside = Beside.from_parts(arrays, keys[n + m :], facts["beside"]) if "beside" in facts else None
    if beside is None and len(keys) > n + m:
        raise ArtifactError(f"{len(keys) - n - m:,} keys are neither users nor items")
    space = Space(**facts["space"], inputs=arrays.get("inputs"), beside=beside)
    items = Table(keys[n : n + m], arrays["items"], counts=counts[n : n + m])
    return keys[:n], arrays.get("users"), items, Ragged(ids, offsets), space, facts["made"]
