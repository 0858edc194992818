"""How a graph is read: which columns mean what, and what is rarely asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from likewise.errors import OptionError

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
FORMS = ("csv", "tsv", "txt", "jsonl", "parquet", "mat", "nt", "nq", "ttl", "trig", "rdf")


@dataclass(frozen=True)
class Columns:
    """The columns of an edge list, by name or by number from 0; None: found by `layout`."""

    source: str | int | None = None
    target: str | int | None = None
    relation: str | int | None = None
    weight: str | int | None = None

    def __post_init__(self) -> None:
        given = [column for column in vars(self).values() if column is not None]
        if len({type(column) for column in given}) > 1:
            raise OptionError(f"columns by name or by number, not both: {given}")
        if len(set(given)) < len(given):
            raise OptionError(f"two of source, target, relation and weight are one column: {given}")
        if any(isinstance(column, int) for column in given) and (self.source is None or self.target is None):
            raise OptionError("columns by number want both source= and target=")

    @property
    def asked(self) -> bool:
        """Whether any column is named or numbered."""
        return any(column is not None for column in vars(self).values())


@dataclass(frozen=True)
class Details:
    """What seldom needs to be said of the files."""

    form: str | None = None  # as an extension would say it; needed for standard input
    delimiter: str | None = None  # None: found; " " stands for any run of spaces and tabs
    comment: str = "#%"  # a line that begins with one of these is passed over, and counted; "" for none
    encoding: str = "utf-8"
    max_bytes: int | None = None  # what one file may unpack to; None: 1 GiB or 250 times its size
    variable: str | None = None  # the matrix of a .mat file; None: `network`, or the only square one
    types: Literal["both", "type", "edge"] = (
        "both"  # whether `type_relation` types its subject, is an edge, or both
    )
    type_relation: str = RDF_TYPE
    literals: bool = True  # False: neither numbers, dates nor texts are kept

    def __post_init__(self) -> None:
        if self.form is not None and self.form not in FORMS:
            raise OptionError(f"form must be one of {', '.join(FORMS)}, not {self.form!r}")
        if self.types not in ("both", "type", "edge"):
            raise OptionError(f"types must be 'both', 'type' or 'edge', not {self.types!r}")
        if self.delimiter is not None and len(self.delimiter.encode()) != 1:
            raise OptionError(f"delimiter must be one ASCII character, not {self.delimiter!r}")


@dataclass(frozen=True)
class NodeFile:
    """A file with a row for each node, .csv, .tsv, .jsonl or .parquet: the columns that are there are read.

    `aliases` holds several names, divided by `separator` (in JSON and Parquet also a list).
    """

    path: str | Path
    id: str = "id"
    label: str = "label"
    type: str = "type"
    aliases: str = "aliases"
    separator: str = "|"
