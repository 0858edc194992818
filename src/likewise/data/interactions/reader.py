"""The door: files or rows of a log become `Interactions`."""

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
from likewise.data.interactions.rules import Rows, ruled
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
    """The choices in a log: users and items by their own ids, by the rules of `reading`.

    `inputs` is a path, a folder, a glob, "-" for standard input or a list of these: .csv, .tsv, .jsonl, .parquet, or
    any text whose first line has tabs, commas, semicolons or bars; packed or not. Or rows from Python: pairs, tuples in
    the order user, item, rating, count, time of what `reading` names, or objects with those names. Or `Interactions`.

    The order of the rows is never looked at. Python touches a different id, never a row of a CSV or Parquet file.
    Raises `InputError` for what cannot be read, with file and row, and where a rule leaves nothing; `WrongType` for
    other inputs.
    """
    if isinstance(inputs, Interactions):
        return inputs
    gathered = _Gathered()
    for name, batches in _batches(inputs, reading, report):
        for first, batch in batches:
            gathered.add(batch, (name, first))
    if not gathered.rows:
        raise InputError("not one row in what was given: wanted a row for each choice of a user")
    until = None if reading.until is None else cells.seconds(reading.until)
    if until is not None and np.isnan(until):
        raise InputError(f"until is {reading.until!r}, wanted a number, or a date as 2026-01-31 12:00:00")
    rows, users, items = gathered.finished()
    if rows.times is not None:
        _tell_future(rows.times)
    return ruled(rows, users, items, reading, until)


class _Gathered:
    """All rows so far, their ids as numbers."""

    def __init__(self) -> None:
        self.users, self.items, self.rows = Names(), Names(), 0
        self.values: dict[str, list[np.ndarray]] = {}

    def add(self, batch: dict[str, Any], where: cells.Where) -> None:
        """Take a batch in."""
        for role, names in (("user", self.users), ("item", self.items)):
            names.add(role, texts_of(cells.checked_ids(batch[role], role, where)))
        for role in ("rating", "count"):
            if role in batch:
                self.values.setdefault(role, []).append(cells.numbers(batch[role], role, where))
        if "time" in batch:
            self.values.setdefault("time", []).append(cells.times(batch["time"], where))
        self.rows += len(batch["user"])

    def finished(self) -> tuple[Rows, list[str], list[str]]:
        """The rows, with users and items numbered in the order of their ids."""
        (users, user_keys), (items, item_keys) = _by_key(self.users, "user"), _by_key(self.items, "item")
        values = {role: np.concatenate(self.values.pop(role)) for role in list(self.values)}
        rows = Rows(users, items, values.get("rating"), values.get("count"), values.get("time"))
        return rows, user_keys, item_keys


def _by_key(names: Names, role: str) -> tuple[np.ndarray, list[str]]:
    """Numbers of the ids in their order, and the ids."""
    spelt = names.texts(np.arange(len(names.known)))
    order = sorted(range(len(spelt)), key=spelt.__getitem__)
    rank = np.empty(len(spelt), np.int32)
    rank[order] = np.arange(len(spelt), dtype=np.int32)
    return rank[names.numbers(role)], [spelt[place] for place in order]


def _batches(
    inputs: Any, reading: Reading, report: Callable[[Progress], None] | None
) -> Iterator[tuple[str, Iterator[Batch]]]:
    """Each source with its batches."""
    if isinstance(inputs, str | os.PathLike):
        inputs = [inputs]
    if isinstance(inputs, bytes | bytearray | dict) or not isinstance(inputs, Iterable):
        raise WrongType(f"got {type(inputs).__name__}; wanted files, or rows with a user and an item each")
    rows = iter(inputs)
    first = next(rows, None)
    if first is None:
        return
    if not isinstance(first, str | os.PathLike):
        yield "the rows given", columns.row_batches(chain([first], rows), reading)
        return
    for path in chain([first], rows):
        if not isinstance(path, str | os.PathLike):
            raise WrongType(f"got {path!r} among paths; wanted a str or a Path")
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


def _tell_future(times: np.ndarray) -> None:
    """Warn of times that have not come yet: they are kept, and sorted as what they say."""
    largest = float(np.abs(times).max(initial=0.0))
    scale = 1000.0 ** sum(largest >= unit for unit in UNITS)
    future = int(np.count_nonzero(times > time.time() * scale))
    if future:
        log.warning(
            "%s of %s rows have a time in the future: they count as the latest",
            f"{future:,}",
            f"{len(times):,}",
        )
