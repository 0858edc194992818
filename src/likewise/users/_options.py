"""What the trainings of this package share: reading the log, recording the call, making the model and its card."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from likewise._version import __version__
from likewise.artifacts.run import Run
from likewise.data.interactions import Interactions, Reading, read
from likewise.system import memory
from likewise.table import Table
from likewise.training.inputs import describe_input
from likewise.training.model_card import rows_of_card
from likewise.training.plan import Plan, Report, reporter
from likewise.users._fold_in import FoldIn
from likewise.users._model import Users
from likewise.users._stored import INTERACTIONS, READ_STATS


def source_of(log: Any) -> Any:
    """What a call records of its log: the paths, or that it was given from Python."""
    return repr(log) if isinstance(log, Interactions) else describe_input(log)


def call_of(method: str, log: Any, reading: Reading, **options: Any) -> dict[str, Any]:
    """What a run records of a call."""
    return {
        "function": f"likewise.users.{method}", "log": source_of(log), "reading": reading.recorded, **options,
    }  # fmt: skip


def read_log(log: Any, reading: Reading, run: Run | None, report: Report | None) -> Interactions:
    """The interactions of a log; raises `ResumeError` where the run was started with others."""
    found = read(log, reading, report=reporter(run, report))
    if run is not None:
        run.check_data(found.digest)
    return found


def plan_of(
    found: Interactions, dim: int, *, needed: int, vectors: int, seconds: float | None = None
) -> Plan:
    """The plan of a training that saves this many `vectors` (dim,).

    Raises `NotEnoughMemory` where there are fewer than the `needed` bytes.
    """
    memory.demand(needed, f"try --dim {max(1, dim // 2)}")
    u, i = found.seen.shape
    disk = vectors * (dim * 4 + 24) + found.seen.nnz * 4
    return Plan(u, found.seen.nnz, i, needed, disk, seconds, ("users", "interactions", "items"))


def users_of(
    log: Interactions,
    vectors: np.ndarray | None,
    items: np.ndarray,
    fold_in: FoldIn,
    call: dict[str, Any],
    **results: Any,
) -> Users:
    """The model of a log."""
    facts = {**call, READ_STATS: asdict(log.stats), INTERACTIONS: int(log.seen.nnz), **results}
    table = Table(log.items, items, counts=log.counts)
    return Users(log.users, vectors, table, log.rows, fold_in, facts=facts)


def card(model: Users) -> str:
    """The model card, in Markdown."""
    made = dict(model.facts)
    stats, interactions = made.pop(READ_STATS), made.pop(INTERACTIONS)
    share = interactions / max(1, len(model) * len(model.items))
    shape = {
        "from": made.pop("log"), "users": f"{len(model):,}", "items": f"{len(model.items):,}",
        "interactions": f"{interactions:,}, {share:.2%} of all pairs", **stats,
    }  # fmt: skip
    made.pop("function")
    return "\n".join(
        [
            f"# {len(model):,} users and {len(model.items):,} items × {model.dim}",
            "",
            f"Made by likewise {__version__}: {model.method}. A user is embedded from their interactions.",
            "",
            *rows_of_card("Log", shape),
            *rows_of_card("Options and results", made),
            "## Limits",
            "",
            "- A pair that is not in the log may be disliked, or never have been shown: the log does not say.",
            "- Popular items have more interactions because they are shown more; the vectors repeat that.",
            "- A user without a history gets the most popular items, marked cold.",
            "- The model holds the ids and the histories of its users: whoever has the folder can read them.",
            "- `likewise evaluate` reports whether it beats popularity and item-kNN.",
            "",
        ]
    )
