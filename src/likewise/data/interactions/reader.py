"""`read`: files or rows of a log become `Interactions`."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.graph.builder import Names, texts_of
from likewise.data.interactions import cells, columns
from likewise.data.interactions.columns import Batch
from likewise.data.interactions.log import Interactions
from likewise.data.interactions.options import Reading
from likewise.data.interactions.rules import Rows, apply_rules
from likewise.data.sources import Source, find, opened, standard_input
from likewise.errors import InputError, WrongType
from likewise.system.progress import Progress

log = logging.getLogger(__name__)

UNITS = (1e11, 1e14, 1e17)  # of times since 1970: below are seconds, then milli-, micro- and nanoseconds


def read(
    inputs: Any,
    reading: Reading = Reading(),
    *,
    report: Callable[[Progress], None] | None = None,
) -> Interactions:
    """Read the interactions of a log: users and items by the ids of the log, by the rules of `reading`.

    The order of the rows makes no difference. Memory is for a row as numbers; ids become Python strings once each.

    Parameters
    ----------
    inputs : str, Path, iterable, or Interactions
        A path, a folder, a glob, "-" for standard input, or a list of these: .csv, .tsv, .jsonl, .parquet, or any text
        whose first line has tabs, commas, semicolons or bars; compressed or not. Or rows from Python: pairs, tuples in
        the order user, item, rating, count, time of the columns that `reading` names, or objects with those names.
        `Interactions` are returned as they are.
    reading : Reading, default Reading()
        Columns and rules.
    report : callable or None, default None
        Called with each `Progress`.

    Returns
    -------
    Interactions

    Raises
    ------
    InputError
        A file or a row cannot be read (the message names both), or a rule leaves nothing.
    WrongType
        `inputs` is something else.

    Examples
    --------
    >>> from likewise.users import read
    >>> read([("ann", "tea"), ("bob", "tea"), ("bob", "milk")])
    Interactions(2 users × 2 items, 3 interactions)
    """
    if isinstance(inputs, Interactions):
        return inputs
    builder = _Builder()
    for name, batches in _batches(inputs, reading, report):
        for first, batch in batches:
            builder.add(batch, (name, first))
    if not builder.rows:
        raise InputError("the log has no rows: it needs a row for each interaction of a user and an item")
    until = None if reading.until is None else cells.seconds(reading.until)
    if until is not None and np.isnan(until):
        raise InputError(f"until is {reading.until!r}, expected a number, or a date as 2026-01-31 12:00:00")
    rows, users, items = builder.finish()
    if rows.times is not None:
        _warn_of_future(rows.times)
    return apply_rules(rows, users, items, reading, until)


class _Builder:
    """The rows read so far, with ids as numbers."""

    def __init__(self) -> None:
        self.users, self.items, self.rows = Names(), Names(), 0
        self.values: dict[str, list[np.ndarray]] = {}

    def add(self, batch: dict[str, Any], where: cells.Where) -> None:
        """Add a batch."""
        for role, names in (("user", self.users), ("item", self.items)):
            names.add(role, texts_of(cells.ids_of(batch[role], role, where)))
        for role in ("rating", "count"):
            if role in batch:
                self.values.setdefault(role, []).append(cells.numbers(batch[role], role, where))
        if "time" in batch:
            self.values.setdefault("time", []).append(cells.times(batch["time"], where))
        self.rows += len(batch["user"])

    def finish(self) -> tuple[Rows, list[str], list[str]]:
        """The rows, with users and items numbered in the order of their ids."""
        (users, user_keys), (items, item_keys) = _by_key(self.users, "user"), _by_key(self.items, "item")
        values = {role: np.concatenate(self.values.pop(role)) for role in list(self.values)}
        rows = Rows(users, items, values.get("rating"), values.get("count"), values.get("time"))
        return rows, user_keys, item_keys


def _by_key(names: Names, role: str) -> tuple[np.ndarray, list[str]]:
    """The rank of each row's id in the order of the ids, and the sorted ids."""
    ids = names.texts(np.arange(len(names.known)))
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), np.int32)
    rank[order] = np.arange(len(ids), dtype=np.int32)
    return rank[names.numbers(role)], [ids[place] for place in order]


def _batches(
    inputs: Any, reading: Reading, report: Callable[[Progress], None] | None
) -> Iterator[tuple[str, Iterator[Batch]]]:
    """Each source with its batches."""
    if isinstance(inputs, str | os.PathLike):
        inputs = [inputs]
    if isinstance(inputs, bytes | bytearray | dict) or not isinstance(inputs, Iterable):
        raise WrongType(f"got {type(inputs).__name__}; expected files, or rows with a user and an item each")
    rows = iter(inputs)
    first = next(rows, None)
    if first is None:
        return
    if not isinstance(first, str | os.PathLike):
        yield "the rows given", columns.row_batches(chain([first], rows), reading)
        return
    for path in chain([first], rows):
        if not isinstance(path, str | os.PathLike):
            raise WrongType(f"got {path!r} among paths; expected a str or a Path")
        sources = [standard_input(None, None)] if os.fspath(path) == "-" else find(Path(path))
        for source in sources:
            yield source.name, _of_source(source, reading, report)


def _of_source(
    source: Source, reading: Reading, report: Callable[[Progress], None] | None
) -> Iterator[Batch]:
    if source.form == "parquet":
        yield from columns.parquet_batches(source, reading)
        return
    read = columns.json_batches if source.form == "json" else columns.csv_batches
    try:
        with opened(source, None) as stream:
            for batch in read(stream, reading):
                yield batch
                if report is not None:
                    report(Progress("reading", stream.consumed, source.size, "bytes"))
    except UnicodeError as error:
        raise InputError(f"{source.name} is not {reading.encoding}: {error}; give encoding=") from error


def _warn_of_future(times: np.ndarray) -> None:
    """Warn of times in the future: they are kept, and sorted as they are."""
    largest = float(np.abs(times).max(initial=0.0))
    scale = 1000.0 ** sum(largest >= unit for unit in UNITS)
    future = int(np.count_nonzero(times > time.time() * scale))
    if future:
        log.warning(
            "%s of %s rows have a time in the future: they count as the latest",
            f"{future:,}",
            f"{len(times):,}",
        )
