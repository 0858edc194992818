"""Users and items in one list of keys, as an artifact holds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from likewise.artifact import Contents
from likewise.errors import ArtifactError
from likewise.families.users.folding import Space
from likewise.ragged import Ragged
from likewise.table import Table

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
    """First the users among the keys, then the items; the counts are how many each chose, and how many chose it."""
    arrays = {"items": items.vectors, "offsets": seen.offsets, "seen": seen.ids}
    for name, part in (("users", vectors), ("inputs", space.inputs)):
        if part is not None:
            arrays[name] = part
    assert items.counts is not None
    counts = np.concatenate([seen.lengths, items.counts])
    told = {"way": space.way, "options": space.options, "direct": space.direct}
    return Contents(
        KIND, {"made": facts, "users": len(keys), "space": told}, arrays, [*keys, *items.keys], counts
    )


def parted(contents: Contents) -> Parts:
    """What `parts_of` wrote; raises `ArtifactError` for parts that do not fit each other."""
    keys, counts, arrays, n = contents.keys, contents.counts, contents.arrays, contents.facts["users"]
    if keys is None or counts is None or type(n) is not int or not 0 <= n <= len(keys):
        raise ArtifactError("users and items have names and counts")
    offsets, ids = arrays["offsets"], arrays["seen"]
    rises = len(offsets) == n + 1 and not (np.diff(offsets) < 0).any()
    if not rises or (len(ids) and not 0 <= ids.min() <= ids.max() < len(keys) - n):
        raise ArtifactError("what was seen does not fit the users and items")
    space = Space(**contents.facts["space"], inputs=arrays.get("inputs"))
    items = Table(keys[n:], arrays["items"], counts=counts[n:])
    return keys[:n], arrays.get("users"), items, Ragged(ids, offsets), space, contents.facts["made"]
