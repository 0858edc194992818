"""A model of users as the contents of an artifact: users, items and attributes in one list of keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.artifacts.artifact import Contents
from likewise.errors import ArtifactError
from likewise.table import Table
from likewise.users._fold_in import FoldIn
from likewise.users._side_features import SideFeatures

KIND = "users"
# The names of these facts on disk.
READ_STATS, INTERACTIONS, SIDE_FEATURES = "met", "choices", "beside"
Parts = tuple[list[str], np.ndarray | None, Table, Ragged, FoldIn, dict[str, Any]]


def to_contents(
    keys: list[str],
    vectors: np.ndarray | None,
    items: Table,
    seen: Ragged,
    fold_in: FoldIn,
    facts: dict[str, Any],
) -> Contents:
    """The keys are first users, then items, then attributes; the counts are their numbers of interactions."""
    arrays = {"items": items.vectors, "offsets": seen.offsets, "seen": seen.ids}
    for name, part in (("users", vectors), ("inputs", fold_in.inputs)):
        if part is not None:
            arrays[name] = part
    assert items.counts is not None
    counts = np.concatenate([seen.lengths, items.counts])
    space = {
        "way": fold_in.rule, "options": fold_in.options, "direct": fold_in.is_direct,
        "popularity_weight": fold_in.popularity_weight,
    }  # fmt: skip
    more: dict[str, Any] = {}
    tokens: list[str] = []
    if fold_in.side_features is not None:
        own, tokens, more[SIDE_FEATURES] = fold_in.side_features.parts()
        arrays.update(own)
    counts = np.concatenate([counts, np.zeros(len(tokens), np.int64)])
    sizes = {"users": len(keys), "items": len(items), "space": space, **more}
    return Contents(KIND, {"made": facts, **sizes}, arrays, [*keys, *items.keys, *tokens], counts)


def from_contents(contents: Contents) -> Parts:
    """The inverse of `to_contents`; raises `ArtifactError` for parts that do not fit each other."""
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
        raise ArtifactError("users and items need names and counts")
    offsets, ids = arrays["offsets"], arrays["seen"]
    rises = len(offsets) == n + 1 and not (np.diff(offsets) < 0).any()
    if not rises or (len(ids) and not 0 <= ids.min() <= ids.max() < m):
        raise ArtifactError("the interactions do not fit the users and items")
    sides = (
        SideFeatures.from_parts(arrays, keys[n + m :], facts[SIDE_FEATURES])
        if SIDE_FEATURES in facts
        else None
    )
    if sides is None and len(keys) > n + m:
        raise ArtifactError(f"{len(keys) - n - m:,} keys are neither users nor items")
    space = dict(facts["space"])
    fold_in = FoldIn(
        space.pop("way"), arrays.get("inputs"), is_direct=space.pop("direct"), side_features=sides, **space
    )
    items = Table(keys[n : n + m], arrays["items"], counts=counts[n : n + m])
    return keys[:n], arrays.get("users"), items, Ragged(ids, offsets), fold_in, facts["made"]
