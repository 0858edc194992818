"""A log as a family takes it, and what a run records of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from likewise.artifacts.run import Run
from likewise.data.interactions import Interactions, Reading, read
from likewise.table import Table
from likewise.training.inputs import describe_input
from likewise.training.plan import Report, reporter
from likewise.users._fold_in import Space
from likewise.users._model import Users


def source_of(log: Any) -> Any:
    """What a call records of its log: the paths, or that it was given from Python."""
    return repr(log) if isinstance(log, Interactions) else describe_input(log)


def call_of(method: str, log: Any, reading: Reading, **options: Any) -> dict[str, Any]:
    """What a run records of a call."""
    return {
        "function": f"likewise.users.{method}", "log": source_of(log), "reading": reading.recorded, **options,
    }  # fmt: skip


def opened(log: Any, reading: Reading, run: Run | None, report: Report | None) -> Interactions:
    """The choices in a log; `ResumeError` where the run was begun with others."""
    found = read(log, reading, report=reporter(run, report))
    if run is not None:
        run.check_data(found.digest)
    return found


def users_of(
    log: Interactions,
    vectors: np.ndarray | None,
    items: np.ndarray,
    space: Space,
    call: dict[str, Any],
    **results: Any,
) -> Users:
    """The model of a log: its users, its items, and what was seen."""
    facts = {**call, "met": asdict(log.met), "choices": int(log.seen.nnz), **results}
    items_of = Table(log.items, items, counts=log.counts)
    return Users(log.users, vectors, items_of, log.rows, space, facts=facts)
